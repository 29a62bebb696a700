"""`Pulumi.dev.yaml` declares every field of Microsoft's guide with the guide's value; further ones are documented."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import yaml

from tests.conftest import CHECKOUT
from tests.environments import shipped
from tests.unit import program

FILLED_IN = {
    "<tenant ID>": program.TENANT,
    "<subscription ID>": program.SUBSCRIPTION,
    "<service-name>": "contoso-apim",
    "<resource group>": "contoso-rg",
    "<object ID of the deployer>": program.OWNER,
    "<today, as yyyy-mm-dd>": f"{datetime.now(UTC):%Y-%m-%d}",
    "<context of your kubeconfig>": "contoso",
}
MADE = {
    "{service}": "contoso-apim",
    "{tenant}": program.TENANT,
    "{client}": program.CLIENT_ID,
    "{secret}": program.CLIENT_SECRET,
}
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"


def replaced(text: str, values: dict[str, str]) -> str:
    for placeholder, value in values.items():
        assert placeholder in text
        text = text.replace(placeholder, value)
    return text


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The leaves of an object, by their paths."""
    if isinstance(value, dict) and SECRET_MARK in value.values():
        value = value["value"]
    if isinstance(value, dict) and value:
        for key, each in value.items():
            name = f'["{key}"]' if set(key) & set("./") else f".{key}"
            yield from leaves(each, f"{path}{name}")
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from leaves(each, f"{path}[{index}]")
    else:
        yield path, value


@cache
def declared() -> dict[str, Any]:
    """What `Pulumi.dev.yaml` declares in the cluster, its placeholders filled in and nothing else."""
    graph = program.run(yaml.safe_load(replaced(shipped("dev"), FILLED_IN))["config"])
    objects = [each.inputs for each in graph.resources if each.type.startswith("kubernetes:")]
    return {path: value for each in objects for path, value in leaves(each, name_of(each))}


@cache
def guide() -> dict[str, Any]:
    text = replaced((CHECKOUT / "tests/engine/article.yaml").read_text(), MADE)
    return {path: value for each in yaml.safe_load(text) for path, value in leaves(each, name_of(each))}


def name_of(each: dict[str, Any]) -> str:
    return f"{each['kind']} {each['metadata']['name']}:"


def test_every_field_of_the_guide_is_declared_with_the_guides_value() -> None:
    found = declared()
    assert {path: found.get(path) for path in guide()} == guide()


def test_the_further_fields_are_those_that_the_documentation_lists() -> None:
    page = (CHECKOUT / "docs/coming-from.md").read_text()
    (table,) = re.findall(
        r"### Fields that the article does not have\n.*?\n\| --- [^\n]*\n((?:\|[^\n]*\n)+)", page, re.DOTALL
    )
    listed: set[str] = set()
    for row in table.splitlines():
        _, kind, field, *_ = (cell.strip(" `") for cell in row.split("|"))
        objects = {path.partition(":")[0] for path in declared()}
        listed |= {f"{each}:.{field}" for each in objects if kind in ("all", each.partition(" ")[0])}
    assert set(declared()) - set(guide()) == listed
