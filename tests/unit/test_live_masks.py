"""What a live run's report leaves out: secrets in every form, ids, hosts, accounts; and what it keeps."""

import base64

import pytest

from ops.live.masks import Masks

from .live_stack import CLIENT_SECRET, SUBSCRIPTION, TENANT


@pytest.fixture
def masks() -> Masks:
    made = Masks()
    made.add_secrets([CLIENT_SECRET, "a", ""])
    made.add_id(TENANT, "[tenant]")
    made.add_id(SUBSCRIPTION, "[subscription]")
    made.add_name("apim.contoso.example", "[host]")
    return made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"secret {CLIENT_SECRET}.", "secret [secret]."),
        (f"data: {base64.b64encode(CLIENT_SECRET.encode()).decode()}", "data: [secret]"),
        (f"tenant {TENANT.upper()}", "tenant [tenant]"),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg", "/subscriptions/[subscription]/resourceGroups/rg"),
        (
            "object 11111111-2222-4333-8444-555555555555, key 99999999-2222-4333-8444-555555555555, again "
            "11111111222243338444555555555555",
            "object [id 1], key [id 2], again [id 1]",
        ),
        ("https://contoso-dns-1.hcp.westeurope.azmk8s.io:443/api", "https://[host]/api"),
        ("contoso-apim.configuration.azure-api.net answers", "[host] answers"),
        ("APIM.contoso.example: no such host", "[host]: no such host"),
        ("lookup internal.contoso.example on 10.0.0.10:53: no such host", "lookup [host] on [address]: no such host"),
        ("dial tcp [2001:db8::1]:443, 20.1.2.3", "dial tcp [address], [address]"),
        (
            "created by jdoe@buildhost (pid 12) at 2026-11-27T04:00:00Z",
            "created by [account] (pid 12) at 2026-11-27T04:00:00Z",
        ),
        ("azblob://state?storage_account=contoso", "azblob://[host]?storage_account=contoso"),
        ("https://user:word@contoso.example/x", "https://[host]/x"),
    ],
)
def test_it_leaves_out(masks: Masks, text: str, shown: str) -> None:
    assert masks(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Entra gives a token for https://azure-api.net/configuration",
        "https://login.microsoftonline.com and https://management.azure.com/",
        "mcr.microsoft.com/azure-api-management/gateway:2.12.3, Pulumi v3.259.0, kubernetes@4.34.2",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "metadata.labels.app of mygw-workload-env at 04:20:11 +12 s: 2026-11-27",
        "urn:pulumi:dev::self-hosted-gateway::kubernetes:core/v1:Secret::mygw-auth",
        "gateway@sha256:0123",
        "RoleAssignment 2022-04-01, RoleDefinition 2022-05-01-preview",
    ],
)
def test_it_keeps(masks: Masks, text: str) -> None:
    assert masks(text) == text


def test_a_secret_of_the_environment_is_left_out(masks: Masks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_CLIENT_SECRET", "of-the-deployer")
    assert masks("it was of-the-deployer") == "it was [secret]"
