"""Quantities such as `500m` and `2Gi`, in the form in which the API server gives them back."""

import re
from decimal import ROUND_CEILING, Decimal

QUANTITY = "a quantity such as 500m, 2 or 2Gi"
"""What a quantity is, in words."""

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIXES = tuple(_DECIMAL)
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_QUANTITY = re.compile(
    r"\+?(?P<number>\d+\.?\d*|\.\d+)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE](?P<exponent>[+-]?\d{1,2})|)",
    re.ASCII,
)
_LARGEST = 2**63 - 1


def canonical(value: str | float, finest: str = "m") -> str:
    """A quantity as the API server writes it: `0.5` is `500m`, `2048Mi` is `2Gi`.

    Args:
        value: as it stands in a stack's file.
        finest: the suffix of the smallest part that the API server keeps; what is smaller it rounds up.

    Raises:
        ValueError: it is no quantity, negative, or more than the API server holds.
    """
    amount, suffix = _amount_and_suffix(str(value))
    parts = int(amount.scaleb(-_DECIMAL[finest]).to_integral_value(ROUND_CEILING))
    one = 10 ** -_DECIMAL[finest]
    if suffix in _BINARY[1:] and parts % one == 0 and parts >= 1024 * one:
        return _with_largest(parts // one, 1024, _BINARY)
    suffixes = _SUFFIXES[_SUFFIXES.index(finest) :]
    if suffix[:1] in ("e", "E") and suffix not in ("E", "Ei"):
        whole = _SUFFIXES.index("") + 1
        suffixes = (*_SUFFIXES[_SUFFIXES.index(finest) : whole], *(f"e{_DECIMAL[each]}" for each in _SUFFIXES[whole:]))
    return _with_largest(parts, 1000, suffixes)


def amount_of(value: str | float) -> Decimal:
    """A quantity as a number.

    Raises:
        ValueError: it is no quantity, negative, or more than the API server holds.
    """
    return _amount_and_suffix(str(value))[0]


def _amount_and_suffix(value: str) -> tuple[Decimal, str]:
    written = _QUANTITY.fullmatch(value)
    if written is None:
        raise ValueError(f"expected {QUANTITY}")
    suffix = written["suffix"]
    if suffix in _BINARY[1:]:
        amount = Decimal(written["number"]) * 1024 ** _BINARY.index(suffix)
    else:
        exponent = _DECIMAL[suffix] if written["exponent"] is None else int(written["exponent"])
        amount = Decimal(written["number"]).scaleb(exponent)
    if amount > _LARGEST:
        raise ValueError(f"expected {QUANTITY}, and less than 8Ei")
    return amount, suffix


def _with_largest(amount: int, base: int, suffixes: tuple[str, ...]) -> str:
    """The amount with the largest suffix that leaves it whole."""
    if amount == 0:
        return "0"
    power = 0
    while amount % base == 0 and power + 1 < len(suffixes):
        amount, power = amount // base, power + 1
    return f"{amount}{suffixes[power]}"
