"""Programs that the machine has already: taken where they will do."""

import os
from pathlib import Path

import pytest

from sandbox.toolchain import tools
from sandbox.toolchain.build import cached
from sandbox.toolchain.find import find
from sandbox.toolchain.recipes import RECIPES

ENGINE, ETCD, KUBERNETES = RECIPES


def put(folder: Path, output: str, *names: str) -> Path:
    """Programs that print a version."""
    folder.mkdir(exist_ok=True)
    for name in names:
        program = folder / name
        program.write_text(f"#!/bin/sh\n{output}\n")
        program.chmod(0o755)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path / "bin"


@pytest.mark.parametrize(
    ("output", "will_do"),
    [
        ("echo v3.259.0", True),
        ("echo v3.300.1", True),
        ("echo v3.258.9", False),
        ("echo v4.0.0", False),
        ("echo nonsense", False),
        ("echo v3.259.0; exit 1", False),
    ],
)
def test_an_engine_on_path_will_do_from_the_pinned_version_on(folder: Path, output: str, will_do: bool) -> None:
    put(folder, output, "pulumi", "pulumi-language-python")
    assert find(ENGINE) == (folder if will_do else None)


def test_an_engine_without_its_language_host_will_not_do(folder: Path) -> None:
    put(folder, "echo v3.259.0", "pulumi")
    assert find(ENGINE) is None


@pytest.mark.parametrize(
    ("output", "will_do"),
    [("echo Kubernetes v1.37.0", True), ("echo Kubernetes v1.36.9", False), ("echo Kubernetes v1.38.0", False)],
)
def test_kubernetes_will_do_in_the_pinned_minor_version(folder: Path, output: str, will_do: bool) -> None:
    put(folder, output, *KUBERNETES.programs)
    assert find(KUBERNETES) == (folder if will_do else None)


def test_kubernetes_has_to_be_complete(folder: Path) -> None:
    put(folder, "echo Kubernetes v1.37.2", "kube-apiserver", "kubectl")
    assert find(KUBERNETES) is None


def test_kubebuilders_assets_are_looked_at_first(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "echo etcd Version: 3.7.1", "etcd")
    assets = put(tmp_path / "assets", "echo etcd Version: 3.7.9", "etcd")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    assert find(ETCD) == assets
    put(assets, "echo etcd Version: 3.5.0", "etcd")
    assert find(ETCD) == folder


def test_what_was_built_is_used_before_anything_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for recipe in RECIPES:
        cached(recipe).mkdir(parents=True)
    monkeypatch.setattr(tools, "find", lambda _: pytest.fail("it looked for one"))
    toolchain = tools.provide(lambda _: pytest.fail("it built one"))
    assert (toolchain.engine, toolchain.engine_was_built) == (cached(ENGINE), True)
    assert (toolchain.etcd, toolchain.kubernetes) == (cached(ETCD), cached(KUBERNETES))


def test_a_build_can_be_asked_for(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SANDBOX_BUILD", "1")
    put(folder, "echo v3.259.0", "pulumi", "pulumi-language-python")
    said: list[str] = []
    monkeypatch.setattr(tools, "build", lambda recipe, progress: progress(f"building {recipe.name}") or tmp_path)
    assert tools.provide(said.append).engine_was_built
    assert said == ["[1/3] building engine", "[2/3] building etcd", "[3/3] building kubernetes"]
