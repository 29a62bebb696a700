"""Finds the object of each resource that an update would create, or says why there is none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..cluster.connection import Cluster
from ..cluster.field_owners import PROVIDER, owners
from ..engine.steps import Step
from ..report.values import UNKNOWN, in_clear
from .azure import AmbiguousError, Arm, Entra

_CLIENT_ID = "config.service.auth.azureAd.clientId"
_ENTRA = "azuread:index"


@dataclass
class Found:
    """What a search has found."""

    ids: dict[str, str] = field(default_factory=dict[str, str])
    """Ids by the resources' logical names."""
    absent: dict[str, str] = field(default_factory=dict[str, str])
    """Why there is none, by logical names."""
    in_clear: list[str] = field(default_factory=list[str])
    """Objects in the cluster that have the client secret where an import takes it into the state in clear."""
    first: list[str] = field(default_factory=list[str])
    """What has to be done before an update."""
    later: list[str] = field(default_factory=list[str])
    """What has to be done by hand after the update."""


class Search:
    """One search for the objects of one stack."""

    def __init__(
        self,
        steps: list[Step],
        applications: dict[str, str],
        arm: Arm,
        entra: Entra,
        cluster: Cluster | None,
        known_secrets: set[Any],
    ) -> None:
        """Prepare it.

        Args:
            steps: the preview of the stack; what it would create is looked for.
            applications: client ids by the gateways' names, where the user gives them.
            arm: ARM.
            entra: Entra.
            cluster: the Kubernetes cluster; None for a stack without gateways.
            known_secrets: key ids of the client secrets that the stack has.
        """
        self._steps = {step.name: step for step in steps if not step.type.startswith("pulumi:")}
        self._providers = {step.name: step for step in steps if step.type.startswith("pulumi:providers:") and step.new}
        self._wanted = [step for step in self._steps.values() if step.operation == "create"]
        self._applications = applications
        self._arm = arm
        self._entra = entra
        self._cluster = cluster
        self._known_secrets = known_secrets
        self._problems: list[str] = []
        self._client_ids: dict[str, str] = {}
        self.found = Found()

    def run(self) -> Found:
        """Look for everything.

        Raises:
            AmbiguousError: with all that there is several times.
            OpsError: somewhere can't be looked.
        """
        # Each of these knows what the one before it has found.
        self._find("azure-native:authorization:RoleDefinition", self._role_definition)
        self._find("random:index/randomUuid:RandomUuid", self._guid)
        self._find(f"{_ENTRA}/application:Application", self._application)
        self._find(f"{_ENTRA}/servicePrincipal:ServicePrincipal", self._service_principal)
        self._find(f"{_ENTRA}/applicationPassword:ApplicationPassword", self._client_secret)
        self._find("azure-native:authorization:RoleAssignment", self._role_assignment)
        self._find("azure-native:apimanagement:Gateway", self._gateway)
        self._find("azure-native:apimanagement:GatewayApiEntityTag", self._attached_api)
        self._find_objects()
        for step in self._steps.values():
            if step.type == f"{_ENTRA}/application:Application":
                self._name_old_secrets(self._id(step.name))
        if self._problems:
            raise AmbiguousError("\n".join(self._problems))
        return self.found

    def _find(self, type_: str, find: "_Finder") -> None:
        for step in self._wanted:
            if step.type == type_:
                try:
                    self._note(step, find(step), "there is none")
                except AmbiguousError as error:
                    self._problems.append(str(error))

    def _note(self, step: Step, id_: str | None, absent: str) -> None:
        if id_ is not None:
            self.found.ids[step.name] = id_
        else:
            self.found.absent.setdefault(step.name, absent)

    # ARM.

    def _role_definition(self, step: Step) -> str | None:
        return self._arm.role_definition(step.new["scope"], step.new["roleName"])

    def _guid(self, step: Step) -> str | None:
        definition = self.found.ids.get(step.name.removesuffix("-guid"))
        return definition.rsplit("/", 1)[-1] if definition else None

    def _role_assignment(self, step: Step) -> str | None:
        role = step.new["roleDefinitionId"]
        if role == UNKNOWN:
            role = self._id("roles-validator" if step.parent_name == "validator" else "roles-reader")
        principal = step.new["principalId"]
        if principal == UNKNOWN:
            principal = self._id(f"{self._gateway_of(step)}-identity-service-principal").rsplit("/", 1)[-1]
        if not role or not principal:
            return None
        here, elsewhere = self._arm.role_assignments(step.new["scope"], principal, role)
        if elsewhere and not here:
            self.found.absent[step.name] = f"it is assigned at another scope: {', '.join(elsewhere)}"
            self.found.later += [f"Remove the role assignment that is no longer needed: {id_}" for id_ in elsewhere]
        return here[0] if here else None

    def _gateway(self, step: Step) -> str | None:
        return self._arm.gateway(self._instance_id(step), step.new["gatewayId"])

    def _attached_api(self, step: Step) -> str | None:
        return self._arm.attached_api(self._instance_id(step), step.new["gatewayId"], step.new["apiId"])

    def _instance_id(self, step: Step) -> str:
        subscription = self._providers[step.provider].new["subscriptionId"]
        group = f"/subscriptions/{subscription}/resourceGroups/{step.new['resourceGroupName']}"
        return f"{group}/providers/Microsoft.ApiManagement/service/{step.new['serviceName']}"

    # Entra.

    def _application(self, step: Step) -> str | None:
        application = self._application_of(self._gateway_of(step), step.new["displayName"])
        if application is None:
            return None
        path = f"/applications/{application['id']}"
        self._client_ids[self._gateway_of(step)] = application["appId"]
        self._check_owners(path, "application", step.new.get("owners") or [])
        return path

    def _application_of(self, gateway: str, display_name: str) -> dict[str, Any] | None:
        """The application that the user names, else the one that has the program's name or that the pods use."""
        if gateway in self._applications:
            application = self._entra.by_client_id(self._applications[gateway])
            if application is None:
                raise AmbiguousError(f"There is no application with the client id {self._applications[gateway]}.")
            return application
        used = self._client_id_in_use(gateway)
        named = self._entra.by_name(display_name)
        which = f"Say which one it is: --application {gateway}=<client id>"
        if len(named) > 1:
            ids = ", ".join(application["appId"] for application in named)
            hint = f" The pods use {used}." if used else ""
            raise AmbiguousError(
                f"There are several applications named '{display_name}', with the client ids {ids}.{hint} {which}"
            )
        of_pods = self._entra.by_client_id(used) if used else None
        if named and of_pods and named[0]["appId"] != of_pods["appId"]:
            raise AmbiguousError(
                f"The application named '{display_name}' has the client id {named[0]['appId']}, but the pods use "
                f"{of_pods['appId']}, '{of_pods['displayName']}'. {which}"
            )
        return named[0] if named else of_pods

    def _client_id_in_use(self, gateway: str) -> str | None:
        step = self._steps.get(f"{gateway}-workload-env")
        live = self._live(step) if step else None
        return ((live or {}).get("data") or {}).get(_CLIENT_ID)

    def _service_principal(self, step: Step) -> str | None:
        client_id = self._client_ids.get(self._gateway_of(step))
        principal = self._entra.service_principal(client_id) if client_id else None
        if principal is None:
            return None
        path = f"/servicePrincipals/{principal}"
        self._check_owners(path, "service principal", step.new.get("owners") or [])
        return path

    def _client_secret(self, step: Step) -> str | None:
        self.found.absent[step.name] = "a client secret can't be read back: a new one is made and rolled out"
        return None

    def _name_old_secrets(self, path: str) -> None:
        application = self._entra.at(path) if path else None
        for secret in (application or {}).get("passwordCredentials") or []:
            if application and secret["keyId"] not in self._known_secrets:
                name = secret.get("displayName") or "without a name"
                self.found.later.append(
                    f"Remove the old client secret '{name}' when the pods have rolled: "
                    f"az ad app credential delete --id {application['appId']} --key-id {secret['keyId']}"
                )

    def _check_owners(self, path: str, kind: str, declared: list[str]) -> None:
        missing = set(declared) - self._entra.owners(path)
        for owner in sorted(missing):
            self.found.first.append(
                f"Make {owner} an owner of the {kind} {path.rsplit('/', 1)[-1]}: with Application.ReadWrite.OwnedBy a "
                "deployer can only change what it owns."
            )

    # The cluster.

    def _find_objects(self) -> None:
        of_pulumi: list[str] = []
        for step in self._wanted:
            if not step.type.startswith("kubernetes:"):
                continue
            live, metadata = self._live(step), step.new["metadata"]
            id_ = f"{metadata['namespace']}/{metadata['name']}"
            self._note(step, id_ if live else None, "it is not in the cluster")
            if live is None:
                continue
            name = f"{live['kind']} {id_}"
            # The provider takes a Secret's data for secret.
            if live["kind"] != "Secret" and in_clear(live):
                self.found.in_clear.append(name)
            if any(owner.manager.lower().startswith(PROVIDER) for owner in owners(live)):
                of_pulumi.append(name)
        if of_pulumi:
            self.found.first.append(
                f"Make sure that no other stack has {', '.join(sorted(of_pulumi))}: Pulumi has written it. "
                "What two stacks have, each of them changes and deletes."
            )

    def _live(self, step: Step) -> dict[str, Any] | None:
        if self._cluster is None:
            return None
        kind, metadata = step.type.rpartition(":")[2], step.new["metadata"]
        return self._cluster.find(step.new["apiVersion"], kind, metadata["namespace"], metadata["name"])

    # The graph.

    def _id(self, name: str) -> str:
        """Id of a resource that was found, or that the stack has already."""
        step = self._steps.get(name)
        return self.found.ids.get(name) or (step.id if step else "")

    def _gateway_of(self, step: Step) -> str:
        """Name of the gateway whose component a resource's component is in."""
        component = self._steps[step.parent_name]
        return component.parent_name if component.parent_name in self._steps else component.name


_Finder = Callable[[Step], str | None]
