"""The engine's property paths, e.g. `spec.containers[0].image` or `data["gateway.name"]`."""

import re
from typing import Any

_PART = re.compile(r'\.?([A-Za-z_$][\w$]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]')


def parse(path: str) -> list[str | int]:
    """The steps of a path."""
    return [int(match[2]) if match[2] else match[1] or match[3].replace('\\"', '"') for match in _PART.finditer(path)]


def value_at(document: Any, path: str) -> Any:
    """The value at a path, or None."""
    for step in parse(path):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return document if document == "[secret]" else None
    return document


def member(path: str, key: str) -> str:
    """The path of a member."""
    if re.fullmatch(r"[A-Za-z_$][\w$]*", key):
        return f"{path}.{key}" if path else key
    quoted = key.replace('"', '\\"')
    return f'{path}["{quoted}"]'
