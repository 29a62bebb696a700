"""Management locks: they keep who has all rights from deleting, and are listed for who may read them."""

from typing import Any

import pytest

from .emulator import GROUP_SCOPE, INSTANCE_SCOPE, SUBSCRIPTION_SCOPE, Emulator

VERSION = {"api-version": "2016-09-01"}
GATEWAYS = {"api-version": "2024-05-01"}
GROUPS = {"api-version": "2022-09-01"}
LOCK = "/providers/Microsoft.Authorization/locks/contoso"
GATEWAY = f"{INSTANCE_SCOPE}/gateways/mygw"


def lock(emulator: Emulator, scope: str, level: str) -> Any:
    body = {"properties": {"level": level}}
    return emulator.arm("administrator").put(f"{scope}{LOCK}", params=VERSION, json=body).raise_for_status()


def test_a_deletion_below_a_delete_lock_is_refused_and_a_write_is_not(emulator: Emulator) -> None:
    assert lock(emulator, GROUP_SCOPE, "CanNotDelete").status_code == 201
    arm = emulator.arm()
    refused = arm.delete(GATEWAY, params=GATEWAYS, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()) == (
        409,
        {
            "error": {
                "code": "ScopeLocked",
                "message": f"The scope '{GATEWAY}' cannot perform delete operation because following scope(s) are locked: "
                f"'{GROUP_SCOPE}'. Please remove the lock and try again.",
            }
        },
    )
    body = {"properties": {"locationData": {"name": "there"}}}
    arm.put(GATEWAY, params=GATEWAYS, json=body).raise_for_status()
    assert emulator.arm("administrator").delete(f"{GROUP_SCOPE}{LOCK}", params=VERSION).status_code == 200
    assert arm.delete(GATEWAY, params=GATEWAYS, headers={"If-Match": "*"}).status_code == 200


def test_a_read_only_lock_refuses_writes_too(emulator: Emulator) -> None:
    lock(emulator, INSTANCE_SCOPE, "ReadOnly")
    body = {"properties": {"locationData": {"name": "there"}}}
    refused = emulator.arm().put(GATEWAY, params=GATEWAYS, json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ScopeLocked")
    assert "cannot perform write operation" in refused.json()["error"]["message"]


def test_a_group_with_a_locked_resource_in_it_stays(emulator: Emulator) -> None:
    lock(emulator, INSTANCE_SCOPE, "CanNotDelete")
    refused = emulator.arm("administrator").delete(GROUP_SCOPE, params=GROUPS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ScopeLocked")


def test_locks_are_listed_at_a_scope_and_below_it(emulator: Emulator) -> None:
    lock(emulator, INSTANCE_SCOPE, "CanNotDelete")
    arm = emulator.arm("administrator")
    for scope in (SUBSCRIPTION_SCOPE, GROUP_SCOPE, INSTANCE_SCOPE):
        listed = arm.get(f"{scope}/providers/Microsoft.Authorization/locks", params=VERSION).json()["value"]
        assert listed == [
            {
                "id": f"{INSTANCE_SCOPE}{LOCK}",
                "type": "Microsoft.Authorization/locks",
                "name": "contoso",
                "properties": {"level": "CanNotDelete"},
            }
        ]
    elsewhere = f"{SUBSCRIPTION_SCOPE}/resourceGroups/contoso-prod-rg/providers/Microsoft.Authorization/locks"
    assert arm.get(elsewhere, params=VERSION).json() == {"value": []}


@pytest.mark.parametrize("identity", ["deployer", "reader"])
def test_the_documented_roles_read_no_locks(emulator: Emulator, identity: str) -> None:
    path = f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/locks"
    refused = emulator.arm(identity).get(path, params=VERSION)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert "'Microsoft.Authorization/locks/read'" in refused.json()["error"]["message"]
