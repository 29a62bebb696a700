"""Pages whose links lead somewhere, and whose commands are run or held against what there is."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from ops.cli.application import app as ops_app
from sandbox.supervisor.cli import app as sandbox_app
from tests.conftest import CHECKOUT
from tests.documented_commands import (
    AZ,
    NOT_RUN,
    RUN_ELSEWHERE,
    blocks,
    mentions,
    pages,
    text_of,
    why_not_run,
    without_blocks,
)

ENGINE_TEST = CHECKOUT / "tests" / "engine" / "test_documented_commands.py"
PROGRAMS = {"ops": get_command(ops_app), "sandbox": get_command(sandbox_app)}


def shown(page: str) -> Iterator[str]:
    """All commands of a page, in blocks and sentences."""
    for block in blocks(page):
        if block.language == "sh":
            yield from block.commands
    yield from mentions(page)


ALL = [
    pytest.param(command, id=f"{page}: {command}"[:100]) for page in pages() for command in dict.fromkeys(shown(page))
]


@pytest.mark.parametrize("page", pages())
def test_every_block_says_what_it_is(page: str) -> None:
    assert {block.language for block in blocks(page)} <= {"sh", "yaml", "json", "mermaid", "text"}
    # An indented block could hold commands that nobody sees.
    assert re.findall(r"(?m)\A {4}\S.*|(?<=\n\n) {4,}[^\s|*-].*", without_blocks(page)) == []


@pytest.mark.parametrize("page", pages())
def test_a_page_with_commands_is_run(page: str) -> None:
    to_run = [c for block in blocks(page) if block.language == "sh" for c in block.commands if not why_not_run(c)]
    if to_run and page not in RUN_ELSEWHERE:
        assert f'"{page}"' in ENGINE_TEST.read_text(), f"{to_run[0]} is run by no test"


def test_no_reason_and_no_command_of_the_azure_cli_is_left_over() -> None:
    every = [f"{command} " for page in pages() for command in shown(page)]
    assert [start for start in NOT_RUN if not any(c.startswith(f"{start} ") for c in every)] == []
    # Messages of the program tell of these, too.
    sources = "".join(
        path.read_text() for folder in ("components", "ops") for path in (CHECKOUT / folder).rglob("*.py")
    )
    assert [az for az in AZ if not any(c.startswith(f"{az} ") for c in every) and az not in sources] == []


@pytest.mark.parametrize("command", ALL)
def test_a_command_is_one_that_there_is(command: str) -> None:
    words = command.split()
    if match := re.match(r"(?:\S*python -m )?(ops|sandbox) (.*)", command):
        assert_known(PROGRAMS[match[1]], match[2].split())
    elif words[0] == "make":
        assert (
            subprocess.run(
                ["make", "-n", "STACK=dev", "MODULE=components/config/defaults.py", *words[1:]],
                cwd=CHECKOUT,
                capture_output=True,
            ).returncode
            == 0
        )
    elif words[0] == "az":
        (known,) = [az for az in AZ if f"{command} ".startswith(f"{az} ")] or [""]
        assert known, "the Azure CLI's reference has it? Then name it in AZ"
        assert {word for word in words if word.startswith("--")} <= AZ[known]


def assert_known(program: Any, words: list[str]) -> None:
    """That the subcommands and options of a command line are a program's."""
    while words and hasattr(program, "commands"):
        assert words[0] in program.commands, f"no command {words[0]}"
        program, words = program.commands[words[0]], words[1:]
    own = words[: words.index("--")] if "--" in words else words
    known = {option for parameter in program.params for option in parameter.opts}
    assert {word.partition("=")[0] for word in own if word.startswith("--")} <= known | {"--help"}


@pytest.mark.parametrize("line", re.findall(r"(?m)^ {4}(python -m sandbox\.\S+ .*)$", text_of("sandbox/README.md")))
def test_a_part_of_the_sandbox_has_the_options_that_its_readme_names(line: str) -> None:
    program = [sys.executable, *line.split()[1:3], "--help"]
    known = subprocess.run(program, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert [option for option in re.findall(r"--[a-z-]+", line) if option not in known] == []


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    broken: list[str] = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page)):
        if target.startswith("https://"):
            continue  # a test needs no network
        path, _, anchor = target.partition("#")
        file = (CHECKOUT / page).parent / path if path else CHECKOUT / page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            broken.append(target)
    assert broken == []


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_readme() -> None:
    reached, queue = {"README.md"}, ["README.md"]
    while queue:
        page = queue.pop()
        for target in re.findall(r"\]\(([^)#\s]+\.md)[^)]*\)", text_of(page)):
            file = ((CHECKOUT / page).parent / target).resolve()
            name = str(file.relative_to(CHECKOUT))
            if name not in reached and file.exists():
                reached.add(name)
                queue.append(name)
    assert [page for page in pages() if page not in reached] == []


def test_every_date_in_a_stacks_file_is_quoted() -> None:
    # `pulumi stack init` writes the file anew, and a date without quotes as a time stamp.
    files = {file.name: file.read_text() for file in CHECKOUT.glob("Pulumi*.yaml")}
    dates = {
        name: re.findall(r"rotation: *(.*)", text)
        for name, text in {**files, **{p: text_of(p) for p in pages()}}.items()
    }
    assert [(name, date) for name, found in dates.items() for date in found if not re.match(r'"[^"]+"', date)] == []
    assert dates["Pulumi.sandbox.yaml"] == ['"2026-11-01"']


def test_it_is_told_what_plain_pulumi_leaves_on_the_machine() -> None:
    _, _, section = text_of("docs/security.md").partition("\n## What a run leaves on the machine\n")
    said = " ".join(section.partition("\n## ")[0].split())
    assert "each run of plain `pulumi` leaves a copy of the kubeconfig in the temporary folder" in said
    assert "For plain `pulumi`, set `TMPDIR` to a folder that you delete afterwards." in said


# What a person reads and pastes: pages, and messages of the commands and of the programs.
PRINTED = [
    *pages(),
    *(
        str(file.relative_to(CHECKOUT))
        for folder in ("ops", "sandbox/supervisor", "components", "bootstrap")
        for file in sorted((CHECKOUT / folder).rglob("*.py"))
    ),
]


@pytest.mark.parametrize("file", PRINTED)
def test_a_command_of_this_repository_can_be_pasted(file: str) -> None:
    assert re.findall(r"(?<!\.venv/bin/)python -m (?:ops|sandbox) [a-z].*", text_of(file)) == []


@pytest.mark.parametrize("file", PRINTED)
def test_kubectl_is_asked_about_pods_so_that_it_shows_what_the_reader_looks_for(file: str) -> None:
    # Of several pods it describes none with its events, and of a Deployment's it logs one, which may be the old one.
    commands = re.findall(r"kubectl (?:describe pod|logs)\b[^`\"]*", " ".join(text_of(file).split()))
    with_option = {"kubectl describe pod": "--show-events=true", "kubectl logs": "--prefix"}
    for start, option in with_option.items():
        assert [c for c in commands if c.startswith(start) and " -l " in c and option not in c] == []
    assert [c for c in commands if c.startswith("kubectl logs deploy/") and file.endswith(".py")] == []
