"""What the GitHub repository has to know: variables, none of them secret."""

from collections.abc import Mapping
from typing import Any

import pulumi

from .config import StackSettings
from .identity import PipelineIdentity
from .state import StateStore


def variables(
    settings: StackSettings, deployers: Mapping[str, PipelineIdentity], reader: PipelineIdentity, state: StateStore
) -> pulumi.Output[str]:
    """The commands that make the environments and set the variables of the repository, one a line."""
    known: dict[str, Any] = {
        "AZURE_TENANT_ID": settings.tenant_id,
        "AZURE_READER_CLIENT_ID": reader.client_id,
        "PULUMI_BACKEND_URL": state.backend_url,
    }
    return pulumi.Output.all(
        repository=settings.github.repository if settings.github is not None else "",
        known=known,
        clients={name: deployer.client_id for name, deployer in deployers.items()},
    ).apply(_commands)


def _commands(values: dict[str, Any]) -> str:
    repository, known, clients = values["repository"], values["known"], values["clients"]
    lines = [f"gh variable set {name} --repo {repository} --body '{value}'" for name, value in known.items()]
    for environment, client_id in clients.items():
        # Without the policy, any branch's workflow could be the environment's deployer.
        path = f"repos/{repository}/environments/{environment}"
        policy = "deployment_branch_policy"
        lines.append(
            f"gh api --method PUT {path} -F '{policy}[protected_branches]=false' -F '{policy}[custom_branch_policies]=true'"
        )
        lines.append(f"gh api --method POST {path}/deployment-branch-policies -f name=main")
        lines.append(f"gh variable set AZURE_CLIENT_ID --repo {repository} --env {environment} --body '{client_id}'")
    return "\n".join(lines)
