"""What Azure or the cluster refuses stops an update with one clear message; with the cause removed, the next converges."""

import json
from pathlib import Path

import pytest

from .sandbox import AUTHORIZATION_VERSION, SUBSCRIPTION, Stack, sandbox_config, sandbox_gateway

AUTHORIZATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
DEPLOYER_ROLE = f"{AUTHORIZATION}/roleDefinitions/5a0c0de0-0000-4000-8000-000000000022"
VERSION = {"api-version": AUTHORIZATION_VERSION}


def failed_up(stack: Stack, **environment: str) -> str:
    result = stack.up(**environment)
    assert result.code != 0, result.output
    # The language host interrupts the program as soon as a resource has failed.
    for unwanted in ("Traceback", "KeyboardInterrupt", "an unhandled error occurred"):
        assert unwanted not in result.output
    return result.output


def converges(stack: Stack) -> None:
    stack.up().ok()
    stack.check_drift().ok()
    assert len(stack.resources()) == 15


def names(stack: Stack) -> set[str]:
    return {resource["urn"].rsplit("::", 1)[-1] for resource in stack.resources()}


def a_taken_role_name_is_told(stack: Stack) -> None:
    role = f"{AUTHORIZATION}/roleDefinitions/99999999-9999-4999-8999-999999999999"
    properties = {
        "roleName": "API Management Gateway Configuration Reader Role",
        "assignableScopes": [f"/subscriptions/{SUBSCRIPTION}"],
        "permissions": [],
    }
    stack.sandbox.arm().put(role, params=VERSION, json={"properties": properties}).raise_for_status()
    foretold = stack.ops("preview", identity="reader").ok().output
    assert f"is taken by the custom role {role}, and names are unique in a tenant." in foretold
    said = failed_up(stack)
    assert "RoleDefinitionWithSameNameExists" in said
    assert "A custom role with the same name already exists in this directory. Use a different name" in said
    # What was made is in the state.
    assert "roles-validator" in names(stack)
    stack.sandbox.arm().delete(role, params=VERSION).raise_for_status()


def a_missing_right_is_named_with_action_and_scope(stack: Stack) -> None:
    role = stack.sandbox.arm().get(DEPLOYER_ROLE, params=VERSION).json()
    (permission,) = role["properties"]["permissions"]
    action = "Microsoft.Authorization/roleAssignments/write"
    less = {**permission, "actions": [right for right in permission["actions"] if right != action]}
    weaker = {"properties": {**role["properties"], "permissions": [less]}}
    stack.sandbox.arm().put(DEPLOYER_ROLE, params=VERSION, json=weaker).raise_for_status()
    said = failed_up(stack)
    assert "RoleDefinitionWithSameNameExists" not in said
    assert "AuthorizationFailed" in said
    assert f"does not have authorization to perform action '{action}' over scope" in said
    assert "/resourceGroups/contoso-rg" in said
    stack.sandbox.arm().put(DEPLOYER_ROLE, params=VERSION, json={"properties": role["properties"]}).raise_for_status()


def an_unreachable_cluster_is_told(stack: Stack, kubeconfig: Path) -> None:
    document = json.loads(Path(stack.sandbox.environments["deployer"]["KUBECONFIG"]).read_text())
    document["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    kubeconfig.write_text(json.dumps(document))
    stack.preview(KUBECONFIG=str(kubeconfig)).ok()
    said = failed_up(stack, KUBECONFIG=str(kubeconfig))
    assert "AuthorizationFailed" not in said
    assert "configured Kubernetes cluster is unreachable" in said
    assert "mygw-identity-application" in names(stack)


def a_lock_over_what_goes_is_foretold_and_stops_the_update(stack: Stack) -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-rg"
    lock = f"{group}/providers/Microsoft.Authorization/locks/contoso"
    administrator, version = stack.sandbox.arm("administrator"), {"api-version": "2016-09-01"}
    administrator.put(lock, params=version, json={"properties": {"level": "CanNotDelete"}}).raise_for_status()
    stack.configure(sandbox_config(gateways=[sandbox_gateway(namespace="apim", apis=[])]))
    not_known = "Whether a lock forbids the deletion of mygw-resource-api-echo can't be checked."
    foretold = stack.ops("preview").ok().output
    assert not_known in foretold
    assert "'Microsoft.Authorization/locks/read'" in foretold
    foretold = stack.ops("preview", identity="administrator").ok().output
    assert (
        f"Lock 'contoso' (CanNotDelete) at {group}: Azure refuses to delete mygw-resource-api-echo (ScopeLocked). Have it "
        "removed before the update."
    ) in " ".join(foretold.split())
    said = failed_up(stack)
    assert 'Status=409 Code="ScopeLocked"' in said
    assert f"because following scope(s) are locked: '{group}'" in said
    administrator.delete(lock, params=version).raise_for_status()


def test_refusals_one_after_the_other(stack: Stack, tmp_path: Path) -> None:
    """A role name that is taken, a missing right, an unreachable cluster: each cause removed, the next is what stops."""
    stack.configure(sandbox_config())
    a_taken_role_name_is_told(stack)
    a_missing_right_is_named_with_action_and_scope(stack)
    an_unreachable_cluster_is_told(stack, tmp_path / "kubeconfig")
    converges(stack)


def test_an_absent_namespace_and_one_without_rights(stack: Stack) -> None:
    stack.configure(sandbox_config(gateways=[sandbox_gateway(namespace="apim")]))
    for identity in ("reader", "deployer"):
        foretold = stack.ops("preview", identity=identity).ok().output
        assert "Namespace 'apim' does not exist, or you have no rights in it." in foretold
    administrators = stack.sandbox.environments["administrator"]["KUBECONFIG"]
    foretold = stack.ops("preview", KUBECONFIG=administrators).ok().output
    assert "The update would fail: namespace 'apim' does not exist." in foretold
    assert 'namespaces "apim" not found' in failed_up(stack, KUBECONFIG=administrators)
    # Whoever has rights in namespaces of their own learns no more than that.
    forbidden = (
        'services is forbidden: User "deployer" cannot create resource "services" in API group "" in the namespace'
    )
    assert f'{forbidden} "apim"' in failed_up(stack)

    stack.sandbox.kubectl("create", "namespace", "apim").ok()
    assert f'{forbidden} "apim"' in failed_up(stack)
    stack.sandbox.kubectl("delete", "namespace", "apim").ok()
    stack.sandbox.add_namespace("apim")
    assert "amespace 'apim'" not in stack.ops("preview", identity="reader").ok().output
    converges(stack)
    a_lock_over_what_goes_is_foretold_and_stops_the_update(stack)
    stack.destroy().ok()


@pytest.mark.parametrize("taken", ["mygw-env", "mygw-auth"])
def test_an_object_of_somebody_else_is_not_taken_over(stack: Stack, taken: str) -> None:
    kind = "configmap" if taken == "mygw-env" else "secret"
    create = ["configmap", taken] if kind == "configmap" else ["secret", "generic", taken]
    stack.sandbox.kubectl("create", *create, "--from-literal=theirs=yes").ok()
    stack.configure(sandbox_config())
    try:
        assert f'{kind}s "{taken}" already exists' in failed_up(stack)
        assert "theirs" in stack.sandbox.objects(f"{kind}s")[taken]["data"]
    finally:
        stack.sandbox.kubectl("delete", kind, taken).ok()
