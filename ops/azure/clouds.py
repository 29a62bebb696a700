"""Azure's clouds, and where each has its APIs."""

import os
from dataclasses import dataclass

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import RetryPolicy
from azure.core.rest import HttpRequest, HttpResponse

from ..errors import OpsError

_METADATA_VERSION = "2022-09-01"


@dataclass(frozen=True)
class Cloud:
    """Where a cloud's APIs are."""

    authority: str
    resource_manager: str
    resource_manager_audience: str
    graph: str


# By the names that the azure-native provider has for them.
CLOUDS = {
    "public": Cloud(
        "https://login.microsoftonline.com",
        "https://management.azure.com",
        "https://management.azure.com",
        "https://graph.microsoft.com",
    ),
    "usgovernment": Cloud(
        "https://login.microsoftonline.us",
        "https://management.usgovcloudapi.net",
        "https://management.usgovcloudapi.net",
        "https://graph.microsoft.us",
    ),
    "china": Cloud(
        "https://login.partner.microsoftonline.cn",
        "https://management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}


def find_cloud(environment: str) -> Cloud:
    """The cloud that the providers use: by ARM_METADATA_HOSTNAME, by ARM_ENVIRONMENT, or by its name.

    Raises:
        OpsError: there is no such cloud, or its endpoints can't be read.
    """
    host = os.environ.get("ARM_METADATA_HOSTNAME")
    if not host:
        name = os.environ.get("ARM_ENVIRONMENT") or environment
        if name not in CLOUDS:
            raise OpsError(f"Unknown Azure cloud '{name}': expected one of {', '.join(CLOUDS)}.")
        return CLOUDS[name]
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(f"https://{host}", policies=[RetryPolicy()])
    try:
        answer = client.send_request(
            HttpRequest("GET", f"https://{host}/metadata/endpoints", params={"api-version": _METADATA_VERSION})
        )
        answer.raise_for_status()
        metadata = answer.json()
        return Cloud(
            metadata["authentication"]["loginEndpoint"].rstrip("/"),
            metadata["resourceManager"].rstrip("/"),
            metadata["authentication"]["audiences"][0].rstrip("/"),
            metadata["microsoftGraphResourceId"].rstrip("/"),
        )
    except (AzureError, KeyError, IndexError, ValueError) as error:
        raise OpsError(f"The cloud's endpoints can't be read from ARM_METADATA_HOSTNAME={host}: {error}") from None
