"""What was added to an object of the cluster is found, whoever is said to have written it."""

import copy
from typing import Any

import pytest

from ops.drift.beside.kubernetes import added_to_objects
from ops.drift.beside.pods import undeclared
from ops.drift.report import Finding, Kind
from ops.engine.state import StackResource

OWN = "pulumi-kubernetes-1"
ENV_FROM = {"configMapRef": {"name": "mygw-env"}}
VARIABLE = {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "mygw-auth", "key": "clientSecret"}}}
POD = "spec.template.spec"
CONTAINER = f"{POD}.containers[0]"


def declared() -> dict[str, Any]:
    container = {
        "name": "mygw",
        "image": "gateway:2",
        "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 4290, "protocol": "UDP"}],
        "env": [VARIABLE],
        "envFrom": [ENV_FROM],
    }
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


def live() -> dict[str, Any]:
    """The same with what the API server fills in."""
    there = copy.deepcopy(declared())
    pod = there["spec"]["template"]["spec"]
    pod |= {"dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler"}
    pod |= {"securityContext": {}, "terminationGracePeriodSeconds": 30}
    (container,) = pod["containers"]
    container |= {"imagePullPolicy": "Always", "resources": {}, "terminationMessagePath": "/dev/termination-log"}
    container |= {"terminationMessagePolicy": "File"}
    container["ports"][0]["protocol"] = "TCP"
    return there


def test_the_api_servers_defaults_are_nobodys_addition() -> None:
    assert list(undeclared("Deployment", live(), declared())) == []


@pytest.mark.parametrize(
    ("field", "entry", "place"),
    [
        ("env", {"name": "HTTP_PROXY", "value": "x"}, f"{CONTAINER}.env[1]"),
        ("env", VARIABLE, f"{CONTAINER}.env[1]"),
        ("envFrom", {"secretRef": {"name": "x"}}, f"{CONTAINER}.envFrom[1]"),
        ("ports", {"containerPort": 8080, "protocol": "UDP"}, f"{CONTAINER}.ports[2]"),
        ("volumeMounts", {"name": "x", "mountPath": "/x"}, f"{CONTAINER}.volumeMounts[0]"),
    ],
)
def test_what_was_added_to_a_container_is_found(field: str, entry: Any, place: str) -> None:
    there = live()
    there["spec"]["template"]["spec"]["containers"][0].setdefault(field, []).append(entry)
    assert dict(undeclared("Deployment", there, declared())) == {place: entry}


def test_what_was_added_to_the_pods_is_found() -> None:
    there = live()
    pod, other = there["spec"]["template"]["spec"], {"name": "other", "image": "contoso/other", "resources": {}}
    pod["containers"] = [other, {**pod["containers"][0], "command": ["sh"], "args": []}]
    pod["initContainers"] = [other]
    pod["volumes"] = [{"name": "x", "emptyDir": {}}]
    pod["hostAliases"] = [{"ip": "192.0.2.1", "hostnames": ["login.microsoftonline.com"]}]
    assert dict(undeclared("Deployment", there, declared())) == {
        f"{POD}.volumes[0]": {"name": "x", "emptyDir": {}},
        f"{POD}.hostAliases[0]": {"ip": "192.0.2.1", "hostnames": ["login.microsoftonline.com"]},
        f"{POD}.initContainers[0]": {"name": "other", "image": "contoso/other"},
        f"{POD}.containers[0]": {"name": "other", "image": "contoso/other"},
        f"{POD}.containers[1].command": ["sh"],
    }


class OneObject:
    """A cluster with one object."""

    def __init__(self, live: dict[str, Any]) -> None:
        self._live = live

    def find(self, *_: str) -> dict[str, Any]:
        return self._live


def findings(live: dict[str, Any], inputs: dict[str, Any], kind: str, *changed: str) -> dict[str, Any]:
    type_ = f"kubernetes:core/v1:{kind}"
    outputs = {"apiVersion": "v1", "kind": kind, "__fieldManager": OWN}
    resource = StackResource(
        f"urn:pulumi:dev::p::{type_}::mygw", type_, id="default/mygw", inputs=inputs, outputs=outputs
    )
    told = [Finding("mygw", type_, Kind.CHANGED, path) for path in changed]
    cluster: Any = OneObject(live)
    return {finding.what: finding.actual for finding in added_to_objects([resource], cluster, told)}


@pytest.mark.parametrize(
    "managed",
    [
        [],
        [{"manager": OWN, "fieldsV1": {"f:data": {"f:key": {}}}}],
        [{"manager": "kube-controller-manager", "fieldsV1": {"f:data": {"f:key": {}}}}],
        [{"manager": "kubectl-patch", "fieldsV1": {"f:data": {"f:key": {}}}}],
    ],
)
def test_a_key_is_found_whoever_is_said_to_have_written_it(managed: list[Any]) -> None:
    there = {
        "metadata": {"managedFields": managed},
        "data": {"gateway.name": "mygw", "key": "x"},
        "binaryData": {"a": "YQ=="},
    }
    inputs = {"data": {"gateway.name": "mygw"}}
    assert findings(there, inputs, "ConfigMap") == {"data.key": "[not shown]", "binaryData.a": "[not shown]"}
    assert findings(there, inputs, "Secret") == {"data.key": "[secret]"}


def test_what_was_found_already_is_not_said_twice() -> None:
    there = live()
    there["metadata"] = {
        "managedFields": [
            {
                "manager": "kubectl-set",
                "fieldsV1": {
                    "f:spec": {
                        "f:template": {
                            "f:spec": {
                                "f:containers": {
                                    'k:{"name":"mygw"}': {
                                        "f:env": {'k:{"name":"PROXY"}': {".": {}, "f:name": {}, "f:value": {}}}
                                    }
                                }
                            }
                        }
                    }
                },
            }
        ]
    }
    container = there["spec"]["template"]["spec"]["containers"][0]
    container["env"].append({"name": "PROXY", "value": "x"})
    container["envFrom"][0] = {"configMapRef": {"name": "other"}}
    assert findings(there, declared(), "Deployment", f"{CONTAINER}.envFrom[0].configMapRef.name") == {
        f"{CONTAINER}.env[1].name": "PROXY",
        f"{CONTAINER}.env[1].value": "[not shown]",
    }
