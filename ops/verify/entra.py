"""Can the gateway's identity get a token, with the client secret that the cluster holds?"""

import base64
import os

from ..azure.clouds import find_cloud
from ..azure.sign_in import get_token
from ..cluster.connection import Cluster
from ..errors import SignInError
from .gateways import NOT_YET, SECRET_SETTING, Gateway, KubernetesObject, default_audience
from .report import Answer, Check

QUESTION = "token"
_SETTING = "config.service.auth.azureAd"
_NEXT = {
    "AADSTS7000215": "Entra does not know the secret: `pulumi up --refresh` makes a new one and rolls the pods.",
    "AADSTS7000222": "The secret has expired: `.venv/bin/python -m ops rotate`, then `pulumi up`.",
    "AADSTS700016": "The application is gone: `pulumi up --refresh` makes it again. A new one is known after a minute.",
    "AADSTS7000229": "The service principal is gone: `pulumi up --refresh` makes it again.",
    "AADSTS7000112": "The application is disabled: `pulumi up --refresh` enables it.",
    "AADSTS90002": "Check `azure-native:tenantId` and `authentication.authority`.",
}


def check_token(gateway: Gateway, cluster: Cluster) -> Check:
    """Get a token as a pod would.

    Raises:
        OpsError: the settings can't be read, or Entra does not answer.
    """
    holder = gateway.config_map if gateway.is_secret_in_config_map else gateway.secret
    if gateway.config_map is None or holder is None:
        found = f"no {'Secret' if gateway.config_map else 'ConfigMap'} is made yet: there is nothing to ask for a token with"
        return Check(gateway.name, QUESTION, Answer.UNKNOWN, found, NOT_YET)
    settings = _settings(gateway.config_map, None if gateway.is_secret_in_config_map else holder, cluster)
    if settings is None:
        found = f"{holder.namespace}/{holder.name} has no client secret, or is not there"
        next_step = "`pulumi up --refresh` puts it back." if holder.is_made else NOT_YET
        return Check(gateway.name, QUESTION, Answer.FAILED, found, next_step)
    there = settings.get(f"{_SETTING}.authority")
    if there != gateway.authority:
        # The secret is not handed to somebody whom nobody has declared.
        found = (
            f"the ConfigMap names authority {there}, and the stack {gateway.authority}: nobody was asked for a token"
        )
        next_step = "`pulumi up --refresh` puts it back; if pods have started meanwhile, rotate the secret too."
        return Check(gateway.name, QUESTION, Answer.FAILED, found, next_step)
    authority = _authority(gateway)
    endpoint = settings.get("config.service.endpoint") or gateway.endpoint
    audience = settings.get("config.service.auth.tokenAudience") or default_audience(endpoint, gateway.environment)
    client_id = settings[f"{_SETTING}.clientId"]
    try:
        get_token(
            authority, settings[f"{_SETTING}.tenantId"], client_id, settings[f"{_SETTING}.clientSecret"], audience
        )
    except SignInError as error:
        next_step = _NEXT.get(
            error.code, "Entra's message says why; `.venv/bin/python -m ops drift` shows what differs."
        )
        return Check(gateway.name, QUESTION, Answer.FAILED, str(error), next_step)
    return Check(gateway.name, QUESTION, Answer.OK, f"Entra gives application {client_id} a token for {audience}")


def _authority(gateway: Gateway) -> str:
    # Where the environment names a cloud, its names are reached by it, and the pods' may not be known here.
    if os.environ.get("ARM_METADATA_HOSTNAME"):
        return find_cloud(gateway.environment).authority
    return gateway.authority


def _settings(config_map: KubernetesObject, secret: KubernetesObject | None, cluster: Cluster) -> dict[str, str] | None:
    """The settings that a pod reads at its start; None without those that a token needs."""
    found = cluster.find("v1", "ConfigMap", config_map.namespace, config_map.name)
    settings: dict[str, str] = dict((found or {}).get("data") or {})
    if secret is not None:
        found = cluster.find("v1", "Secret", secret.namespace, secret.name)
        encoded = ((found or {}).get("data") or {}).get("clientSecret", "")
        settings[SECRET_SETTING] = base64.b64decode(encoded).decode(errors="replace")
    needed = ("clientSecret", "clientId", "tenantId")
    return settings if all(settings.get(f"{_SETTING}.{name}") for name in needed) else None
