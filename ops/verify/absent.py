"""An object of a gateway that the cluster does not have."""

from .gateways import KubernetesObject
from .report import Answer, Check


def absent(gateway: str, question: str, kind: str, named: KubernetesObject) -> Check:
    """The answer to a question about it.

    Args:
        gateway: name of the gateway.
        question: what was asked.
        kind: its kind, `Service` for example.
        named: the object.
    """
    found = f"there is no {kind} {named.namespace}/{named.name}"
    return Check(gateway, question, Answer.FAILED, found, named.if_missing)
