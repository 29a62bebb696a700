"""How a pod ends without refusing requests."""

from pulumi_kubernetes.core.v1 import LifecycleArgs, LifecycleHandlerArgs, SleepActionArgs


def accept_connections_for(seconds: int) -> LifecycleArgs | None:
    """Keeps the container running for so long: a load balancer sends connections to a pod that ends until it has noticed."""
    if seconds == 0:
        return None
    return LifecycleArgs(pre_stop=LifecycleHandlerArgs(sleep=SleepActionArgs(seconds=seconds)))
