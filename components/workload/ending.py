"""How a pod ends without refusing requests."""

from pulumi_kubernetes.core.v1 import LifecycleArgs, LifecycleHandlerArgs, SleepActionArgs

# A load balancer sends connections to a pod that ends until its probes have noticed: Azure's takes two, 5 s apart.
SECONDS_UNTIL_NO_NEW_CONNECTIONS = 15

GRACE_PERIOD_SECONDS = 60


def accept_connections_meanwhile() -> LifecycleArgs:
    """Keeps the container running until no new connection comes."""
    return LifecycleArgs(pre_stop=LifecycleHandlerArgs(sleep=SleepActionArgs(seconds=SECONDS_UNTIL_NO_NEW_CONNECTIONS)))
