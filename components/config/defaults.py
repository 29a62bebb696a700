"""Defaults that follow from other values."""

from collections.abc import Mapping
from typing import Any

from components.config.keys import API_MANAGEMENT, CLUSTER, GATEWAYS, ROLES, SUBSCRIPTION
from components.config.models.azure import Cloud
from components.config.models.workload.container import SECURITY_CONTEXT
from components.config.well_formed import Place

# Suffix of the configuration endpoint and Entra authority, from the gateway's settings reference.
_ENDPOINT_SUFFIX: dict[str, str] = {
    Cloud.PUBLIC: "configuration.azure-api.net",
    Cloud.US_GOVERNMENT: "configuration.azure-api.us",
    Cloud.CHINA: "configuration.azure-api.cn",
}
_AUTHORITY: dict[str, str] = {
    Cloud.PUBLIC: "https://login.microsoftonline.com",
    Cloud.US_GOVERNMENT: "https://login.microsoftonline.us",
    Cloud.CHINA: "https://login.partner.microsoftonline.cn",
}
# The gateway's own default is the public cloud's, which needs no setting.
_TOKEN_AUDIENCE: dict[str, str] = {
    Cloud.US_GOVERNMENT: "https://azure-api.us/configuration",
    Cloud.CHINA: "https://azure-api.cn/configuration",
}


def with_defaults(values: Mapping[str, Any]) -> tuple[dict[str, Any], set[Place]]:
    """The values with those defaults filled in that follow from other values, and the places of these defaults.

    Values of the wrong type are left as they are: validation names them. So it does a value that a default would follow
    from, where that is missing.
    """
    filled = dict(values)
    derived: set[Place] = set()
    cloud = filled.get("azure-native:environment", Cloud.PUBLIC)
    gateways = filled.get(GATEWAYS)
    # An empty mapping is Pulumi.yaml's default: it stands for "not set", unless there are gateways that need it.
    for key in (API_MANAGEMENT, CLUSTER):
        if not gateways and filled.get(key) == {}:
            del filled[key]
        elif gateways:
            filled.setdefault(key, {})

    def derive(place: Place, mapping: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
        derived.update((*place, name) for name in defaults if name not in mapping)
        return {**{name: value for name, value in defaults.items() if value}, **mapping}

    subscription = filled.get(SUBSCRIPTION)
    instance = filled.get(API_MANAGEMENT)
    if isinstance(instance, dict):
        suffix = _ENDPOINT_SUFFIX.get(cloud, _ENDPOINT_SUFFIX[Cloud.PUBLIC])
        endpoint = f"{instance['name']}.{suffix}" if "name" in instance else None
        instance = derive((API_MANAGEMENT,), instance, subscriptionId=subscription, configurationEndpoint=endpoint)
        filled[API_MANAGEMENT] = instance

    roles = filled.setdefault(ROLES, {})
    if isinstance(roles, dict):
        subscriptions = [subscription, instance.get("subscriptionId") if isinstance(instance, dict) else None]
        scopes = [f"/subscriptions/{id_}" for id_ in dict.fromkeys(subscriptions) if id_]
        filled[ROLES] = derive((ROLES,), roles, assignableScopes=scopes)

    if isinstance(gateways, list):
        filled[GATEWAYS] = [
            derive(
                (GATEWAYS, index),
                _with_pods_user(_with_authority(gateway, cloud)),
                kubernetesName=gateway.get("name"),
            )
            if isinstance(gateway, dict)
            else gateway
            for index, gateway in enumerate(gateways)
        ]
    return filled, derived


def _with_authority(gateway: Mapping[str, Any], cloud: str) -> dict[str, Any]:
    authentication = gateway.get("authentication")
    if not isinstance(authentication, dict):
        return dict(gateway)
    authority = _AUTHORITY.get(cloud, _AUTHORITY[Cloud.PUBLIC])
    defaults = {"authority": authority, "tokenAudience": _TOKEN_AUDIENCE.get(cloud)}
    return {**gateway, "authentication": defaults | authentication}


def _with_pods_user(gateway: Mapping[str, Any]) -> dict[str, Any]:
    """What the pod's security context sets, no default of the container's takes from it."""
    pod, container = gateway.get("pod"), gateway.get("container", {})
    of_pod = pod.get("securityContext") if isinstance(pod, dict) else None
    own = container.get("securityContext", {}) if isinstance(container, dict) else None
    if not isinstance(of_pod, dict) or not isinstance(own, dict):
        return dict(gateway)
    left = {name: None for name in of_pod if name in SECURITY_CONTEXT and name not in own}
    return {**gateway, "container": {**container, "securityContext": {**left, **own}}} if left else dict(gateway)
