"""What the program asks the engine for: resources, options, dependencies, secrecy."""

import base64
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit import program

ROLE = "azure-native:authorization:RoleDefinition"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"
SERVICE = "kubernetes:core/v1:Service"
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"
SETTINGS = "config.service.auth.azureAd"


@pytest.fixture(scope="module")
def graph() -> program.Graph:
    return program.run()


def store(kind: str) -> dict[str, Any]:
    """A stack whose one gateway keeps its client secret in that kind of object."""
    gateway = program.gateway()
    gateway["authentication"]["clientSecret"]["store"] = kind
    return program.configuration(gateways=[gateway])


def test_the_two_roles_are_the_articles(graph: program.Graph) -> None:
    validator, reader = graph.one(ROLE, "roles-validator"), graph.one(ROLE, "roles-reader")
    assert validator.inputs["roleName"] == "API Management Configuration API Access Validator Service Role"
    assert validator.inputs["description"] == (
        "Can access RBAC permissions on the API Management resource to authorize requests in Configuration API."
    )
    assert validator.inputs["permissions"] == [
        {"actions": ["Microsoft.Authorization/*/read"], "notActions": [], "dataActions": [], "notDataActions": []}
    ]
    assert reader.inputs["roleName"] == "API Management Gateway Configuration Reader Role"
    assert reader.inputs["description"] == "Can read self-hosted gateway configuration from Configuration API"
    assert reader.inputs["permissions"] == [
        {
            "actions": [],
            "notActions": [],
            "dataActions": ["Microsoft.ApiManagement/service/gateways/getConfiguration/action"],
            "notDataActions": [],
        }
    ]
    for role in (validator, reader):
        assert role.inputs["assignableScopes"] == [f"/subscriptions/{program.SUBSCRIPTION}"]
        assert role.inputs["scope"] == f"/subscriptions/{program.SUBSCRIPTION}"
        assert role.request.deleteBeforeReplace is True
        assert role.inputs["roleType"] == "CustomRole"
        # Of its own, so that a definition keeps its id whatever else changes.
        assert role.inputs["roleDefinitionId"] == "88888888-8888-8888-8888-888888888888"


def test_guids_of_the_roles_never_change(graph: program.Graph) -> None:
    assert [guid.inputs for guid in graph.of_type("random:index/randomUuid:RandomUuid")] == [{}, {}]


def test_each_role_is_assigned_to_its_own_principal_and_scope(graph: program.Graph) -> None:
    validator, reader = graph.one(ASSIGNMENT, "validator-assignment"), graph.one(ASSIGNMENT, "mygw-reader-assignment")
    group = f"/subscriptions/{program.SUBSCRIPTION}/resourceGroups/contoso-rg"
    assert validator.inputs == {
        "scope": group,
        "roleDefinitionId": "roles-validator-id",
        "principalId": program.INSTANCE_PRINCIPAL,
        "principalType": "ServicePrincipal",
    }
    assert reader.inputs == {
        "scope": program.INSTANCE_ID,
        "roleDefinitionId": "roles-reader-id",
        "principalId": program.SERVICE_PRINCIPAL,
        "principalType": "ServicePrincipal",
    }
    for assignment in (validator, reader):
        assert list(assignment.request.replaceOnChanges) == ["roleDefinitionId"]


def test_nothing_but_providers_is_registered_before_the_look_ups(graph: program.Graph) -> None:
    assert graph.invokes == [
        "azure-native:authorization:getClientConfig",
        "azuread:index/getClientConfig:getClientConfig",
        "azure-native:apimanagement:getApiManagementService",
        "azure-native:apimanagement:getGateway",
    ]
    assert {type_.split(":")[1] for type_ in graph.registered_before_invokes} <= {"providers", "pulumi"}


def test_the_secret_ends_at_rotation_plus_validity(graph: program.Graph) -> None:
    password = graph.one("azuread:index/applicationPassword:ApplicationPassword")
    assert password.inputs["endDate"] == "2036-10-29T00:00:00Z"
    assert password.inputs["displayName"] == "rotated 2026-11-01"


def test_owners_come_from_the_configuration(graph: program.Graph) -> None:
    for type_ in ("azuread:index/application:Application", "azuread:index/servicePrincipal:ServicePrincipal"):
        assert graph.one(type_).inputs["owners"] == [program.OWNER]


def test_the_client_secret_is_in_the_secret_alone_and_marked(graph: program.Graph) -> None:
    secret = graph.one(SECRET).inputs
    assert secret["type"] == "Opaque"
    data = secret["data"]
    encoded = base64.b64encode(program.CLIENT_SECRET.encode()).decode()
    assert SECRET_MARK in data.values()
    assert data["value"] == {"clientSecret": encoded}
    assert f"{SETTINGS}.clientSecret" not in graph.one(CONFIG_MAP).inputs["data"]
    (container,) = graph.one(DEPLOYMENT).inputs["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [
        {
            "name": f"{SETTINGS}.clientSecret",
            "valueFrom": {"secretKeyRef": {"name": "mygw-auth", "key": "clientSecret"}},
        }
    ]


def test_a_config_map_holds_the_client_secret_where_it_is_asked_to() -> None:
    graph = program.run(store("ConfigMap"))
    data = graph.one(CONFIG_MAP).inputs["data"]
    assert SECRET_MARK in data.values()
    assert data["value"][f"{SETTINGS}.clientSecret"] == program.CLIENT_SECRET
    assert graph.of_type(SECRET) == []


def pods_annotation(graph: program.Graph, name: str) -> str:
    annotations = graph.one(DEPLOYMENT).inputs["spec"]["template"]["metadata"]["annotations"]
    return annotations[f"self-hosted-gateway/{name}"]


def checksum(graph: program.Graph) -> str:
    return pods_annotation(graph, "settings-checksum")


def test_the_pods_follow_the_programs_writes_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl = {"manager": "kubectl-edit", "operation": "Update", "time": "2026-01-03T00:00:00Z"}
    # The provider creates under a name that is anybody's.
    somebodys = {"manager": "pulumi-kubernetes", "operation": "Update", "time": "2026-01-04T00:00:00Z"}
    applied = {"manager": "pulumi-kubernetes-1a2b3c4d", "operation": "Apply", "time": "2026-01-02T00:00:00Z"}
    created = {"creationTimestamp": "2026-01-01T00:00:00Z"}
    written = {"metadata": {"name": "mygw-env", "managedFields": [applied, kubectl, somebodys], **created}}
    monkeypatch.setitem(program.OUTPUTS, CONFIG_MAP, written)
    written = {"metadata": {"name": "mygw-auth", "managedFields": [somebodys], **created}}
    monkeypatch.setitem(program.OUTPUTS, SECRET, written)
    assert pods_annotation(program.run(), "settings-written") == "2026-01-01T00:00:00Z 2026-01-02T00:00:00Z"


def test_the_checksum_follows_the_settings_and_the_key_but_not_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    first = checksum(program.run())
    # Where another one follows from the same settings, the next update restarts all pods that are deployed.
    assert first == "875434e6c8b59ed5ea1538b1634bcb23c3891bc6a69c17b4334844b5a596f05e"
    instance = {"name": "contoso-apim", "resourceGroup": "contoso-rg", "configurationEndpoint": "apim.contoso.com"}
    assert checksum(program.run(program.configuration(apiManagement=instance))) != first
    password = "azuread:index/applicationPassword:ApplicationPassword"
    monkeypatch.setitem(program.OUTPUTS, password, {"keyId": program.KEY_ID, "value": "another-value"})
    assert checksum(program.run()) == first
    monkeypatch.setitem(program.OUTPUTS, password, {"keyId": "another-key", "value": program.CLIENT_SECRET})
    assert checksum(program.run()) != first


def test_the_deployment_waits_for_both_assignments_and_traffic_for_the_deployment(graph: program.Graph) -> None:
    deployment = graph.one(DEPLOYMENT)
    for assignment in graph.of_type(ASSIGNMENT):
        assert assignment.urn in deployment.request.dependencies
    assert deployment.request.customTimeouts.create == "25m"
    assert deployment.inputs["spec"]["progressDeadlineSeconds"] == 1200
    assert deployment.urn in graph.one(SERVICE, "mygw-workload-live-traffic").request.dependencies


def test_a_rollout_never_has_fewer_pods_than_are_declared(graph: program.Graph) -> None:
    assert graph.one(DEPLOYMENT).inputs["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"},
    }


def test_pods_are_asked_whether_they_are_ready_and_end_when_no_connection_comes_any_more(graph: program.Graph) -> None:
    spec = graph.one(DEPLOYMENT).inputs["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["readinessProbe"] == {
        "httpGet": {"path": "/status-0123456789abcdef", "port": "http", "scheme": "HTTP"},
        "periodSeconds": 5,
        "failureThreshold": 3,
        "successThreshold": 1,
    }
    assert container["lifecycle"] == {"preStop": {"sleep": {"seconds": 15}}}
    assert spec["terminationGracePeriodSeconds"] == 60
    assert container["ports"] == [
        {"name": "http", "containerPort": 8080},
        {"name": "https", "containerPort": 8081},
        {"name": "rate-limit-dc", "containerPort": 4290, "protocol": "UDP"},
        {"name": "dc-heartbeat", "containerPort": 4291, "protocol": "UDP"},
    ]


def test_live_traffic_reaches_the_pods_with_the_callers_address(graph: program.Graph) -> None:
    service = graph.one(SERVICE, "mygw-workload-live-traffic")
    assert service.inputs["spec"] == {
        "type": "LoadBalancer",
        # Otherwise nodes hand connections on in their own name: policies that read the caller's address see a node's.
        "externalTrafficPolicy": "Local",
        "ports": [
            {"name": "http", "port": 80, "targetPort": 8080},
            {"name": "https", "port": 443, "targetPort": 8081},
        ],
        "selector": {"app": "mygw"},
    }


def test_the_address_that_the_cluster_gave_replaces_no_service(graph: program.Graph) -> None:
    ignored = {service.name: list(service.request.ignoreChanges) for service in graph.of_type(SERVICE)}
    assert ignored == {"mygw-workload-live-traffic": ["spec.clusterIP"], "mygw-workload-instance-discovery": []}


def test_instances_find_each_other_by_a_headless_service(graph: program.Graph) -> None:
    service = graph.one(SERVICE, "mygw-workload-instance-discovery")
    assert service.inputs["metadata"]["annotations"] == {
        "azure.apim.kubernetes.io/notes": "Headless service being used for instance discovery of self-hosted gateway"
    }
    assert service.inputs["spec"] == {
        "type": "ClusterIP",
        "clusterIP": "None",
        "ports": [
            {"name": "rate-limit-discovery", "port": 4290, "targetPort": "rate-limit-dc", "protocol": "UDP"},
            {"name": "discovery-heartbeat", "port": 4291, "targetPort": "dc-heartbeat", "protocol": "UDP"},
        ],
        "selector": {"app": "mygw"},
    }


def test_apis_are_attached_after_the_gateway_resource_and_detached_before_it() -> None:
    gateway = program.gateway(createGatewayResource=True, locationName="contoso", apis=["echo", "orders"])
    graph = program.run(program.configuration(gateways=[gateway]))
    resource = graph.one("azure-native:apimanagement:Gateway")
    assert resource.inputs == {
        "gatewayId": "mygw",
        "resourceGroupName": "contoso-rg",
        "serviceName": "contoso-apim",
        "locationData": {"name": "contoso"},
    }
    attachments = graph.of_type("azure-native:apimanagement:GatewayApiEntityTag")
    assert {attachment.inputs["apiId"] for attachment in attachments} == {"echo", "orders"}
    for attachment in attachments:
        assert resource.urn in after(graph, attachment)
    # A pod is ready when its gateway resource is there, and serves the APIs that are attached then.
    assert {resource.urn, *(attachment.urn for attachment in attachments)} <= after(graph, graph.one(DEPLOYMENT))


def test_the_apis_of_one_gateway_are_attached_and_detached_one_after_the_other() -> None:
    apis = [f"api{number}" for number in range(30)]
    graph = program.run(program.configuration(gateways=[program.gateway(apis=apis)]))
    attachments = {a.inputs["apiId"]: a for a in graph.of_type("azure-native:apimanagement:GatewayApiEntityTag")}
    for place, api in enumerate(apis):
        # Each names all before it: the engine deletes in order of direct dependencies between what goes, whatever stays.
        before = {attachments[other].urn for other in apis[:place]}
        assert before <= set(attachments[api].request.dependencies), api


def after(graph: program.Graph, resource: program.Registration) -> set[str]:
    """All that the engine makes before a resource, and deletes after it."""
    by_urn = {registered.urn: registered for registered in graph.resources}
    found: set[str] = set()
    ahead = list(resource.request.dependencies)
    while ahead:
        urn = ahead.pop()
        if urn not in found:
            found.add(urn)
            ahead += by_urn[urn].request.dependencies
    return found


def test_the_state_does_not_depend_on_the_machine(
    graph: program.Graph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copy(os.environ["KUBECONFIG"], tmp_path / "elsewhere")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "elsewhere"))
    cluster = program.run().one("pulumi:providers:kubernetes").inputs
    assert cluster == graph.one("pulumi:providers:kubernetes").inputs
    assert cluster["kubeconfig"] == ""
    assert cluster["context"] == "contoso"
    assert (cluster["enableConfigMapMutable"], cluster["enableSecretMutable"]) == ("true", "true")
    assert cluster["enablePatchForce"] == "true"


def test_nobodys_environment_changes_how_objects_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "enableConfigMapMutable": "true",
        "enableSecretMutable": "true",
        "enablePatchForce": "true",
        "enableServerSideApply": "true",
        "deleteUnreachable": "false",
        "skipUpdateUnreachable": "false",
        # With it, a first update would take over an object that somebody else has made, and destroy would delete it.
        "upsertExistingObjects": "false",
    }
    for variable, opposite in {
        "ENABLE_CONFIGMAP_MUTABLE": "false",
        "ENABLE_SECRET_MUTABLE": "false",
        "ENABLE_PATCH_FORCE": "false",
        "ENABLE_SERVER_SIDE_APPLY": "false",
        "DELETE_UNREACHABLE": "true",
        "SKIP_UPDATE_UNREACHABLE": "true",
        "UPSERT_EXISTING_OBJECTS": "true",
    }.items():
        monkeypatch.setenv(f"PULUMI_K8S_{variable}", opposite)
    inputs = program.run().one("pulumi:providers:kubernetes").inputs
    assert inputs == {"kubeconfig": "", "context": "contoso", **settings}


def test_a_cluster_is_told_by_its_server() -> None:
    """A renewed certificate authority in the kubeconfig is the same cluster."""
    kubeconfig = program.kubeconfig()
    # The same with its keys in another order.
    others = dict(reversed(kubeconfig.items()))
    provider, other = (
        program.run(program.configuration(cluster={"kubeconfig": each})).one("pulumi:providers:kubernetes").inputs
        for each in (kubeconfig, others)
    )
    assert provider == other
    assert json.loads(provider["kubeconfig"]) == kubeconfig
    assert provider["clusterIdentifier"] == "https://contoso-aks.example"
    assert "clusterIdentifier" not in program.run().one("pulumi:providers:kubernetes").inputs


# An empty section is the project file's default.
@pytest.mark.parametrize(("section", "gateways"), [(None, None), ({}, [])])
def test_a_stack_may_have_roles_and_no_gateway(section: object, gateways: object) -> None:
    graph = program.run(program.configuration(apiManagement=section, gateways=gateways, cluster=section))
    assert len(graph.of_type(ROLE)) == 2
    assert graph.of_type(ASSIGNMENT) == []
    assert "pulumi:providers:kubernetes" not in {resource.type for resource in graph.resources}


def test_two_stacks_in_one_tenant_tell_their_roles_apart_by_a_suffix() -> None:
    graph = program.run(program.configuration(roles={"nameSuffix": "(staging)"}))
    assert graph.one(ROLE, "roles-reader").inputs["roleName"] == (
        "API Management Gateway Configuration Reader Role (staging)"
    )


def test_a_warning_tells_that_image_2_2_may_be_too_old() -> None:
    image = "mcr.microsoft.com/azure-api-management/gateway:2.2.0"
    assert program.run(program.configuration(gateways=[program.gateway(image=image)])).warnings == [
        f"Gateway 'mygw' runs image {image}: the article asks for 2.2, but the settings reference knows the Entra settings "
        "since 2.3. Use 2.3 or later."
    ]


def test_the_roles_of_another_stack_are_assigned(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = {f"{role}RoleDefinitionId": f"the-{role}-role" for role in ("validator", "reader")}
    monkeypatch.setitem(program.OUTPUTS, "pulumi:pulumi:StackReference", {"outputs": ids, "secretOutputNames": []})
    graph = program.run(program.configuration(roles={"existing": {"stack": "contoso/self-hosted-gateway/roles"}}))
    assert graph.reads == ["contoso/self-hosted-gateway/roles"]
    assert {r.name: r.inputs["roleDefinitionId"] for r in graph.of_type(ASSIGNMENT)} == {
        "validator-assignment": "the-validator-role",
        "mygw-reader-assignment": "the-reader-role",
    }


def test_stack_and_components_tell_what_they_have_deployed(graph: program.Graph) -> None:
    gateway = {
        "clientId": program.CLIENT_ID,
        "tenantId": program.TENANT,
        "gatewayResourceId": f"{program.INSTANCE_ID}/gateways/mygw",
        "configurationEndpoint": "contoso-apim.configuration.azure-api.net",
        "serviceAddress": "192.0.2.10",
        "readerAssignmentId": "mygw-reader-assignment-id",
        "clientSecretKeyId": program.KEY_ID,
        "clientSecretEndDate": "2036-10-29T00:00:00Z",
    }
    assert graph.outputs == {
        "validatorRoleDefinitionId": "roles-validator-id",
        "readerRoleDefinitionId": "roles-reader-id",
        "validatorAssignmentId": "validator-assignment-id",
        "gateways": {"mygw": gateway},
        "clientSecrets": {program.SECRET_SIGNATURE: SECRET_MARK, "value": {"mygw": program.CLIENT_SECRET}},
    }
    assert graph.outputs_of_components == {
        "roles": {"validatorId": "roles-validator-id", "readerId": "roles-reader-id"},
        "validator": {"assignmentId": "validator-assignment-id"},
        "mygw": gateway,
        "mygw-identity": {
            "clientId": program.CLIENT_ID,
            "tenantId": program.TENANT,
            "principalId": program.SERVICE_PRINCIPAL,
            "clientSecret": {program.SECRET_SIGNATURE: SECRET_MARK, "value": program.CLIENT_SECRET},
            "clientSecretKeyId": program.KEY_ID,
            "clientSecretEndDate": "2036-10-29T00:00:00Z",
        },
        "mygw-reader": {"assignmentId": "mygw-reader-assignment-id"},
        "mygw-resource": {"gatewayId": f"{program.INSTANCE_ID}/gateways/mygw"},
        "mygw-workload": {"serviceAddress": "192.0.2.10"},
    }


def test_everything_is_registered_below_its_component(graph: program.Graph) -> None:
    orphans = [
        resource.name
        for resource in graph.resources
        if ":providers:" not in resource.type
        and not resource.type.startswith(("self-hosted-gateway:", "pulumi:"))
        and "self-hosted-gateway:" not in resource.urn
    ]
    assert orphans == []


def test_the_program_imports_nothing_of_what_is_around_it() -> None:
    main = (Path(__file__).parents[2] / "__main__.py").read_text()
    assert re.findall(r"^(?:from|import) (?:ops|sandbox|tests)\b", main, re.MULTILINE) == []


def test_every_key_is_declared_in_the_project_file() -> None:
    project = yaml.safe_load((Path(__file__).parents[2] / "Pulumi.yaml").read_text())
    keys = {key: value for key, value in project["config"].items() if key.startswith("self-hosted-gateway:")}
    names = ("apiManagement", "roles", "gateways", "cluster", "protect", "silence", "acceptedDrift")
    assert set(keys) == {f"self-hosted-gateway:{name}" for name in names}
    assert all({"type", "description", "default"} <= set(value) for value in keys.values())


OPTIONAL: dict[str, Any] = {
    "autoscaling": {"minReplicas": 2, "maxReplicas": 3, "cpu": 80},
    "container": {"resources": {"requests": {"cpu": 1}}},
    "disruptionBudget": {"maxUnavailable": 1},
    "serviceAccount": {"create": True},
}


@pytest.fixture(scope="module")
def protecting() -> program.Graph:
    """A protected gateway with everything that comes and goes by the stack's file."""
    return program.run(
        program.configuration(protect=["validator", "gateways"], gateways=[program.gateway(apis=["echo"], **OPTIONAL)])
    )


def test_what_the_stack_protects_is_protected_but_for_what_comes_and_goes(protecting: program.Graph) -> None:
    custom = {r.name: r.request.protect for r in protecting.resources if r.request.custom and "providers" not in r.type}
    assert custom == {
        "roles-validator": False,
        "roles-validator-guid": False,
        "roles-reader": False,
        "roles-reader-guid": False,
        "validator-assignment": True,
        "mygw-identity-application": True,
        "mygw-identity-service-principal": True,
        "mygw-identity-client-secret": False,
        "mygw-reader-assignment": True,
        "mygw-resource-api-echo": False,
        "mygw-workload-auth": True,
        "mygw-workload-autoscaler": False,
        "mygw-workload-disruption-budget": False,
        "mygw-workload-env": True,
        "mygw-workload-deployment": True,
        "mygw-workload-live-traffic": True,
        "mygw-workload-instance-discovery": True,
        "mygw-workload-service-account": False,
    }
    assert not any(resource.request.protect for resource in program.run().resources)


def test_what_comes_and_goes_outlives_what_is_refused_because_of_the_gateway(protecting: program.Graph) -> None:
    deployment = protecting.one(DEPLOYMENT)
    named_alike = {protecting.one(type_).urn for type_ in (CONFIG_MAP, SECRET)}
    for kind in ("autoscaling/v2:HorizontalPodAutoscaler", "policy/v1:PodDisruptionBudget", "core/v1:ServiceAccount"):
        found = protecting.one(f"kubernetes:{kind}")
        # The engine deletes nothing on which something depends that it may not delete.
        assert found.urn in deployment.request.dependencies
        # A move to another name or namespace is refused before it is made there.
        assert named_alike <= set(found.request.dependencies)


def test_roles_that_are_protected_keep_their_guids() -> None:
    graph = program.run(program.configuration(protect=["roles"]))
    protected = {r.name for r in graph.resources if r.request.custom and r.request.protect}
    assert protected == {"roles-validator", "roles-validator-guid", "roles-reader", "roles-reader-guid"}


@pytest.mark.parametrize(
    ("cloud", "expected"),
    [
        (
            "public",
            {
                "config.service.endpoint": "contoso-apim.configuration.azure-api.net",
                f"{SETTINGS}.authority": "https://login.microsoftonline.com",
            },
        ),
        (
            "usgovernment",
            {
                "config.service.endpoint": "contoso-apim.configuration.azure-api.us",
                f"{SETTINGS}.authority": "https://login.microsoftonline.us",
                "config.service.auth.tokenAudience": "https://azure-api.us/configuration",
            },
        ),
        (
            "china",
            {
                "config.service.endpoint": "contoso-apim.configuration.azure-api.cn",
                f"{SETTINGS}.authority": "https://login.partner.microsoftonline.cn",
                "config.service.auth.tokenAudience": "https://azure-api.cn/configuration",
            },
        ),
    ],
)
def test_a_gateway_and_the_providers_speak_to_the_stacks_cloud(cloud: str, expected: dict[str, str]) -> None:
    graph = program.run({**program.configuration(), "azure-native:environment": cloud})
    assert graph.one(CONFIG_MAP).inputs["data"] == {
        "gateway.name": "mygw",
        "neighborhood.host": "mygw-instance-discovery",
        "config.service.auth": "azureAdApp",
        f"{SETTINGS}.tenantId": program.TENANT,
        f"{SETTINGS}.clientId": program.CLIENT_ID,
        **expected,
    }
    for provider in ("pulumi:providers:azure-native", "pulumi:providers:azuread"):
        assert graph.one(provider).inputs["environment"] == cloud
