"""docs/configuration.md has every key that the program reads, with an example that the program accepts."""

import copy
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from components.ending import Refusal
from tests.unit import program
from tests.unit.configuration_reference import EXAMPLES, Key, Section, render, sections

EXAMPLE_TEXTS = [
    pytest.param(text, id=f"{path}-{n}") for path, texts in EXAMPLES.items() for n, text in enumerate(texts)
]
KEYS = [pytest.param(section, key, id=f"{section.path}.{key.name}") for section in sections() for key in section.keys]


def mappings_at(config: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
    """The mappings of a section; none where the configuration does not have it."""
    if path == "azure-native":
        yield config
        return
    name, _, rest = path.partition(".")
    found = config.get(name.removesuffix("[]"))
    for mapping in found if isinstance(found, list) else [found]:
        if isinstance(mapping, dict):
            yield from mappings_at(mapping, rest) if rest else [mapping]


def whole(example: str) -> dict[str, Any]:
    """A stack with the example in it: signed in where the tests are, and with no secret that expired since."""
    config = program.configuration()
    example = example.replace("00000000-0000-0000-0000-000000000002", program.SUBSCRIPTION)
    own = {key: value for key, value in yaml.safe_load(example).items() if not key.startswith("azure-native")}
    config = copy.deepcopy({**config, **own})
    for gateway in config["self-hosted-gateway:gateways"]:
        gateway["authentication"]["clientSecret"]["rotation"] = f"{datetime.now(UTC):%Y-%m-%d}"
    return config


def problems(config: dict[str, Any]) -> str:
    try:
        program.settings(config)
    except Refusal as error:
        return str(error)
    return ""


def test_the_reference_is_up_to_date(document: Callable[[str, str], None]) -> None:
    document("docs/configuration.md", render())


def test_code_is_shown_as_it_is_written() -> None:
    tables = "\n".join(line for line in render().splitlines() if line.startswith("|"))
    assert [code for code in re.findall("`[^`\n]+`", tables) if "&" in code] == []
    assert (
        "| `host` | the name of a headless Service of the gateway's pods | `<kubernetesName>-instance-discovery`; null: none |"
        in tables
    )


def test_every_section_has_examples_and_no_other_place_has() -> None:
    assert set(EXAMPLES) == {section.path for section in sections()}


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_every_key_has_an_example(section: Section, key: Key) -> None:
    examples = [yaml.safe_load(text) for texts in EXAMPLES.values() for text in texts]
    assert any(key.name in mapping for example in examples for mapping in mappings_at(example, section.path))


@pytest.mark.parametrize("example", EXAMPLE_TEXTS)
def test_every_example_is_accepted(example: str) -> None:
    assert problems(whole(example)) == ""


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_what_is_required_is_told_where_it_is_missing_and_nothing_else_is(section: Section, key: Key) -> None:
    for text in EXAMPLES[section.path]:
        config = whole(text)
        for mapping in mappings_at(config, section.path):
            mapping.pop(key.name, None)
        missing = f"{key.name}: required, but missing"
        assert (missing in problems(config)) == (key.default == "")
