"""The stack's Kubernetes cluster, with the kubeconfig that its provider uses."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import urllib3
import yaml
from kubernetes import config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import NotFoundError, UnprocessibleEntityError

from ..errors import ForbiddenError, OpsError

# As kubelet writes the time before a line.
_LOG_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\S+) ?(.*)")


@dataclass(frozen=True)
class LogLine:
    """One line of a container's log."""

    at: datetime
    """When the container wrote it, by its node's clock."""
    text: str


class Cluster:
    """One cluster."""

    def __init__(self, provider: Mapping[str, Any]) -> None:
        """Connect to it.

        Args:
            provider: the inputs of the stack's Kubernetes provider.

        Raises:
            OpsError: it can't be reached so.
        """
        kubeconfig, context = str(provider.get("kubeconfig") or ""), str(provider.get("context") or "")
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
            ForbiddenError: the API server refuses, also where there is no such namespace.
            OpsError: it can't be read.
        """
        with _told(f"{kind} {namespace}/{name}"):
            try:
                return self._resource(api_version, kind).get(name=name, namespace=namespace).to_dict()
            except NotFoundError:
                return None

    def lacks_namespace(self, name: str) -> bool:
        """Whether a namespace is known not to be there: most may not read namespaces, and then nothing is known.

        Raises:
            OpsError: the cluster does not answer.
        """
        try:
            with _told(f"Namespace {name}"):
                try:
                    self._resource("v1", "Namespace").get(name=name)
                except NotFoundError:
                    return True
        except ForbiddenError:
            return False
        return False

    def select(self, api_version: str, kind: str, namespace: str, label_selector: str) -> list[dict[str, Any]]:
        """Objects by their labels.

        Raises:
            OpsError: they can't be read.
        """
        with _told(f"{kind}s with {label_selector} in namespace {namespace}"):
            found = self._resource(api_version, kind).get(namespace=namespace, label_selector=label_selector)
            return found.to_dict()["items"]

    def warnings(self, namespace: str) -> list[dict[str, Any]]:
        """The events of a namespace that warn, the last one last.

        Raises:
            OpsError: they can't be read, for which a reader has no right.
        """
        with _told(f"The events in namespace {namespace}"):
            found = self._resource("v1", "Event").get(namespace=namespace, field_selector="type=Warning")
            return sorted(found.to_dict()["items"], key=_last_seen)

    def log(self, namespace: str, pod: str, lines: int, seconds: int) -> list[LogLine]:
        """The last lines of a pod's log, none older than some seconds.

        Raises:
            OpsError: it can't be read.
        """
        with _told(f"The log of pod {namespace}/{pod}"):
            # The client's own method imports the classes of all objects: as much as all else of a command.
            path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
            query = [("tailLines", lines), ("sinceSeconds", seconds), ("timestamps", "true")]
            text: str = self._client.request("get", path, query_params=query, serialize=False).data.decode(
                errors="replace"
            )
            dated = (_LOG_LINE.fullmatch(line) for line in text.splitlines())
            return [LogLine(datetime.fromisoformat(line[1]), line[2]) for line in dated if line is not None]

    def set_label(
        self,
        api_version: str,
        kind: str,
        namespace: str,
        name: str,
        label: str,
        *,
        before: str,
        after: str,
        manager: str,
    ) -> None:
        """Give an object's label another value. Of all this module has, it alone writes.

        Args:
            api_version: of the object.
            kind: of the object.
            namespace: of the object.
            name: of the object.
            label: its key.
            before: the value that it has; with another one it stays.
            after: the new value.
            manager: field manager of the change.

        Raises:
            OpsError: it has another value, or the API server refuses.
        """
        path = "/metadata/labels/" + label.replace("~", "~0").replace("/", "~1")
        change = [{"op": "test", "path": path, "value": before}, {"op": "replace", "path": path, "value": after}]
        what = f"Label {label} of {kind} {namespace}/{name}"
        with _told(what, "changed"):
            try:
                self._resource(api_version, kind).patch(
                    body=change,
                    name=name,
                    namespace=namespace,
                    content_type="application/json-patch+json",
                    field_manager=manager,
                )
            except UnprocessibleEntityError:
                # The API server does not say which test failed; there is one.
                raise OpsError(f"{what} is not '{before}': nothing was changed.") from None

    def server_version(self) -> str:
        """The API server's version, `v1.30.0` for example.

        Raises:
            OpsError: it does not answer.
        """
        with _told("The API server's version"):
            answer = self._client.request("get", "/version", serialize=False).data
        return str(json.loads(answer)["gitVersion"])

    @property
    def server(self) -> str:
        """The API server's address."""
        return str(self._client.configuration.host)

    def _resource(self, api_version: str, kind: str) -> Any:
        return self._client.resources.get(api_version=api_version, kind=kind)


def _last_seen(event: dict[str, Any]) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])


@contextmanager
def _told(what: str, done: str = "read") -> Iterator[None]:
    try:
        yield
    except (ApiException, urllib3.exceptions.HTTPError) as error:
        refused = ForbiddenError if getattr(error, "status", None) == 403 else OpsError
        raise refused(f"{what} can't be {done}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    body = getattr(error, "body", None)
    try:
        return str(json.loads(body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
