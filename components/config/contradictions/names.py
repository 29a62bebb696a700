"""Gateways whose names get in each other's way."""

from collections.abc import Iterator

from components.config.formats.kubernetes import KUBERNETES_NAME
from components.config.keys import GATEWAYS
from components.config.models.gateway import GatewaySettings
from components.config.well_formed import Place, WellFormed


def taken_names(settings: WellFormed, derived: set[Place]) -> Iterator[str]:
    """Gateways of one name, in API Management or in Kubernetes, and names that can't name Kubernetes objects."""
    names: dict[str, int] = {}
    objects: dict[tuple[str, str], int] = {}
    for index in settings.gateways():
        key, place = f"{GATEWAYS}[{index}]", (GATEWAYS, index)
        is_derived = (*place, "kubernetesName") in derived
        name, kubernetes_name = settings.at(*place, "name"), settings.at(*place, "kubernetesName")
        namespace = settings.field(GatewaySettings, "namespace", *place)
        if name is not None and (other := names.setdefault(name.lower(), index)) != index:
            yield f"{key}.name: {name!r} is the name of gateways[{other}] already"
        elif kubernetes_name is not None and namespace is not None:
            other = objects.setdefault((namespace, kubernetes_name), index)
            if other != index:
                where = "name" if is_derived else "kubernetesName"
                yield f"{key}.{where}: {kubernetes_name!r} is taken by gateways[{other}] in its namespace"
        elif name is not None and kubernetes_name is None and is_derived:
            yield f"{key}.name: {name!r} can't name the Kubernetes objects: set `kubernetesName`, {KUBERNETES_NAME}"
