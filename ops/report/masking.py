"""Texts of the engine and its plugins, before somebody else reads them."""

import os
import re

from .values import SECRET

_NAMES = re.compile(r"(SECRET|TOKEN|PASSWORD|PASSPHRASE|ACCESS_KEY|STORAGE_KEY)$")
_SHORTEST = 8
# Of a property that is not as planned, the engine prints the values, secrets included.
_VIOLATION = re.compile(r"(violates plan: properties changed):.*", re.DOTALL)


def mask(text: str) -> str:
    """A text without the environment's secrets, and without the values that a violated plan names."""
    text = _VIOLATION.sub(r"\1 (their values are not shown)", text)
    secrets = {value for name, value in os.environ.items() if _NAMES.search(name) and len(value) >= _SHORTEST}
    # The longest first: one may be part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, SECRET)
    return text
