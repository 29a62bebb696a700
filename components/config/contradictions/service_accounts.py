"""ServiceAccounts that would not be made as one of their settings says."""

from collections.abc import Iterator

from components.config.keys import GATEWAYS
from components.config.models.gateway import GatewaySettings
from components.config.models.workload.service_account import ServiceAccountSettings
from components.config.well_formed import WellFormed


def impossible_service_accounts(settings: WellFormed) -> Iterator[str]:
    """Annotations of an account that is not made, and accounts that two gateways or Kubernetes make."""
    made: dict[tuple[str, str], int] = {}
    for index in settings.gateways():
        key = f"{GATEWAYS}[{index}].serviceAccount"
        account = settings.model(ServiceAccountSettings, GATEWAYS, index, "serviceAccount")
        if account is None:
            continue
        if account.annotations and not account.create:
            yield f"{key}.annotations: have no effect unless `create` is true"
        if account.create and account.name == "default":
            yield f"{key}.name: 'default' is the namespace's own account: leave `create` out, or give another name"
        namespace = settings.field(GatewaySettings, "namespace", GATEWAYS, index)
        name = account.name or settings.at(GATEWAYS, index, "kubernetesName")
        if account.create and namespace and name and (other := made.setdefault((namespace, name), index)) != index:
            found = f"{name!r}{settings.origin(GATEWAYS, index, 'serviceAccount', 'name')}"
            yield f"{key}.name: {found} is created by gateways[{other}] in its namespace: only one can create it"
