"""What a provider answers to a look-up that fails."""

import re


def reason(error: Exception) -> str:
    """The provider's message on one line, without the engine's prefix and the provider's stack."""
    text = re.sub(r"\s+", " ", str(error)).strip()
    return re.sub(r"^(invoke of \S+ failed: )?(invocation of \S+ returned an error: )?", "", text)


def is_absent(error: Exception) -> bool:
    """Whether ARM (a code such as ResourceNotFound) or the azuread provider says that there is no such thing."""
    return re.search(r"NotFound|not found", str(error)) is not None


def is_forbidden(error: Exception) -> bool:
    """Whether ARM or Graph refuses the read, so that nothing is known."""
    return re.search("AuthorizationFailed|Authorization_RequestDenied", str(error)) is not None
