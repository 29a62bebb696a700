"""Quantities such as `500m` and `2Gi`, in the form in which the API server gives them back."""

import re
from decimal import ROUND_CEILING, Decimal

QUANTITY = "a quantity such as 500m, 2 or 2Gi"
"""What a quantity is, in words."""

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_QUANTITY = re.compile(
    r"\+?(?P<number>\d+\.?\d*|\.\d+)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE](?P<exponent>[+-]?\d{1,2})|)"
)
_LARGEST = 2**63 - 1


def canonical(value: str | float) -> str:
    """A quantity as the API server writes it in resources: `0.5` is `500m`, `2048Mi` is `2Gi`.

    Raises:
        ValueError: it is no quantity, negative, or more than the API server holds.
    """
    amount, suffix = _amount_and_suffix(str(value))
    # It keeps thousandths, and rounds what is smaller up.
    thousandths = int((amount * 1000).to_integral_value(ROUND_CEILING))
    if suffix in _BINARY[1:] and thousandths % 1000 == 0 and thousandths >= 1024 * 1000:
        return _with_largest(thousandths // 1000, 1024, _BINARY)
    if suffix[:1] in ("e", "E") and suffix not in ("E", "Ei"):
        return _with_largest(thousandths, 1000, ("m", "", "e3", "e6", "e9", "e12", "e15", "e18"))
    return _with_largest(thousandths, 1000, ("m", "", "k", "M", "G", "T", "P", "E"))


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
