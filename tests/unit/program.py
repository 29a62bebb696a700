"""Runs the program against a mock monitor that records what the engine would be asked to register."""

import asyncio
import json
import runpy
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime import mocks, rpc
from pulumi.runtime.settings import ROOT

from components.config.models.stack import StackSettings
from components.config.read import load

PROGRAM = Path(__file__).parents[2] / "__main__.py"
BOOTSTRAP = Path(__file__).parents[2] / "bootstrap" / "__main__.py"

TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
OWNER = "33333333-3333-3333-3333-333333333333"
INSTANCE_PRINCIPAL = "44444444-4444-4444-4444-444444444444"
CLIENT_ID = "55555555-5555-5555-5555-555555555555"
SERVICE_PRINCIPAL = "66666666-6666-6666-6666-666666666666"
KEY_ID = "77777777-7777-7777-7777-777777777777"
CLIENT_SECRET = "a-client-secret"
GRAPH_PRINCIPAL = "99999999-9999-9999-9999-999999999999"
OWNED_BY = "18a4783c-866b-4cc7-a460-3d5e5662c884"
READ_ALL = "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"
INSTANCE_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-rg/providers/Microsoft.ApiManagement/service/contoso-apim"
)

SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"


@dataclass(frozen=True)
class Registration:
    """One resource as the program asked for it."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    request: Any


@dataclass
class Graph:
    """Everything that one run of the program registered."""

    resources: list[Registration] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    outputs_of_components: dict[str, dict[str, Any]] = field(default_factory=dict)
    invokes: list[str] = field(default_factory=list)
    providers_of_invokes: dict[str, str] = field(default_factory=dict)
    registered_before_invokes: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def of_type(self, type_: str) -> list[Registration]:
        return [resource for resource in self.resources if resource.type == type_]

    def one(self, type_: str, name: str | None = None) -> Registration:
        found = [resource for resource in self.of_type(type_) if name is None or resource.name == name]
        assert len(found) == 1, f"{len(found)} of type {type_}: {[resource.name for resource in self.resources]}"
        return found[0]


Answer = Callable[[dict[str, Any]], dict[str, Any]]


def _instance(_: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": INSTANCE_ID,
        "name": "contoso-apim",
        "sku": {"name": "Developer", "capacity": 1},
        "identity": {"type": "SystemAssigned", "principalId": INSTANCE_PRINCIPAL, "tenantId": TENANT},
    }


ANSWERS: dict[str, Answer] = {
    "azure-native:authorization:getClientConfig": lambda _: {
        "clientId": OWNER,
        "objectId": OWNER,
        "tenantId": TENANT,
        "subscriptionId": SUBSCRIPTION,
    },
    "azuread:index/getClientConfig:getClientConfig": lambda _: {
        "id": OWNER,
        "clientId": OWNER,
        "objectId": OWNER,
        "tenantId": TENANT,
    },
    "azure-native:apimanagement:getApiManagementService": _instance,
    "azuread:index/getServicePrincipal:getServicePrincipal": lambda args: {
        "clientId": args["clientId"],
        "objectId": GRAPH_PRINCIPAL,
        "appRoleIds": {"Application.ReadWrite.OwnedBy": OWNED_BY, "Application.Read.All": READ_ALL},
    },
    "azure-native:apimanagement:getGateway": lambda args: {"id": f"{INSTANCE_ID}/gateways/{args['gatewayId']}"},
    "azure-native:apimanagement:getApi": lambda args: {"id": f"{INSTANCE_ID}/apis/{args['apiId']}"},
    "azure-native:management:getManagementGroup": lambda args: {"name": args["groupId"]},
}

# What the providers add to a resource's inputs, by type.
OUTPUTS: dict[str, dict[str, Any]] = {
    "random:index/randomUuid:RandomUuid": {"result": "88888888-8888-8888-8888-888888888888"},
    "azuread:index/application:Application": {"clientId": CLIENT_ID},
    "azuread:index/servicePrincipal:ServicePrincipal": {
        "objectId": SERVICE_PRINCIPAL,
        "applicationTenantId": TENANT,
    },
    "azuread:index/applicationPassword:ApplicationPassword": {"keyId": KEY_ID, "value": CLIENT_SECRET},
    "kubernetes:core/v1:Service": {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}},
}


class _Provider(mocks.Mocks):
    def __init__(self, graph: Graph, answers: Mapping[str, Answer]) -> None:
        self.graph = graph
        self.answers = answers

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"{args.name}-id", {**args.inputs, **OUTPUTS.get(args.typ, {})}

    def call(self, args: mocks.MockCallArgs) -> Any:
        self.graph.invokes.append(args.token)
        self.graph.providers_of_invokes[args.token] = args.provider
        self.graph.registered_before_invokes += [r.type for r in self.graph.resources]
        return self.answers[args.token](args.args)


class Refusal(grpc.RpcError):
    """An answer by which a look-up fails, as the engine hands on what a provider says."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._message = message

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return f"invocation of look:up:up returned an error: {self._message}"


class _Monitor(mocks.MockMonitor):
    def __init__(self, graph: Graph, answers: Mapping[str, Answer]) -> None:
        super().__init__(_Provider(graph, answers))
        self.graph = graph

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        response = super().RegisterResource(request)
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
        self.graph.resources.append(
            Registration(request.type, request.name, response.urn, request.parent, inputs, request)
        )
        return response

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        self.graph.reads.append(request.id)
        return super().ReadResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        outputs, (type_, name) = rpc.deserialize_properties(request.outputs), request.urn.split("::")[2:]
        if type_ == "pulumi:pulumi:Stack":
            self.graph.outputs = outputs
        else:
            self.graph.outputs_of_components[name] = outputs
        return super().RegisterResourceOutputs(request)


def _run_program(main: Path) -> None:
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        # A program's folder is where its own packages are found.
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(main.parent)
            runpy.run_path(str(main), run_name="__main__")
    finally:
        signal.signal(signal.SIGINT, interrupt)


def gateway(**changes: Any) -> dict[str, Any]:
    """The smallest gateway that the configuration accepts, with changes."""
    return {
        "name": "mygw",
        "authentication": {"owners": [OWNER], "clientSecret": {"rotation": "2026-11-01", "validity": "P3650D"}},
        **changes,
    }


def configuration(**changes: Any) -> dict[str, Any]:
    """The smallest stack with one gateway, with changes to the keys of this project."""
    sections: dict[str, Any] = {
        "apiManagement": {"name": "contoso-apim", "resourceGroup": "contoso-rg"},
        "gateways": [gateway()],
        "cluster": {"context": "contoso"},
        **changes,
    }
    return {
        "azure-native:tenantId": TENANT,
        "azure-native:subscriptionId": SUBSCRIPTION,
        **{f"self-hosted-gateway:{key}": value for key, value in sections.items() if value is not None},
    }


def settings(config: Mapping[str, Any]) -> StackSettings:
    """The stack's file read alone, without a graph.

    Args:
        config: the stack's configuration by full key.

    Raises:
        Refusal: the file has problems.
    """
    pulumi.runtime.set_all_config(_texts(config))
    return load()


def _texts(config: Mapping[str, Any]) -> dict[str, str]:
    """The configuration as the engine hands it to the program."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def kubeconfig() -> dict[str, Any]:
    """The content of a kubeconfig, without users."""
    return {
        "current-context": "contoso",
        "contexts": [{"name": "contoso", "context": {"cluster": "contoso-aks", "user": "contoso"}}],
        "clusters": [{"name": "contoso-aks", "cluster": {"server": "https://contoso-aks.example"}}],
    }


def run(
    config: Mapping[str, Any] | None = None,
    answers: Mapping[str, Answer] | None = None,
    main: Path = PROGRAM,
    *,
    preview: bool = False,
) -> Graph:
    """Run the program once and return what it registered; its errors are raised.

    Args:
        config: the stack's configuration by full key; the smallest stack with one gateway by default.
        answers: functions that answer invokes, by token, in place of the usual ones.
        main: the program's main file.
        preview: whether the program is told that nothing will be done.
    """
    graph = Graph()
    texts = _texts(configuration() if config is None else config)
    project = "self-hosted-gateway" if main == PROGRAM else "self-hosted-gateway-bootstrap"

    async def run_in_stack() -> None:
        pulumi.runtime.set_all_config(texts)
        monitor = _Monitor(graph, {**ANSWERS, **(answers or {})})
        mocks.set_mocks(_Provider(graph, {}), project=project, stack="dev", preview=preview, monitor=monitor)
        ROOT.set(None)  # the mocks make a root of their own; the run makes the one that counts
        await pulumi.runtime.run_in_stack(lambda: _run_program(main))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi.log, "warn", lambda message, *_: graph.warnings.append(message))
        asyncio.run(run_in_stack())
    return graph
