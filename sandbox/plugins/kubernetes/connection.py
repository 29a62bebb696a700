"""Talking with an API server: the official client's reading of kubeconfigs, and plain requests over its connection."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config.config_exception import ConfigException
from kubernetes.config.kube_config import load_kube_config, load_kube_config_from_dict

from ..engine.provider import ProviderError

_TIMEOUT_SECONDS = 30
_NO_CREDENTIALS = "the server has asked for the client to provide credentials"
_NOT_LOADED = (
    "unable to load Kubernetes client configuration from kubeconfig file. Make sure you have: \n\n \t • set up the "
    "provider as per https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ \n\n "
)
_GO_TYPE = (
    'Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string '
    '"json:\\"kind,omitempty\\"" }'
)
# By what this language's libraries say of it.
_DIALLED = {
    "Connection refused": "dial tcp {address}: connect: connection refused",
    "getaddrinfo failed": "dial tcp: lookup {host}: no such host",
    "Name or service not known": "dial tcp: lookup {host}: no such host",
    "No address associated": "dial tcp: lookup {host}: no such host",
    "Temporary failure in name resolution": "dial tcp: lookup {host}: server misbehaving",
    "No route to host": "dial tcp {address}: connect: no route to host",
    "timed out": "dial tcp {address}: i/o timeout",
    "CERTIFICATE_VERIFY_FAILED": "tls: failed to verify certificate: x509: certificate signed by unknown authority",
}


class ConfigurationError(ProviderError):
    """What is configured does not name a cluster; the message is why its cluster counts as unreachable."""


class NoAnswerError(ProviderError):
    """Nobody answers."""


class StatusError(ProviderError):
    """The API server's refusal."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.reason = str(body.get("reason", ""))
        self.details = body.get("details") or {}
        self.message = str(body.get("message", f"HTTP status {status}"))
        super().__init__(self.message)


class Connection:
    """One cluster, by kubeconfig and context.

    Args:
        kubeconfig: its content, or the path of its file; empty for the ambient one.
        context: its name; empty for the current one.
        cluster: name of another cluster than the context's; empty for that one.
        files: a folder for certificates and keys, which the client reads from files; it is needed as long as the connection is.
    """

    def __init__(self, kubeconfig: str, context: str, cluster: str, files: str) -> None:
        configuration = Configuration()
        configuration.retries = urllib3.Retry(connect=1, read=0, redirect=0, status=0)
        document = _document(kubeconfig)
        if document is not None:
            _leave(document)
        if document is not None and context and context not in _names(document.get("contexts")):
            raise ConfigurationError(f'{_NOT_LOADED}context "{context}" does not exist')
        try:
            if cluster:
                document = _with_cluster(document, context, cluster)
            if document is None:
                load_kube_config(
                    context=context or None,
                    client_configuration=configuration,
                    persist_config=False,
                    temp_file_path=files,
                )
            else:
                load_kube_config_from_dict(
                    document,
                    context=context or None,
                    client_configuration=configuration,
                    persist_config=False,
                    temp_file_path=files,
                )
        except (ConfigException, OSError, ValueError) as error:
            raise ConfigurationError(f"{_NOT_LOADED}{_one_line(error)}") from None
        self._configuration = configuration
        self._client = ApiClient(configuration)
        self.server = str(configuration.host)

    def check(self) -> None:
        """See that the API server answers.

        Raises:
            ConfigurationError: it does not, or does not know who asks.
        """
        try:
            self.request("GET", "/version")
        except NoAnswerError as error:
            # What the released plugin asks for, and names.
            asked = f'Get "{self.server}/openapi/v2?timeout=32s"'
            reason = str(error).replace(f'Get "{self.server}/version"', asked)
            raise ConfigurationError(f"unable to load schema information from the API server: {reason}") from None
        except StatusError as error:
            text = _NO_CREDENTIALS if error.status == 401 else error.message
            raise ConfigurationError(f"unable to load schema information from the API server: {text}") from None

    def request(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", **query: str
    ) -> dict[str, Any]:
        """One request; the answer's object.

        Raises:
            StatusError: the API server refuses.
            NoAnswerError: nobody answers.
        """
        response = self._send(method, path, body, content_type, query, _TIMEOUT_SECONDS)
        answer = json.loads(response.data or b"{}") if _is_json(response) else {}
        if response.status >= 400:
            raise StatusError(response.status, answer)
        return answer

    def find(self, path: str) -> dict[str, Any] | None:
        """GET; None on 404."""
        try:
            return self.request("GET", path)
        except StatusError as error:
            if error.status == 404:
                return None
            raise

    def watch(self, collection: str, seconds: int, **query: str) -> Iterator[dict[str, Any]]:
        """Events of a collection for some seconds; ends early when the API server ends it.

        Raises:
            StatusError: the API server refuses, at once.
            NoAnswerError: nobody answers, at once.
        """
        query = {**query, "watch": "true", "timeoutSeconds": str(seconds)}
        response = self._send("GET", collection, None, "application/json", query, seconds + 5)
        if response.status >= 400:
            raise StatusError(response.status, json.loads(response.read() or b"{}"))
        return _events(response)

    def _send(
        self, method: str, path: str, body: Any, content_type: str, query: dict[str, str], timeout: float
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json", "Content-Type": content_type}
        if token := self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization"):
            headers["Authorization"] = token
        url = f"{self._configuration.host}{path}?{urlencode(query)}" if query else f"{self._configuration.host}{path}"
        try:
            return self._client.rest_client.pool_manager.request(
                method,
                url,
                body=json.dumps(body).encode() if body is not None else None,
                headers=headers,
                timeout=urllib3.Timeout(connect=5, read=timeout),
                preload_content="watch" not in query,
            )
        except urllib3.exceptions.HTTPError as error:
            reason = _dialled(getattr(error, "reason", None) or error, str(self._configuration.host))
            raise NoAnswerError(f'{method.capitalize()} "{url}": {reason}') from None


def _events(response: urllib3.BaseHTTPResponse) -> Iterator[dict[str, Any]]:
    buffer = b""
    try:
        for chunk in response.stream(4096, decode_content=True):
            buffer += chunk
            *lines, buffer = buffer.split(b"\n")
            yield from (json.loads(line) for line in lines if line.strip())
    except urllib3.exceptions.HTTPError:
        return  # the next watch or read finds out
    finally:
        response.release_conn()


def read_kubeconfig(kubeconfig: str) -> dict[str, Any] | None:
    """A kubeconfig's document from its content or the path of its file; None for the ambient one.

    Raises:
        ValueError: it is no kubeconfig; what is no file's path counts as content.
    """
    if not kubeconfig:
        return None
    text = kubeconfig
    with suppress(OSError):  # of a text that is too long to be a path, for one
        if (file := Path(kubeconfig).expanduser()).is_file():
            text = file.read_text()
    document = yaml.safe_load(text)
    if not isinstance(document, dict):
        is_a = "array" if isinstance(document, list) else "string"
        raise ValueError(f"couldn't get version/kind; json parse error: json: cannot unmarshal {is_a} into {_GO_TYPE}")
    return document


def active_cluster(kubeconfig: str, context: str, cluster: str) -> dict[str, Any] | None:
    """The cluster that a kubeconfig means, as it stands there; None for the ambient one, and where that can't be told."""
    try:
        document = read_kubeconfig(kubeconfig)
        if document is None:
            return None
        contexts = {entry["name"]: entry["context"] for entry in document["contexts"]}
        clusters = {entry["name"]: entry["cluster"] for entry in document["clusters"]}
        return clusters[cluster or contexts[context or document["current-context"]]["cluster"]]
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError):
        return None


def _document(kubeconfig: str) -> dict[str, Any] | None:
    try:
        return read_kubeconfig(kubeconfig)
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = f"failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- {_one_line(error)}"
        raise ConfigurationError(reason) from None


def _leave(document: dict[str, Any]) -> None:
    """Leave a copy of the kubeconfig in the temporary folder, as the released plugin does for Helm, and does not remove."""
    handle, _ = tempfile.mkstemp(prefix="kubeconfig")
    with os.fdopen(handle, "w") as file:
        yaml.safe_dump(document, file)


def _dialled(error: object, server: str) -> str:
    """Why nobody answers, in the words of the released plugin's language."""
    address = server.split("://", 1)[-1].split("/")[0]
    text = _one_line(error)
    for sign, words in _DIALLED.items():
        if sign in text:
            return words.format(address=address, host=address.rsplit(":", 1)[0])
    return text


def _with_cluster(document: dict[str, Any] | None, context: str, cluster: str) -> dict[str, Any]:
    if document is None:
        raise ConfigurationError(f"{_NOT_LOADED}`cluster` needs a kubeconfig as content")
    name = context or document["current-context"]
    contexts = [
        {**entry, "context": {**entry["context"], "cluster": cluster}} if entry["name"] == name else entry
        for entry in document["contexts"]
    ]
    return {**document, "contexts": contexts}


def _is_json(response: urllib3.BaseHTTPResponse) -> bool:
    return "json" in response.headers.get("Content-Type", "")


def _names(entries: Any) -> list[Any]:
    return [entry.get("name") for entry in entries or [] if isinstance(entry, dict)]


def _one_line(error: object) -> str:
    return " ".join(str(error).split())
