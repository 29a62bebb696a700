"""The engine's property paths, as it reads and writes them: `spec.ports[0].name`, `metadata.annotations["a.b/c"]`."""

import re

Path = tuple[str | int, ...]

_PART = re.compile(r'\.?\["((?:\\"|[^"])*)"\]|\.?\[(\*|\d+)\]|\.?([^.\[]+)')
_BARE = re.compile(r"[A-Za-z0-9_]+")


def parse(text: str) -> Path:
    """A path's keys and indexes; a star stands for any.

    Raises:
        ValueError: it is none.
    """
    parts: list[str | int] = []
    end = 0
    for found in _PART.finditer(text):
        if found.start() != end:
            break
        end = found.end()
        quoted, index, bare = found.groups()
        if index is not None:
            parts.append(index if index == "*" else int(index))
        else:
            parts.append(bare if bare is not None else quoted.replace('\\"', '"'))
    if end != len(text) or text.startswith("."):
        raise ValueError(f"no property path: {text}")
    return tuple(parts)


def text_of(path: Path) -> str:
    """A path as the engine writes it: quoted is every key with more than letters, digits and underscores."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _BARE.fullmatch(part):
            text += f".{part}" if text else part
        else:
            escaped = part.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def contains(path: Path, other: Path) -> bool:
    """Whether the other path is this one or below it."""
    return len(other) >= len(path) and all(part in ("*", below) for part, below in zip(path, other, strict=False))
