"""Where the gateway's pods run and what they have: what is declared of a stack's file, and what is refused."""

import functools
from typing import Any

import pytest

from tests.unit import program
from tests.unit.test_workload_settings import deployment, pod, problems

ZONES = {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}
OWN_PODS = {"matchLabels": {"app": "mygw"}}
VOLUMES = [{"name": "backup", "persistentVolumeClaim": {"claimName": "mygw-backup", "readOnly": False}}]
MOUNTS = [{"name": "backup", "mountPath": "/apim/config"}]


def test_pods_run_on_linux_and_are_spread_over_zones_and_nodes_where_there_are_several() -> None:
    one, three = pod(), pod(replicas=3)
    assert one["nodeSelector"] == three["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert "topologySpreadConstraints" not in one
    assert three["topologySpreadConstraints"] == [
        {
            "maxSkew": 1,
            "topologyKey": topology,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": OWN_PODS,
            "matchLabelKeys": ["pod-template-hash"],
        }
        for topology in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


@pytest.mark.parametrize(
    ("tag", "given", "selector"),
    [
        ("2.12.3", {}, {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}),
        ("2.12.3", {"nodeSelector": {"kubernetes.io/arch": "arm64"}}, {
            "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"
        }),
        ("2.12.3", {"nodeSelector": None}, None),
        ("2.13.0", {}, {"kubernetes.io/os": "linux"}),
        ("v2", {}, {"kubernetes.io/os": "linux"}),
    ],
)  # fmt: skip
def test_an_image_that_is_for_amd64_only_runs_nowhere_else(
    tag: str, given: dict[str, Any], selector: dict[str, str] | None
) -> None:
    spec = pod(image=f"mcr.microsoft.com/azure-api-management/gateway:{tag}", pod=given)
    assert spec.get("nodeSelector") == selector


# Setting, field, and what is declared; one run of the program has all of them, a gateway each.
REACHING_THE_POD: list[tuple[dict[str, Any], str, Any]] = [
    ({"nodeSelector": {"agentpool": "gateways"}}, "nodeSelector", {
        "kubernetes.io/os": "linux", "agentpool": "gateways"
    }),
    ({"nodeSelector": {"kubernetes.io/os": None}}, "nodeSelector", None),
    ({"nodeSelector": None}, "nodeSelector", None),
    ({"topologySpreadConstraints": [ZONES]}, "topologySpreadConstraints", [
        {"labelSelector": {"matchLabels": {"app": "g3"}}, **ZONES}
    ]),
    ({"topologySpreadConstraints": [{**ZONES, "labelSelector": {}}]}, "topologySpreadConstraints", [
        {**ZONES, "labelSelector": {}}
    ]),
    ({"topologySpreadConstraints": []}, "topologySpreadConstraints", None),
    ({"tolerations": [{"operator": "Exists"}]}, "tolerations", [{"operator": "Exists"}]),
    ({"tolerations": []}, "tolerations", None),
    ({"affinity": {"nodeAffinity": {}}}, "affinity", {"nodeAffinity": {}}),
    ({"priorityClassName": "contoso"}, "priorityClassName", "contoso"),
    ({"hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a.example"]}]}, "hostAliases", [
        {"ip": "192.0.2.1", "hostnames": ["a.example"]}
    ]),
    ({"dnsPolicy": "ClusterFirstWithHostNet"}, "dnsPolicy", "ClusterFirstWithHostNet"),
    ({"dnsConfig": {"options": [{"name": "ndots", "value": "2"}]}}, "dnsConfig", {
        "options": [{"name": "ndots", "value": "2"}]
    }),
]  # fmt: skip


@functools.cache
def pods_of_all_cases() -> list[dict[str, Any]]:
    cases = enumerate(REACHING_THE_POD)
    gateways = [program.gateway(name=f"g{n}", replicas=2, pod=given) for n, (given, _, _) in cases]
    graph = program.run(program.configuration(gateways=gateways))
    deployments = [
        graph.one("kubernetes:apps/v1:Deployment", f"{each['name']}-workload-deployment") for each in gateways
    ]
    return [each.inputs["spec"]["template"]["spec"] for each in deployments]


@pytest.mark.parametrize("case", range(len(REACHING_THE_POD)), ids=lambda case: f"{REACHING_THE_POD[case][1]}-{case}")
def test_a_setting_of_the_pod_reaches_it(case: int) -> None:
    _, field, declared = REACHING_THE_POD[case]
    assert pods_of_all_cases()[case].get(field) == declared


def test_annotations_and_labels_stand_beside_the_programs_and_select_nothing() -> None:
    found = deployment(pod={"annotations": {"contoso.example/a": "1"}, "labels": {"contoso.example/b": "2"}}).inputs
    metadata = found["spec"]["template"]["metadata"]
    assert metadata["labels"] == {"app": "mygw", "contoso.example/b": "2"}
    assert set(metadata["annotations"]) == {
        "contoso.example/a", "self-hosted-gateway/settings-checksum", "self-hosted-gateway/settings-written",
    }  # fmt: skip
    assert found["spec"]["selector"] == {"matchLabels": {"app": "mygw"}}


def test_common_labels_are_on_all_objects_and_in_no_selector() -> None:
    common = {"contoso.example/team": "integration"}
    settings = {"commonLabels": common, "disruptionBudget": {"maxUnavailable": 1}, "pod": {"labels": {"own": "1"}}}
    found = program.run(program.configuration(gateways=[program.gateway(**settings)]))
    objects = [each.inputs for each in found.resources if each.type.startswith("kubernetes:")]
    assert len(objects) == 6
    for each in objects:
        assert each["metadata"]["labels"] == {"app": "mygw", **common}
        selector = each.get("spec", {}).get("selector", {})
        assert selector.get("matchLabels", selector) in ({"app": "mygw"}, {})
    template = found.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]
    assert template["metadata"]["labels"] == {"app": "mygw", "own": "1", **common}


def test_further_variables_and_volumes_stand_beside_the_programs_and_its_settings_win() -> None:
    variable = {"name": "HTTPS_PROXY", "valueFrom": {"secretKeyRef": {"name": "contoso-proxy", "key": "address"}}}
    settings = {"env": [variable], "envFrom": [{"configMapRef": {"name": "contoso"}}], "volumeMounts": MOUNTS}
    spec = pod(container=settings, pod={"volumes": VOLUMES})
    (container,) = spec["containers"]
    assert [each["name"] for each in container["env"]] == [
        "config.service.auth.azureAd.clientSecret", "HTTPS_PROXY",
    ]  # fmt: skip
    assert container["env"][1] == variable
    assert container["envFrom"] == [{"configMapRef": {"name": "contoso"}}, {"configMapRef": {"name": "mygw-env"}}]
    assert container["volumeMounts"] == MOUNTS
    assert spec["volumes"] == [{"name": "backup", "persistentVolumeClaim": {"claimName": "mygw-backup"}}]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"pod": {"labels": {"app": "other"}}}, ["pod.labels: leave `app` out: Deployment and Services select the pods by it"]),
        ({"commonLabels": {"app": "other"}}, [
            "commonLabels: leave `app` out: Deployment and Services select the pods by it"
        ]),
        ({"commonLabels": {"team": "the integrators"}}, [
            "commonLabels: expected 'team' to have a label's value: 63 letters, digits and '-', '_', '.' at most"
        ]),
        ({"pod": {"labels": {"team": "the integrators"}}}, [
            "pod.labels: expected 'team' to have a label's value: 63 letters, digits and '-', '_', '.' at most"
        ]),
        ({"commonLabels": {"a": "1", "b": "1"}, "pod": {"labels": {"a": "1", "b": "2"}}}, [
            "pod.labels: 'b' is '2' here and '1' in `commonLabels`, which are the pods' labels too: leave it out of one of them"
        ]),
        ({"pod": {"nodeSelector": {"-disk": "ssd"}}}, [
            "pod.nodeSelector: expected '-disk' to be a label's name: 1 to 63 letters, digits and '-', '_', '.', after a "
            "domain and '/'"
        ]),
        ({"pod": {"annotations": {"self-hosted-gateway/settings-checksum": "1"}}}, [
            "pod.annotations: leave `self-hosted-gateway/settings-checksum` out: the program restarts the pods by it"
        ]),
        ({"pod": {"annotations": {"contoso.example/a": 1}}}, [
            'pod.annotations["contoso.example/a"]: expected a text: put it in quotes'
        ]),
        ({"container": {"env": [{"name": "config.service.auth.azureAd.clientSecret", "value": "a"}]}}, [
            "container.env: leave `config.service.auth.azureAd.clientSecret` out: `authentication` decides it"
        ]),
        ({"container": {"volumeMounts": MOUNTS}}, [
            "container.volumeMounts[0].name: 'backup' is no volume: `pod.volumes` has none"
        ]),
        ({"container": {"volumeMounts": [{"name": "config", "mountPath": "/apim/config"}]}, "pod": {
            "volumes": [*VOLUMES, {"name": "cache", "emptyDir": {}}]
        }}, [
            "container.volumeMounts[0].name: 'config' is no volume: `pod.volumes` has backup, cache"
        ]),
        ({"pod": {"dnsPolicy": "None"}}, [
            "pod.dnsPolicy: 'None' needs `pod.dnsConfig.nameservers`: the pods could resolve no name"
        ]),
        ({"pod": {"dnsPolicy": "none"}}, [
            "pod.dnsPolicy: expected 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default' or 'None'"
        ]),
        ({"pod": {"priorityClassName": None}}, [
            "pod.priorityClassName: null takes a default away, and there is none here: leave it out"
        ]),
        ({"pod": {"tolerations": [{"operator": "Exist"}], "hostAliases": [{"hostnames": ["a.example"]}]}}, [
            "pod.tolerations[0].operator: expected 'Equal' or 'Exists'",
            "pod.hostAliases[0].ip: required, but missing",
        ]),
        ({"pod": {"volumes": [{"name": "ca", "secret": {"secretName": "a", "items": [{"key": "ca.pem", "path": 1}]}}]}}, [
            "pod.volumes[0].secret.items[0].path: expected a text: put it in quotes"
        ]),
    ],
)  # fmt: skip
def test_what_the_api_server_would_refuse_is_refused_with_its_path(
    settings: dict[str, Any], expected: list[str]
) -> None:
    assert problems(**settings) == expected
