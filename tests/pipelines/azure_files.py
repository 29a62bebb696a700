"""The files of Azure Pipelines, with their templates put in as Azure does before a run."""

import re
from pathlib import Path
from typing import Any

import yaml

_PIECES = ("steps", "jobs", "stages")
_EACH = re.compile(r"\$\{\{ each (\w+) in parameters\.(\w+) \}\}")
_VALUE = re.compile(r"\$\{\{ (?:parameters\.)?(\w+) \}\}")
_REPLACED = re.compile(r"\$\{\{ replace\((?:parameters\.)?(\w+), '(.)', '(.)'\) \}\}")


def expanded(file: Path, **given: Any) -> dict[str, Any]:
    """A pipeline or a template, expanded with parameters. Azure reads every scalar as a text, and so does this."""
    document = yaml.load(file.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and mappings
    declared = {parameter["name"]: parameter.get("default") for parameter in document.pop("parameters", [])}
    assert set(given) <= set(declared), f"{file.name} takes {set(declared)}, not {set(given)}"
    parameters = {**declared, **given}
    return _value(document, parameters, file.parent)


def _value(value: Any, parameters: dict[str, Any], folder: Path) -> Any:
    if isinstance(value, dict):
        return {key: _value(item, parameters, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [done for item in value for done in _item(item, parameters, folder)]
    value = _REPLACED.sub(lambda match: str(parameters[match[1]]).replace(match[2], match[3]), value)
    return _VALUE.sub(lambda match: str(parameters[match[1]]), value)


def _item(item: Any, parameters: dict[str, Any], folder: Path) -> list[Any]:
    if not isinstance(item, dict):
        return [_value(item, parameters, folder)]
    if "template" in item:
        return _template(folder / item["template"], _value(item.get("parameters", {}), parameters, folder))
    first = next(iter(item))
    if each := _EACH.fullmatch(first):
        loop = [{**parameters, each[1]: element} for element in parameters[each[2]]]
        return [done for scope in loop for inner in item[first] for done in _item(inner, scope, folder)]
    assert "${{" not in first, f"{first} is not known here"
    return [_value(item, parameters, folder)]


def _template(file: Path, given: dict[str, Any]) -> list[Any]:
    document = yaml.load(file.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - as above
    declared = {parameter["name"] for parameter in document.get("parameters", [])}
    assert set(given) == declared, f"{file.name} takes {declared}, not {set(given)}"
    (piece,) = [document[name] for name in _PIECES if name in document]
    return _value(piece, given, file.parent)
