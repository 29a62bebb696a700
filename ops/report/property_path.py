"""The engine's property paths, e.g. `spec.containers[0].image` or `data["gateway.name"]`."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .values import SECRET

_QUOTED = re.compile(r'\["((?:[^"\\]|\\.)*)"\]')
_INDEX = re.compile(r"\[(\d+)\]")
_NAME = re.compile(r"[^.\[\]]+")
_PLAIN = re.compile(r"[A-Za-z_$][\w$]*")

Step = str | int


def parse(path: str, *documents: Any) -> list[Step]:
    """The steps of a path.

    Providers leave keys with slashes or dots unquoted, as in `data.gateway.name`. Such a path reads in several ways:
    the documents say which one is meant, the longest of their keys first.

    Args:
        path: the path, its keys quoted or not.
        documents: what it is a path in; more than one where a value may be missing in some.
    """
    return next(_readings(path, list(documents)), None) or list(_plainly(path))


def canonical(path: str, *documents: Any) -> str:
    """The path with each key quoted that needs it, so that paths of the same property are the same text."""
    return path_of(parse(path, *documents))


def path_of(steps: Sequence[Step]) -> str:
    """The path that has these steps."""
    path = ""
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else member(path, step)
    return path


def value_at(document: Any, path: str) -> Any:
    """The value at a path, or None; what is below a secret is secret."""
    for step in parse(path, document):
        if document == SECRET:
            return SECRET
        found = _below(document, step)
        if not found:
            return None
        (document,) = found
    return document


def member(path: str, key: str) -> str:
    """The path of a member."""
    if _PLAIN.fullmatch(key):
        return f"{path}.{key}" if path else key
    quoted = key.replace('"', '\\"')
    return f'{path}["{quoted}"]'


def _readings(rest: str, documents: list[Any]) -> Iterator[list[Step]]:
    """The ways to read a path whose steps are all there, in one document or another; the one to prefer comes first."""
    if not rest:
        yield []
        return
    for step, length in _first_steps(rest, documents):
        below = [value for document in documents for value in _below(document, step)]
        if below:
            yield from ([step, *more] for more in _readings(_after(rest, length), below))
    if SECRET in documents and _NAME.match(rest):
        # What nobody may read shows no keys: Kubernetes objects nest nothing in what they keep secret.
        yield [rest]


def _first_steps(rest: str, documents: list[Any]) -> list[tuple[Step, int]]:
    """What a path can begin with, and how much of it that is."""
    if quoted := _QUOTED.match(rest):
        return [(_unquoted(quoted), quoted.end())]
    if index := _INDEX.match(rest):
        return [(int(index[1]), index.end())]
    keys = {key for document in documents if isinstance(document, dict) for key in document}
    fitting = [key for key in keys if rest.startswith(key) and rest[len(key) : len(key) + 1] in ("", ".", "[")]
    return [(key, len(key)) for key in sorted(fitting, key=len, reverse=True)]


def _plainly(rest: str) -> Iterator[Step]:
    """The steps of a path in which every dot parts two of them."""
    while rest:
        quoted, index, name = _QUOTED.match(rest), _INDEX.match(rest), _NAME.match(rest)
        if quoted:
            yield _unquoted(quoted)
        elif index:
            yield int(index[1])
        else:
            yield name[0] if name else rest
        matched = quoted or index or name
        rest = _after(rest, matched.end()) if matched else ""


def _after(rest: str, length: int) -> str:
    return rest[length:].removeprefix(".")


def _unquoted(quoted: re.Match[str]) -> str:
    return quoted[1].replace('\\"', '"')


def _below(document: Any, step: Step) -> list[Any]:
    """The value one step further, in a list; an empty list where there is none."""
    if isinstance(document, dict) and step in document:
        return [document[step]]
    if isinstance(document, list) and isinstance(step, int) and step < len(document):
        return [document[step]]
    return [SECRET] if document == SECRET else []
