"""The kubelet's HTTPS API, as far as `kubectl logs` and health checks use it."""

import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from .container import Container
from .container_log import Selection, read
from .pods import Pods

# Kubelet's words for why there is no log.
WAITING = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}


class KubeletApi:
    """Answers clients whose certificate the cluster's authority has signed."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods

    def server(self, *, port: int, certificate: Path, key: Path, client_ca: Path) -> uvicorn.Config:
        """How to serve it on loopback."""
        return uvicorn.Config(
            Starlette(
                routes=[
                    Route("/healthz", self._health),
                    Route("/containerLogs/{namespace}/{pod}/{container}", self._logs),
                    Route("/{rest:path}", self._not_played, methods=["GET", "POST"]),
                ]
            ),
            host="127.0.0.1",
            port=port,
            lifespan="off",
            log_config=None,
            access_log=False,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            ssl_ca_certs=str(client_ca),
            ssl_cert_reqs=ssl.CERT_REQUIRED,
            timeout_graceful_shutdown=1,
        )

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("ok")

    async def _not_played(self, request: Request) -> Response:
        return PlainTextResponse(f"the sandbox's node does not play {request.url.path}\n", HTTPStatus.NOT_IMPLEMENTED)

    async def _logs(self, request: Request) -> Response:
        names = request.path_params
        query = dict(request.query_params)
        pod = self._pods.find(names["namespace"], names["pod"])
        if pod is None:
            return PlainTextResponse(f'pod "{names["pod"]}" is not on this node\n', HTTPStatus.NOT_FOUND)
        found = [container for container in pod.containers if container.spec["name"] == names["container"]]
        if not found:
            message = f"container {names['container']} is not valid for pod {names['pod']}\n"
            return PlainTextResponse(message, HTTPStatus.BAD_REQUEST)
        try:
            selection = Selection.of_query(query)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", HTTPStatus.BAD_REQUEST)
        return _stream(found[0], names, selection, previous=query.get("previous") == "true", query=query)


def _stream(
    container: Container, names: dict[str, str], selection: Selection, *, previous: bool, query: dict[str, str]
) -> Response:
    path = container.log_path(previous=previous)
    if not path.exists():
        state = container.state.state.get("waiting")
        if previous:
            message = f'previous terminated container "{names["container"]}" in pod "{names["pod"]}" not found'
        elif state is not None:
            reason = WAITING.get(state["reason"], state["reason"])
            message = f'container "{names["container"]}" in pod "{names["pod"]}" is waiting to start: {reason}'
        else:
            message = f'the log of container "{names["container"]}" is not there'
        return PlainTextResponse(f"{message}\n", HTTPStatus.BAD_REQUEST)
    following = query.get("follow") == "true" and not previous
    run = container.state.container_id

    def runs() -> bool:
        return container.state.running and container.state.container_id == run

    async def lines() -> AsyncIterator[bytes]:
        async for line in read(path, selection, runs if following else None):
            yield line

    return StreamingResponse(lines(), media_type="text/plain")
