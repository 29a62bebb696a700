"""Azure's conditions, as far as the pipelines use them; whatever else is an error."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:variables\['(?P<variable>[\w.]+)'\]|(?P<output>[A-Za-z]\w*(?:\.\w+)*\.outputs\['[\w.]+'\])"
    r"|'(?P<text>[^']*)'|(?P<name>[A-Za-z]+)\(|(?P<symbol>[,)]))"
)


@dataclass(frozen=True)
class Conditions:
    """What a stage or a job can ask for."""

    variables: Mapping[str, str]
    """Azure's own, by name."""
    outputs: Mapping[str, str]
    """What others have put out, as `dependencies.<job>.outputs['<step>.<name>']` names it."""
    succeeded: bool
    """Whether all that it depends on has succeeded."""

    def holds(self, condition: str) -> bool:
        """Whether a condition holds."""
        value, rest = self._value(condition)
        assert not rest.strip(), f"{condition}: {rest} is left over"
        assert isinstance(value, bool), f"{condition} is no condition"
        return value

    def _value(self, text: str) -> tuple[Any, str]:
        match = _TOKEN.match(text)
        assert match, f"{text} is not known here"
        assert match["symbol"] is None, f"{text} is not expected"
        rest = text[match.end() :]
        if match["variable"]:
            # One that is not set is empty.
            return self.variables.get(match["variable"], ""), rest
        if match["output"]:
            return self.outputs.get(match["output"], ""), rest
        if match["name"]:
            return self._called(match["name"], rest)
        return match["text"], rest

    def _called(self, name: str, text: str) -> tuple[bool, str]:
        given: list[Any] = []
        while not text.lstrip().startswith(")"):
            value, text = self._value(text)
            given.append(value)
            text = text.lstrip().removeprefix(",")
        return self._answer(name, given), text.lstrip()[1:]

    def _answer(self, name: str, given: list[Any]) -> bool:
        match name, given:
            case "succeeded", []:
                return self.succeeded
            case "and", [_, _, *_]:
                return all(given)
            case "not", [bool(value)]:
                return not value
            # Texts are compared without regard to case.
            case "eq", [str(one), str(other)]:
                return one.lower() == other.lower()
            case "ne", [str(one), str(other)]:
                return one.lower() != other.lower()
            case "startsWith", [str(text), str(part)]:
                return text.lower().startswith(part.lower())
            case "contains", [str(text), str(part)]:
                return part.lower() in text.lower()
            case _:
                raise AssertionError(f"{name} with {given} is not known here")
