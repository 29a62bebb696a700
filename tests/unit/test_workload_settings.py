"""What a stack's file says of the Kubernetes objects: what is declared of it, and what is refused."""

from typing import Any

import pytest

from components.ending import Refusal
from tests.unit import program

GATEWAY = "self-hosted-gateway:gateways[0]"
SECURITY_CONTEXT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "runAsNonRoot": True,
    "runAsUser": 1001,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(**settings: Any) -> dict[str, Any]:
    """The pods' spec where the gateway has these settings."""
    graph = program.run(program.configuration(gateways=[program.gateway(**settings)]))
    return graph.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]["spec"]


def container(**settings: Any) -> dict[str, Any]:
    (found,) = pod(container=settings)["containers"]
    return found


def problems(**settings: Any) -> list[str]:
    config = program.configuration(gateways=[program.gateway(**settings)])
    with pytest.raises(Refusal) as caught:
        program.settings(config)
    return [line.removeprefix(f"  - {GATEWAY}.") for line in str(caught.value).splitlines()[1:]]


def test_pods_meet_the_restricted_level_and_have_no_token_unless_asked_otherwise() -> None:
    spec = pod()
    assert spec["automountServiceAccountToken"] is False
    assert "securityContext" not in spec
    assert spec["containers"][0]["securityContext"] == SECURITY_CONTEXT
    assert "resources" not in spec["containers"][0]


def test_resources_are_declared_as_the_api_server_gives_them_back() -> None:
    resources = {"requests": {"cpu": 0.5, "memory": "2048Mi"}, "limits": {"cpu": 2}}
    assert container(resources=resources)["resources"] == {
        "requests": {"cpu": "500m", "memory": "2Gi"},
        "limits": {"cpu": "2"},
    }


@pytest.mark.parametrize(
    ("setting", "declared"),
    [
        ({"runAsUser": 2000, "runAsGroup": 2000}, {**SECURITY_CONTEXT, "runAsUser": 2000, "runAsGroup": 2000}),
        ({"runAsUser": None}, {key: value for key, value in SECURITY_CONTEXT.items() if key != "runAsUser"}),
        (
            {"capabilities": {"add": ["NET_BIND_SERVICE"]}},
            {**SECURITY_CONTEXT, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}},
        ),
        ({"readOnlyRootFilesystem": False}, {**SECURITY_CONTEXT, "readOnlyRootFilesystem": False}),
        (None, None),
    ],
)
def test_fields_are_added_to_the_default_security_context_and_null_takes_them_away(
    setting: dict[str, Any] | None, declared: dict[str, Any] | None
) -> None:
    assert container(securityContext=setting).get("securityContext") == declared


def test_what_kubernetes_defines_of_the_pod_reaches_it() -> None:
    settings = {
        "automountServiceAccountToken": None,
        "imagePullSecrets": [{"name": "contoso-registry"}],
        "securityContext": {"fsGroup": 1001, "supplementalGroups": []},
    }
    spec = pod(pod=settings, container={"imagePullPolicy": "Always"})
    assert "automountServiceAccountToken" not in spec
    assert spec["imagePullSecrets"] == [{"name": "contoso-registry"}]
    assert spec["securityContext"] == {"fsGroup": 1001}
    assert spec["containers"][0]["imagePullPolicy"] == "Always"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"container": []}, ["container: expected a mapping"]),
        ({"container": None}, ["container: null takes a default away, and this key can't do without: leave it out"]),
        ({"container": {"resource": {}}}, ["container.resource: unknown key"]),
        (
            {"container": {"resources": {"limits": {"cpu": "two"}, "request": {}}}},
            [
                "container.resources.limits.cpu: expected a quantity such as 500m, 2 or 2Gi",
                "container.resources.request: unknown field of Kubernetes' ResourceRequirements",
            ],
        ),
        (
            {"container": {"resources": None}},
            ["container.resources: null takes a default away, and there is none here: leave it out"],
        ),
        (
            {"container": {"resources": {"limits": {"nvidia.com/gpu": "one"}}}},
            ['container.resources.limits["nvidia.com/gpu"]: expected a quantity such as 500m, 2 or 2Gi'],
        ),
        (
            {"container": {"securityContext": {"capabilities": {"drop": ["ALL", 7]}, "run_as_user": 1}}},
            [
                "container.securityContext.capabilities.drop[1]: expected a text: put it in quotes",
                "container.securityContext.run_as_user: unknown field of Kubernetes' SecurityContext",
            ],
        ),
        (
            {"container": {"securityContext": {"readOnlyRootFilesystem": True}}},
            [
                "container.securityContext: leave `readOnlyRootFilesystem` out: the gateway does not support it, because it "
                "writes to its root file system"
            ],
        ),
        (
            {"container": {"securityContext": {"privileged": True}}},
            [
                "container.securityContext: `privileged: true` and `allowPrivilegeEscalation: false` (default) contradict each "
                "other: the API server refuses them"
            ],
        ),
        (
            {"container": {"securityContext": {"runAsUser": 0}}},
            [
                "container.securityContext: `runAsNonRoot: true` (default) and `runAsUser: 0` contradict each other: the "
                "container would not start"
            ],
        ),
        ({"container": {"imagePullPolicy": "Sometimes"}}, [
            "container.imagePullPolicy: expected 'Always', 'IfNotPresent' or 'Never'"
        ]),
        ({"pod": {"imagePullSecrets": ["contoso-registry"]}}, ["pod.imagePullSecrets[0]: expected a mapping"]),
        ({"pod": {"imagePullSecrets": [{"name": "a", "names": "contoso-registry"}]}}, [
            "pod.imagePullSecrets[0].names: unknown field of Kubernetes' LocalObjectReference"
        ]),
        ({"pod": {"securityContext": {"seLinuxOptions": {"level": 1}}}}, [
            "pod.securityContext.seLinuxOptions.level: expected a text: put it in quotes"
        ]),
        ({"pod": {"automountServiceAccountToken": "no"}}, ["pod.automountServiceAccountToken: expected true or false"]),
    ],
)  # fmt: skip
def test_what_kubernetes_would_refuse_is_refused_with_its_path(settings: dict[str, Any], expected: list[str]) -> None:
    assert problems(**settings) == expected


STATUS = {"path": "/status-0123456789abcdef", "port": "http", "scheme": "HTTP"}


def test_a_pod_is_restarted_only_after_azure_has_had_time_for_its_rights_or_when_it_hangs() -> None:
    found = container()
    assert found["readinessProbe"] == {
        "httpGet": STATUS, "periodSeconds": 5, "failureThreshold": 3, "successThreshold": 1,
    }  # fmt: skip
    assert found["startupProbe"] == {"httpGet": STATUS, "periodSeconds": 5, "failureThreshold": 180}
    assert found["livenessProbe"] == {
        "httpGet": STATUS, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6,
    }  # fmt: skip


def test_probes_are_changed_field_by_field_and_null_takes_one_away() -> None:
    found = container(
        readinessProbe={"httpGet": {"path": "/internal-status-0123456789abcdef"}, "initialDelaySeconds": 0},
        startupProbe={"httpGet": None, "tcpSocket": {"port": "http"}, "periodSeconds": 1},
        livenessProbe=None,
    )
    assert found["readinessProbe"] == {
        "httpGet": {**STATUS, "path": "/internal-status-0123456789abcdef"},
        "periodSeconds": 5,
        "failureThreshold": 3,
        "successThreshold": 1,
    }
    assert found["startupProbe"] == {"tcpSocket": {"port": "http"}, "periodSeconds": 1, "failureThreshold": 180}
    assert "livenessProbe" not in found


def deployment(**settings: Any) -> program.Registration:
    return program.run(program.configuration(gateways=[program.gateway(**settings)])).one(
        "kubernetes:apps/v1:Deployment"
    )


def test_how_a_change_replaces_the_pods_is_as_configured() -> None:
    settings = {
        "strategy": {"rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}},
        "minReadySeconds": 10,
        "progressDeadlineSeconds": 1000,
        "revisionHistoryLimit": 0,
    }
    found = deployment(deployment=settings, container={"preStopSeconds": 0}, pod={"terminationGracePeriodSeconds": 30})
    spec = found.inputs["spec"]
    assert spec["strategy"] == {
        "type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1},
    }  # fmt: skip
    assert (spec["minReadySeconds"], spec["progressDeadlineSeconds"], spec["revisionHistoryLimit"]) == (10, 1000, 0)
    assert "lifecycle" not in spec["template"]["spec"]["containers"][0]
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 30
    assert (found.request.customTimeouts.create, found.request.customTimeouts.update) == ("1300s", "1300s")


def test_what_the_api_server_leaves_out_of_a_deployment_is_not_declared() -> None:
    spec = deployment(deployment={"minReadySeconds": 0, "strategy": {"type": "Recreate"}}).inputs["spec"]
    assert spec["strategy"] == {"type": "Recreate"}
    assert "minReadySeconds" not in spec
    assert "revisionHistoryLimit" not in spec


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"container": {"readinessProbe": None}}, [
            "container.readinessProbe: null takes a default away, and this key can't do without: leave it out"
        ]),
        ({"container": {"startupProbe": {"periodSeconds": 0, "httpGet": {"path": 1}}}}, [
            "container.startupProbe.periodSeconds: expected 1 or more",
            "container.startupProbe.httpGet.path: expected a text: put it in quotes",
        ]),
        ({"container": {"livenessProbe": {"tcpSocket": {"port": "http"}, "httpGet": {"port": "http"}}}}, [
            "container.livenessProbe: expected exactly one of exec, grpc, httpGet, tcpSocket; found tcpSocket, httpGet"
        ]),
        ({"container": {"livenessProbe": {"successThreshold": 2}}}, [
            "container.livenessProbe: leave `successThreshold` out: it can only be 1 here"
        ]),
        ({"container": {"startupProbe": {"successThreshold": 2}}}, [
            "container.startupProbe: leave `successThreshold` out: it can only be 1 here"
        ]),
        ({"container": {"readinessProbe": {"terminationGracePeriodSeconds": 30}}}, [
            "container.readinessProbe: leave `terminationGracePeriodSeconds` out: this probe ends no container"
        ]),
        ({"deployment": {"strategy": {"type": "Rolling"}}}, [
            "deployment.strategy.type: expected 'Recreate' or 'RollingUpdate'"
        ]),
        ({"deployment": {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}}}, [
            "deployment.strategy: `type: Recreate` and `rollingUpdate` contradict each other"
        ]),
        ({"deployment": {"strategy": {"rollingUpdate": {"maxSurge": 0}}}}, [
            "deployment.strategy: `maxUnavailable` (default) and `maxSurge` can't both be 0: no pod could be replaced"
        ]),
        ({"deployment": {"strategy": {"rollingUpdate": {"maxSurge": "0%"}}}}, [
            "deployment.strategy: `maxUnavailable` (default) and `maxSurge` can't both be 0: no pod could be replaced"
        ]),
        ({"deployment": {"strategy": []}}, ["deployment.strategy: expected a mapping"]),
        ({"deployment": {"minReadySeconds": None}}, [
            "deployment.minReadySeconds: null takes a default away, and this key can't do without: leave it out"
        ]),
        ({"container": {"preStopSeconds": 60}}, [
            "container.preStopSeconds: expected less than 60 (default), `pod.terminationGracePeriodSeconds`; found 60: the "
            "container would be killed before it is asked to end"
        ]),
        *(
            ({"container": {"preStopSeconds": 30, probe: {"terminationGracePeriodSeconds": 30}}}, [
                f"container.{probe}.terminationGracePeriodSeconds: expected more than 30, `preStopSeconds`: the container "
                "would be killed before it is asked to end"
            ])
            for probe in ("livenessProbe", "startupProbe")
        ),
        ({"deployment": {"progressDeadlineSeconds": 905, "minReadySeconds": 5}}, [
            "deployment.progressDeadlineSeconds: expected more than 905, the time that `container.startupProbe` (900 s "
            "(default)) and `deployment.minReadySeconds` (5 s) take together; found 905: a rollout would be given up before its "
            "pods are ready"
        ]),
        ({"deployment": {"progressDeadlineSeconds": 600}, "container": {"preStopSeconds": "5"}}, [
            "container.preStopSeconds: expected a whole number"
        ]),
    ],
)  # fmt: skip
def test_what_would_keep_a_rollout_from_its_end_is_refused(settings: dict[str, Any], expected: list[str]) -> None:
    assert problems(**settings) == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"deployment": {"progressDeadlineSeconds": 906, "minReadySeconds": 5}},
        {"deployment": {"progressDeadlineSeconds": 1}, "container": {"startupProbe": None}},
        {"container": {"preStopSeconds": 59}},
        {"container": {"preStopSeconds": 29, "startupProbe": {"terminationGracePeriodSeconds": 30}}},
    ],
)
def test_what_just_fits_is_accepted(settings: dict[str, Any]) -> None:
    assert deployment(**settings).inputs["spec"]["replicas"] == 1


def test_a_request_above_its_limit_is_refused() -> None:
    resources = {"requests": {"cpu": 2, "memory": "2Gi"}, "limits": {"cpu": "1999m", "memory": "2047Mi"}}
    assert problems(container={"resources": resources}) == [
        "container.resources.requests.cpu: expected at most 1999m, `limits.cpu`; found 2",
        "container.resources.requests.memory: expected at most 2047Mi, `limits.memory`; found 2Gi",
    ]
    equal = {"requests": {"cpu": "2000m", "memory": "2Gi"}, "limits": {"cpu": 2, "memory": "2048Mi"}}
    assert container(resources=equal)["resources"]["limits"] == {"cpu": "2", "memory": "2Gi"}


def test_a_container_that_is_to_be_no_root_can_not_get_that_user_from_its_pod() -> None:
    told = (
        ": `runAsNonRoot: true` (default) of `container.securityContext` and `runAsUser: 0` of `pod.securityContext` contradict "
        "each other: the container would not start"
    )
    of_pod = {"pod": {"securityContext": {"runAsUser": 0}}}
    for own in ({}, {"runAsUser": None}):
        (found,) = problems(**of_pod, container={"securityContext": own})
        assert found.endswith(told)
    (found,) = problems(pod={"securityContext": {"runAsUser": 0, "runAsNonRoot": True}})
    assert found.endswith(told.replace("` (default) of `container", "` of `pod"))
    # The container's own user goes before the pod's.
    assert pod(**of_pod, container={"securityContext": {"runAsUser": 2000}})["securityContext"] == {"runAsUser": 0}


@pytest.mark.parametrize(
    ("of_pod", "own", "expected"),
    [
        ({"runAsUser": 2000, "fsGroup": 2000}, {}, {
            key: value for key, value in SECURITY_CONTEXT.items() if key != "runAsUser"
        }),
        ({"runAsUser": 2000}, {"runAsUser": 3000}, {**SECURITY_CONTEXT, "runAsUser": 3000}),
        ({"runAsNonRoot": False, "seccompProfile": {"type": "Unconfined"}}, {"runAsGroup": 3000}, {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "privileged": False, "runAsUser": 1001,
            "runAsGroup": 3000,
        }),
        ({"runAsUser": 2000}, None, None),
        ({"fsGroup": 2000}, {}, SECURITY_CONTEXT),
    ],
)  # fmt: skip
def test_what_the_pods_security_context_sets_no_default_of_the_container_takes_from_it(
    of_pod: dict[str, Any], own: dict[str, Any] | None, expected: dict[str, Any] | None
) -> None:
    spec = pod(pod={"securityContext": of_pod}, container={"securityContext": own})
    assert spec["securityContext"] == of_pod
    assert spec["containers"][0].get("securityContext") == expected


def test_another_handler_takes_the_place_of_a_probes_default_one() -> None:
    found = container(
        livenessProbe={"tcpSocket": {"port": "http", "host": ""}}, readinessProbe={"exec": {"command": ["a"]}}
    )
    assert found["livenessProbe"] == {
        "tcpSocket": {"port": "http"}, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6,
    }  # fmt: skip
    assert found["readinessProbe"] == {
        "exec": {"command": ["a"]}, "periodSeconds": 5, "failureThreshold": 3, "successThreshold": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"pod": {"terminationGracePeriodSeconds": 10}}, [
            "container.preStopSeconds: expected less than 10, `pod.terminationGracePeriodSeconds`; found 15 (default): the "
            "container would be killed before it is asked to end"
        ]),
        ({"container": {"livenessProbe": {"terminationGracePeriodSeconds": 10}}}, [
            "container.livenessProbe.terminationGracePeriodSeconds: expected more than 15 (default), `preStopSeconds`: the "
            "container would be killed before it is asked to end"
        ]),
        ({"container": {"startupProbe": {"failureThreshold": 240}}}, [
            "deployment.progressDeadlineSeconds: expected more than 1200, the time that `container.startupProbe` (1200 s) and "
            "`deployment.minReadySeconds` (0 s (default)) take together; found 1200 (default): a rollout would be given up "
            "before its pods are ready"
        ]),
        ({"disruptionBudget": {"minAvailable": 1}}, [
            "disruptionBudget.minAvailable: expected fewer than `replicas` (1 (default)): 1 means 1 of them, and no node with a "
            "pod could be drained"
        ]),
        ({"imageVersion": "2.12.0"}, [
            "imageVersion: 2.12.0 contradicts the tag of `image` (default), which is of version 2.13.2: leave it out"
        ]),
        ({"instanceDiscovery": {"heartbeatPort": 4290}}, [
            "instanceDiscovery: `heartbeatPort` and `synchronizationPort` (default) are both 4290: a Service has each port once"
        ]),
        ({"service": {"ports": {"https": 80}}}, [
            "service.ports: `http` (default) and `https` are both 80: a Service has each port once"
        ]),
        ({"container": {"securityContext": {"privileged": True}}}, [
            "container.securityContext: `privileged: true` and `allowPrivilegeEscalation: false` (default) contradict each "
            "other: the API server refuses them"
        ]),
        ({"container": {"securityContext": {"privileged": True, "allowPrivilegeEscalation": False}}}, [
            "container.securityContext: `privileged: true` and `allowPrivilegeEscalation: false` contradict each other: the API "
            "server refuses them"
        ]),
        ({"deployment": {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}}}, [
            "deployment.strategy: `maxUnavailable` and `maxSurge` can't both be 0: no pod could be replaced"
        ]),
    ],
)  # fmt: skip
def test_what_contradicts_a_default_is_told_as_that(settings: dict[str, Any], expected: list[str]) -> None:
    assert problems(**settings) == expected
