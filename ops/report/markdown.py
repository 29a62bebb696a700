"""Markdown that stays what it is, whatever the values in it are."""

import json
import re
from typing import Any

from .values import UNKNOWN

# GitHub refuses a longer text of a comment or an issue. It counts characters; bytes are never fewer.
LONGEST = 65_536
_LONGEST_VALUE = 300
_BEFORE_THE_DIFFERENCE = 40


def shown(value: Any, beside: Any = None) -> str:
    """A value on one line, in a length that can be read.

    Args:
        value: what is shown.
        beside: the value at the other side of a difference. What is cut still shows where the two begin to differ.
    """
    whole = _on_one_line(value)
    if len(whole) <= _LONGEST_VALUE:
        return whole
    same = _length_of_common_start(whole, _on_one_line(beside)) if beside is not None else 0
    start = same - _BEFORE_THE_DIFFERENCE if same > _LONGEST_VALUE - _BEFORE_THE_DIFFERENCE else 0
    part = whole[start : start + _LONGEST_VALUE]
    return f"{'...' if start else ''}{part}{'...' if start + len(part) < len(whole) else ''}"


def code(value: Any, beside: Any = None) -> str:
    """A value as code in a table's cell; arguments as of `shown`."""
    # A bar would end the cell, and a back-tick the code.
    text = shown(value, beside).replace("|", "\\|").replace("`", "'")
    return f"`{text}`" if text else ""


def _on_one_line(value: Any) -> str:
    if value is None:
        return ""
    whole = value if isinstance(value, str) else json.dumps(value)
    return whole.replace(UNKNOWN, "(known after the update)").replace("\n", " ")


def _length_of_common_start(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def fenced(text: str, language: str = "") -> str:
    """A text as a block of code."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def folded(title: str, text: str) -> str:
    """A text that is shown when somebody asks for it."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def cut(text: str, longest: int) -> str:
    """A text of at most so many bytes; it says where something is left out."""
    whole = text.encode()
    if len(whole) <= longest:
        return text
    note = "\n... (cut)"
    return whole[: longest - len(note)].decode(errors="ignore") + note
