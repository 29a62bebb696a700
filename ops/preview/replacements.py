"""What an update would replace, what that means for the gateways, and what to do instead: a preview in words."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..engine.steps import Step


class Interruption(StrEnum):
    """What a replacement interrupts."""

    NONE = "nothing"
    NEW_PODS = "new pods"
    """Running pods go on serving; a pod that starts meanwhile does not become ready."""
    TRAFFIC = "traffic"
    """The gateway does not answer, or not where it did."""


@dataclass(frozen=True)
class Meaning:
    """What replacing one type of resource means."""

    happens: str
    interrupts: Interruption
    instead: str


@dataclass(frozen=True)
class Replacement:
    """One resource that would be replaced."""

    resource: str
    type: str
    because_of: tuple[str, ...]
    """The properties that can't be changed in place."""
    deleted_first: bool
    """Whether the old one goes before the new one comes."""
    meaning: Meaning


_UNKNOWN = Meaning(
    "It is deleted and made anew.", Interruption.TRAFFIC, "Find out what depends on it before you go on."
)

_DEPLOYMENT_DELETED_FIRST = "kubernetes:apps/v1:Deployment, deleted first"
_LOAD_BALANCER = "kubernetes:core/v1:Service, with a load balancer"

# Order and consequences follow the program's options: definitions go before their successors, assignments after.
_MEANINGS: dict[str, Meaning] = {
    "azure-native:authorization:RoleDefinition": Meaning(
        "Its assignments are deleted, then the definition; both are made anew. Until the new assignments work, up to ten "
        "minutes later, no gateway of this stack is authorized.",
        Interruption.NEW_PODS,
        "Names, permissions and assignable scopes change in place: keep the subscription, or roll this out while nothing "
        "restarts the pods.",
    ),
    "azure-native:authorization:RoleAssignment": Meaning(
        "The new assignment is made before the old one is deleted; it can take up to ten minutes to work.",
        Interruption.NEW_PODS,
        "Roll it out while nothing restarts the pods, or assign the wider scope first and remove the other later.",
    ),
    "azure-native:authorization:RoleAssignment, deleted first": Meaning(
        "The assignment is deleted before the new one is made, which can take up to ten minutes to work: until then the "
        "gateways that it authorizes are not.",
        Interruption.NEW_PODS,
        "Roll it out while nothing restarts the pods; see what makes it go first, a role definition that is replaced.",
    ),
    "azure-native:apimanagement:Gateway": Meaning(
        "The gateway resource is made anew, and its APIs are attached again.",
        Interruption.NEW_PODS,
        "Add the new gateway to `gateways`, move the traffic, then remove the old one.",
    ),
    "azure-native:apimanagement:GatewayApiEntityTag": Meaning(
        "The API is detached, and the new one attached.",
        Interruption.TRAFFIC,
        "Attach the new API in one update, and detach the old one in the next.",
    ),
    "azuread:index/application:Application": Meaning(
        "The gateway gets another identity, and its role is assigned to that.",
        Interruption.NEW_PODS,
        "Keep the application: its name and owners change in place.",
    ),
    "azuread:index/servicePrincipal:ServicePrincipal": Meaning(
        "The gateway gets another principal, and its role is assigned to that.",
        Interruption.NEW_PODS,
        "Keep the application.",
    ),
    "azuread:index/applicationPassword:ApplicationPassword": Meaning(
        "A rotation: the new secret is made, the pods are rolled, and then the old secret is removed.",
        Interruption.NONE,
        "Nothing: this is how a secret is rotated.",
    ),
    "kubernetes:apps/v1:Deployment": Meaning(
        "The new pods get ready, and then the old ones end.",
        Interruption.NONE,
        "Nothing, as far as the pods go.",
    ),
    _DEPLOYMENT_DELETED_FIRST: Meaning(
        "Its pods end before the new ones start.",
        Interruption.TRAFFIC,
        "Add a second gateway with the new `kubernetesName` or `namespace`, move the traffic, then remove the old one.",
    ),
    "kubernetes:core/v1:Service": Meaning(
        "It is made anew; the gateway's instances share rate limits again when they have found each other.",
        Interruption.NONE,
        "Nothing, where rate limits may count anew.",
    ),
    _LOAD_BALANCER: Meaning(
        "It is made anew, and the load balancer may give it another address.",
        Interruption.TRAFFIC,
        "Add a second gateway with the new `kubernetesName` or `namespace`, move the traffic, then remove the old one.",
    ),
    "kubernetes:core/v1:ConfigMap": Meaning(
        "It is made anew, and the pods are rolled.", Interruption.NEW_PODS, "Keep its name and namespace."
    ),
    "kubernetes:core/v1:Secret": Meaning(
        "It is made anew, and the pods are rolled.", Interruption.NEW_PODS, "Keep its name and namespace."
    ),
    "kubernetes:core/v1:ServiceAccount": Meaning(
        "A new account is made, the pods are rolled, and the old account is deleted with the rights that it had.",
        Interruption.NONE,
        "Nothing for the gateway. If pods use rights of the account, bind them to the new one first.",
    ),
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": Meaning(
        "It is made anew. The number of pods stays until the new one has measured.",
        Interruption.NONE,
        "Nothing, as far as the pods go.",
    ),
    "kubernetes:policy/v1:PodDisruptionBudget": Meaning(
        "It is made anew. In between, a drain of nodes may end all pods.",
        Interruption.NONE,
        "Drain no node meanwhile.",
    ),
    "random:index/randomUuid:RandomUuid": Meaning(
        "The role definition gets another id, and is replaced.", Interruption.NEW_PODS, "Keep it as it is."
    ),
}

REPLACING = {"replace", "create-replacement", "delete-replaced"}
"""The engine's steps of a replacement."""


def left_over(steps: list[Step]) -> list[Step]:
    """Deletions of what an earlier update has replaced and could not delete: nothing is replaced by them."""
    replaced = {step.urn for step in steps if step.operation in ("replace", "create-replacement")}
    return [step for step in steps if step.operation == "delete-replaced" and step.urn not in replaced]


def replacements(steps: list[Step]) -> list[Replacement]:
    """The replacements of a preview, each resource once, in the order of the preview."""
    replaced: dict[str, list[Step]] = {}
    left = left_over(steps)
    for step in steps:
        if step.operation in REPLACING and not step.type.startswith("pulumi:") and step not in left:
            replaced.setdefault(step.urn, []).append(step)
    return [_replacement(of_one) for of_one in replaced.values()]


def _replacement(steps: list[Step]) -> Replacement:
    first = steps[0]
    deleted_first = first.operation == "delete-replaced"
    because_of = [path for step in steps for path, kind in step.kinds.items() if kind.endswith("replace")]
    meaning = _meaning(first, deleted_first=deleted_first)
    return Replacement(first.name, first.type, tuple(dict.fromkeys(because_of)), deleted_first, meaning)


def _meaning(step: Step, *, deleted_first: bool) -> Meaning:
    kind = step.type
    if deleted_first and f"{kind}, deleted first" in _MEANINGS:
        kind = f"{kind}, deleted first"
    elif (step.old.get("spec") or {}).get("type") == "LoadBalancer":
        kind = _LOAD_BALANCER
    return _MEANINGS.get(kind, _UNKNOWN)


def name_clashes(steps: list[Step]) -> list[str]:
    """Kubernetes objects that would be created while the stack still has them under another logical name.

    That is what renaming a gateway does whose `kubernetesName` stays: the API server refuses, because new objects come
    before old ones go.
    """
    deleted = {_object(step.type, step.old) for step in steps if step.operation == "delete"}
    created = [_object(step.type, step.new) for step in steps if step.operation == "create"]
    return [name for name in created if name and name in deleted]


def _object(type_: str, inputs: dict[str, Any]) -> str:
    if not type_.startswith("kubernetes:"):
        return ""
    metadata = inputs["metadata"]
    return f"{type_.rsplit(':', 1)[-1]} {metadata.get('namespace', 'default')}/{metadata['name']}"


def counts(steps: list[Step]) -> dict[str, int]:
    """How many resources a preview creates, changes, replaces, deletes and leaves alone, as Pulumi itself counts: the
    stack, its components and its providers are among them."""
    left = left_over(steps)
    replaced = {step.urn for step in steps if step.operation in REPLACING and step not in left}
    others = [step.operation for step in steps if step.urn not in replaced]
    return {
        "create": others.count("create"),
        "update": others.count("update"),
        "replace": len(replaced),
        "delete": others.count("delete"),
        "unchanged": others.count("same"),
    }
