"""What a recovery takes for a leftover."""

from typing import Any

from ops.recover.leftover import Fate, Places
from ops.recover.pending import find_leftovers


class _Arm:
    """ARM with one attached API."""

    def delete(self, path: str) -> None:
        raise AssertionError(path)

    def find(self, path: str, **_: str) -> dict[str, Any]:
        return {"id": path}

    def list(self, path: str, **_: str) -> list[dict[str, Any]]:
        return [{"name": "echo"}]


def test_what_the_state_has_in_other_letter_case_is_no_leftover() -> None:
    azure = "urn:pulumi:dev::p::pulumi:providers:azure-native::azure-native"
    gateway = "Microsoft.ApiManagement/service/Contoso-APIM/gateways/mygw"
    id_ = f"/subscriptions/s/resourceGroups/contoso-rg/providers/{gateway}/apis/echo".lower()
    type_ = "azure-native:apimanagement:GatewayApiEntityTag"
    urn = f"urn:pulumi:dev::p::{type_}::mygw-resource-api-echo"
    inputs = {"resourceGroupName": "Contoso-RG", "serviceName": "Contoso-APIM", "gatewayId": "mygw", "apiId": "echo"}
    pending = {"urn": urn, "type": type_, "inputs": inputs, "provider": f"{azure}::1"}
    resources = [{"urn": azure, "inputs": {"subscriptionId": "s"}}]
    state = {"deployment": {"resources": resources, "pending_operations": [{"type": "creating", "resource": pending}]}}
    places = Places(_Arm(), _Arm(), None)  # pyright: ignore[reportArgumentType]
    assert find_leftovers(state, {id_}, places) == []
    (found,) = find_leftovers(state, set(), places)
    assert found.fate is Fate.IMPORT
