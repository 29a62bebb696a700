"""Whatever somebody adds to the stack's objects is found once, by the reader, with the engine and after a refresh too.

One gateway for each writer, so that one check is a column of the table. `tests/conformance/drift` has the rule without an
engine, and more of what the cluster, kubectl and Helm do.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from ..drift_additions import found, only_additions, with_additions
from .sandbox import Sandbox, Stack, sandbox_config, sandbox_gateway

Said = dict[str, Counter[tuple[str, str]]]
Writer = Callable[["Objects"], None]

KINDS = {"configmap": "env", "secret": "auth", "service": "live-traffic", "deployment": ""}
IN_ITS_NAME = ("written by somebody as pulumi-kubernetes", "changed")


class Objects:
    """One gateway's objects, read and written by the cluster's administrator.

    Args:
        sandbox: the sandbox.
        app: the gateway's name.
    """

    def __init__(self, sandbox: Sandbox, app: str) -> None:
        self.sandbox = sandbox
        self.app = app
        kubeconfig = sandbox.environments["administrator"]["KUBECONFIG"]
        self._client = DynamicClient(config.new_client_from_config(kubeconfig))

    def live(self) -> dict[str, dict[str, Any]]:
        """The objects by the logical names of their resources."""
        return {
            f"{self.app}-workload-{end or 'deployment'}": self._api(kind)
            .get(name=f"{self.app}-{end}" if end else self.app, namespace="default")
            .to_dict()
            for kind, end in KINDS.items()
        }

    def replace(self, *, sidecar_first: bool, **options: str) -> None:
        for live in self.live().values():
            changed = with_additions(live, sidecar_first=sidecar_first)
            api = self._api(live["kind"].lower())
            changed["metadata"].pop("resourceVersion")  # a controller may have written its status meanwhile
            api.replace(body=changed, **options)

    def _api(self, kind: str) -> Any:
        return self._client.resources.get(
            api_version="apps/v1" if kind == "deployment" else "v1",
            kind={"configmap": "ConfigMap"}.get(kind, kind.capitalize()),
        )


def kubectl_edit(objects: Objects) -> None:
    for live in objects.live().values():
        wanted, editor = objects.sandbox.home / "wanted.json", objects.sandbox.home / "editor.sh"
        changed = with_additions(live, sidecar_first=True)
        changed["metadata"].pop("resourceVersion")
        wanted.write_text(json.dumps(changed))
        editor.write_text(f'#!/bin/sh\ncp "{wanted}" "$1"\n')
        editor.chmod(0o755)
        what = (live["kind"].lower(), live["metadata"]["name"], "-o", "json")
        objects.sandbox.run("kubectl", "edit", *what, identity="administrator", KUBE_EDITOR=str(editor)).ok()


def kubectl_apply(objects: Objects) -> None:
    manifest = objects.sandbox.home / "additions.json"
    # Documents of their own: what is in a list, kubectl holds against the schema of a whole object.
    manifest.write_text("\n---\n".join(json.dumps(only_additions(live)) for live in objects.live().values()))
    objects.sandbox.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(manifest)).ok()


def python_client(objects: Objects) -> None:
    objects.replace(sidecar_first=False)


def in_its_name(objects: Objects) -> None:
    objects.replace(sidecar_first=True, field_manager="pulumi-kubernetes")


WRITERS: dict[str, Writer] = {
    "edits": kubectl_edit,
    "applies": kubectl_apply,
    "python": python_client,
    "pulumi": in_its_name,
}


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """A gateway for each writer."""
    own = {"createGatewayResource": True, "locationName": "contoso branch"}
    # What is declared by default can't be added.
    own |= {"container": {"securityContext": None}, "pod": {"nodeSelector": None}}
    deployable.configure(sandbox_config(gateways=[sandbox_gateway(name=name, **own) for name in WRITERS]))
    deployable.up().ok()
    return deployable


def said(stack: Stack) -> Said:
    """What a check names by resource, and how often."""
    result = stack.ops("drift", "--format", "json", identity="reader")
    assert result.code in (0, 7), result.output
    findings: Said = {}
    for finding in json.loads(result.output)["findings"]:
        findings.setdefault(finding["resource"], Counter())[(finding["what"], finding["kind"])] += 1
    assert (result.code == 7) is bool(findings)
    return findings


def once(stack: Stack, *, created: bool = False, refreshed: bool = False) -> Said:
    """All additions of all writers, each once.

    Args:
        stack: the stack.
        created: whether the provider has not written its objects since it created them.
        refreshed: whether a refresh has recorded the additions.
    """
    wanted: Said = {}
    for app in WRITERS:
        hidden = created and app == "pulumi"
        for resource, live in Objects(stack.sandbox, app).live().items():
            wanted[resource] = Counter(found(live, by_owner=not (hidden and refreshed)).items())
            if hidden:
                wanted[resource] += Counter([IN_ITS_NAME])
    return {resource: paths for resource, paths in wanted.items() if paths}


def write(stack: Stack) -> None:
    for app, writer in WRITERS.items():
        writer(Objects(stack.sandbox, app))


def touch(stack: Stack) -> None:
    """Change what is declared in every object, so that an update writes all of them."""
    for app in WRITERS:
        names = [f"{app}-{end}" if end else app for end in (*KINDS.values(), "instance-discovery")]
        for kind, name in zip((*KINDS, "service"), names, strict=True):
            stack.sandbox.kubectl("label", kind, name, "app=other", "--overwrite").ok()


def test_every_addition_to_a_created_object_is_found_once(deployed: Stack) -> None:
    assert said(deployed) == {}
    time.sleep(3)  # no longer at the time of the creation
    write(deployed)
    assert said(deployed) == once(deployed, created=True)
    deployed.pulumi("refresh", "--yes", "--skip-preview").ok()
    assert said(deployed) == once(deployed, created=True, refreshed=True)


def test_every_addition_to_an_updated_object_is_found_once(deployed: Stack) -> None:
    for kind, end in KINDS.items():
        names = [f"{app}-{end}" if end else app for app in WRITERS]
        deployed.sandbox.kubectl("delete", kind, *names, "--grace-period=1", "--wait").ok()
    deployed.up("--refresh").ok()
    deployed.pulumi("refresh", "--yes", "--skip-preview").ok()
    assert said(deployed) == {}
    touch(deployed)
    deployed.up("--refresh").ok()
    assert said(deployed) == {}
    write(deployed)
    assert said(deployed) == once(deployed)
    deployed.pulumi("refresh", "--yes", "--skip-preview").ok()
    assert said(deployed) == once(deployed)
