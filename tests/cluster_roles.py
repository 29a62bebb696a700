"""The documented roles in the cluster, whole and with some rights less, and what the API server says of a missing one."""

from typing import Any

import yaml

from .conftest import CHECKOUT

API_GROUPS = {
    "deployments": "apps",
    "replicasets": "apps",
    "poddisruptionbudgets": "policy",
    "horizontalpodautoscalers": "autoscaling",
}
"""The API groups of resources that are not in the core one."""

Right = tuple[str, str]
"""A resource and a verb."""


def rules(who: str, *without: Right) -> list[dict[str, Any]]:
    """The rules of the deployer's or the reader's role, a resource each, without some rights."""
    documents = yaml.safe_load_all((CHECKOUT / "docs" / "roles" / "kubernetes.yaml").read_text())
    (role,) = [role for role in documents if role["metadata"]["name"] == f"self-hosted-gateway-{who}"]
    return [
        {**rule, "resources": [resource], "verbs": verbs}
        for rule in role["rules"]
        for resource in rule["resources"]
        if (verbs := [verb for verb in rule["verbs"] if (resource, verb) not in without])
    ]


def rights(who: str) -> set[Right]:
    """All that the role gives."""
    return {(rule["resources"][0], verb) for rule in rules(who) for verb in rule["verbs"]}


def refusal(who: str, right: Right, namespace: str) -> str:
    """What the API server says without a right."""
    resource, verb = right
    group = API_GROUPS.get(resource, "")
    where = f'resource "{resource}" in API group "{group}" in the namespace "{namespace}"'
    return f'is forbidden: User "{who}" cannot {verb} {where}'
