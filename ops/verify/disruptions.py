"""Can nodes be drained?"""

from ..cluster.connection import Cluster
from .absent import absent
from .gateways import KubernetesObject
from .report import Answer, Check

QUESTION = "disruption budget"


def check_disruption_budget(gateway: str, named: KubernetesObject, cluster: Cluster) -> Check:
    """Whether a gateway's budget lets a pod go while all are ready.

    Raises:
        OpsError: the budget can't be read.
    """
    budget = cluster.find("policy/v1", "PodDisruptionBudget", named.namespace, named.name)
    if budget is None:
        return absent(gateway, QUESTION, "PodDisruptionBudget", named)
    status = budget.get("status") or {}
    pods, ready, may_end = (status.get(key, 0) for key in ("expectedPods", "currentHealthy", "disruptionsAllowed"))
    if may_end == 0 and 0 < pods <= ready:
        found = f"all {pods} pod(s) are ready, and none may be ended: no node with one of them can be drained"
        next_step = "Run more pods, or give `disruptionBudget` another bound."
        return Check(gateway, QUESTION, Answer.FAILED, found, next_step)
    return Check(gateway, QUESTION, Answer.OK, f"a drain may end {may_end} of {pods} pod(s) now")
