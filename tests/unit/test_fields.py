"""A live object against its declaration: what is undeclared, what differs, and who owns it."""

import json
from typing import Any

from ops.cluster.field_owners import owners
from ops.cluster.fields import ABSENT, Field, counterpart, differing, undeclared

CONTAINER = 'k:{"name":"mygw"}'
POD = ("spec", "template", "spec")


def managed(**fields: Any) -> list[dict[str, Any]]:
    return [{"manager": name, "operation": "Update", "fieldsV1": value} for name, value in fields.items()]


def in_pod(fields: dict[str, Any]) -> dict[str, Any]:
    return {"f:spec": {"f:template": {"f:spec": fields}}}


def a_deployment(pod: dict[str, Any], entries: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"metadata": {"managedFields": entries or []}, "spec": {"template": {"spec": pod}}}


def found(live: dict[str, Any], declared: dict[str, Any]) -> dict[str, Field]:
    return {field.path: field for field in undeclared(live, declared, owners(live))}


def managers(field: Field) -> tuple[list[str], list[str]]:
    return [owner.manager for owner in field.owners], [owner.manager for owner in field.keepers]


def test_members_and_elements_are_found_with_their_owners() -> None:
    live = {
        "metadata": {
            "annotations": {"a.example/x": "1", "mine": "2"},
            "finalizers": ["contoso.example/f"],
            "managedFields": managed(
                editor={
                    "f:metadata": {
                        "f:annotations": {".": {}, "f:a.example/x": {}},
                        "f:finalizers": {".": {}, 'v:"contoso.example/f"': {}},
                    }
                },
                helm={"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}}}}},
                other={"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:nodePort": {}}}}},
            ),
        },
        "spec": {
            "ports": [
                {"port": 80, "protocol": "UDP"},
                {"port": 80, "protocol": "TCP", "name": "http", "nodePort": 30000},
            ],
            "empty": {},
            "none": None,
        },
    }
    declared = {"metadata": {"annotations": {"mine": "2"}}, "spec": {"ports": [{"port": 80, "protocol": "UDP"}]}}
    fields = found(live, declared)
    assert {path: managers(field) for path, field in fields.items()} == {
        'metadata.annotations["a.example/x"]': (["editor"], ["editor"]),
        "metadata.finalizers[0]": (["editor"], ["editor"]),
        "spec.ports[1]": (["helm", "other"], ["helm"]),
    }
    assert fields["spec.ports[1]"].live == {"port": 80, "protocol": "TCP", "name": "http", "nodePort": 30000}


def test_a_container_is_matched_by_its_name_wherever_it_stands() -> None:
    entries = managed(
        editor=in_pod({"f:containers": {'k:{"name":"sidecar"}': {".": {}, "f:name": {}, "f:image": {}}}}),
        tuner=in_pod({"f:containers": {CONTAINER: {"f:resources": {"f:limits": {"f:cpu": {}}}}}}),
    )
    sidecar = {"name": "sidecar", "image": "contoso/sidecar:1"}
    mygw = {"name": "mygw", "image": "g:1", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    live = a_deployment({"containers": [sidecar, mygw]}, entries)
    fields = found(live, a_deployment({"containers": [{"name": "mygw", "image": "g:1"}]}))
    limits = (*POD, "containers", 1, "resources", "limits")
    assert {field.steps: managers(field) for field in fields.values()} == {
        (*POD, "containers", 0): (["editor"], ["editor"]),
        (*limits, "cpu"): (["tuner"], ["tuner"]),
        (*limits, "memory"): ([], []),
    }
    # All that was added with `resources` is one thing.
    assert {field.part_of for field in fields.values()} == {(*POD, "containers", 0), limits[:-1]}


def test_what_is_owned_as_a_whole_is_owned_with_all_that_is_in_it() -> None:
    entries = managed(
        editor=in_pod({"f:nodeSelector": {}, "f:containers": {CONTAINER: {"f:envFrom": {}}}}),
        creator=in_pod({"f:securityContext": {}}),
        tuner=in_pod({"f:securityContext": {"f:runAsUser": {}}}),
    )
    pod = {
        "nodeSelector": {"disk": "ssd", "zone": "1"},
        "securityContext": {"runAsUser": 0},
        "containers": [{"name": "mygw", "envFrom": [{"configMapRef": {"name": "x"}}]}],
    }
    live = a_deployment(pod, entries)
    fields = found(live, a_deployment({"nodeSelector": {"disk": "ssd"}, "containers": [{"name": "mygw"}]}))
    assert {field.steps[3:]: managers(field)[0] for field in fields.values()} == {
        ("nodeSelector", "zone"): ["editor"],
        ("securityContext", "runAsUser"): ["tuner"],
        ("containers", 0, "envFrom"): ["editor"],
    }
    fields = found(live, a_deployment({"containers": [{"name": "mygw"}]}))
    assert fields["spec.template.spec.nodeSelector"].live == {"disk": "ssd", "zone": "1"}


def test_what_is_not_known_yet_or_masked_declares_everything_below() -> None:
    live = {"metadata": {}, "data": {"a": "1"}, "spec": {"x": {"y": 1}}}
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert found(live, {"metadata": {}, "data": "[secret]", "spec": {"x": unknown}}) == {}


def test_a_key_that_comes_again_is_undeclared() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    live = a_deployment({"containers": [{"name": "mygw", "env": env}]})
    declared = a_deployment({"containers": [{"name": "mygw", "env": env[:1]}]})
    assert list(found(live, declared)) == ["spec.template.spec.containers[0].env[1]"]


def test_declared_fields_that_differ_or_are_missing_are_found_by_the_keys_of_lists() -> None:
    sidecar = {"name": "sidecar", "image": "contoso/sidecar:1"}
    live = a_deployment(
        {
            "containers": [
                sidecar,
                {
                    "name": "mygw",
                    "image": "other:1",
                    "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                    "envFrom": [{"secretRef": {"name": "x"}}, {"configMapRef": {"name": "mygw-env"}}],
                },
            ]
        }
    )
    mygw = {
        "name": "mygw",
        "image": "gateway:1",
        "ports": [{"containerPort": 4290, "protocol": "UDP"}, {"containerPort": 8080}],
        "envFrom": [{"configMapRef": {"name": "mygw-env"}}],
        "lifecycle": {"preStop": {"sleep": {"seconds": 15}}},
        "resources": {},
    }
    fields = differing(live, a_deployment({"containers": [mygw]}), ())
    place = "spec.template.spec.containers[1]"
    assert {field.path: (field.declared, field.live) for field in fields} == {
        f"{place}.image": ("gateway:1", "other:1"),
        f"{place}.ports[0]": ({"containerPort": 4290, "protocol": "UDP"}, ABSENT),
        f"{place}.envFrom": (
            [{"configMapRef": {"name": "mygw-env"}}],
            [{"secretRef": {"name": "x"}}, {"configMapRef": {"name": "mygw-env"}}],
        ),
        f"{place}.lifecycle": ({"preStop": {"sleep": {"seconds": 15}}}, ABSENT),
    }


def test_a_field_is_found_in_another_form_of_the_object_where_its_elements_stand_otherwise() -> None:
    live = json.loads('{"c": [{"name": "a"}], "containers": [{"name": "s"}, {"name": "m", "image": "1"}]}')
    recorded = {"containers": [{"name": "m", "image": "2"}]}
    assert counterpart(live, recorded, ("containers", 1, "image")) == "2"
    assert counterpart(live, recorded, ("containers", 0, "name")) is ABSENT
    assert counterpart(live, recorded, ("spec", "x")) is ABSENT
