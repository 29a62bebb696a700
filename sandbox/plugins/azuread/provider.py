"""The plugin: its configuration, its resources and its look-ups."""

from collections.abc import Callable

from ..azure_cloud.credentials import read_credentials
from ..azure_cloud.http import new_client
from ..azure_cloud.sign_in import TokenSource, find_cloud
from ..engine.provider import Provider, ProviderError, Resource
from ..engine.schema import Failure
from ..engine.values import Properties
from .app_role_assignment import AppRoleAssignment
from .arguments import PROVIDER, SCHEMA
from .federated_credential import ApplicationFederatedIdentityCredential
from .graph import Graph
from .look_ups import look_up_principal, look_up_user
from .objects import Application, ServicePrincipal
from .password import ApplicationPassword


class AzureAd(Provider):
    """azuread, as far as the program uses it."""

    def __init__(self, package: str, version: str) -> None:
        super().__init__(package, version)
        self._tokens: TokenSource | None = None
        self._graph: Graph | None = None
        self._client_id = ""

    def check_config(self, inputs: Properties, old: Properties) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        known = {key: value for key, value in inputs.items() if key != "version"}
        found = [f for f in SCHEMA.failures(PROVIDER, known) if "unknown" in f.reason]
        return inputs, found

    def configure(self, inputs: Properties) -> None:
        client = new_client()
        cloud = find_cloud(client, inputs)
        credentials = read_credentials(client, inputs)
        self._client_id = credentials.client_id
        self._tokens = TokenSource(client, cloud, credentials, cloud.graph)
        # The released provider signs in when it is configured: it needs to know who it is.
        self._tokens.token()
        self._graph = Graph(client, cloud, self._tokens)

    def resource(self, type_: str) -> Resource:
        if self._graph is None or self._tokens is None:
            raise ProviderError("the provider is not configured")
        match type_:
            case "azuread:index/application:Application":
                return Application(self._graph, self._tokens.claims()["oid"])
            case "azuread:index/servicePrincipal:ServicePrincipal":
                return ServicePrincipal(self._graph, self._tokens.claims()["oid"])
            case "azuread:index/applicationPassword:ApplicationPassword":
                return ApplicationPassword(self._graph)
            case "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential":
                return ApplicationFederatedIdentityCredential(self._graph)
            case "azuread:index/appRoleAssignment:AppRoleAssignment":
                return AppRoleAssignment(self._graph)
            case _:
                raise ProviderError(f"{type_} is not part of the stand-in for azuread")

    def invoke(self, token: str, arguments: Properties) -> Properties:
        if self._graph is None or self._tokens is None:
            raise ProviderError("the provider is not configured")
        match token:
            case "azuread:index/getClientConfig:getClientConfig":
                claims = self._tokens.claims()
                tenant, client, object_ = claims["tid"], self._client_id, claims["oid"]
                id_ = f"{tenant}-{client}-{object_}"
                return {"id": id_, "tenantId": tenant, "clientId": client, "objectId": object_}
            case "azuread:index/getServicePrincipal:getServicePrincipal":
                return self._looked_up(token, look_up_principal, arguments)
            case "azuread:index/getUser:getUser":
                return self._looked_up(token, look_up_user, arguments)
            case _:
                return super().invoke(token, arguments)

    def _looked_up(
        self, token: str, look_up: Callable[[Graph, Properties], Properties], arguments: Properties
    ) -> Properties:
        assert self._graph is not None  # noqa: S101 - invoke has looked
        try:
            return look_up(self._graph, arguments)
        except ProviderError as error:
            raise ProviderError(f"invoking {token}: {error}") from None
