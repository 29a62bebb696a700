"""What the plugins know of the SDKs' argument classes: as strict as the classes, at every depth, and kept for the next start."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.plugins.engine import schema
from sandbox.plugins.engine.schema import Schema
from sandbox.plugins.engine.values import UNKNOWN, Secret

from .plugin import CHECKOUT, Plugin, PluginError

CLASS = "RandomUuidArgs"
WRONG = {"keepers": "none"}
REFUSED = [("keepers", "expected a map for 'keepers', got a str")]


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of the test's own, which is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "self-hosted-gateway" / "schemas"


def _refused(class_: str = CLASS, inputs: dict[str, Any] = WRONG, sdk: str = "pulumi_random") -> list[tuple[str, str]]:
    return [(failure.property, failure.reason) for failure in Schema(sdk, class_).failures(class_, inputs)]


def _no_more_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("the SDK is imported again")

    monkeypatch.setattr(schema.subprocess, "run", refuse)


@pytest.mark.parametrize(
    ("inputs", "refused"),
    [
        ({"metadata": {"name": "a", "labels": {"app": "b"}}, "spec": {"ports": [{"port": 80}]}}, []),
        (
            {"metadata": {"labels": {"app": 1}}},
            [("metadata.labels.app", "expected a str for 'metadata.labels.app', got a int")],
        ),
        ({"metadata": ["a"]}, [("metadata", "expected an object for 'metadata', got a list")]),
        (
            {"spec": {"ports": [{"name": "a"}]}},
            [("spec.ports[0].port", "missing required property 'spec.ports[0].port'")],
        ),
        ({"spec": {"ports": {"port": 80}}}, [("spec.ports", "expected a list for 'spec.ports', got a dict")]),
        (
            {"spec": {"publishNotReadyAddresses": 1}},
            [("spec.publishNotReadyAddresses", "expected a bool for 'spec.publishNotReadyAddresses', got a int")],
        ),
        (
            {"spec": {"sessionAffinityConfig": {"clientIP": {"timeout": 1}}}},
            [
                (
                    "spec.sessionAffinityConfig.clientIP.timeout",
                    "unknown property 'spec.sessionAffinityConfig.clientIP.timeout'; known are timeoutSeconds",
                )
            ],
        ),
        # A number or a text.
        ({"spec": {"ports": [{"port": 80, "targetPort": "http"}, {"port": 81, "targetPort": 8081}]}}, []),
        (
            {"spec": {"ports": [{"port": True, "targetPort": True}]}},
            [
                ("spec.ports[0].port", "expected a int for 'spec.ports[0].port', got a bool"),
                ("spec.ports[0].targetPort", "expected a str for 'spec.ports[0].targetPort', got a bool"),
            ],
        ),
        # What is not known yet may be anything, and a secret is no kind of value.
        ({"metadata": UNKNOWN, "spec": {"ports": [{"port": UNKNOWN}], "clusterIP": Secret("10.0.0.1")}}, []),
        (
            {"spec": Secret({"clusterIP": Secret(1)})},
            [("spec.clusterIP", "expected a str for 'spec.clusterIP', got a int")],
        ),
    ],
)
def test_inputs_are_checked_at_every_depth(inputs: dict[str, Any], refused: list[tuple[str, str]]) -> None:
    assert _refused("core.v1.ServiceInitArgs", inputs, "pulumi_kubernetes") == refused


def test_what_is_required_and_what_is_known_is_named() -> None:
    assert _refused("RandomUuidArgs", {"keeper": {}}) == [("keeper", "unknown property 'keeper'; known are keepers")]
    assert _refused("RandomIntegerArgs", {"min": 1, "keepers": {"a": "b"}}) == [
        ("max", "missing required property 'max'")
    ]


def test_the_sdk_is_imported_once_for_each_version(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _refused() == REFUSED
    (kept,) = cache.iterdir()
    assert kept.name.startswith("pulumi_random-4.")
    _no_more_imports(monkeypatch)
    assert _refused() == REFUSED
    monkeypatch.setattr(schema, "installed_version", lambda package: "4.99.0")
    with pytest.raises(AssertionError, match="the SDK is imported again"):
        _refused()


@pytest.mark.parametrize("damage", ["", "\n", "not a digest\n{}", "\N{REPLACEMENT CHARACTER}", "half"])
def test_a_damaged_cache_is_made_anew(damage: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _refused()
    (kept,) = cache.iterdir()
    whole = kept.read_text()
    kept.write_bytes((whole[: len(whole) // 2] if damage == "half" else damage).encode("utf-16"))
    assert _refused() == REFUSED
    assert [file.read_text() for file in cache.iterdir()] == [whole]
    _no_more_imports(monkeypatch)
    assert _refused() == REFUSED


def test_a_plugin_works_where_nothing_can_be_kept(cache: Path) -> None:
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file where the folder would be")
    plugin = Plugin("random", {"XDG_CACHE_HOME": str(cache.parent.parent)})
    try:
        with pytest.raises(PluginError, match=r"^keepers: expected a map for 'keepers', got a str$"):
            plugin.check("random:index/randomUuid:RandomUuid", WRONG)
    finally:
        assert plugin.end() == (0, "", "")


def test_processes_that_fill_the_cache_at_once_do_not_meet(cache: Path) -> None:
    ask = (
        "from sandbox.plugins.engine.schema import Schema\n"
        f"print([failure.property for failure in Schema('pulumi_random', {CLASS!r}).failures({CLASS!r}, {WRONG!r})])"
    )
    asking = [
        subprocess.Popen([sys.executable, "-c", ask], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [process.communicate(timeout=60)[0] for process in asking] == ["['keepers']\n"] * 4
    assert len(list(cache.iterdir())) == 1
    assert _refused() == REFUSED
