"""Advice that a preview gives, and that a stack's file may silence."""

from enum import StrEnum


class AdviceId(StrEnum):
    """A departure from the guidance for production, by the name with which a stack's file silences its warning."""

    MOVING_TAG = "moving-tag"
    UNKNOWN_VERSION = "unknown-version"
    UNSUPPORTED_VERSION = "unsupported-version"
    VULNERABLE_VERSION = "vulnerable-version"
    BROKEN_VERSION = "broken-version"
    FEW_REPLICAS = "few-replicas"
    NO_DISRUPTION_BUDGET = "no-disruption-budget"
    NOT_SPREAD = "not-spread"
    RECREATE_STRATEGY = "recreate-strategy"
    DEFAULT_NAMESPACE = "default-namespace"
    NO_RESOURCES = "no-resources"
    SHORT_STARTUP_PROBE = "short-startup-probe"
    NO_LIVENESS_PROBE = "no-liveness-probe"
    NO_INSTANCE_DISCOVERY = "no-instance-discovery"
    CLUSTER_TRAFFIC_POLICY = "cluster-traffic-policy"
    SECRET_IN_CONFIG_MAP = "secret-in-config-map"  # noqa: S105 - a name, not a password
    WEAK_SECURITY_CONTEXT = "weak-security-context"


WARNS_OF: dict[AdviceId, str] = {
    AdviceId.MOVING_TAG: "`image` has a tag that moves, such as `v2` or `latest`.",
    AdviceId.UNKNOWN_VERSION: "`image` has a digest, or a tag of your own, and `imageVersion` is not set.",
    AdviceId.UNSUPPORTED_VERSION: "Microsoft no longer supports the image's version.",
    AdviceId.VULNERABLE_VERSION: "The image's version has a known vulnerability.",
    AdviceId.BROKEN_VERSION: "The image's version has a known fault, which a later one mends.",
    AdviceId.FEW_REPLICAS: "`replicas`, or `autoscaling.minReplicas`, is 1 or 2.",
    AdviceId.NO_DISRUPTION_BUDGET: "Several pods may run, and `disruptionBudget` is not set.",
    AdviceId.NOT_SPREAD: "Several pods may run, and `pod.topologySpreadConstraints` is empty, without an anti-affinity.",
    AdviceId.RECREATE_STRATEGY: "`deployment.strategy` ends all pods before it starts new ones.",
    AdviceId.DEFAULT_NAMESPACE: "`namespace` is `default`.",
    AdviceId.NO_RESOURCES: "`container.resources` has no request, and no limit, of CPU or memory.",
    AdviceId.SHORT_STARTUP_PROBE: "A pod is restarted before the ten minutes are over that rights can take.",
    AdviceId.NO_LIVENESS_PROBE: "`container.livenessProbe` is null.",
    AdviceId.NO_INSTANCE_DISCOVERY: "Several pods may run, and `instanceDiscovery.host` is null.",
    AdviceId.CLUSTER_TRAFFIC_POLICY: "`service.externalTrafficPolicy` is `Cluster`.",
    AdviceId.SECRET_IN_CONFIG_MAP: "`authentication.clientSecret.store` is `ConfigMap`.",
    AdviceId.WEAK_SECURITY_CONTEXT: "`container.securityContext` allows more than Microsoft's guidance does.",
}
"""What each piece of advice warns of, for the reference."""
