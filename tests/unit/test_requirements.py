"""What each part imports is among its own requirements: `make install` brings pipelines' jobs those of the first row only."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
OWN = {"components", "ops", "bootstrap", "pipelines", "sandbox", "tests", "bench"}
PROGRAM = ["requirements.txt", "ops/requirements.txt"]


def required(files: list[str]) -> set[str]:
    lines = [line for file in files for line in (CHECKOUT / file).read_text().splitlines()]
    return {normalized(line.partition("==")[0]) for line in lines if "==" in line}


def normalized(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution.partition("[")[0]).lower()


def imported(places: list[str]) -> set[str]:
    """The top packages that the files of some folders import, this repository's and the standard library's apart."""
    files = [
        file
        for place in places
        for file in ([CHECKOUT / place] if place.endswith(".py") else CHECKOUT.glob(f"{place}/**/*.py"))
    ]
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - OWN - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("places", "requirements"),
    [
        (["__main__.py", "components", "bootstrap", "ops"], PROGRAM),
        (["sandbox", "bench"], [*PROGRAM, "sandbox/requirements.txt"]),
        (["tests"], [*PROGRAM, "sandbox/requirements.txt", "tests/requirements.txt"]),
    ],
    ids=["program", "sandbox", "tests"],
)
def test_what_is_imported_is_required(places: list[str], requirements: list[str]) -> None:
    distributions = packages_distributions()
    names = imported(places)
    assert names
    missing = {
        name
        for name in names
        if not {normalized(each) for each in distributions.get(name, [])} & required(requirements)
    }
    assert missing == set()
