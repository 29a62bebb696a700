"""Does the API server know every field that is declared?"""

from collections.abc import Iterator

from ..cluster.connection import Cluster
from ..cluster.server_version import unfit
from .gateways import Gateway
from .report import Answer, Check

QUESTION = "Kubernetes version"


def check_server_version(gateway: Gateway, cluster: Cluster) -> Iterator[Check]:
    """What the API server is too old for; nothing if it is new enough.

    Raises:
        OpsError: the API server's version can't be read.
    """
    if too_new := unfit(gateway.declared, cluster.server_version()):
        found, next_step = " ".join(each.found for each in too_new), " ".join(each.instead for each in too_new)
        yield Check(gateway.name, QUESTION, Answer.FAILED, found, next_step)
