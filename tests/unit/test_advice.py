"""What a preview advises of a stack's file: one warning for each departure from the guidance, which the file may silence."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from components.config.advice import everything
from components.config.models.advice import WARNS_OF, AdviceId
from components.config.models.gateway import GatewaySettings
from components.ending import Refusal
from tests.environments import shipped
from tests.unit import program
from tests.unit.test_workload_settings import problems

GATEWAY = "self-hosted-gateway:gateways[0]"
IMAGE = "mcr.microsoft.com/azure-api-management/gateway"
DIGEST = "sha256:" + "0123456789abcdef" * 4
# What a gateway needs for no advice.
GUIDED: dict[str, Any] = {
    "namespace": "apim",
    "image": f"{IMAGE}:2.13.2",
    "replicas": 3,
    "disruptionBudget": {"maxUnavailable": "25%"},
    "container": {"resources": {"requests": {"cpu": 2, "memory": "2Gi"}}},
}
FILLED_IN = {
    "<tenant ID>": program.TENANT,
    "<subscription ID>": program.SUBSCRIPTION,
    "<service-name>": "contoso-apim",
    "<resource group>": "contoso-rg",
    "<production service-name>": "contoso-apim",
    "<production resource group>": "contoso-rg",
    "<location, free text>": "contoso headquarters",
    "<API ID>": "echo",
    "<namespace>": "apim",
    "<object ID of the deployer>": program.OWNER,
    "<today, as yyyy-mm-dd>": f"{datetime.now(UTC):%Y-%m-%d}",
    "<context of your kubeconfig>": "contoso",
}

NAME_A_VERSION = "Name a whole version, 2.13.2 for example."
DEPLOY_A_LATER_ONE = "Deploy a later one, 2.13.2 for example."
THREE_OR_MORE = "Set 3 or more, as Microsoft's guidance has it."
MOVES = (
    "so pods of one gateway may run different versions, and what depends on the version can't be checked. "
    + NAME_A_VERSION
)
NO_VERSION = (
    "image: it does not tell the gateway's version, so what depends on the version can't be checked. Set `imageVersion`, to "
    "2.13.2 for example. (advice: unknown-version)"
)
DEFAULT_NAMESPACE = (
    "namespace: in `default`, quotas, policies and rights of the gateway are those of everything else there. Name a "
    "namespace of its own; it has to exist. Another namespace replaces the objects of a deployed gateway. "
    "(advice: default-namespace)"
)
NO_RESOURCES = (
    "container.resources: without requests of cpu and memory, pods may run on nodes without room for them, and a namespace "
    "with a quota refuses them. Set `requests`; Microsoft's guidance starts with 2 cores and 2Gi. (advice: no-resources)"
)
ONE_POD = (
    "replicas: if the only pod fails, or its node is drained, nobody is served until another one is ready. "
    f"{THREE_OR_MORE} (advice: few-replicas)"
)
NO_LIVENESS_PROBE = (
    "container.livenessProbe: with null, nothing restarts a gateway that hangs. Leave it out. "
    "(advice: no-liveness-probe)"
)
UNSUPPORTED = (
    "Microsoft no longer supports version {}, but only the last three minor versions, 2.11 and later. "
    f"{DEPLOY_A_LATER_ONE} (advice: unsupported-version)"
)
VULNERABLE = (
    f"version {{}} has the vulnerability CVE-2025-55315, which 2.10.1 mends. {DEPLOY_A_LATER_ONE} "
    "(advice: vulnerable-version)"
)
UNPATCHED = f"version {{}} lacks the security patches of 2.12.3. {DEPLOY_A_LATER_ONE} (advice: vulnerable-version)"
NO_RESTORE = (
    "version {} has a fault that 2.12.2 mends: it can't restore a backup of its configuration, and a pod that tries does not "
    f"get ready. {DEPLOY_A_LATER_ONE} (advice: broken-version)"
)
ANSWERS_500 = (
    "version {} has a fault that 2.13.2 mends: it answers 500 to requests with some policies and diagnostics. "
    f"{DEPLOY_A_LATER_ONE} (advice: broken-version)"
)


def said(*gateways: dict[str, Any], preview: bool = True, **keys: Any) -> list[str]:
    """The warnings of a stack with such gateways."""
    return program.run(program.configuration(gateways=list(gateways), **keys), preview=preview).warnings


def advice(**changes: Any) -> list[str]:
    """What is advised of a gateway that follows the guidance but for these settings, its file read alone."""
    config = program.configuration(gateways=[program.gateway(**{**GUIDED, **changes})])
    return [text.removeprefix(f"{GATEWAY}.") for text in everything.advice(program.settings(config))]


def of_shipped(stack: str) -> list[str]:
    text = shipped(stack)
    for placeholder, value in FILLED_IN.items():
        text = text.replace(placeholder, value)
    config = yaml.safe_load(text)["config"]
    roles = {"validator": "validator", "reader": "reader"}
    ids = f"/subscriptions/{program.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/"
    if "self-hosted-gateway:roles" in config:  # another stack's, which the mocks do not have
        existing = {role: f"{ids}00000000-0000-0000-0000-00000000000{n}" for n, role in enumerate(roles)}
        config["self-hosted-gateway:roles"] = {"existing": existing}
    return program.run(config, preview=True).warnings


def test_production_as_it_is_shipped_has_no_warning() -> None:
    assert of_shipped("prod") == []


def test_the_guides_deployment_has_these_warnings() -> None:
    assert of_shipped("dev") == [
        f"{GATEWAY}.image: tag `v2` moves, {MOVES} (advice: moving-tag)",
        f"{GATEWAY}.{ONE_POD}",
        f"{GATEWAY}.{DEFAULT_NAMESPACE}",
        f"{GATEWAY}.{NO_RESOURCES}",
        f"{GATEWAY}.authentication.clientSecret.store: more people may read a ConfigMap than a Secret, and it is in no audit "
        "of secrets. Leave it out: a Secret holds it then. (advice: secret-in-config-map)",
    ]


@pytest.mark.parametrize(
    ("image", "version", "expected"),
    [
        (f"{IMAGE}:2.13.2", None, []),
        (f"{IMAGE}:2.11.1", None, []),
        (f"{IMAGE}:v2.13.2", None, []),
        (f"{IMAGE}:2.13.2@{DIGEST}", None, []),
        ("contoso.azurecr.io:443/apim/gateway:2.13.2-contoso.4", None, []),
        ("contoso.azurecr.io:443/apim/gateway:approved", "2.13.2", []),
        (f"{IMAGE}@{DIGEST}", "2.13.2", []),
        # Microsoft's registry moves these.
        (IMAGE, None, [f"image: tag `latest` moves, {MOVES} (advice: moving-tag)"]),
        ("contoso.azurecr.io:443/apim/gateway", None, [f"image: tag `latest` moves, {MOVES} (advice: moving-tag)"]),
        (f"{IMAGE}:latest", None, [f"image: tag `latest` moves, {MOVES} (advice: moving-tag)"]),
        (f"{IMAGE}:beta", None, [f"image: tag `beta` moves, {MOVES} (advice: moving-tag)"]),
        (f"{IMAGE}:v2-preview", None, [f"image: tag `v2-preview` moves, {MOVES} (advice: moving-tag)"]),
        (f"{IMAGE}:2.13", None, [f"image: tag `2.13` moves, {MOVES} (advice: moving-tag)"]),
        (f"{IMAGE}:v2", "2.13.2", [f"image: tag `v2` moves, {MOVES} (advice: moving-tag)"]),
        (f"{IMAGE}@{DIGEST}", None, [NO_VERSION]),
        ("contoso.azurecr.io/apim/gateway:approved", None, [NO_VERSION]),
        ("contoso.azurecr.io/apim/gateway:20261101", None, [NO_VERSION]),
        # Releases that one should not run.
        (f"{IMAGE}:2.10.1", None, [f"image: {UNSUPPORTED.format('2.10.1')}"]),
        (f"{IMAGE}:2.10.0", None, [
            f"image: {UNSUPPORTED.format('2.10.0')}", f"image: {VULNERABLE.format('2.10.0')}"
        ]),
        (f"{IMAGE}:2.10", None, [
            f"image: tag `2.10` moves, {MOVES} (advice: moving-tag)", f"image: {UNSUPPORTED.format('2.10')}"
        ]),
        (f"{IMAGE}@{DIGEST}", "2.9.2", [
            f"imageVersion: {UNSUPPORTED.format('2.9.2')}", f"imageVersion: {VULNERABLE.format('2.9.2')}"
        ]),
        (f"{IMAGE}:2.12.1", None, [f"image: {UNPATCHED.format('2.12.1')}", f"image: {NO_RESTORE.format('2.12.1')}"]),
        (f"{IMAGE}:2.12.2", None, [f"image: {UNPATCHED.format('2.12.2')}"]),
        (f"{IMAGE}:2.12.3", None, []),
        (f"{IMAGE}:2.13.0", None, [f"image: {ANSWERS_500.format('2.13.0')}"]),
    ],
)  # fmt: skip
def test_an_image_is_warned_of_that_moves_is_unknown_or_should_not_run(
    image: str, version: str | None, expected: list[str]
) -> None:
    named = {} if version is None else {"imageVersion": version}
    assert advice(image=image, **named) == expected


SCALED = {"autoscaling": {"minReplicas": 2, "maxReplicas": 9, "cpu": 80}, "replicas": None}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"replicas": 0}, []),
        ({"replicas": 1}, [ONE_POD]),
        ({"replicas": 2}, [
            f"replicas: while one of two pods is replaced, nobody is served if the other one fails. {THREE_OR_MORE} "
            "(advice: few-replicas)"
        ]),
        ({"replicas": "external"}, []),
        ({"disruptionBudget": None}, [
            "disruptionBudget: without it, a drain of nodes may end all pods at once. Set it, to `maxUnavailable: 25%` for "
            "example. (advice: no-disruption-budget)"
        ]),
        ({"replicas": 1, "disruptionBudget": None}, [ONE_POD]),
        ({"namespace": "default"}, [DEFAULT_NAMESPACE]),
        ({"pod": {"topologySpreadConstraints": []}}, [
            "pod.topologySpreadConstraints: an empty list lets all pods run on one node, so its failure ends them all. "
            "Leave it out. (advice: not-spread)"
        ]),
        ({"deployment": {"strategy": {"type": "Recreate"}}}, [
            "deployment.strategy: `Recreate` ends all pods before it starts new ones, so every change of them interrupts "
            "traffic. Leave it out. (advice: recreate-strategy)"
        ]),
        ({"instanceDiscovery": {"host": None}}, [
            "instanceDiscovery.host: with null, each pod counts calls for itself, so rate limits let through as many times "
            "more as there are pods. Leave it out. (advice: no-instance-discovery)"
        ]),
        ({"service": {"externalTrafficPolicy": "Cluster"}}, [
            "service.externalTrafficPolicy: with `Cluster`, the gateway sees addresses of nodes instead of its callers'. Set "
            "`Local`, or leave it out. (advice: cluster-traffic-policy)"
        ]),
    ],
)  # fmt: skip
def test_a_setting_that_departs_from_the_guidance_is_warned_of(settings: dict[str, Any], expected: list[str]) -> None:
    gateway = {key: value for key, value in {**GUIDED, **settings}.items() if value is not None}
    assert [text.removeprefix(f"{GATEWAY}.") for text in said(program.gateway(**gateway))] == expected


def test_the_fewest_pods_of_an_autoscaler_count() -> None:
    gateway = {key: value for key, value in {**GUIDED, **SCALED}.items() if value is not None}
    assert said(program.gateway(**gateway)) == [
        f"{GATEWAY}.autoscaling.minReplicas: while one of two pods is replaced, nobody is served if the other one fails. "
        f"{THREE_OR_MORE} (advice: few-replicas)"
    ]


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"resources": None}, [NO_RESOURCES]),
        ({"resources": {"limits": {"cpu": 2, "memory": "2Gi"}}}, []),
        ({"resources": {"requests": {"cpu": 0, "memory": "2Gi"}}}, [
            NO_RESOURCES.replace("of cpu and memory", "of cpu")
        ]),
        ({"livenessProbe": None}, [NO_LIVENESS_PROBE]),
        ({"startupProbe": None}, [
            "container.startupProbe: with null, `container.livenessProbe` leaves 60 s until a pod is restarted, but Azure may "
            "take ten minutes to activate role assignments. Leave it out, or set a larger `initialDelaySeconds` there. (advice: "
            "short-startup-probe)"
        ]),
        ({"startupProbe": {"failureThreshold": 120}}, [
            "container.startupProbe: it leaves 600 s until a pod is restarted, but Azure may take ten minutes to activate "
            "role assignments. Set a larger `failureThreshold`, or leave it out. (advice: short-startup-probe)"
        ]),
        ({"startupProbe": {"failureThreshold": 121}}, []),
        ({"livenessProbe": None, "startupProbe": {"failureThreshold": 6}}, [
            NO_LIVENESS_PROBE,
            "container.startupProbe: it leaves 30 s until a pod is restarted, but Azure may take ten minutes to activate "
            "role assignments. Set a larger `failureThreshold`, or leave it out. (advice: short-startup-probe)"
        ]),
        # Nothing restarts it before its rights are there.
        ({"livenessProbe": None, "startupProbe": None}, [NO_LIVENESS_PROBE]),
        ({"startupProbe": None, "livenessProbe": {"initialDelaySeconds": 541}}, []),
        ({"securityContext": {"runAsUser": None}}, []),
        ({"securityContext": None}, [
            "container.securityContext: the container may do more than Microsoft's guidance lets it. Set "
            "`allowPrivilegeEscalation: false`, `capabilities.drop: [ALL]`, `runAsNonRoot: true`, or leave it out. "
            "(advice: weak-security-context)"
        ]),
        ({"securityContext": {"privileged": True, "allowPrivilegeEscalation": True}}, [
            "container.securityContext: the container may do more than Microsoft's guidance lets it. Set "
            "`allowPrivilegeEscalation: false`, `privileged: false`, or leave it out. (advice: weak-security-context)"
        ]),
    ],
)  # fmt: skip
def test_a_container_that_departs_from_the_guidance_is_warned_of(
    container: dict[str, Any], expected: list[str]
) -> None:
    whole = {**GUIDED["container"], **container}
    assert advice(container={key: value for key, value in whole.items() if key != "resources" or value}) == expected


def test_pods_that_keep_apart_by_themselves_need_not_be_spread() -> None:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "mygw"}}}
    apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    assert advice(pod={"topologySpreadConstraints": [], "affinity": apart}) == []


def test_a_pod_may_say_that_its_container_is_no_root() -> None:
    no_root = {"securityContext": {"runAsNonRoot": True}}
    undecided = {**GUIDED["container"], "securityContext": {"runAsNonRoot": None}}
    assert advice(container=undecided, pod=no_root) == []
    (said,) = advice(container={**undecided, "securityContext": {"runAsNonRoot": False}}, pod=no_root)
    assert said.startswith("container.securityContext: ")
    assert "Set `runAsNonRoot: true`, or leave it out." in said


def test_what_gateways_have_in_common_is_said_once() -> None:
    branch = program.gateway(**{**GUIDED, "name": "branch", "replicas": 1})
    assert said(program.gateway(**{**GUIDED, "replicas": 1}), branch) == [
        f"{GATEWAY}.replicas, self-hosted-gateway:gateways[1].{ONE_POD}"
    ]


def test_an_update_does_not_repeat_what_its_preview_said() -> None:
    assert said(program.gateway(), preview=False) == []


def test_a_stack_silences_what_it_departs_from_knowingly() -> None:
    gateway = program.gateway(image=f"{IMAGE}:2.13.2")
    assert said(gateway, silence=["few-replicas", "no-resources"]) == [f"{GATEWAY}.{DEFAULT_NAMESPACE}"]


def test_only_advice_that_there_is_can_be_silenced() -> None:
    with pytest.raises(Refusal) as caught:
        said(program.gateway(), silence=["few-replica"])
    ids = "'moving-tag', 'unknown-version', 'unsupported-version', 'vulnerable-version', 'broken-version', 'few-replicas', "
    ids += "'no-disruption-budget', 'not-spread', 'recreate-strategy', 'default-namespace', 'no-resources', "
    ids += "'short-startup-probe', 'no-liveness-probe', 'no-instance-discovery', 'cluster-traffic-policy', "
    ids += "'secret-in-config-map' or 'weak-security-context'"
    assert str(caught.value).splitlines()[1:] == [f"  - self-hosted-gateway:silence[0]: expected {ids}"]


def test_the_reference_tells_of_each_advice() -> None:
    assert set(WARNS_OF) == set(AdviceId)


def test_the_default_image_is_the_one_that_advice_names() -> None:
    assert GatewaySettings.model_fields["image"].default == f"{IMAGE}:2.13.2"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"image": f"{IMAGE}:2.12.3", "imageVersion": "2.13.2"}, [
            "imageVersion: 2.13.2 contradicts the tag of `image`, which is of version 2.12.3: leave it out"
        ]),
        ({"image": f"{IMAGE}:2.12", "imageVersion": "2.13.2"}, [
            "imageVersion: 2.13.2 contradicts the tag of `image`, which is of version 2.12: leave it out"
        ]),
        ({"imageVersion": "2.13.0"}, [
            "imageVersion: 2.13.0 contradicts the tag of `image` (default), which is of version 2.13.2: leave it out"
        ]),
        ({"image": f"{IMAGE}:v2", "imageVersion": "2.13"}, ["imageVersion: expected a whole version, as 2.13.2"]),
        ({"image": f"{IMAGE}@{DIGEST}", "imageVersion": "2.1.9"}, [
            "imageVersion: expected image version 2.2 or later: earlier ones can't authenticate with Microsoft Entra"
        ]),
    ],
)  # fmt: skip
def test_a_version_that_is_none_or_contradicts_the_tag_is_refused(
    settings: dict[str, Any], expected: list[str]
) -> None:
    assert problems(**settings) == expected


@pytest.mark.parametrize(("version", "machine"), [("2.12.3", "amd64"), ("2.13.2", None)])
def test_the_version_that_the_file_names_decides_what_machines_pods_run_on(version: str, machine: str | None) -> None:
    gateway = program.gateway(image=f"{IMAGE}@{DIGEST}", imageVersion=version)
    deployment = program.run(program.configuration(gateways=[gateway])).one("kubernetes:apps/v1:Deployment")
    selector = deployment.inputs["spec"]["template"]["spec"]["nodeSelector"]
    assert selector.get("kubernetes.io/arch") == machine
