"""All problems of a stack's file are reported at once, each with its key and what is expected."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from components.ending import Refusal
from tests.environments import shipped
from tests.unit import program


def problems_of(config: dict[str, Any]) -> list[str]:
    with pytest.raises(Refusal) as caught:
        program.run(config)
    first, *lines = str(caught.value).splitlines()
    assert first == "The configuration of stack 'dev' (Pulumi.dev.yaml) has problems:"
    return [line.removeprefix("  - ") for line in lines]


def authentication(**client_secret: Any) -> dict[str, Any]:
    return {
        "owners": [program.OWNER],
        "clientSecret": {"rotation": "2026-11-01", "validity": "P3650D", **client_secret},
    }


def test_an_empty_stack_is_told_what_it_has_to_name() -> None:
    assert problems_of({}) == [
        "azure-native:tenantId: required, but missing",
        "azure-native:subscriptionId: required, but missing",
    ]


def test_problems_of_all_sections_are_reported_together() -> None:
    config = program.configuration(
        apiManagement={"name": "contoso-apim", "validatorScope": "instance"},
        gateways=[
            {"name": "mygw", "replicas": "two", "authentication": authentication(validity="half a year")},
            {"namespace": "Default", "colour": "red", "authentication": {"owners": ["contoso"], "clientSecret": {}}},
        ],
        cluster={},
        protect=["gateway"],
    )
    config["azure-native:tenantId"] = "contoso"
    config["self-hosted-gateway:gateway"] = []
    config["kubernetes:namespace"] = "apim"

    known = (
        "azure-native:environment, azure-native:subscriptionId, azure-native:tenantId, "
        "self-hosted-gateway:acceptedDrift, self-hosted-gateway:apiManagement, self-hosted-gateway:cluster, "
        "self-hosted-gateway:gateways, self-hosted-gateway:protect, self-hosted-gateway:roles, self-hosted-gateway:silence"
    )
    assert problems_of(config) == [
        f"kubernetes:namespace: unknown key; known are {known}",
        f"self-hosted-gateway:gateway: unknown key; known are {known}",
        "azure-native:tenantId: expected a GUID such as 00000000-0000-0000-0000-000000000000",
        "self-hosted-gateway:apiManagement.resourceGroup: required, but missing",
        "self-hosted-gateway:apiManagement.validatorScope: expected 'resourceGroup' or 'subscription'",
        "self-hosted-gateway:gateways[0].replicas: expected a whole number, 0 or more, or 'external'",
        "self-hosted-gateway:gateways[0].authentication.clientSecret.validity: expected an ISO 8601 duration, "
        "for example P180D",
        "self-hosted-gateway:gateways[1].name: required, but missing",
        "self-hosted-gateway:gateways[1].namespace: expected a namespace's name: 1 to 63 of a-z, 0-9 and '-'",
        "self-hosted-gateway:gateways[1].authentication.owners[0]: expected a GUID such as "
        "00000000-0000-0000-0000-000000000000",
        "self-hosted-gateway:gateways[1].authentication.clientSecret.rotation: required, but missing",
        "self-hosted-gateway:gateways[1].colour: unknown key",
        "self-hosted-gateway:cluster.kubeconfig: expected either `context` or `kubeconfig`",
        "self-hosted-gateway:protect[0]: expected 'roles', 'validator' or 'gateways'",
    ]


def test_gateways_need_an_instance_and_a_cluster() -> None:
    assert problems_of(program.configuration(apiManagement=None, cluster=None)) == [
        "self-hosted-gateway:apiManagement.name: required, but missing",
        "self-hosted-gateway:apiManagement.resourceGroup: required, but missing",
        "self-hosted-gateway:cluster.kubeconfig: expected either `context` or `kubeconfig`",
    ]


def test_what_one_gateway_says_wrong_or_not_at_all_hides_nothing_of_the_next() -> None:
    scaling = {"minReplicas": 3, "maxReplicas": 9, "cpu": 80}
    gateways = [
        program.gateway(name="plain"),
        program.gateway(name="malformed", autoscaling=[], pod=[], serviceAccount=[], service=[], instanceDiscovery=[]),
        program.gateway(name="scaled", autoscaling=scaling, container=[], disruptionBudget=[]),
        program.gateway(name="alone", instanceDiscovery={"host": None}),
        program.gateway(
            name="last",
            autoscaling={**scaling, "minReplicas": 10},
            container={
                "resources": {"requests": {"cpu": 2}},
                "volumeMounts": [{"name": "backup", "mountPath": "/apim/config"}],
                "preStopSeconds": 60,
            },
            serviceAccount={"annotations": {"a": "b"}},
            disruptionBudget={"maxUnavailable": 0},
            service={"ports": {"https": 80}},
            instanceDiscovery={"host": "last-live-traffic"},
        ),
    ]
    second, third, last = (f"self-hosted-gateway:gateways[{index}]" for index in (1, 2, 4))
    assert problems_of(program.configuration(gateways=gateways)) == [
        *(
            f"{second}.{key}: expected a mapping"
            for key in ("autoscaling", "pod", "serviceAccount", "service", "instanceDiscovery")
        ),
        *(f"{third}.{key}: expected a mapping" for key in ("container", "disruptionBudget")),
        f"{last}.container.volumeMounts[0].name: 'backup' is no volume: `pod.volumes` has none",
        f"{last}.container.preStopSeconds: expected less than 60 (default), `pod.terminationGracePeriodSeconds`; found 60: the "
        "container would be killed before it is asked to end",
        f"{last}.autoscaling.minReplicas: expected at most 9, `maxReplicas`; found 10",
        f"{last}.disruptionBudget.maxUnavailable: expected more than 0: no node with a pod could be drained",
        f"{last}.serviceAccount.annotations: have no effect unless `create` is true",
        f"{last}.service.ports: `http` (default) and `https` are both 80: a Service has each port once",
        f"{last}.instanceDiscovery.host: 'last-live-traffic' is the Service that clients reach, by which pods do not find each "
        "other: leave it out, so that it is `last-instance-discovery`",
    ]


def test_of_an_unknown_cloud_nothing_that_follows_from_it_is_told() -> None:
    config = program.configuration() | {"azure-native:environment": "germany"}
    assert problems_of(config) == ["azure-native:environment: expected 'public', 'usgovernment' or 'china'"]


def test_an_encrypted_value_is_refused_because_the_state_would_have_it_in_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", '["self-hosted-gateway:gateways"]')
    assert problems_of(program.configuration()) == [
        "self-hosted-gateway:gateways: holds an encrypted value, which the program would write to the state in clear: put it in "
        "a Kubernetes Secret, and name that in `container.env`"
    ]


def test_an_unknown_key_is_told_as_it_was_written() -> None:
    assert of_gateway(location_name="contoso") == [f"{GATEWAY}.location_name: unknown key"]


def test_a_kubeconfig_with_credentials_is_refused_and_they_are_not_shown() -> None:
    user = {"name": "contoso", "user": {"token": "s3cret", "client-key-data": "s3cret"}}
    kubeconfig = {**program.kubeconfig(), "users": [user]}
    (problem,) = problems_of(program.configuration(cluster={"kubeconfig": kubeconfig}))
    assert problem == (
        "self-hosted-gateway:cluster.kubeconfig: it holds credentials of user 'contoso' (token, client-key-data): "
        "use an exec plugin such as kubelogin, or `context`"
    )


@pytest.mark.parametrize("change", [{"current-context": "other"}, {"clusters": []}, {"contexts": None}])
def test_a_kubeconfig_that_means_no_cluster_is_refused(change: dict[str, Any]) -> None:
    kubeconfig = {**program.kubeconfig(), **change}
    assert problems_of(program.configuration(cluster={"kubeconfig": kubeconfig})) == [
        "self-hosted-gateway:cluster.kubeconfig: it means no cluster: its `current-context` is one of its `contexts`, and "
        "the `cluster` of that one of its `clusters`, with a `server`"
    ]


GATEWAY = "self-hosted-gateway:gateways[0]"
SECRET = f"{GATEWAY}.authentication.clientSecret"
DURATION = "expected an ISO 8601 duration, for example P180D"
RESERVED = "* # & + : < > ? / \\ %"


def of_gateway(**changes: Any) -> list[str]:
    return problems_of(program.configuration(gateways=[program.gateway(**changes)]))


def of_instance(**changes: Any) -> list[str]:
    instance = {"name": "contoso-apim", "resourceGroup": "contoso-rg", **changes}
    return problems_of(program.configuration(apiManagement=instance))


def test_the_shipped_file_is_told_what_it_has_to_name_and_nothing_that_nobody_wrote() -> None:
    assert problems_of(yaml.safe_load(shipped("dev"))["config"]) == [
        "azure-native:tenantId: expected a GUID such as 00000000-0000-0000-0000-000000000000",
        "azure-native:subscriptionId: expected a GUID such as 00000000-0000-0000-0000-000000000000",
        "self-hosted-gateway:apiManagement.name: expected the name of an API Management instance: 1 to 50 of a-z, A-Z, "
        "0-9 and '-', starting with a letter",
        "self-hosted-gateway:apiManagement.resourceGroup: expected the name of a resource group: 1 to 90 letters, digits "
        "and '-', '_', '.', '(', ')', not ending with '.'",
        f"{GATEWAY}.authentication.owners[0]: expected a GUID such as 00000000-0000-0000-0000-000000000000",
        f"{SECRET}.rotation: expected a date, yyyy-mm-dd",
    ]


def test_contradictions_are_reported_beside_malformed_values() -> None:
    config = program.configuration(
        roles={"assignableScopes": [f"/subscriptions/{program.SUBSCRIPTION}/resourceGroups/other"]},
        gateways=[
            program.gateway(
                replicas="two", locationName="contoso", authentication=authentication(rotation="2026-01-01")
            ),
            program.gateway(name="MYGW", kubernetesName="mygw", image=2, createGatewayResource=True),
        ],
        cluster={"context": "", "kubeconfig": {}},
    )
    config["self-hosted-gateway:gateways"][0]["authentication"]["clientSecret"]["validity"] = "P1D"
    covered = f"(/subscriptions/{program.SUBSCRIPTION}/resourceGroups/other) does not cover"
    group = f"/subscriptions/{program.SUBSCRIPTION}/resourceGroups/contoso-rg"
    assert problems_of(config) == [
        f"{GATEWAY}.replicas: expected a whole number, 0 or more, or 'external'",
        f"{GATEWAY}.locationName: has no effect unless `createGatewayResource` is true",
        f"{SECRET}.rotation: the secret expired on 2026-01-02 (rotation plus validity): set a later `rotation`",
        "self-hosted-gateway:gateways[1].image: expected a text",
        "self-hosted-gateway:gateways[1].locationName: needed where `createGatewayResource` is true",
        "self-hosted-gateway:cluster.context: expected a text that is not empty",
        "self-hosted-gateway:cluster.kubeconfig: expected either `context` or `kubeconfig`",
        "self-hosted-gateway:gateways[1].name: 'MYGW' is the name of gateways[0] already",
        "self-hosted-gateway:apiManagement.validatorScope: the role is assigned at "
        f"{group}, which self-hosted-gateway:roles.assignableScopes {covered}",
        f"{GATEWAY}.readerScope: the role is assigned at {program.INSTANCE_ID}, which "
        f"self-hosted-gateway:roles.assignableScopes {covered}",
        "self-hosted-gateway:gateways[1].readerScope: the role is assigned at "
        f"{program.INSTANCE_ID}, which self-hosted-gateway:roles.assignableScopes {covered}",
    ]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("my/gw", f"expected 1 to 80 characters without {RESERVED}, not ending with '.'"),
        ("g" * 81, f"expected 1 to 80 characters without {RESERVED}, not ending with '.'"),
        ("Managed", "expected another name: 'managed' is the instance's own gateway"),
        (
            "My Gateway",
            "'My Gateway' can't name the Kubernetes objects: set `kubernetesName`, 1 to 42 of a-z, 0-9 and '-', starting "
            "with a letter",
        ),
    ],
)
def test_a_bad_name_is_reported_as_the_name(name: str, problem: str) -> None:
    assert of_gateway(name=name) == [f"{GATEWAY}.name: {problem}"]


@pytest.mark.parametrize("other", [{"name": "MYGW", "kubernetesName": "other"}, {}])
def test_two_gateways_of_one_name_are_refused(other: dict[str, Any]) -> None:
    gateways = [program.gateway(), program.gateway(**other)]
    name = other.get("name", "mygw")
    assert problems_of(program.configuration(gateways=gateways)) == [
        f"self-hosted-gateway:gateways[1].name: {name!r} is the name of gateways[0] already"
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"name": "other", "kubernetesName": "mygw"},
            "kubernetesName: 'mygw' is taken by gateways[0] in its namespace",
        ),
        ({"name": "taken"}, "name: 'taken' is taken by gateways[1] in its namespace"),
    ],
)
def test_two_gateways_of_one_name_in_a_namespace_are_refused(changes: dict[str, Any], problem: str) -> None:
    gateways = [program.gateway(), program.gateway(name="second", kubernetesName="taken"), program.gateway(**changes)]
    assert problems_of(program.configuration(gateways=gateways)) == [f"self-hosted-gateway:gateways[2].{problem}"]


def test_of_names_that_are_malformed_nothing_more_is_told() -> None:
    names: list[dict[str, Any]] = [
        {"kubernetesName": "mygw", "namespace": "Apim"},
        {"kubernetesName": "mygw", "namespace": "Branch"},
        {"kubernetesName": "MyGW"},
        {"kubernetesName": "MyGW"},
    ]
    gateways = [program.gateway(name=f"g{number}", **each) for number, each in enumerate(names)]
    assert problems_of(program.configuration(gateways=gateways)) == [
        f"{GATEWAY}.namespace: expected a namespace's name: 1 to 63 of a-z, 0-9 and '-'",
        "self-hosted-gateway:gateways[1].namespace: expected a namespace's name: 1 to 63 of a-z, 0-9 and '-'",
        "self-hosted-gateway:gateways[2].kubernetesName: expected 1 to 42 of a-z, 0-9 and '-', starting with a letter",
        "self-hosted-gateway:gateways[3].kubernetesName: expected 1 to 42 of a-z, 0-9 and '-', starting with a letter",
    ]


@pytest.mark.parametrize(
    ("validity", "problem"),
    [
        ("P9999Y", "expected 100 years (P36500D) at most"),
        ("P99999999D", "expected 100 years (P36500D) at most"),
        ("180d", DURATION),
        ("180 days", DURATION),
        ("15552000", DURATION),
        (15552000, DURATION),
        ("PT0S", "expected greater than 0 seconds"),
    ],
)
def test_a_validity_is_an_iso_8601_duration(validity: object, problem: str) -> None:
    assert of_gateway(authentication=authentication(validity=validity)) == [f"{SECRET}.validity: {problem}"]


def test_a_rotation_after_today_is_refused() -> None:
    now = datetime.now(UTC)
    tomorrow = f"{now + timedelta(days=1):%Y-%m-%d}"
    assert of_gateway(authentication=authentication(rotation=tomorrow)) == [
        f"{SECRET}.rotation: expected a date that has come, today's or an earlier one: in UTC it is {now:%Y-%m-%d}"
    ]


def test_a_secret_that_has_expired_is_refused() -> None:
    assert of_gateway(authentication=authentication(rotation="2026-01-01", validity="P1D")) == [
        f"{SECRET}.rotation: the secret expired on 2026-01-02 (rotation plus validity): set a later `rotation`"
    ]


GROUPS = [f"/providers/Microsoft.Management/managementGroups/{name}" for name in ("contoso", "contoso-shops")]


@pytest.mark.parametrize(
    ("scopes", "problem"),
    [
        (GROUPS, "expected at most one management group, which is what ARM accepts; found contoso, contoso-shops"),
        (
            [f"/subscriptions/{program.SUBSCRIPTION}", f"/Subscriptions/{program.SUBSCRIPTION}"],
            f"'/Subscriptions/{program.SUBSCRIPTION}' is the same as '/subscriptions/{program.SUBSCRIPTION}': name it once",
        ),
        ([], "expected at least one"),
    ],
)
def test_assignable_scopes_are_what_arm_accepts(scopes: list[str], problem: str) -> None:
    assert problems_of(program.configuration(roles={"assignableScopes": scopes})) == [
        f"self-hosted-gateway:roles.assignableScopes: {problem}"
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"apis": ["echo", "ECHO"]}, "apis: 'ECHO' is the same as 'echo': name it once"),
        ({"apis": ["echo", "echo"]}, "apis: 'echo' is the same as 'echo': name it once"),
        (
            {"apis": ["echo;rev=2"]},
            "apis[0]: expected the API without its revision, 'echo': a gateway serves the current one",
        ),
        (
            {"apis": ["echo/orders"]},
            f"apis[0]: expected an API's id: 1 to 80 characters without {RESERVED}, not ending with '.'",
        ),
        (
            {"apis": ["a" * 81]},
            f"apis[0]: expected an API's id: 1 to 80 characters without {RESERVED}, not ending with '.'",
        ),
        (
            {"createGatewayResource": True, "locationName": "x" * 257},
            "locationName: expected a text of 1 to 256 characters",
        ),
        (
            {"authentication": {**authentication(), "owners": [program.OWNER, program.OWNER]}},
            f"authentication.owners: '{program.OWNER}' is the same as '{program.OWNER}': name it once",
        ),
    ],
)
def test_what_api_management_would_refuse_half_way_is_refused(changes: dict[str, Any], problem: str) -> None:
    assert of_gateway(**changes) == [f"{GATEWAY}.{problem}"]


@pytest.mark.parametrize(
    "image",
    [
        "mcr.microsoft.com/azure-api-management/Gateway:2.13.2",
        "mcr.microsoft.com/azure-api-management/gateway:2.13.2 ",
        "https://mcr.microsoft.com/azure-api-management/gateway:2.13.2",
        "mcr.microsoft.com/azure-api-management/gateway:",
        "mcr.microsoft.com/azure-api-management/gateway@sha256:1234",
    ],
)
def test_what_cannot_be_an_image_is_refused(image: str) -> None:
    assert of_gateway(image=image) == [
        f"{GATEWAY}.image: expected a container image, as mcr.microsoft.com/azure-api-management/gateway:2.13.2"
    ]


@pytest.mark.parametrize(
    "image",
    [
        "gateway",
        "localhost:5000/gateway:v2",
        "contoso.azurecr.io/mirror/azure-api-management/gateway:2.13.2",
        f"mcr.microsoft.com/azure-api-management/gateway:2.13.2@sha256:{'0' * 64}",
    ],
)
def test_mirrors_and_digests_are_images(image: str) -> None:
    program.run(program.configuration(gateways=[program.gateway(image=image)]))


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("contoso-apim.management.azure-api.net", "contoso-apim.management.azure-api.net"),
        (
            "https://contoso-apim.management.azure-api.net/subscriptions/sub/resourceGroups/rg?api-version=2021-01-01-preview",
            "contoso-apim.management.azure-api.net",
        ),
        ("contoso-apim.Management.azure-api.net", "contoso-apim.Management.azure-api.net"),
    ],
)
def test_the_retired_configuration_api_is_refused_and_the_right_one_named(endpoint: str, host: str) -> None:
    assert of_instance(configurationEndpoint=endpoint) == [
        "self-hosted-gateway:apiManagement.configurationEndpoint: expected 'contoso-apim.configuration.azure-api.net': "
        f"{host} is the configuration API that was retired"
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"name": "contoso_apim"},
            "name: expected the name of an API Management instance: 1 to 50 of a-z, A-Z, 0-9 and '-', starting with a letter",
        ),
        (
            {"resourceGroup": "contoso-rg."},
            "resourceGroup: expected the name of a resource group: 1 to 90 letters, digits and '-', '_', '.', '(', ')', "
            "not ending with '.'",
        ),
    ],
)
def test_names_that_arm_does_not_take_are_refused(changes: dict[str, Any], problem: str) -> None:
    assert of_instance(**changes) == [f"self-hosted-gateway:apiManagement.{problem}"]


def test_users_of_a_kubeconfig_that_are_none_are_refused() -> None:
    kubeconfig = {**program.kubeconfig(), "users": ["contoso"]}
    assert problems_of(program.configuration(cluster={"kubeconfig": kubeconfig})) == [
        "self-hosted-gateway:cluster.kubeconfig: its `users` are no list of mappings, each with a `name` and a `user`"
    ]


ROLE = f"/subscriptions/{program.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{program.KEY_ID}"
GROUP_ALONE = [f"/subscriptions/{program.SUBSCRIPTION}/resourceGroups/contoso-rg"]


def of_a_validator_that_is(assignment: str, **roles: Any) -> dict[str, Any]:
    """A stack whose validator role applies to the subscription, which its own roles can't be assigned at."""
    instance = {"name": "contoso-apim", "resourceGroup": "contoso-rg", "validatorScope": "subscription"}
    return program.configuration(
        apiManagement={**instance, "validatorAssignment": assignment},
        roles={"assignableScopes": GROUP_ALONE, **roles},
    )


def test_scopes_are_asked_of_a_stacks_own_roles_and_assignments_alone() -> None:
    assert problems_of(of_a_validator_that_is("create")) == [
        "self-hosted-gateway:apiManagement.validatorScope: the role is assigned at "
        f"/subscriptions/{program.SUBSCRIPTION}, which self-hosted-gateway:roles.assignableScopes ({GROUP_ALONE[0]}) does not "
        "cover"
    ]
    # Another stack makes the assignment, or the roles; without a gateway, its role is assigned nowhere.
    program.run(of_a_validator_that_is("existing"))
    elsewhere = of_a_validator_that_is("existing", assignableScopes=[f"{GROUP_ALONE[0]}-other"])
    program.run({**elsewhere, "self-hosted-gateway:gateways": []})
    program.run(of_a_validator_that_is("create", existing={"validator": ROLE, "reader": ROLE}))


def test_the_scope_of_a_gateways_reader_role_is_asked_of_the_roles() -> None:
    scopes = [*GROUP_ALONE, f"/subscriptions/{program.SUBSCRIPTION}/resourceGroups/other"]
    assert problems_of(
        program.configuration(
            roles={"assignableScopes": scopes}, gateways=[program.gateway(readerScope="subscription")]
        )
    ) == [
        f"{GATEWAY}.readerScope: the role is assigned at /subscriptions/{program.SUBSCRIPTION}, which "
        f"self-hosted-gateway:roles.assignableScopes ({scopes[0]}, {scopes[1]}) does not cover"
    ]
    instance = {"name": "contoso-apim", "resourceGroup": "contoso-rg."}
    (problem,) = problems_of(program.configuration(apiManagement=instance, roles={"assignableScopes": GROUP_ALONE}))
    assert problem.startswith("self-hosted-gateway:apiManagement.resourceGroup: expected the name of a resource group")
    assert of_gateway(readerScope="tenant") == [
        f"{GATEWAY}.readerScope: expected 'instance', 'resourceGroup' or 'subscription'"
    ]


def test_gateways_in_two_namespaces_may_have_objects_of_one_name() -> None:
    branch = program.gateway(name="branch", kubernetesName="mygw", namespace="branch")
    graph = program.run(program.configuration(gateways=[program.gateway(), branch]))
    metadata = [each.inputs["metadata"] for each in graph.of_type("kubernetes:apps/v1:Deployment")]
    assert {(each["namespace"], each["name"]) for each in metadata} == {("default", "mygw"), ("branch", "mygw")}


@pytest.mark.parametrize("tag", ["2.1.0", "v1", "1.9.9-preview"])
def test_an_image_that_cannot_sign_in_with_entra_is_refused(tag: str) -> None:
    assert of_gateway(image=f"mcr.microsoft.com/azure-api-management/gateway:{tag}") == [
        f"{GATEWAY}.image: expected image version 2.2 or later: earlier ones can't authenticate with Microsoft Entra"
    ]


SCALED = {"resource": "mygw-workload-deployment", "path": "spec.replicas", "reason": "Load test of the shops."}
ACCEPTED = "self-hosted-gateway:acceptedDrift"


def of_accepted(*entries: Any) -> list[str]:
    return problems_of(program.configuration(acceptedDrift=list(entries)))


@pytest.mark.parametrize(
    "entry",
    [
        SCALED,
        {**SCALED, "value": 3, "until": "2126-12-31"},
        # A date that has passed is the drift report's to tell.
        {**SCALED, "value": {"name": "by-hand", "ports": [80]}, "until": "2026-01-31"},
        # As the engine hands on a date without quotes.
        {**SCALED, "value": False, "until": "2126-12-31 00:00:00 +0000 UTC"},
        {**SCALED, "until": "2126-12-31T00:00:00Z"},
        {"resource": "mygw-reader-assignment", "reason": "Given again by the tenant's administrator."},
    ],
)
def test_what_is_accepted_as_drift_changes_nothing_of_the_program(entry: dict[str, Any]) -> None:
    accepting, plain = (program.run(program.configuration(**keys)) for keys in ({"acceptedDrift": [entry]}, {}))
    assert len(plain.resources) > 10
    assert {r.urn: r.inputs for r in accepting.resources} == {r.urn: r.inputs for r in plain.resources}


def test_all_that_is_wrong_with_accepted_drift_is_reported_together_with_other_problems() -> None:
    config = program.configuration(
        acceptedDrift=[
            {"path": "spec.replicas", "reason": "<why>", "until": "next week", "value": None},
            {"resource": "mygw-workload-env", "reason": " ", "until": 20261231, "value": 1, "colour": "red"},
            {"resource": 1, "path": "", "reason": "Load test."},
            "mygw-workload-deployment",
            SCALED,
            {**SCALED, "value": 4},
        ],
        protect=["gateway"],
    )
    assert problems_of(config) == [
        "self-hosted-gateway:protect[0]: expected 'roles', 'validator' or 'gateways'",
        f"{ACCEPTED}[0].resource: required, but missing",
        f"{ACCEPTED}[0].reason: expected a reason in the place of '<why>'",
        f"{ACCEPTED}[0].until: expected a date, yyyy-mm-dd",
        f"{ACCEPTED}[0].value: expected a value: leave the key out to accept any",
        f"{ACCEPTED}[1].reason: expected a text that is not empty",
        f"{ACCEPTED}[1].until: expected a date, yyyy-mm-dd",
        f"{ACCEPTED}[1].value: has no effect without `path`: a resource that is gone has no value",
        f"{ACCEPTED}[1].colour: unknown key",
        f"{ACCEPTED}[2].resource: expected a text",
        f"{ACCEPTED}[2].path: expected a text that is not empty",
        f"{ACCEPTED}[3]: expected a mapping",
        f"{ACCEPTED}[5].path: 'spec.replicas' of 'mygw-workload-deployment' is accepted by acceptedDrift[4] already",
    ]


def test_the_same_resource_is_accepted_as_gone_once() -> None:
    gone = {"resource": "mygw-reader-assignment", "reason": "Somebody else's."}
    assert of_accepted(gone, {**gone, "path": "scope"}, gone) == [
        f"{ACCEPTED}[2].resource: 'mygw-reader-assignment' is accepted by acceptedDrift[0] already"
    ]


def test_entries_that_are_malformed_are_accepted_by_no_other() -> None:
    without_path, without_resource = {**SCALED, "path": ""}, {**SCALED, "resource": 1}
    assert of_accepted(without_path, without_path, without_resource, without_resource) == [
        f"{ACCEPTED}[0].path: expected a text that is not empty",
        f"{ACCEPTED}[1].path: expected a text that is not empty",
        f"{ACCEPTED}[2].resource: expected a text",
        f"{ACCEPTED}[3].resource: expected a text",
    ]


@pytest.mark.parametrize(("key", "expected"), [("acceptedDrift", "a list"), ("cluster", "a mapping")])
def test_a_text_in_the_place_of_a_whole_section_is_refused(key: str, expected: str) -> None:
    config = program.configuration(**{key: "contoso"})
    assert f"self-hosted-gateway:{key}: expected {expected}, not a text" in problems_of(config)


def test_lists_and_mappings_are_told_apart() -> None:
    assert problems_of(
        program.configuration(apiManagement=[], roles=[], gateways=["mygw"], cluster=["contoso"], protect={})
    ) == [
        "self-hosted-gateway:apiManagement: expected a mapping",
        "self-hosted-gateway:roles: expected a mapping",
        "self-hosted-gateway:gateways[0]: expected a mapping",
        "self-hosted-gateway:cluster: expected a mapping",
        "self-hosted-gateway:protect: expected a list",
    ]
    assert problems_of(program.configuration(gateways=program.gateway())) == [
        "self-hosted-gateway:gateways: expected a list"
    ]


@pytest.mark.parametrize(
    "existing", [{}, {"validator": ROLE}, {"validator": ROLE, "reader": ROLE, "stack": "contoso/gateway/roles"}]
)
def test_existing_roles_are_two_ids_or_a_stack(existing: dict[str, str]) -> None:
    assert problems_of(program.configuration(roles={"existing": existing})) == [
        "self-hosted-gateway:roles.existing.stack: expected either both `validator` and `reader`, or `stack`"
    ]


def test_a_suffix_leaves_room_for_the_roles_names() -> None:
    assert problems_of(program.configuration(roles={"nameSuffix": "x" * 65})) == [
        "self-hosted-gateway:roles.nameSuffix: string should have at most 64 characters"
    ]


def test_yes_and_no_are_true_and_false() -> None:
    signing_in = {**authentication(), "ownersWithoutDeployer": "yes"}
    assert of_gateway(createGatewayResource="yes", authentication=signing_in) == [
        f"{GATEWAY}.createGatewayResource: expected true or false",
        f"{GATEWAY}.authentication.ownersWithoutDeployer: expected true or false",
    ]
