"""Who may read the secret, what the container may do, and what the gateway sees of its callers."""

from collections.abc import Iterator

from components.config.advice.departure import Departure
from components.config.models.advice import AdviceId
from components.config.models.authentication import SecretStore
from components.config.models.gateway import GatewaySettings


def security_departures(gateway: GatewaySettings) -> Iterator[Departure]:
    """The client secret's place, the security context, and the callers' addresses."""
    if gateway.authentication.client_secret.store is SecretStore.CONFIG_MAP:
        yield Departure(
            AdviceId.SECRET_IN_CONFIG_MAP,
            "authentication.clientSecret.store",
            "more people may read a ConfigMap than a Secret, and it is in no audit of secrets. Leave it out: a Secret holds it "
            "then.",
        )
    if allowed := list(_allowed(gateway)):
        yield Departure(
            AdviceId.WEAK_SECURITY_CONTEXT,
            "container.securityContext",
            f"the container may do more than Microsoft's guidance lets it. Set {', '.join(allowed)}, or leave it out.",
        )
    if gateway.service.external_traffic_policy == "Cluster":
        yield Departure(
            AdviceId.CLUSTER_TRAFFIC_POLICY,
            "service.externalTrafficPolicy",
            "with `Cluster`, the gateway sees addresses of nodes instead of its callers'. Set `Local`, or leave it out.",
        )


def _allowed(gateway: GatewaySettings) -> Iterator[str]:
    """The fields of the guidance that do not hold, each as it has to be set."""
    context, of_pod = gateway.container.security_context or {}, gateway.pod.security_context or {}
    # Kubernetes refuses `privileged` beside it, so it need not be named apart.
    if context.get("allowPrivilegeEscalation") is not False:
        yield "`allowPrivilegeEscalation: false`"
    if "ALL" not in (context.get("capabilities") or {}).get("drop", []):
        yield "`capabilities.drop: [ALL]`"
    if context.get("privileged"):
        yield "`privileged: false`"
    if context.get("runAsNonRoot", of_pod.get("runAsNonRoot")) is not True:
        yield "`runAsNonRoot: true`"
