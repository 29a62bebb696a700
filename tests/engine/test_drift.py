"""Drift: whatever somebody else changes or deletes is named by a check and healed by `pulumi up --refresh`."""

import json
import shutil
from collections.abc import Callable

import httpx
import pytest

from .drift_cases import (
    REFUSED,
    TOGETHER,
    Case,
    Leaf,
    case_for,
    changed_permissions,
    declared_leaves,
    is_fixed,
)
from .drift_document import drift_document
from .sandbox import AUTHORIZATION_VERSION, Stack, eventually, sandbox_config, sandbox_gateway

VERSION = {"api-version": AUTHORIZATION_VERSION}
GATEWAY = "azure-native:apimanagement:Gateway"
KINDS = {
    "kubernetes:core/v1:ConfigMap": "configmap",
    "kubernetes:core/v1:Secret": "secret",
    "kubernetes:core/v1:Service": "service",
    "kubernetes:apps/v1:Deployment": "deployment",
}


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """The sandbox's configuration, deployed; the group is Contoso-RG for it, and contoso-rg for ARM, which answers so."""
    deployable.configure(sandbox_config(apiManagement={"name": "contoso-apim", "resourceGroup": "Contoso-RG"}))
    deployable.up().ok()
    return deployable


def drift(stack: Stack) -> dict[str, set[str]]:
    """What a check names: property paths by resource; the empty set for a resource that is gone."""
    result = stack.check_drift("--json")
    assert result.code == 7, result.output
    steps = json.loads(result.output[: result.output.rindex("}") + 1])["steps"]
    return {
        step["urn"].rsplit("::", 1)[-1]: set(step.get("detailedDiff") or {})
        for step in steps
        if step["op"] not in ("same", "refresh", "read")
    }


def heals(stack: Stack) -> None:
    """`pulumi up --refresh`, after which nothing differs and the gateway serves."""
    stack.up("--refresh").ok()
    stack.sandbox.wait_for_pods()
    stack.check_drift().ok()

    def serves() -> None:
        answer = httpx.get(f"{stack.sandbox.live_traffic()}/echo/hello", trust_env=False)
        assert answer.status_code == 200

    eventually(serves)


def apply(stack: Stack, case: Case) -> bool:
    """Make the change as somebody else would; whether the API took it."""
    leaf, patch = case.leaf, case.patch
    if isinstance(patch, list):
        namespace, _, name = leaf.id.rpartition("/")
        what = (KINDS[leaf.type], name, "-n", namespace)
        return stack.sandbox.kubectl("patch", *what, "--type=json", "-p", json.dumps(patch)).code == 0
    if leaf.type.startswith("azure-native:"):
        arm = stack.sandbox.arm()
        before = arm.get(leaf.id, params=VERSION).json()["properties"]
        return arm.put(leaf.id, params=VERSION, json={"properties": {**before, **patch}}).is_success
    graph = stack.sandbox.graph()
    if "owner" in patch:
        reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{patch['owner']}"}
        return graph.post(f"/v1.0{leaf.id}/owners/$ref", json=reference).is_success
    return graph.patch(f"/v1.0{leaf.id}", json=patch).is_success


def test_every_declared_property_that_can_be_changed_is_noticed_and_healed(deployed: Stack) -> None:
    leaves = declared_leaves(deployed)
    wanted: dict[str, set[str]] = {}
    gaps: list[Leaf] = []
    refused: set[tuple[str, str]] = set()
    for leaf in leaves:
        key = (leaf.resource, leaf.path)
        if is_fixed(leaf) or key in TOGETHER or leaf.path.startswith("permissions[0]."):
            continue
        case = case_for(leaf)
        if case is None:
            gaps.append(leaf)
        elif apply(deployed, case):
            # An owner that is added shifts the others: the set is named by its members.
            wanted.setdefault(leaf.resource, set()).add("owners" if leaf.path.startswith("owners") else leaf.path)
        else:
            refused.add(key)
    for resource in deployed.resources():
        if resource["type"] == "azure-native:authorization:RoleDefinition":
            name = resource["urn"].rsplit("::", 1)[-1]
            permission, paths = changed_permissions(resource["inputs"]["permissions"][0])
            leaf = Leaf(name, resource["type"], resource["id"], "permissions", None)
            assert apply(deployed, Case(leaf, {"permissions": [permission]}))
            wanted[name] |= paths
    assert gaps == []
    assert refused == REFUSED

    found = {
        name: {"owners" if path.startswith("owners") else path for path in paths}
        for name, paths in drift(deployed).items()
    }
    assert found == wanted
    heals(deployed)


def test_properties_that_change_only_together_are_noticed_and_healed(deployed: Stack) -> None:
    leaves = {(leaf.resource, leaf.path): leaf for leaf in declared_leaves(deployed)}
    for key, patch in TOGETHER.items():
        assert apply(deployed, Case(leaves[key], patch))
    found = drift(deployed)
    for resource, path in TOGETHER:
        assert path in found[resource]
    heals(deployed)


def test_every_declared_key_that_can_be_removed_is_noticed_and_healed(deployed: Stack) -> None:
    wanted: dict[str, set[str]] = {}
    for leaf in declared_leaves(deployed):
        if leaf.path.startswith(("data.", 'data["', "metadata.annotations", "metadata.labels")):
            case = case_for(leaf)
            assert case is not None
            assert isinstance(case.patch, list)
            assert apply(deployed, Case(leaf, [{"op": "remove", "path": case.patch[0]["path"]}]))
            wanted.setdefault(leaf.resource, set()).add(leaf.path)
    found = drift(deployed)
    assert set(found) == set(wanted)
    for name, paths in wanted.items():
        # Where a map has lost all of its keys, the map is what is missing.
        for path in paths:
            assert any(path.startswith(named) for named in found[name]), (name, path, found[name])
    heals(deployed)


def test_a_pod_that_started_with_somebody_elses_values_is_replaced(deployed: Stack) -> None:
    leaves = {(leaf.resource, leaf.path): leaf for leaf in declared_leaves(deployed)}
    endpoint = case_for(leaves["mygw-workload-env", 'data["config.service.endpoint"]'])
    assert endpoint is not None
    assert apply(deployed, endpoint)
    before = deployed.sandbox.only_pod()
    deployed.sandbox.kubectl("delete", "pod", before, "--grace-period=1").ok()

    def has_wrong_values() -> str:
        names = [*set(deployed.sandbox.objects("pods")) - {before}]
        assert len(names) == 1
        (name,) = names
        assert "contoso-apim.configuration.azure-api.net-other" in deployed.sandbox.cluster().log(name)
        return name

    wrong = eventually(has_wrong_values)
    assert drift(deployed) == {"mygw-workload-env": {'data["config.service.endpoint"]'}}
    heals(deployed)
    assert deployed.sandbox.only_pod() != wrong
    # Healed once, it stays: nothing is rolled again.
    deployed.preview("--refresh", "--expect-no-changes").ok()


def delete(stack: Stack, *names: str) -> None:
    """Delete resources, by logical name, as somebody else would."""
    resources = {resource["urn"].rsplit("::", 1)[-1]: resource for resource in stack.resources()}
    for name in names:
        type_, id_ = resources[name]["type"], resources[name]["id"]
        if type_ in KINDS:
            namespace, _, object_ = id_.rpartition("/")
            stack.sandbox.kubectl("delete", KINDS[type_], object_, "-n", namespace, "--grace-period=1").ok()
        elif type_ == "azuread:index/applicationPassword:ApplicationPassword":
            application, _, key = id_.partition("/password/")
            path = f"/v1.0/applications/{application}/removePassword"
            stack.sandbox.graph().post(path, json={"keyId": key}).raise_for_status()
        elif type_.startswith("azuread:"):
            stack.sandbox.graph().delete(f"/v1.0{id_}").raise_for_status()
        else:
            version = {"api-version": "2024-05-01"} if "apimanagement" in type_ else VERSION
            stack.sandbox.arm().delete(id_, params=version).raise_for_status()


DELETIONS: list[tuple[list[str], list[str]]] = [
    (
        [
            "mygw-workload-env",
            "mygw-workload-auth",
            "mygw-workload-deployment",
            "mygw-workload-live-traffic",
            "mygw-workload-instance-discovery",
            "mygw-resource-api-echo",
        ],
        [],
    ),
    (["validator-assignment", "mygw-reader-assignment", "roles-validator", "roles-reader"], []),
    (["mygw-identity-client-secret"], []),
    (["mygw-identity-service-principal"], []),
    (["mygw-identity-application"], ["mygw-identity-service-principal", "mygw-identity-client-secret"]),
]


def test_every_resource_has_its_deletion(deployed: Stack) -> None:
    deleted = {name for names, _ in DELETIONS for name in names}
    outside = {resource["urn"].rsplit("::", 1)[-1] for resource in deployed.resources()}
    # A GUID is nowhere but in the state.
    assert outside - deleted == {"roles-validator-guid", "roles-reader-guid"}


@pytest.mark.parametrize(("names", "along"), DELETIONS, ids=lambda names: "-".join(names)[:40])
def test_every_resource_that_is_deleted_is_noticed_and_made_again(
    deployed: Stack, names: list[str], along: list[str]
) -> None:
    delete(deployed, *names)
    assert drift(deployed) == {key: set() for key in [*names, *along]}
    heals(deployed)


def test_the_documented_table_is_what_was_seen(deployed: Stack, document: Callable[[str, str], None]) -> None:
    deletions: dict[str, str] = {}
    for name in sorted(resource["urn"].rsplit("::", 1)[-1] for resource in deployed.resources()):
        along = next((along for names, along in DELETIONS if name in names), None)
        gone = f"noticed, and of {', '.join(along)} too" if along else "noticed"
        deletions[name] = "in the state only" if along is None else gone
    document("docs/drift.md", drift_document(declared_leaves(deployed), REFUSED, deletions))


def test_ten_checks_of_an_untouched_stack_find_nothing(
    deployed: Stack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    machines = [tmp_path_factory.mktemp(name) for name in ("workstation", "runner")]
    for machine in machines:
        shutil.copytree(deployed.sandbox.program, machine / "program", symlinks=True)
    for number in range(10):
        machine, identity = machines[number % 2], "reader" if number % 3 else "deployer"
        kubeconfig = machine / f"kubeconfig-{number}"
        shutil.copy(deployed.sandbox.environments[identity]["KUBECONFIG"], kubeconfig)
        where = {"cwd": machine / "program", "identity": identity, "KUBECONFIG": str(kubeconfig)}
        deployed.check_drift(**where).ok()
        if number < len(machines):
            assert deployed.ops("drift", **where).ok().output.startswith("No drift")


def test_what_other_configurations_declare_is_noticed_and_healed_too(stack: Stack) -> None:
    """A gateway resource of the stack's own, and the client secret in the ConfigMap. The last: it starts from nothing."""
    authentication = sandbox_gateway()["authentication"]
    authentication["clientSecret"]["store"] = "ConfigMap"
    own = {"name": "owngw", "createGatewayResource": True, "locationName": "contoso branch"}
    stack.configure(sandbox_config(gateways=[sandbox_gateway(**own, authentication=authentication)]))
    stack.up().ok()
    (resource,) = [r for r in stack.resources() if r["type"] == GATEWAY]
    assert sorted(leaf.path for leaf in declared_leaves(stack) if leaf.type == GATEWAY) == [
        "gatewayId", "locationData.name", "resourceGroupName", "serviceName",
    ]  # fmt: skip
    other = {"properties": {"locationData": {"name": "contoso elsewhere"}}}
    version = {"api-version": "2024-05-01"}
    stack.sandbox.arm().put(resource["id"], params=version, json=other).raise_for_status()
    setting = "config.service.auth.azureAd.clientSecret"
    patch = json.dumps([{"op": "replace", "path": f"/data/{setting}", "value": "other"}])
    stack.sandbox.kubectl("patch", "configmap", "owngw-env", "--type=json", "-p", patch).ok()
    assert drift(stack) == {
        "owngw-resource-gateway": {"locationData.name"},
        "owngw-workload-env": {f'data["{setting}"]'},
    }
    stack.up("--refresh").ok()
    stack.check_drift().ok()

    for api in ("/apis/echo", ""):
        answer = stack.sandbox.arm().delete(f"{resource['id']}{api}", params=version, headers={"If-Match": "*"})
        answer.raise_for_status()
    assert drift(stack) == {"owngw-resource-gateway": set(), "owngw-resource-api-echo": set()}
    stack.up("--refresh").ok()
    stack.check_drift().ok()
    stack.destroy().ok()
