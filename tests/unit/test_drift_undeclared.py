"""What was added to an object of the cluster is found, whoever is said to have written it."""

import copy
from typing import Any

import pytest

from ops.drift.beside.kubernetes import drift_of_objects
from ops.drift.report import Finding, Kind
from ops.engine.state import StackResource

OWN = "pulumi-kubernetes-1"
ENV_FROM = {"configMapRef": {"name": "mygw-env"}}
VARIABLE = {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "mygw-auth", "key": "clientSecret"}}}
VARIABLE_SHOWN = {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "mygw-auth", "key": "[not shown]"}}}
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


class OneObject:
    """A cluster with one object."""

    def __init__(self, live: dict[str, Any]) -> None:
        self._live = live

    def find(self, *_: str) -> dict[str, Any]:
        return self._live


def check(
    live: dict[str, Any], declared: dict[str, Any], kind: str = "Deployment", *changed: str, **more: Any
) -> list[Finding]:
    """The findings of one object, which was recorded as it is."""
    type_ = f"kubernetes:core/v1:{kind}"
    live.setdefault("metadata", {})
    urn = f"urn:pulumi:dev::p::{type_}::mygw"
    outputs = {"apiVersion": "v1", "kind": kind, "__fieldManager": OWN, **more.get("recorded", live)}
    resource = StackResource(urn, type_, id="default/mygw", inputs=more.get("inputs", declared), outputs=outputs)
    told = [Finding("mygw", type_, Kind.CHANGED, path) for path in changed]
    cluster: Any = OneObject(live)
    ignored, deployed = {urn: more.get("ignored", ())}, {urn: more.get("deployed")}
    return drift_of_objects([resource], {urn: declared}, ignored, cluster, told, deployed)


def findings(live: dict[str, Any], declared: dict[str, Any], kind: str = "Deployment", *changed: str) -> dict[str, Any]:
    return {finding.what: finding.actual for finding in check(live, declared, kind, *changed)}


def test_the_api_servers_defaults_are_nobodys_addition() -> None:
    assert check(live(), declared()) == []


@pytest.mark.parametrize(
    ("field", "entry", "place", "shown"),
    [
        ("env", {"name": "HTTP_PROXY", "value": "x"}, "env[1]", {"name": "HTTP_PROXY", "value": "[not shown]"}),
        ("env", VARIABLE, "env[1]", VARIABLE_SHOWN),
        ("ports", {"containerPort": 8080, "protocol": "UDP"}, "ports[2]", {"containerPort": 8080, "protocol": "UDP"}),
        ("volumeMounts", {"name": "x", "mountPath": "/x"}, "volumeMounts[0]", {"name": "x", "mountPath": "/x"}),
    ],
)  # fmt: skip
def test_what_was_added_to_a_container_is_found(field: str, entry: Any, place: str, shown: Any) -> None:
    there = live()
    there["spec"]["template"]["spec"]["containers"][0].setdefault(field, []).append(entry)
    assert findings(there, declared()) == {f"{CONTAINER}.{place}": shown}


def test_what_was_added_to_the_pods_is_found() -> None:
    there = live()
    pod, other = there["spec"]["template"]["spec"], {"name": "other", "image": "contoso/other", "resources": {}}
    pod["containers"] = [other, {**pod["containers"][0], "command": ["sh"], "args": []}]
    pod["initContainers"] = [other]
    pod["volumes"] = [{"name": "x", "emptyDir": {}}]
    pod["hostAliases"] = [{"ip": "192.0.2.1", "hostnames": ["login.microsoftonline.com"]}]
    assert findings(there, declared()) == {
        f"{POD}.volumes[0]": {"name": "x", "emptyDir": {}},
        f"{POD}.hostAliases[0]": {"ip": "[not shown]", "hostnames": ["[not shown]"]},
        f"{POD}.initContainers[0]": {"name": "other", "image": "contoso/other"},
        f"{POD}.containers[0]": {"name": "other", "image": "contoso/other"},
        f"{POD}.containers[1].command": ["[not shown]"],
    }


@pytest.mark.parametrize(
    "managed",
    [
        [],
        [{"manager": OWN, "operation": "Apply", "fieldsV1": {"f:data": {"f:key": {}}}}],
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
    assert findings({**there, "binaryData": {}}, inputs, "Secret") == {"data.key": "[secret]"}


def managed_by(manager: str, operation: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"manager": manager, "operation": operation, "fieldsV1": fields}]


def test_a_container_that_was_put_first_is_one_finding_however_many_the_refresh_has() -> None:
    there = live()
    pod = there["spec"]["template"]["spec"]
    pod["containers"].insert(0, {"name": "sidecar", "image": "contoso/sidecar:1", "args": ["--key=x"]})
    by_index = [f"{CONTAINER}.{field}" for field in ("name", "image", "env", "envFrom", "ports[0].containerPort")]
    sidecar = {"name": "sidecar", "image": "contoso/sidecar:1"}
    assert findings(there, declared(), "Deployment", *by_index, "spec.replicas") == {
        "spec.replicas": None,
        CONTAINER: sidecar,
    }
    # A refresh has taken it for the declared container.
    inputs = declared()
    inputs["spec"]["template"]["spec"]["containers"] = pod["containers"]
    found = check(there, declared(), inputs=inputs)
    assert [(finding.what, finding.kind, finding.actual) for finding in found] == [(CONTAINER, Kind.ADDED, sidecar)]


def test_a_declared_element_that_has_changed_is_named_where_it_stands_now() -> None:
    there = live()
    pod = there["spec"]["template"]["spec"]
    pod["containers"] = [{"name": "sidecar"}, {**pod["containers"][0], "image": "gateway:3", "env": []}]
    found = {finding.what: (finding.declared, finding.actual) for finding in check(there, declared())}
    assert found == {
        CONTAINER: (None, {"name": "sidecar"}),
        f"{POD}.containers[1].image": ("gateway:2", "gateway:3"),
        f"{POD}.containers[1].env[0]": (VARIABLE, None),
    }


def test_a_list_without_keys_is_found_as_changed_as_a_whole() -> None:
    there = live()
    there["spec"]["template"]["spec"]["containers"][0]["envFrom"].append({"secretRef": {"name": "x"}})
    for inputs in (declared(), copy.deepcopy(there)):
        (finding,) = check(there, declared(), inputs=inputs)
        assert (finding.what, finding.kind) == (f"{CONTAINER}.envFrom", Kind.CHANGED)
        assert finding.declared == [ENV_FROM]
        assert finding.actual == [ENV_FROM, {"secretRef": {"name": "x"}}]


def test_what_the_program_has_changed_since_it_was_deployed_is_no_drift_of_a_list() -> None:
    program = declared()
    program["spec"]["template"]["spec"]["containers"][0]["image"] = "gateway:3"
    assert check(live(), program, inputs=declared()) == []


def with_container(document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    document["spec"]["template"]["spec"]["containers"][0] |= fields
    return document


def test_elements_that_the_program_adds_or_removes_in_the_next_deployment_are_no_drift() -> None:
    variable = {"name": "LOCALE", "value": "en"}
    more = with_container(declared(), env=[variable])
    assert check(live(), more, deployed=declared()) == []
    assert check(with_container(live(), env=[variable]), declared(), deployed=more, inputs=more) == []
    # Nobody declared it, not even in the last deployment.
    assert findings(with_container(live(), env=[variable]), declared()) != {}


def test_a_declared_element_that_somebody_took_away_is_drift_whatever_else_is_to_be_deployed() -> None:
    program = with_container(declared(), image="gateway:3")
    there = with_container(live(), ports=[])
    found = check(there, program, deployed=declared())
    assert {finding.what.rpartition("ports")[2] for finding in found} == {"[0]", "[1]"}


def test_what_a_refresh_took_into_the_state_does_not_count_as_deployed() -> None:
    there = with_container(live(), image="gateway:9")
    taken = with_container(declared(), image="gateway:9")
    (finding,) = check(there, declared(), inputs=taken, deployed=declared())
    assert (finding.what, finding.declared, finding.actual) == (f"{CONTAINER}.image", "gateway:2", "gateway:9")


def test_fields_that_nobody_owns_are_judged_by_their_value() -> None:
    program = {"spec": {"selector": {}}}
    assert check({"spec": {"replicas": 4}}, program, recorded={"spec": {"replicas": 1}})[0].what == "spec.replicas"
    assert check({"spec": {"replicas": 4}}, program, recorded={"spec": {"replicas": 4}})[0].what == "spec.replicas"
    assert check({"spec": {"replicas": 1}}, program, recorded={"spec": {"replicas": 4}}) == []
    assert check({"spec": {"paused": True}}, program, recorded={"spec": {"paused": True}}) == []
    assert check({"spec": {"paused": True}}, program, recorded={"spec": {}})[0].what == "spec.paused"


@pytest.mark.parametrize(
    ("steps", "written", "found"),
    [
        ("spec", {"generation": 2}, []),
        ("spec", {"generation": 3}, ["spec.paused"]),
        ("spec", {"resourceVersion": "7"}, []),
        ("spec", {"resourceVersion": "8"}, ["spec.paused"]),
        ("metadata", {"generation": 2, "resourceVersion": "8"}, ["metadata.paused"]),
        ("metadata", {"generation": 2, "resourceVersion": "7"}, []),
    ],
)
def test_what_an_object_has_besides_that_nobody_has_written_is_a_new_default_of_the_api_server(
    steps: str, written: dict[str, Any], found: list[str]
) -> None:
    there: dict[str, Any] = {"metadata": dict(written), "spec": {}}
    there[steps]["paused"] = True
    recorded: dict[str, Any] = {"metadata": {"generation": 2, "resourceVersion": "7"}, "spec": {}}
    assert [finding.what for finding in check(there, {"metadata": {}, "spec": {}}, recorded=recorded)] == found


def test_what_the_program_leaves_to_others_is_nobodys_addition() -> None:
    there = {"spec": {"paused": True, "minReadySeconds": 5}}
    recorded: dict[str, Any] = {"spec": {}}
    (finding,) = check(there, {"spec": {}}, recorded=recorded, ignored=["spec.paused"])
    assert finding.what == "spec.minReadySeconds"
    assert check(there, {"spec": {}}, recorded=recorded, ignored=["spec"]) == []


def test_a_field_that_the_own_apply_owns_undeclared_was_added_in_its_name() -> None:
    there = {
        "metadata": {"managedFields": managed_by(OWN, "Apply", {"f:spec": {"f:paused": {}}})},
        "spec": {"paused": True},
    }
    assert findings(there, {"spec": {}}) == {"spec.paused": True}
    there["metadata"]["managedFields"] = managed_by("pulumi-kubernetes", "Update", {"f:spec": {"f:paused": {}}})
    assert findings(there, {"spec": {}}) == {}  # so is what the API server has filled in
    there["metadata"]["managedFields"] += managed_by(OWN, "Apply", {"f:data": {}})
    assert findings(there, {"spec": {}}) == {"spec.paused": True}


def test_what_somebody_writes_with_the_status_is_found_and_the_status_is_not() -> None:
    fields = {"f:metadata": {"f:annotations": {"f:by": {}}}, "f:status": {"f:replicas": {}}}
    entry = {"manager": "contoso", "operation": "Update", "subresource": "status", "fieldsV1": fields}
    there: dict[str, Any] = {
        "metadata": {
            "annotations": {
                "by": "hand",
                "deployment.kubernetes.io/revision": "2",
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
            },
            "managedFields": [entry],
        },
        "spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}},
        "status": {"replicas": 2},
    }
    program: dict[str, Any] = {"metadata": {}, "spec": {"template": {"metadata": {"annotations": {}}}}}
    assert findings(there, program) == {"metadata.annotations.by": "[not shown]"}


def test_an_object_that_was_made_immutable_says_what_to_do() -> None:
    (finding,) = check({"data": {}, "immutable": True}, {"data": {}}, "ConfigMap", recorded={"data": {}})
    assert (finding.what, finding.kind, finding.actual) == ("immutable", Kind.ADDED, True)
    assert finding.advice == (
        "Kubernetes lets nobody take that back, and every later change of the object fails. Run `kubectl delete configmap "
        "mygw -n default`, then `pulumi up --refresh`, which creates it again; running pods keep what they have."
    )


def test_a_key_of_a_secret_is_declared_where_the_program_shows_none() -> None:
    there = {"data": {"clientSecret": "eA==", "other": "eA=="}}
    found = check(there, {"data": "[secret]"}, "Secret", inputs={"data": {"clientSecret": "[secret]"}})
    assert [(finding.what, finding.actual) for finding in found] == [("data.other", "[secret]")]
