"""Microsoft.Authorization: role definitions and role assignments, with ARM's rules, statuses and codes."""

import re
import time
import uuid
from pathlib import Path
from typing import Any

import yaml
from starlette.responses import Response

from ..azure import Azure, now
from ..database import Document
from ..rbac import Access, allowed, covers, matches, normalize
from ..responses import arm_error
from .entry import Call, Operation, operation, respond

_DEFINITION_VERSIONS = frozenset({"2018-01-01-preview", "2022-04-01", "2022-05-01-preview"})
_ASSIGNMENT_VERSIONS = frozenset(
    {"2018-09-01-preview", "2020-03-01-preview", "2020-08-01-preview", "2020-10-01-preview", "2022-04-01"}
)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PERMISSION_LISTS = ("actions", "notActions", "dataActions", "notDataActions")
_KNOWN: dict[str, list[str]] = yaml.safe_load((Path(__file__).parents[1] / "operations.yaml").read_text())

MAX_ROLE_NAME = 512
MAX_DESCRIPTION = 2048
MAX_ASSIGNABLE_SCOPES = 2000


class Authorization:
    """The resource provider."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._database = azure.database
        definitions = "{+scope}/providers/Microsoft.Authorization/roleDefinitions"
        assignments = "{+scope}/providers/Microsoft.Authorization/roleAssignments"
        definition, assignment = "Microsoft.Authorization/roleDefinitions", "Microsoft.Authorization/roleAssignments"
        self.operations: list[Operation] = [
            operation("GET", definitions, f"{definition}/read", _DEFINITION_VERSIONS, self.list_definitions),
            operation(
                "GET", f"{definitions}/{{name}}", f"{definition}/read", _DEFINITION_VERSIONS, self.get_definition
            ),
            operation(
                "PUT", f"{definitions}/{{name}}", f"{definition}/write", _DEFINITION_VERSIONS, self.put_definition
            ),
            operation(
                "DELETE",
                f"{definitions}/{{name}}",
                f"{definition}/delete",
                _DEFINITION_VERSIONS,
                self.delete_definition,
            ),
            operation("GET", assignments, f"{assignment}/read", _ASSIGNMENT_VERSIONS, self.list_assignments),
            operation(
                "GET", f"{assignments}/{{name}}", f"{assignment}/read", _ASSIGNMENT_VERSIONS, self.get_assignment
            ),
            operation(
                "PUT", f"{assignments}/{{name}}", f"{assignment}/write", _ASSIGNMENT_VERSIONS, self.put_assignment
            ),
            operation(
                "DELETE",
                f"{assignments}/{{name}}",
                f"{assignment}/delete",
                _ASSIGNMENT_VERSIONS,
                self.delete_assignment,
            ),
        ]

    # Role definitions.

    def list_definitions(self, call: Call) -> Response:
        """GET with `$filter` on roleName or type; definitions that can be assigned at the scope or are inherited."""
        name, type_ = None, None
        for part in re.split(r"\s+and\s+", call.query.get("$filter", "")):
            if parsed := re.fullmatch(r"roleName eq '((?:[^']|'')*)'", part):
                name = parsed[1].replace("''", "'")
            elif parsed := re.fullmatch(r"type eq '(\w+)'", part):
                type_ = parsed[1]
            elif part and part not in ("atScopeAndBelow()", "atScope()"):
                raise arm_error(400, "InvalidFilter", f"The filter '{part}' is not supported.")
        found = [
            _shown(definition)
            for definition in self._database.all("roleDefinition")
            if self._azure.listed(definition)
            and any(_meets(scope, call.scope) for scope in definition["properties"]["assignableScopes"])
            and name in (None, definition["properties"]["roleName"])
            and type_ in (None, definition["properties"]["type"])
        ]
        return respond({"value": found})

    def get_definition(self, call: Call) -> Response:
        """GET one."""
        return respond(self._definition(call))

    def put_definition(self, call: Call) -> Response:
        """PUT: 201 for a new definition and for a changed one (the API document knows no other status)."""
        name = _guid(call.groups["name"], "role definition")
        properties = self._checked_properties(call)
        existing = self._database.get("roleDefinition", name)
        if existing is not None and existing["properties"]["type"] == "BuiltInRole":
            raise arm_error(409, "RoleDefinitionExists", "A role definition with the specified ID already exists.")
        for other in self._database.all("roleDefinition"):
            same_name = other["properties"]["roleName"].lower() == properties["roleName"].lower()
            if same_name and other["name"].lower() != name:
                raise arm_error(
                    409,
                    "RoleDefinitionWithSameNameExists",
                    "A custom role with the same name already exists in this directory. Use a different name",
                )
        stamp = now()
        document = {
            "id": f"{call.scope}/providers/Microsoft.Authorization/roleDefinitions/{name}",
            "type": "Microsoft.Authorization/roleDefinitions",
            "name": name,
            "_writtenAt": time.time(),
            # ARM sets createdOn anew on every update.
            "properties": {
                **properties,
                "createdOn": stamp,
                "updatedOn": stamp,
                "createdBy": call.caller.object_id,
                "updatedBy": call.caller.object_id,
            },
        }
        self._database.put("roleDefinition", name, document)
        return _written(document, call)

    def delete_definition(self, call: Call) -> Response:
        """DELETE: 200 with the definition, 204 where there is none, refused while it is assigned."""
        document = self._database.get("roleDefinition", call.groups["name"])
        if document is None:
            return Response(status_code=204)
        if document["properties"]["type"] == "BuiltInRole":
            # The code is not established; ARM refuses.
            raise arm_error(400, "InvalidRoleDefinitionType", "A built-in role can't be deleted.")
        for assignment in self._database.all("roleAssignment"):
            if _last(assignment["properties"]["roleDefinitionId"]) == document["name"].lower():
                # The HTTP status is not established: 409 stops whoever would go on after a 400 as after a client error.
                raise arm_error(
                    409,
                    "RoleDefinitionHasAssignments",
                    f"There are existing role assignments referencing role (code: RoleDefinitionHasAssignments): "
                    f"'{document['name']}'.",
                )
        self._database.delete("roleDefinition", document["name"])
        return respond(_shown(document))

    def _definition(self, call: Call) -> Document:
        document = self._database.get("roleDefinition", call.groups["name"])
        if document is None:
            raise arm_error(
                404,
                "RoleDefinitionDoesNotExist",
                f"The specified role definition with ID '{call.groups['name'].replace('-', '')}' does not exist.",
            )
        return _shown(document)

    def _checked_properties(self, call: Call) -> dict[str, Any]:
        given = call.body.get("properties") or {}
        type_ = given.get("type", "CustomRole")
        if type_ != "CustomRole":
            raise arm_error(400, "InvalidRoleDefinitionType", f"The role definition type '{type_}' is not valid.")
        name, description = given.get("roleName") or "", given.get("description") or ""
        if not name.strip():
            raise arm_error(400, "RoleDefinitionNameNullOrEmpty", "The role definition name is null or empty.")
        if len(name) > MAX_ROLE_NAME or len(description) > MAX_DESCRIPTION:
            raise arm_error(400, "InvalidRoleDefinition", "The role definition's name or description is too long.")
        scopes = given.get("assignableScopes") or []
        self._check_assignable_scopes(call, scopes)
        return {
            "roleName": name,
            "type": "CustomRole",
            "description": description,
            "assignableScopes": scopes,
            "permissions": [_checked_permission(permission) for permission in given.get("permissions") or []],
        }

    def _check_assignable_scopes(self, call: Call, scopes: list[str]) -> None:
        if not scopes:
            raise arm_error(400, "MissingAssignableScopes", "The role definition has no assignable scopes.")
        groups = [scope for scope in scopes if "/managementgroups/" in scope.lower()]
        if len(scopes) > MAX_ASSIGNABLE_SCOPES or len(groups) > 1:
            raise arm_error(
                400,
                "InvalidAssignableScopes",
                f"A role definition has at most {MAX_ASSIGNABLE_SCOPES} assignable scopes and one management group.",
            )
        for scope in scopes:
            if not re.fullmatch(
                r"/subscriptions/[0-9a-f-]{36}(/resourceGroups/[^/*]+(/providers/[^*]+)?)?"
                r"|/providers/Microsoft\.Management/managementGroups/[^/*]+",
                scope,
                re.IGNORECASE,
            ):
                raise arm_error(
                    400,
                    "LinkedInvalidPropertyId",
                    f"Property id '{scope}' at path 'properties.assignableScopes' is invalid.",
                )
            access = Access("Microsoft.Authorization/roleDefinitions/write", scope)
            if not allowed(self._azure, call.caller.object_id, access):
                raise arm_error(
                    403,
                    "LinkedAuthorizationFailed",
                    f"The client '{call.caller.client_id}' with object id '{call.caller.object_id}' has permission to "
                    f"perform action '{access.action}' on scope '{call.scope}'; however, it does not have permission to "
                    f"perform action '{access.action}' on the linked scope(s) '{scope}' or the linked scope(s)are invalid.",
                )

    # Role assignments.

    def list_assignments(self, call: Call) -> Response:
        """GET with `$filter`: at the scope and above it, and below it unless `atScope()`."""
        principal, at_scope = None, False
        for part in re.split(r"\s+and\s+", call.query.get("$filter", "")):
            if parsed := re.fullmatch(r"(?:principalId eq|assignedTo\()\s*'([^']*)'\)?", part):
                principal = parsed[1]
            elif part == "atScope()":
                at_scope = True
            elif part:
                raise arm_error(400, "InvalidFilter", f"The filter '{part}' is not supported.")
        found = [
            _shown(assignment)
            for assignment in self._database.all("roleAssignment")
            if self._azure.listed(assignment)
            and (
                covers(assignment["properties"]["scope"], call.scope)
                or (not at_scope and covers(call.scope, assignment["properties"]["scope"]))
            )
            and (principal is None or assignment["properties"]["principalId"].lower() == principal.lower())
        ]
        return respond({"value": found})

    def get_assignment(self, call: Call) -> Response:
        """GET one."""
        document = self._assignment(call)
        if document is None:
            raise arm_error(404, "RoleAssignmentNotFound", f"The role assignment '{call.groups['name']}' is not found.")
        return respond(_shown(document))

    def put_assignment(self, call: Call) -> Response:
        """PUT: 201. Nothing of an existing assignment but its description and condition can change."""
        name = _guid(call.groups["name"], "role assignment")
        properties = self._checked_assignment(call)
        existing = self._database.get("roleAssignment", name)
        if existing is not None:
            kept = ("scope", "principalId", "roleDefinitionId")
            # Whether ARM takes another role definition here is not established: it is refused.
            if any(
                normalize(existing["properties"][key]).lower() != normalize(properties[key]).lower() for key in kept
            ):
                raise arm_error(
                    400,
                    "RoleAssignmentUpdateNotPermitted",
                    "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
                )
        else:
            self._check_unassigned(properties)
        stamp = now()
        by = call.caller.object_id
        document = {
            "id": f"{call.scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
            "type": "Microsoft.Authorization/roleAssignments",
            "name": name,
            "_createdAt": existing.get("_createdAt", 0) if existing else time.time(),
            "_writtenAt": time.time(),
            "properties": {**properties, "createdOn": stamp, "updatedOn": stamp, "createdBy": by, "updatedBy": by},
        }
        self._database.put("roleAssignment", name, document)
        return _written(document, call)

    def delete_assignment(self, call: Call) -> Response:
        """DELETE: 200 with the assignment, 204 where there is none."""
        document = self._assignment(call)
        if document is None:
            return Response(status_code=204)
        with self._database.transaction():
            self._database.delete("roleAssignment", document["name"])
            removed = {**document, "_removedAt": time.time()}
            self._database.put("removedRoleAssignment", str(uuid.uuid4()), removed)
        return respond(_shown(document))

    def _assignment(self, call: Call) -> Document | None:
        document = self._database.get("roleAssignment", call.groups["name"])
        if document is None or normalize(document["properties"]["scope"]).lower() != call.scope.lower():
            return None
        return document

    def _checked_assignment(self, call: Call) -> dict[str, Any]:
        given = call.body.get("properties") or {}
        principal_id, role_id = given.get("principalId") or "", given.get("roleDefinitionId") or ""
        if not _GUID.fullmatch(principal_id):
            raise arm_error(400, "InvalidPrincipalId", f"The Principal ID '{principal_id}' is not valid.")
        definition = self._database.get("roleDefinition", _last(role_id))
        if definition is None or "/providers/microsoft.authorization/roledefinitions/" not in role_id.lower():
            raise arm_error(
                400,
                "RoleDefinitionDoesNotExist",
                f"The specified role definition with ID '{_last(role_id)}' does not exist.",
            )
        self._check_assignable(definition, call.scope)
        self._check_principal(principal_id, given.get("principalType"))
        return {
            "roleDefinitionId": definition["id"],
            "principalId": principal_id,
            "principalType": "ServicePrincipal",
            "scope": call.scope,
            "condition": given.get("condition"),
            "conditionVersion": given.get("conditionVersion"),
            "description": given.get("description"),
            "delegatedManagedIdentityResourceId": given.get("delegatedManagedIdentityResourceId"),
        }

    def _check_assignable(self, definition: Document, scope: str) -> None:
        at_group = scope.lower().startswith("/providers/microsoft.management/managementgroups/")
        if at_group and any(permission["dataActions"] for permission in definition["properties"]["permissions"]):
            # The code is not established; ARM refuses.
            raise arm_error(
                400, "InvalidScope", "A custom role with data actions cannot be assigned at a management group's scope."
            )
        if not any(covers(assignable, scope) for assignable in definition["properties"]["assignableScopes"]):
            raise arm_error(
                400,
                "RoleAssignmentScopeNotAssignableToRoleDefinition",
                f"The scope '{scope}' cannot be assigned to the role definition with ID '{definition['name']}': it is not "
                "one of the role definition's assignable scopes.",
            )

    def _check_principal(self, principal_id: str, principal_type: str | None) -> None:
        principal = self._database.get("servicePrincipal", principal_id)
        known = principal is not None and self._azure.replicated(principal)
        if known and principal_type not in (None, "ServicePrincipal"):
            raise arm_error(
                400,
                "UnmatchedPrincipalType",
                f"The PrincipalId '{principal_id.replace('-', '')}' has type 'ServicePrincipal' , which is different from "
                f"specified PrinciaplType '{principal_type}'.",
            )
        if known or (principal is not None and principal_type == "ServicePrincipal"):
            return
        raise arm_error(
            400,
            "PrincipalNotFound",
            f"Principal {principal_id.replace('-', '')} does not exist in the directory {self._azure.tenant_id}. Check that "
            "you have the correct principal ID. If you are creating this principal and then immediately assigning a role, "
            "this error might be related to a replication delay. In this case, set the role assignment principalType "
            "property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
        )

    def _check_unassigned(self, properties: dict[str, Any]) -> None:
        for other in self._database.all("roleAssignment"):
            same = all(
                normalize(other["properties"][key]).lower() == normalize(properties[key]).lower()
                for key in ("scope", "principalId", "roleDefinitionId")
            )
            if same:
                raise arm_error(
                    409,
                    "RoleAssignmentExists",
                    "The role assignment already exists. The ID of the existing role assignment is "
                    f"{other['name'].replace('-', '')}.",
                )


def _checked_permission(permission: dict[str, Any]) -> dict[str, Any]:
    checked = {key: permission.get(key) or [] for key in _PERMISSION_LISTS}
    for key, patterns in checked.items():
        known = _KNOWN["dataActions" if "ata" in key else "actions"]
        for pattern in patterns:
            if pattern.count("*") > 1 or not any(matches(pattern, action) for action in known):
                raise arm_error(
                    400,
                    "InvalidActionOrNotAction",
                    f"'{pattern}' does not match any of the actions supported by the providers.",
                )
    return checked


def _written(document: Document, call: Call) -> Response:
    """The answer to a write: it does not say who made it, and its time stamps are not quite those of a read."""
    stamps = {"createdOn": call.arrived, "updatedOn": call.arrived, "createdBy": None}
    return respond({**document, "properties": {**document["properties"], **stamps}}, 201)


def _shown(document: Document) -> Document:
    return {key: value for key, value in document.items() if not key.startswith("_")}


def _meets(assignable: str, scope: str) -> bool:
    return covers(assignable, scope) or covers(scope, assignable)


def _last(id_: str) -> str:
    return id_.rstrip("/").rsplit("/", 1)[-1].lower()


def _guid(name: str, what: str) -> str:
    if not _GUID.fullmatch(name):
        code = "InvalidRoleAssignmentId" if "assignment" in what else "InvalidRoleDefinitionId"
        raise arm_error(400, code, f"The {what} ID '{name}' is not valid. The {what} ID must be a GUID.")
    return name.lower()
