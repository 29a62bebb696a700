"""Problems of single values, in the words that a person reads."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from components.config.formats.dates import DURATION, LONGEST_IN_WORDS
from components.config.kubernetes.value import KubernetesError
from components.config.well_formed import Place

# Where pydantic's own words do not say what to write.
_EXPECTED = {
    "missing": "required, but missing",
    "extra_forbidden": "unknown key",
    "date_from_datetime_parsing": "expected a date, yyyy-mm-dd",
    "time_delta_parsing": DURATION,
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "string_type": "expected a text",
    "tuple_type": "expected a list",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
}
_OF_ANOTHER_TYPE = {
    "string_type",
    "bool_type",
    "int_type",
    "tuple_type",
    "dict_type",
    "model_type",
    "enum",
    "literal_error",
}


def _expected(details: Mapping[str, Any]) -> str:
    if details["type"] == "greater_than_equal":
        return f"expected {details['ctx']['ge']} or more"
    if details["type"] == "less_than_equal":
        most = details["ctx"]["le"]
        return f"expected {most if isinstance(most, int) else LONGEST_IN_WORDS} at most"
    return _EXPECTED.get(details["type"]) or details["msg"].replace("Input should be", "expected")


def written(place: Place) -> str:
    """A place as a person would write it."""
    first, *others = place
    return str(first) + "".join(_step(part) for part in others)


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if re.fullmatch(r"[-\w:]+", part) else f'["{part}"]'


def in_words(details: Mapping[str, Any]) -> str:
    """One of pydantic's errors as a line: the key as a person would write it, and what is expected."""
    *above, last = details["loc"]
    error = details.get("ctx", {}).get("error")
    if details["type"] != "extra_forbidden" and not isinstance(error, KubernetesError) and "_" in str(last):
        last = to_camel(last)  # of a default pydantic names the field, not the key
    path = written((*above, last))
    if details["type"] == "value_error":
        return f"{path}: {error}"
    if details["input"] is None and details["type"] in _OF_ANOTHER_TYPE:
        return f"{path}: null takes a default away, and this key can't do without: leave it out"
    message = _expected(details)
    # An enumeration's members by their values, not by their names in Python.
    message = re.sub(r"<\w+\.\w+: ('\w+')>", r"\1", message)
    return f"{path}: {message[:1].lower()}{message[1:]}"
