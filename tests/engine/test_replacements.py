"""Changes that replace: in an order that Azure accepts, and told beforehand by `python -m ops preview`."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from .sandbox import INSTANCE, SUBSCRIPTION, Stack, eventually, sandbox_config, sandbox_gateway
from .traffic import stream

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-rg"


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """The sandbox's configuration with a gateway resource of the stack's own, deployed."""
    deployable.configure(configuration())
    deployable.up().ok()
    return deployable


def configuration(**changes: Any) -> dict[str, Any]:
    own = {"name": "owngw", "createGatewayResource": True, "locationName": "contoso branch"}
    return sandbox_config(gateways=[sandbox_gateway(**{**own, **changes})])


def replaced(stack: Stack, *arguments: str) -> dict[str, dict[str, Any]]:
    """What `ops preview` says is replaced, by resource; the reader's rights suffice."""
    answer = json.loads(stack.ops("preview", "--format", "json", *arguments, identity="reader").ok().output)
    return {replacement["resource"]: replacement for replacement in answer["replacements"]}


def serves(stack: Stack, service: str = "owngw-live-traffic", namespace: str = "default") -> None:
    def answers() -> None:
        url = f"{stack.sandbox.live_traffic(service, namespace=namespace)}/echo/hello"
        assert httpx.get(url, trust_env=False).status_code == 200

    eventually(answers)


def scopes(stack: Stack) -> dict[str, str]:
    """Scopes of the role assignments in ARM."""
    ids = [resource["id"] for resource in stack.resources() if resource["type"].endswith(":RoleAssignment")]
    arm = stack.sandbox.arm()
    found = [arm.get(id_, params={"api-version": "2022-04-01"}).raise_for_status().json() for id_ in ids]
    return {entry["properties"]["principalId"]: entry["properties"]["scope"] for entry in found}


def test_another_scope_of_the_reader_role(deployed: Stack) -> None:
    deployed.configure(configuration(readerScope="resourceGroup"))
    said = replaced(deployed)
    assert set(said) == {"owngw-reader-assignment"}
    assert said["owngw-reader-assignment"]["because_of"] == ["scope"]
    assert said["owngw-reader-assignment"]["deleted_first"] is False
    assert said["owngw-reader-assignment"]["meaning"]["interrupts"] == "new pods"

    with stream(f"{deployed.sandbox.live_traffic('owngw-live-traffic')}/echo/hello") as sent:
        deployed.up().ok()
    assert sent.failures == []
    # The validator's was there before.
    assert list(scopes(deployed).values()) == [GROUP, GROUP]
    serves(deployed)


def taint(stack: Stack, type_: str) -> None:
    """Have the next update replace what is of a type."""
    for resource in stack.resources():
        if resource["type"].endswith(type_):
            stack.pulumi("state", "taint", resource["urn"], "--yes").ok()


def test_another_definition_of_the_roles(deployed: Stack) -> None:
    before = {r["urn"]: r["id"] for r in deployed.resources()}
    taint(deployed, ":RoleDefinition")
    said = replaced(deployed)
    assert {name: (r["deleted_first"], r["meaning"]["interrupts"]) for name, r in said.items()} == {
        "roles-validator": (True, "new pods"),
        "roles-reader": (True, "new pods"),
        "validator-assignment": (True, "new pods"),
        "owngw-reader-assignment": (True, "new pods"),
    }
    told = deployed.ops("preview", identity="reader").ok().output
    assert "no gateway of this stack is authorized" in told
    assert "Names, permissions and assignable scopes change in place" in told

    with stream(f"{deployed.sandbox.live_traffic('owngw-live-traffic')}/echo/hello") as sent:
        deployed.up().ok()
    assert sent.failures == []
    after = {r["urn"]: r["id"] for r in deployed.resources()}
    changed = {urn.rsplit("::", 1)[-1] for urn in after if before.get(urn) != after[urn]}
    assert changed == {"owngw-reader-assignment", "validator-assignment"}
    deployed.preview("--refresh", "--expect-no-changes").ok()
    serves(deployed)


def test_other_guids_of_the_role_definitions(deployed: Stack) -> None:
    taint(deployed, ":RandomUuid")
    said = replaced(deployed)
    assert said["roles-reader"]["because_of"] == ["roleDefinitionId"]
    assert said["owngw-reader-assignment"]["deleted_first"] is True
    deployed.up().ok()
    deployed.preview("--refresh", "--expect-no-changes").ok()
    serves(deployed)


def test_roles_of_somebody_else(deployed: Stack) -> None:
    """From the stack's own definitions to given ones: the assignments move, and then the definitions go."""
    arm = deployed.sandbox.arm()
    given: dict[str, str] = {}
    for role, definition in (
        ("validator", "b6b4ec5d-2f5c-4d8b-9c1a-0f5c5b9f6a11"),
        ("reader", "b6b4ec5d-2f5c-4d8b-9c1a-0f5c5b9f6a12"),
    ):
        own = next(r for r in deployed.resources() if r["urn"].endswith(f"::roles-{role}"))
        properties = arm.get(own["id"], params={"api-version": "2022-04-01"}).json()["properties"]
        given[role] = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{definition}"
        body = {"properties": {**properties, "roleName": f"Contoso {role}"}}
        arm.put(given[role], params={"api-version": "2022-04-01"}, json=body).raise_for_status()
    config = configuration(readerScope="resourceGroup")
    deployed.configure({**config, "self-hosted-gateway:roles": {"existing": given}})
    said = replaced(deployed)
    assert set(said) == {"owngw-reader-assignment", "validator-assignment"}
    deployed.up().ok()
    serves(deployed)
    deployed.configure(config)
    deployed.up().ok()
    serves(deployed)


def test_another_namespace(deployed: Stack) -> None:
    deployed.sandbox.add_namespace("apim")
    deployed.configure(configuration())
    deployed.up().ok()
    deployed.configure(configuration(namespace="apim"))
    said = replaced(deployed)
    assert {name: (r["because_of"], r["meaning"]["interrupts"]) for name, r in said.items()} == {
        "owngw-workload-auth": (["metadata.namespace"], "new pods"),
        "owngw-workload-env": (["metadata.namespace"], "new pods"),
        "owngw-workload-deployment": (["metadata.namespace"], "nothing"),
        "owngw-workload-live-traffic": (["metadata.namespace"], "traffic"),
        "owngw-workload-instance-discovery": (["metadata.namespace"], "nothing"),
    }
    deployed.up().ok()
    serves(deployed, namespace="apim")
    for kind in ("deployment", "service", "configmap", "secret"):
        assert not [name for name in deployed.sandbox.objects(kind, "default") if name.startswith("owngw")]
        assert [name for name in deployed.sandbox.objects(kind, "apim") if name.startswith("owngw")]


def test_another_name_of_the_gateway(deployed: Stack) -> None:
    deployed.configure(configuration(name="newgw"))
    answer = deployed.ops("preview").ok().output
    assert "16 to create, 16 to delete" in answer
    assert "Gateway 'owngw' would be removed: 127.0.0.1:80, 127.0.0.1:443 stop serving." in answer
    deployed.up().ok()
    serves(deployed, "newgw-live-traffic")
    arm = deployed.sandbox.arm()
    listed = arm.get(f"{INSTANCE}/gateways", params={"api-version": "2024-05-01"}).json()["value"]
    assert sorted(gateway["name"] for gateway in listed) == ["mygw", "newgw"]
    applications = deployed.sandbox.graph().get("/v1.0/applications").json()["value"]
    gateways = [a["displayName"] for a in applications if "self-hosted gateway" in a["displayName"]]
    assert gateways == ["contoso-apim self-hosted gateway newgw"]


def test_another_kubeconfig_is_another_cluster_only_by_its_server(deployed: Stack, tmp_path: Path) -> None:
    config = configuration(name="newgw")
    document = json.loads(Path(deployed.sandbox.environments["deployer"]["KUBECONFIG"]).read_text())
    (user,) = document["users"]
    names = {"client-certificate-data": "clientCertificateData", "client-key-data": "clientKeyData"}
    status = {new: base64.b64decode(user["user"][old]).decode() for old, new in names.items()}
    version = "client.authentication.k8s.io/v1"
    sign_in = tmp_path / "sign-in.json"
    sign_in.write_text(json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status}))
    plugin = {"apiVersion": version, "command": "cat", "args": [str(sign_in)], "interactiveMode": "Never"}
    users = [{"name": user["name"], "user": {"exec": plugin}}]

    def configure(**cluster: str) -> None:
        (entry,) = document["clusters"]
        clusters = [{**entry, "cluster": {**entry["cluster"], **cluster}}]
        kubeconfig = {**document, "clusters": clusters, "users": users}
        deployed.configure({**config, "self-hosted-gateway:cluster": {"kubeconfig": kubeconfig}})

    def succeeds_and_replaces_nothing() -> None:
        assert replaced(deployed) == {}
        before = {r["urn"]: r["id"] for r in deployed.resources()}
        deployed.up().ok()
        assert {r["urn"]: r["id"] for r in deployed.resources()} == before
        deployed.check_drift().ok()

    # In the place of a context, as pipelines need it; then with a renewed certificate authority beside the old one.
    configure()
    succeeds_and_replaces_nothing()
    authority = base64.b64decode(document["clusters"][0]["cluster"]["certificate-authority-data"])
    configure(**{"certificate-authority-data": base64.b64encode(authority + authority).decode()})
    succeeds_and_replaces_nothing()

    configure(server="https://127.0.0.1:9")
    assert {name for name in replaced(deployed) if name.startswith("newgw-workload")} == {
        "newgw-workload-auth",
        "newgw-workload-env",
        "newgw-workload-deployment",
        "newgw-workload-live-traffic",
        "newgw-workload-instance-discovery",
    }
    deployed.configure(config)
    assert replaced(deployed) == {}


def test_another_name_of_the_gateway_under_the_same_kubernetes_name_is_warned_of(deployed: Stack) -> None:
    deployed.configure(configuration(name="othergw", kubernetesName="newgw"))
    answer = deployed.ops("preview").ok().output
    assert "ConfigMap default/newgw-env" in answer
    assert "give `kubernetesName` another value" in answer
