"""Resources by description: path, api-version, which inputs are in the path and which in the body.

Rules of the released plugin: every parameter of a PUT's path forces a replacement; a create first looks whether the
resource is there; names that nobody gave are chosen (a GUID for roles, the logical name for gateways).
"""

import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi_azure_native import apimanagement, authorization

from ..engine.differences import Difference, changes, replaced_by
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure, failures
from ..engine.values import UNKNOWN, Properties, Secret, conceal_like, has_unknown, reveal
from .arm import Arm, ArmError


@dataclass(frozen=True)
class Description:
    """One type of resource, as the API document has it."""

    arguments: type
    """The pinned SDK's class of its inputs."""
    path: str
    api_version: str
    api_version_name: str
    name_input: str
    """The path's last parameter."""
    automatic_name: Callable[[Request], str]
    """Its value where the program gives none."""
    properties: dict[str, str]
    """Input -> its name in the body's `properties`."""
    outputs: tuple[str, ...] = ()
    """Further names in the answer's `properties`."""
    defaults: dict[str, Any] = field(default_factory=dict)
    replaced_by: tuple[str, ...] = ()
    """Inputs outside the path that force a replacement too."""
    read_with_head: bool = False
    delete_if_match: bool = False


def _new_guid(request: Request) -> str:
    # The engine's seed decides: an update by a saved plan gives the name that the preview gave.
    seed = request.random_seed
    return str(uuid.UUID(bytes=hashlib.sha256(seed).digest()[:16]) if seed else uuid.uuid4())


def _logical_name(request: Request) -> str:
    return request.name


_SERVICE = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.ApiManagement/service/{serviceName}"
)
_STAMPS = ("createdOn", "updatedOn", "createdBy", "updatedBy")

DESCRIPTIONS: dict[str, Description] = {
    "azure-native:authorization:RoleDefinition": Description(
        arguments=authorization.RoleDefinitionArgs,
        path="/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
        api_version="2022-05-01-preview",
        api_version_name="2022-05-01-preview",
        name_input="roleDefinitionId",
        automatic_name=_new_guid,
        properties={
            "roleName": "roleName",
            "description": "description",
            "roleType": "type",
            "permissions": "permissions",
            "assignableScopes": "assignableScopes",
        },
        outputs=_STAMPS,
    ),
    "azure-native:authorization:RoleAssignment": Description(
        arguments=authorization.RoleAssignmentArgs,
        path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        api_version="2022-04-01",
        api_version_name="2022-04-01",
        name_input="roleAssignmentName",
        automatic_name=_new_guid,
        properties={
            name: name
            for name in (
                "roleDefinitionId",
                "principalId",
                "principalType",
                "description",
                "condition",
                "conditionVersion",
                "delegatedManagedIdentityResourceId",
            )
        },
        outputs=("scope", *_STAMPS),
        defaults={"principalType": "User"},
        replaced_by=("principalId",),
    ),
    "azure-native:apimanagement:Gateway": Description(
        arguments=apimanagement.GatewayArgs,
        path=f"{_SERVICE}/gateways/{{gatewayId}}",
        api_version="2024-05-01",
        api_version_name="2024-05-01",
        name_input="gatewayId",
        automatic_name=_logical_name,
        properties={"locationData": "locationData", "description": "description"},
        delete_if_match=True,
    ),
    "azure-native:apimanagement:GatewayApiEntityTag": Description(
        arguments=apimanagement.GatewayApiEntityTagArgs,
        path=f"{_SERVICE}/gateways/{{gatewayId}}/apis/{{apiId}}",
        api_version="2024-05-01",
        api_version_name="2024-05-01",
        name_input="apiId",
        automatic_name=_logical_name,
        properties={"provisioningState": "provisioningState"},
        outputs=("displayName", "path", "protocols", "apiRevision", "isCurrent"),
        read_with_head=True,
    ),
}


class ArmResource(Resource):
    """A resource that ARM keeps."""

    def __init__(self, description: Description, arm: Arm, subscription_id: str) -> None:
        self._description = description
        self._arm = arm
        self._subscription_id = subscription_id

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:
        description = self._description
        name = description.name_input
        # A name that was chosen once is kept; the engine sends the last inputs.
        chosen = old.get(name) or description.automatic_name(request)
        filled = {**description.defaults, **inputs}
        if filled.get(name) is None:
            filled[name] = chosen
        return filled, list(failures(description.arguments, filled))

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        changed = changes(old.inputs, inputs)
        return Difference(changed, replaced_by(changed, *self._path_inputs(), *self._description.replaced_by))

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        if request.preview:
            return "", {**inputs, "name": UNKNOWN, "type": UNKNOWN}
        id_ = self._id(reveal(inputs))
        self._check_absent(id_)
        answer = self._put(id_, inputs)
        # HEAD has no body: then the id is the one that was put.
        return answer.get("id") or id_, self._state(answer, inputs)

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        description = self._description
        method = "HEAD" if description.read_with_head else "GET"
        response = self._arm.send(method, existing.id, description.api_version)
        if response.status_code == 404:
            return None
        if response.status_code not in (200, 204):
            raise ArmError(response)
        if description.read_with_head:
            return Existing(existing.id, existing.inputs or self._path_values(existing.id), existing.state)
        answer = response.json()
        state = self._state(answer, existing.inputs)
        return Existing(existing.id, self._live_inputs(existing, state), state)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        if request.preview:
            return {**old.state, **inputs}
        return self._state(self._put(old.id, inputs), inputs)

    def delete(self, old: Existing, request: Request) -> None:  # noqa: ARG002
        response = self._arm.send(
            "DELETE", old.id, self._description.api_version, if_match="*" if self._description.delete_if_match else ""
        )
        if response.status_code not in (200, 202, 204, 404):
            raise ArmError(response)

    def _check_absent(self, id_: str) -> None:
        response = self._arm.send(
            "HEAD" if self._description.read_with_head else "GET", id_, self._description.api_version
        )
        # On a HEAD, the plugin takes 204 for "there" and an empty 200 for "not there".
        there = response.status_code == 204 or (response.status_code == 200 and bool(response.content.strip()))
        if there:
            raise ProviderError(f"cannot create already existing resource '{id_}'")
        if response.status_code not in (200, 404):
            raise ProviderError(f"cannot check existence of resource '{id_}': {ArmError(response)}")

    def _put(self, id_: str, inputs: Properties) -> dict[str, Any]:
        if has_unknown(inputs):
            raise ProviderError(f"'{id_}' has inputs that are not known")
        values = reveal(inputs)
        properties = {
            name: values[input_]
            for input_, name in self._description.properties.items()
            if values.get(input_) is not None
        }
        response = self._arm.send("PUT", id_, self._description.api_version, {"properties": properties})
        if response.status_code not in (200, 201, 202):
            raise ArmError(response)
        return response.json()

    def _state(self, answer: dict[str, Any], inputs: Properties) -> Properties:
        """What the state keeps of an answer: inputs by the plugin's names, secret where the inputs are."""
        properties = answer.get("properties") or {}
        state = {input_: properties.get(name) for input_, name in self._description.properties.items()}
        state |= {name: properties[name] for name in self._description.outputs if name in properties}
        state |= {"name": answer.get("name"), "type": answer.get("type")}
        state["azureApiVersion"] = self._description.api_version_name
        return conceal_like({key: value for key, value in state.items() if value is not None}, inputs)

    def _live_inputs(self, existing: Existing, state: Properties) -> Properties:
        """The inputs as they would be, had somebody declared what is really there.

        What ARM answers as it did before leaves the input alone: it words some values differently than they were given.
        """
        live = dict(existing.inputs) or self._path_values(existing.id)
        for name in self._description.properties:
            value = _with_changes(live.get(name), existing.state.get(name), state.get(name))
            if value is None:
                live.pop(name, None)
            else:
                live[name] = value
        return live

    def _path_inputs(self) -> list[str]:
        return [name for name in re.findall(r"\{(\w+)\}", self._description.path) if name != "subscriptionId"]

    def _path_values(self, id_: str) -> Properties:
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>.+?)", self._description.path)
        match = re.fullmatch(expression, id_, re.IGNORECASE)
        if match is None:
            raise ProviderError(f"'{id_}' is no id of this type of resource: expected {self._description.path}")
        values = {name: value for name, value in match.groupdict().items() if name != "subscriptionId"}
        return {name: f"/{value}" if name == "scope" else value for name, value in values.items()}

    def _id(self, inputs: Properties) -> str:
        values = {**inputs, "subscriptionId": self._subscription_id}
        return re.sub(r"\{(\w+)\}", lambda part: str(values[part[1]]).strip("/"), self._description.path)


def _with_changes(declared: Any, before: Any, now: Any) -> Any:
    """A declared value with the changes between two answers of ARM, leaf by leaf."""
    if _plain(before) == _plain(now):
        return declared
    if isinstance(declared, Secret):
        return Secret(_with_changes(declared.value, reveal(before), reveal(now)))
    if isinstance(declared, dict) and isinstance(before, dict) and isinstance(now, dict):
        names = dict.fromkeys([*declared, *now])
        merged = {name: _with_changes(declared.get(name), before.get(name), now.get(name)) for name in names}
        return {name: value for name, value in merged.items() if value is not None}
    if isinstance(declared, list) and isinstance(before, list) and isinstance(now, list):
        return [
            _with_changes(declared[index], before[index], item) if index < min(len(declared), len(before)) else item
            for index, item in enumerate(now)
        ]
    return now


def _plain(value: Any) -> Any:
    """A value without secrets, empty lists and nulls: ARM adds and leaves those out."""
    value = reveal(value)
    if isinstance(value, dict):
        return {key: plain for key, item in value.items() if (plain := _plain(item)) not in (None, [], {})}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
