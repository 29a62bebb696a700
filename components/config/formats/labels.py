"""Labels and annotations of Kubernetes objects."""

import re

_PART = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_DOMAIN_PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"

DOMAIN = rf"{_DOMAIN_PART}(\.{_DOMAIN_PART})*"
"""Expression of names such as `contoso.example`, whatever their length."""
LABEL_NAME = rf"((?=[^/]{{1,253}}/){DOMAIN}/)?{_PART}"
"""Expression of names such as `contoso.example/team`."""
LABEL_VALUE = rf"({_PART})?"
"""Expression of a label's values."""
NAME_IN_WORDS = "a label's name: 1 to 63 letters, digits and '-', '_', '.', after a domain and '/'"
"""What a label is called."""
VALUE_IN_WORDS = "a label's value: 63 letters, digits and '-', '_', '.' at most"
"""What a label may be."""

_ANNOTATION_BYTES = 256 * 1024


def well_formed_labels(values: dict[str, str]) -> dict[str, str]:
    """Labels as the API server accepts them.

    Raises:
        ValueError: a name or a value has other characters, or too many.
    """
    for name, value in values.items():
        if re.fullmatch(LABEL_NAME, name) is None:
            raise ValueError(f"expected {name!r} to be {NAME_IN_WORDS}")
        if re.fullmatch(LABEL_VALUE, value) is None:
            raise ValueError(f"expected {name!r} to have {VALUE_IN_WORDS}")
    return values


def well_formed_annotations(values: dict[str, str]) -> dict[str, str]:
    """Annotations as the API server accepts them.

    Raises:
        ValueError: a name has other characters than a label's, or too many, or they are too long together.
    """
    for name in values:
        # Only here capitals are like small letters, in the domain too.
        if re.fullmatch(LABEL_NAME, name.lower()) is None:
            raise ValueError(f"expected {name!r} to be an annotation's name, formed as {NAME_IN_WORDS}")
    if sum(len(name.encode()) + len(value.encode()) for name, value in values.items()) > _ANNOTATION_BYTES:
        raise ValueError("expected 256 KiB at most, names and values together")
    return values


def none_of_the_programs_labels(values: dict[str, str]) -> dict[str, str]:
    """Labels beside those that the program and Kubernetes set.

    Raises:
        ValueError: one of these is among them.
    """
    if "app" in values:
        raise ValueError("leave `app` out: Deployment and Services select the pods by it")
    if "pod-template-hash" in values:
        raise ValueError("leave `pod-template-hash` out: Kubernetes sets it, to another value")
    return values
