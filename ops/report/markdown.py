"""Markdown that stays what it is, whatever the values in it are."""

import json
import re
from typing import Any

from .values import UNKNOWN

# GitHub refuses a longer text of a comment or an issue. It counts characters; bytes are never fewer.
LONGEST = 65_536
_LONGEST_VALUE = 300


def shown(value: Any) -> str:
    """A value on one line, in a length that can be read."""
    if value is None:
        return ""
    whole = value if isinstance(value, str) else json.dumps(value)
    whole = whole.replace(UNKNOWN, "(known after the update)").replace("\n", " ")
    return whole if len(whole) <= _LONGEST_VALUE else f"{whole[:_LONGEST_VALUE]}..."


def code(value: Any) -> str:
    """A value as code in a table's cell."""
    # A bar would end the cell, and a back-tick the code.
    text = shown(value).replace("|", "\\|").replace("`", "'")
    return f"`{text}`" if text else ""


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
