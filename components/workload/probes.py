"""How Kubernetes asks a pod how it is."""

from pulumi_kubernetes.core.v1 import HTTPGetActionArgs, ProbeArgs


def readiness() -> ProbeArgs:
    """Whether the pod gets requests."""
    return ProbeArgs(
        http_get=HTTPGetActionArgs(path="/status-0123456789abcdef", port="http", scheme="HTTP"),
        # The article's initialDelaySeconds, 0, is what the API server assumes and leaves out of the object: declared, it
        # would be missing at every refresh.
        period_seconds=5,
        failure_threshold=3,
        success_threshold=1,
    )
