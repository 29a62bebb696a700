"""The stack's Kubernetes cluster, read with the kubeconfig that its provider uses."""

import json
from typing import Any

import urllib3
import yaml
from kubernetes import config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import NotFoundError

from .errors import OpsError


class Cluster:
    """One cluster; only read from."""

    def __init__(self, kubeconfig: str, context: str) -> None:
        try:
            client = (
                config.new_client_from_config_dict(yaml.safe_load(kubeconfig), context=context or None)
                if kubeconfig
                else config.new_client_from_config(context=context or None)
            )
            client.configuration.retries = urllib3.Retry(connect=1, read=0)
            self._client = DynamicClient(client)
        except (ConfigException, OSError, yaml.YAMLError, ApiException, urllib3.exceptions.HTTPError) as error:
            raise OpsError(f"The cluster can't be read: {_one_line(error)}") from None

    def find(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """An object, or None.

        Raises:
            OpsError: it can't be read.
        """
        try:
            resource = self._client.resources.get(api_version=api_version, kind=kind)
            return resource.get(name=name, namespace=namespace).to_dict()
        except NotFoundError:
            return None
        except (ApiException, urllib3.exceptions.HTTPError) as error:
            raise OpsError(f"{kind} {namespace}/{name} can't be read: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    body = getattr(error, "body", None)
    try:
        return str(json.loads(body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
