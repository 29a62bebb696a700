"""Where the plugins come from that the engine is given."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from sandbox.language_host import install as language_host
from sandbox.plugin_sources import VARIABLE, Installed, SourceError
from sandbox.plugins.install import install, installed

PINNED = version("pulumi_kubernetes")
SDK = version("pulumi")


def a_plugin(cache: Path, package: str, number: str, kind: str = "resource") -> Path:
    """A plugin of another origin, which says its version."""
    executable = cache / f"{kind}-{package}-v{number}" / f"pulumi-{kind}-{package}"
    executable.parent.mkdir(parents=True)
    executable.write_text(f"#!/bin/sh\necho {number}\n")
    executable.chmod(0o755)
    return executable


def run_by_the_engine(home: Path, package: str, number: str, kind: str = "resource") -> str:
    executable = home / "plugins" / f"{kind}-{package}-v{number}" / f"pulumi-{kind}-{package}"
    return subprocess.run([executable], capture_output=True, text=True, check=True).stdout.strip()


def what_runs(home: Path) -> dict[str, Installed]:
    return {plugin.package: plugin for plugin in installed(home)}


def test_all_four_stand_in_where_nothing_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    install(tmp_path, Path(sys.executable))
    assert {package: plugin.source for package, plugin in what_runs(tmp_path).items()} == {
        "azure-native": "stand-in",
        "azuread": "stand-in",
        "kubernetes": "stand-in",
        "random": "stand-in",
    }


def test_a_folders_plugin_runs_under_the_pinned_version_and_the_rest_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, cache = tmp_path / "home", tmp_path / "cache"
    a_plugin(cache, "kubernetes", "4.9.0")
    a_plugin(cache, "kubernetes", "4.32.0")
    half_installed = a_plugin(cache, "kubernetes", "4.99.0").parent
    half_installed.with_name(f"{half_installed.name}.partial").touch()
    a_plugin(cache, "aws", "7.0.0")
    monkeypatch.setenv(VARIABLE, str(cache))
    install(home, Path(sys.executable))
    assert run_by_the_engine(home, "kubernetes", PINNED) == "4.32.0"
    assert what_runs(home)["kubernetes"] == Installed("kubernetes", PINNED, f"4.32.0, from {cache}")
    assert what_runs(home)["azuread"].source == "stand-in"
    assert not (home / "plugins" / "resource-aws-v7.0.0").exists()


def test_the_stand_in_comes_back_and_the_folders_plugin_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, cache = tmp_path / "home", tmp_path / "cache"
    plugin = a_plugin(cache, "random", "4.21.0")
    before = plugin.read_bytes()
    monkeypatch.setenv(VARIABLE, str(cache))
    install(home, Path(sys.executable))
    monkeypatch.delenv(VARIABLE)
    install(home, Path(sys.executable))
    assert what_runs(home)["random"].source == "stand-in"
    assert plugin.read_bytes() == before


def test_a_folders_language_host_runs_under_the_pinned_version_of_the_sdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, cache = tmp_path / "home", tmp_path / "cache"
    assert language_host.installed(home) == Installed("language-python", SDK, "the engine's own")
    a_plugin(cache, "python", "3.259.0", "language")
    monkeypatch.setenv(VARIABLE, str(cache))
    language_host.install(home, Path(sys.executable))
    assert run_by_the_engine(home, "python", SDK, "language") == "3.259.0"
    assert language_host.installed(home) == Installed("language-python", SDK, f"3.259.0, from {cache}")
    # A folder may hold it alone.
    install(home, Path(sys.executable))
    assert {plugin.source for plugin in what_runs(home).values()} == {"stand-in"}

    monkeypatch.delenv(VARIABLE)
    language_host.install(home, Path(sys.executable))
    assert language_host.installed(home).source == "stand-in"


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_plugins_is_refused_with_what_is_expected(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path / folder))
    with pytest.raises(SourceError, match="resource-<package>-v<version>/pulumi-resource-<package>"):
        install(tmp_path / "home", Path(sys.executable))


def test_the_sandbox_says_so_before_it_starts_anything(tmp_path: Path) -> None:
    environment = {**os.environ, "SANDBOX_HOME": str(tmp_path / "home"), VARIABLE: str(tmp_path / "missing")}
    command = [sys.executable, "-m", "sandbox", "start"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert answer.returncode == 1
    assert "expected `released`, or a folder" in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr
