"""A cluster that a drift check can't reach: what that means, before the provider says what is easily misread."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..engine.steps import EngineError
from ..errors import OpsError

_DELETES = "PULUMI_K8S_DELETE_UNREACHABLE"
# What the Kubernetes provider says of a cluster that did not answer as it began, and Go of one that does not any more.
_SAID = (
    "Kubernetes cluster is unreachable",
    "due to unreachable cluster",
    "dial tcp",
    "no such host",
    "i/o timeout",
    "TLS handshake timeout",
)
_ADDRESS = re.compile(r"(?:Get|Post|Put|Patch|Delete) \"(https?://[^/\"]+)")


@contextmanager
def explained(stack: str) -> Iterator[None]:
    """Say first what an unreachable cluster means, then what the provider says.

    Raises:
        OpsError: with that text, where the engine failed for this reason.
    """
    try:
        yield
    except EngineError as error:
        said = dict.fromkeys(_plain(text) for text in (*error.warnings, *error.errors) if error.is_kubernetes)
        if not any(sign in text for sign in _SAID for text in said):
            raise
        raise OpsError(_message(stack, [text for text in said if text != "preview failed"])) from None


def _message(stack: str, said: list[str]) -> str:
    address = next((found[1] for text in said if (found := _ADDRESS.search(text))), "")
    where = f" at {address}" if address else ""
    lines = "\n".join(said)
    return (
        f"The Kubernetes cluster of stack {stack}{where} can't be reached. Nothing was checked, and nothing was taken for "
        "deleted. Check the kubeconfig, its credentials and the network between here and the cluster, then check again. "
        f"Do not set {_DELETES}, unless the cluster is gone for good: an update or a refresh then forgets its objects.\n\n"
        f"The provider says:\n{lines}"
    )


def _plain(text: str) -> str:
    return re.sub(r"^(error|warning): (Preview failed: )?", "", text.strip())
