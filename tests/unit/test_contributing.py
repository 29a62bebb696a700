"""What people who work on it rely on: the hooks run the checks, and every dependency is kept up to date."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.conftest import CHECKOUT


def dependabot() -> dict[str, set[str]]:
    """The folders that Dependabot looks at, by ecosystem."""
    configuration = yaml.safe_load((CHECKOUT / ".github" / "dependabot.yml").read_text())
    return {update["package-ecosystem"]: set(update["directories"]) for update in configuration["updates"]}


def folders_with(file: str) -> set[str]:
    found = [path for path in CHECKOUT.rglob(file) if not {".venv", ".sandbox"} & set(path.parts)]
    return {"/" + str(path.parent.relative_to(CHECKOUT)).removeprefix(".") for path in found}


def commands(makefile: str, target: str) -> Iterator[str]:
    """What a target runs, and the targets that it makes."""
    recipe = re.search(rf"(?m)^{target}:.*\n((?:\t.*\n)+)", makefile)
    assert recipe
    for line in recipe[1].splitlines():
        command = line.strip()
        if command.startswith("@$(MAKE) "):
            for word in command.split()[1:]:
                if not word.startswith("-"):
                    yield from commands(makefile, word)
        else:
            yield command.replace("$(BIN)", ".venv/bin")


def test_the_hooks_run_what_make_check_runs() -> None:
    checks = list(commands((CHECKOUT / "Makefile").read_text(), "check"))
    assert len(checks) == 5
    hooks: list[dict[str, Any]] = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text())["repos"][0][
        "hooks"
    ]
    assert [hook["entry"] for hook in hooks] == checks


def test_every_dependency_is_kept_up_to_date() -> None:
    assert folders_with("requirements.txt") == dependabot()["pip"]
    assert folders_with("go.mod") == dependabot()["gomod"]
    assert "github-actions" in dependabot()


def test_the_change_log_has_a_place_for_what_is_not_released() -> None:
    assert "## [Unreleased]\n" in (CHECKOUT / "CHANGELOG.md").read_text()
