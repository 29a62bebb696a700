"""Labels of Kubernetes objects."""

import re

_PART = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/"


def well_formed_labels(values: dict[str, str]) -> dict[str, str]:
    """Labels as the API server accepts them.

    Raises:
        ValueError: a name or a value has other characters, or too many.
    """
    for name, value in values.items():
        if re.fullmatch(rf"({_PREFIX})?{_PART}", name) is None:
            raise ValueError(
                f"expected {name!r} to be a label's name: 1 to 63 letters, digits and '-', '_', '.', after a domain and '/'"
            )
        if re.fullmatch(rf"({_PART})?", value) is None:
            raise ValueError(f"expected {name!r} to have a label's value: 63 letters, digits and '-', '_', '.' at most")
    return values


def without_app(values: dict[str, str]) -> dict[str, str]:
    """Labels beside the one that the program sets.

    Raises:
        ValueError: it is among them.
    """
    if "app" in values:
        raise ValueError("leave `app` out: Deployment and Services select the pods by it")
    return values
