"""ARM and Microsoft Graph, read with the sign-in that the stack's providers use.

The environment is the providers' own: ARM_CLIENT_ID with ARM_CLIENT_SECRET or OIDC, else the Azure CLI's sign-in;
ARM_METADATA_HOSTNAME for another cloud.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.policies import RetryPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import AzureCliCredential, ClientAssertionCredential, ClientSecretCredential

from ..errors import OpsError, SignInError
from .api import Api, first_line
from .clouds import Cloud, find_cloud


class Azure:
    """One tenant, signed in to."""

    def __init__(self, provider: Mapping[str, Any]) -> None:
        """Sign in when it is first needed.

        Args:
            provider: the inputs of the stack's azure-native provider.

        Raises:
            OpsError: they name no tenant, or a cloud that nobody knows.
        """
        if not provider.get("tenantId"):
            raise OpsError("The stack's azure-native provider has no tenant ID: set `azure-native:tenantId`.")
        cloud = find_cloud(str(provider.get("environment") or "public"))
        credential = _credential(str(provider["tenantId"]), cloud)
        self.arm = Api(cloud.resource_manager, cloud.resource_manager_audience, credential)
        self.graph = Api(cloud.graph, cloud.graph, credential)


def get_token(authority: str, tenant_id: str, client_id: str, client_secret: str, audience: str) -> None:
    """Get a token as the gateway does, and forget it.

    Raises:
        SignInError: Entra refuses.
        OpsError: Entra does not answer.
    """
    try:
        ClientSecretCredential(tenant_id, client_id, client_secret, **_options(authority)).get_token(
            f"{audience}/.default"
        )
    except ClientAuthenticationError as error:
        reason = first_line(error).removeprefix("Authentication failed: ")
        code = re.search(r"AADSTS\d+", reason)
        if code is None:
            raise OpsError(f"{authority} does not answer: {reason}") from None
        raise SignInError(reason, code[0]) from None
    except AzureError as error:
        raise OpsError(f"{authority} does not answer: {first_line(error)}") from None


def _options(authority: str) -> dict[str, Any]:
    return {
        "authority": authority,
        "disable_instance_discovery": os.environ.get("ARM_DISABLE_INSTANCE_DISCOVERY", "").lower() == "true",
    }


def _credential(tenant_id: str, cloud: Cloud) -> TokenCredential:
    client_id, secret = os.environ.get("ARM_CLIENT_ID", ""), os.environ.get("ARM_CLIENT_SECRET", "")
    options = _options(cloud.authority)
    if client_id and secret:
        return ClientSecretCredential(tenant_id, client_id, secret, **options)
    if client_id and os.environ.get("ARM_USE_OIDC", "").lower() == "true":
        return ClientAssertionCredential(tenant_id, client_id, _oidc_token, **options)
    return AzureCliCredential(tenant_id=tenant_id)


def _oidc_token() -> str:
    """The pipeline's token that Entra exchanges, from where the providers take it."""
    if token := os.environ.get("ARM_OIDC_TOKEN"):
        return token
    if file := os.environ.get("ARM_OIDC_TOKEN_FILE_PATH"):
        return Path(file).read_text().strip()
    url = os.environ.get("ARM_OIDC_REQUEST_URL") or os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    token = os.environ.get("ARM_OIDC_REQUEST_TOKEN") or os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not token:
        raise OpsError("ARM_USE_OIDC is set, but there is no token: set ARM_OIDC_TOKEN, or allow `id-token: write`.")
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(url, policies=[RetryPolicy()])
    request = HttpRequest(
        "GET", f"{url}&audience=api://AzureADTokenExchange", headers={"Authorization": f"Bearer {token}"}
    )
    answer = client.send_request(request)
    answer.raise_for_status()
    return answer.json()["value"]
