"""Settings of the Services that do not fit each other."""

from collections.abc import Iterator
from ipaddress import ip_network

from components.config.contradictions.ports import same_port
from components.config.keys import GATEWAYS
from components.config.models.workload.service import INTERNAL, SOURCE_RANGES, ServiceSettings, ServiceType
from components.config.well_formed import WellFormed


def impossible_services(settings: WellFormed) -> Iterator[str]:
    """Services that the API server refuses, or that are not what one of their settings says."""
    for index in settings.gateways():
        service = settings.model(ServiceSettings, GATEWAYS, index, "service")
        if service is None:
            continue
        key = f"{GATEWAYS}[{index}].service"
        if service.external_traffic_policy is not None and service.type is ServiceType.CLUSTER_IP:
            yield f"{key}.externalTrafficPolicy: has no meaning with `type: ClusterIP`, and the API server refuses it"
        if service.internal and service.type is not ServiceType.LOAD_BALANCER:
            yield f"{key}.internal: has no effect with `type: {service.type}`, which has no load balancer"
        if service.internal and INTERNAL in service.annotations:
            yield f"{key}.annotations: leave `{INTERNAL}` out: `internal` sets it"
        if service.ports.http is None and service.ports.https is None:
            yield f"{key}.ports: expected `http` or `https`: a Service needs a port"
        elif service.ports.http == service.ports.https:
            place = (GATEWAYS, index, "service", "ports")
            yield f"{key}.ports: {same_port(settings, service.ports.http, *place, names=('http', 'https'))}"
        yield from _callers(service, f'{key}.annotations["{SOURCE_RANGES}"]')


def _callers(service: ServiceSettings, key: str) -> Iterator[str]:
    """What the API server refuses in the annotation that says who may call."""
    ranges = service.annotations.get(SOURCE_RANGES)
    if ranges is None:
        return
    if service.type is not ServiceType.LOAD_BALANCER:
        yield f"{key}: has no effect with `type: {service.type}`, and the API server refuses it"
    for each in ranges.split(",") if ranges.strip() else []:
        if not _is_range(each.strip()):
            yield f"{key}: {each.strip()!r} is no range of addresses such as 192.0.2.0/24"


def _is_range(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return "/" in text and text.partition("/")[2].isdecimal() and not text.lower().startswith("::ffff:")
