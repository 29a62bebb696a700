"""The custom roles of the pipelines, as `docs/roles/` has them: the files that tests hold against the program's needs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_azure_native import authorization

DEPLOYER, READER = "deployer", "reader"

_FILES = Path(__file__).resolve().parents[2] / "docs" / "roles"


@dataclass(frozen=True, kw_only=True)
class PipelineRoleArgs:
    """Inputs of `PipelineRole`."""

    kind: str
    """`deployer` or `reader`: the name of its file."""

    scope: pulumi.Input[str]
    """ARM id of the subscription that the definition lives in."""

    assignable_scopes: Sequence[pulumi.Input[str]]
    """ARM ids of the subscriptions where it can be assigned, in the place of the file's."""

    name_suffix: str = ""
    """Appended to its name after a space: a custom role's name is unique in a tenant (ARM)."""


class PipelineRole(pulumi.ComponentResource):
    """One custom role definition."""

    role_definition_id: pulumi.Output[str]
    """ARM id of the definition."""

    def __init__(self, name: str, args: PipelineRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway-bootstrap:roles:PipelineRole", name, None, opts)

        role: dict[str, Any] = json.loads((_FILES / f"{args.kind}.json").read_text())
        # Without keepers the GUID never changes, so neither does the definition's identity.
        guid = random.RandomUuid(f"{name}-guid", opts=pulumi.ResourceOptions(parent=self))
        definition = authorization.RoleDefinition(
            f"{name}-definition",
            role_definition_id=guid.result,
            scope=args.scope,
            role_name=f"{role['Name']} {args.name_suffix}".rstrip(),
            description=role["Description"],
            role_type="CustomRole",
            permissions=[
                authorization.PermissionArgs(
                    actions=role["Actions"],
                    not_actions=role["NotActions"],
                    data_actions=role["DataActions"],
                    not_data_actions=role["NotDataActions"],
                )
            ],
            assignable_scopes=list(args.assignable_scopes),
            # A replacement has the same name, which ARM refuses while the old definition exists.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.role_definition_id = definition.id
        self.register_outputs({"roleDefinitionId": self.role_definition_id})
