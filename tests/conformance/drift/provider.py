"""Objects as the released provider writes them, and a stack's record of them, without an engine."""

import copy
from dataclasses import dataclass, field
from typing import Any

from kubernetes.dynamic import DynamicClient

from ops.cluster.connection import Cluster
from ops.drift.beside.kubernetes import drift_of_objects
from ops.drift.report import Finding, Kind
from ops.engine.state import StackResource
from sandbox.plugins.engine.differences import changes
from sandbox.plugins.kubernetes.pruning import prune

from ..control_plane import Kubernetes

OWN = "pulumi-kubernetes-1a2b3c4d"
_TAKEN_OVER = ("kubectl", "before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes")
GROUPS = {
    "Deployment": "apps/v1",
    "PodDisruptionBudget": "policy/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
}


@dataclass
class Recorded:
    """One object in the state."""

    declared: dict[str, Any]
    """What the program declares."""
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    ignored: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.declared["metadata"]["name"]

    @property
    def kind(self) -> str:
        return self.declared["kind"]


class Provider:
    """The provider of one stack, with the state that the engine would keep."""

    def __init__(self, kubernetes: Kubernetes, namespace: str) -> None:
        self._client = DynamicClient(kubernetes.core.api_client)
        self._cluster = Cluster({"kubeconfig": kubernetes.cluster.kubeconfig("admin").read_text()})
        self.namespace = namespace
        self.objects: dict[str, Recorded] = {}

    def create(self, *declared: dict[str, Any], manager: str = "pulumi-kubernetes") -> None:
        """Create objects, and record them."""
        for each in declared:
            api = self._api(each["kind"])
            api.create(body=each, namespace=self.namespace, field_manager=manager)
            self._record(each)

    def adopt(self, *declared: dict[str, Any]) -> None:
        """Take objects into the state that somebody else has made, as an import does."""
        for each in declared:
            self._record(each)

    def update(self) -> None:
        """Write all objects, as an update that has a difference: take over, then apply."""
        for each in self.objects.values():
            api, live = self._api(each.kind), self.live(each.name)
            patch = [{"op": "replace", "path": "/metadata/managedFields", "value": _taken_over(live)}]
            where = {"name": each.name, "namespace": self.namespace}
            api.patch(body=patch, content_type="application/json-patch+json", **where)
            api.server_side_apply(body=each.declared, field_manager=OWN, force_conflicts=True, **where)
            self._record(each.declared)

    def refresh(self) -> None:
        """Take what is there into the state, inputs included, as `pulumi refresh` does."""
        for each in self.objects.values():
            live = self.live(each.name)
            each.inputs = {key: value for key, value in prune(live, each.inputs).items() if key != "status"}
            each.outputs = {**live, "__fieldManager": OWN}

    def live(self, name: str) -> dict[str, Any]:
        each = self.objects[name]
        return self._api(each.kind).get(name=name, namespace=self.namespace).to_dict()

    def remove(self) -> None:
        """Delete the objects and forget them."""
        for each in self.objects.values():
            body = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
            self._api(each.kind).delete(name=each.name, namespace=self.namespace, body=body)
        self.objects.clear()

    def findings(self) -> list[Finding]:
        """What a drift check says, without Azure."""
        resources = [self._resource(each) for each in self.objects.values()]
        urns = {resource.name: resource.urn for resource in resources}
        declared = {urns[each.name]: each.declared for each in self.objects.values()}
        ignored = {urns[each.name]: each.ignored for each in self.objects.values()}
        return drift_of_objects(resources, declared, ignored, self._cluster, self._refreshed())

    def _refreshed(self) -> list[Finding]:
        """What the engine's refresh says: the recorded inputs against the live ones, by index."""
        return [
            Finding(each.name, _type(each), Kind.CHANGED, change.path)
            for each in self.objects.values()
            for change in changes(each.inputs, prune(self.live(each.name), each.inputs))
        ]

    def _resource(self, each: Recorded) -> StackResource:
        return StackResource(
            urn=f"urn:pulumi:dev::p::{_type(each)}::{each.name}",
            type=_type(each),
            id=f"{self.namespace}/{each.name}",
            inputs=each.inputs,
            outputs=each.outputs,
        )

    def _record(self, declared: dict[str, Any]) -> None:
        name = declared["metadata"]["name"]
        ignored = ("spec.clusterIP",) if declared.get("spec", {}).get("type") == "LoadBalancer" else ()
        self.objects[name] = Recorded(declared, copy.deepcopy(declared), ignored=ignored)
        self.objects[name].outputs = {**self.live(name), "__fieldManager": OWN}

    def _api(self, kind: str) -> Any:
        return self._client.resources.get(api_version=GROUPS.get(kind, "v1"), kind=kind)


def _type(each: Recorded) -> str:
    return f"kubernetes:{GROUPS.get(each.kind, 'core/v1')}:{each.kind}"


def _taken_over(live: dict[str, Any]) -> list[dict[str, Any]]:
    """The owners of an object's fields once the provider has taken over what it takes over."""
    own: dict[str, Any] | None = None
    others: list[dict[str, Any]] = []
    entries = sorted(live["metadata"]["managedFields"], key=lambda entry: entry["manager"] != OWN)
    for entry in entries:
        taken = not entry.get("subresource") and entry["manager"].startswith(_TAKEN_OVER)
        if entry["manager"] != OWN and not taken:
            others.append(entry)
        elif own is None:
            own = {**entry, "manager": OWN, "operation": "Apply"}
        else:
            _merge(own["fieldsV1"], entry["fieldsV1"])
    return others if own is None else [*others, own]


def _merge(fields: dict[str, Any], more: dict[str, Any]) -> None:
    for key, below in more.items():
        _merge(fields.setdefault(key, {}), below)
