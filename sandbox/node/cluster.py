"""The API server, as the node uses it: JSON in, JSON out, and lists that are followed for as long as the node lives."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

import aiohttp
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.config import new_client_from_config

from . import KubernetesObject

_log = logging.getLogger(__name__)

REQUEST_SECONDS = 30
WATCH_SECONDS = 300
RECONNECT_SECONDS = 1.0

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"


class ClusterError(Exception):
    """The API server refused a request, or was not reached (status 0)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    @property
    def absent(self) -> bool:
        """Whether the object does not exist."""
        return self.status == HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Listed:
    """All objects there are: at the start, and again where changes may have been missed."""

    objects: list[KubernetesObject]


@dataclass(frozen=True)
class Changed:
    """One change of one object."""

    kind: Literal["ADDED", "MODIFIED", "DELETED"]
    object: KubernetesObject


class Cluster:
    """Requests with the credentials of a kubeconfig."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @classmethod
    @contextlib.asynccontextmanager
    async def connect(cls, kubeconfig: Path, temporary: Path) -> AsyncIterator["Cluster"]:
        """Reads the kubeconfig; `temporary` is a folder for the keys it embeds."""
        client = await new_client_from_config(
            config_file=str(kubeconfig), persist_config=False, temp_file_path=str(temporary)
        )
        # The API server is on this machine: a proxy of the user's environment is not on the way to it.
        client.configuration.client_session_kwargs = {"trust_env": False}
        try:
            yield cls(client)
        finally:
            await client.close()

    async def get(self, path: str, **query: str) -> KubernetesObject:
        """GET of an object or a list."""
        return await self._request("GET", path, query=query)

    async def create(self, path: str, body: KubernetesObject) -> KubernetesObject:
        """POST of an object to its collection."""
        return await self._request("POST", path, body=body)

    async def patch(
        self, path: str, body: KubernetesObject, content_type: str = STRATEGIC_MERGE_PATCH
    ) -> KubernetesObject:
        """PATCH of an object."""
        return await self._request("PATCH", path, body=body, content_type=content_type)

    async def delete(self, path: str, body: KubernetesObject) -> None:
        """DELETE of an object, with its options."""
        await self._request("DELETE", path, body=body)

    async def follow(self, path: str, **query: str) -> AsyncIterator[Listed | Changed]:
        """A collection, listed and then watched, for ever: again after any failure, also of the API server."""
        failing = False
        while True:
            try:
                collection = await self.get(path, **query)
                failing = False
                yield Listed(collection.get("items") or [])
                async for change in self._watch(path, collection["metadata"]["resourceVersion"], query):
                    yield change
            except ClusterError as error:
                if error.status != HTTPStatus.GONE and not failing:
                    _log.warning("%s cannot be followed: %s. Trying again every second.", path, error)
                    failing = True
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _watch(self, path: str, version: str, query: dict[str, str]) -> AsyncIterator[Changed]:
        while True:
            parameters = {
                **query,
                "watch": "true",
                "allowWatchBookmarks": "true",
                "resourceVersion": version,
                "timeoutSeconds": str(WATCH_SECONDS),
            }
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=REQUEST_SECONDS, sock_read=WATCH_SECONDS + 30)
            async with self._send("GET", path, query=parameters, timeout=timeout) as response:
                async for line in response.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise _refusal(event["object"].get("code", 0), event["object"])
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] != "BOOKMARK":
                        yield Changed(event["type"], event["object"])

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: KubernetesObject | None = None,
        content_type: str = "application/json",
    ) -> KubernetesObject:
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
        sending = self._send(method, path, query=query, body=body, content_type=content_type, timeout=timeout)
        async with sending as response:
            return await response.json()

    @contextlib.asynccontextmanager
    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: KubernetesObject | None = None,
        content_type: str = "application/json",
        timeout: aiohttp.ClientTimeout,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Accept": "application/json", "Content-Type": content_type}
        request: tuple[Any, ...] = await self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = (await self._client.call_api(*request, _request_timeout=timeout)).response
            async with response:
                if response.status >= HTTPStatus.BAD_REQUEST:
                    raise _refusal(response.status, await _json(response))
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ClusterError(0, "", f"the API server was not reached: {error or type(error).__name__}") from None


async def _json(response: aiohttp.ClientResponse) -> KubernetesObject:
    try:
        return await response.json()
    except (ValueError, aiohttp.ContentTypeError):
        return {"message": await response.text()}


def _refusal(status: int, body: KubernetesObject) -> ClusterError:
    return ClusterError(status, body.get("reason") or "", body.get("message") or f"the API server answered {status}")
