"""Changes reach the gateway without an interruption: nobody who sends requests notices them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .sandbox import Stack, eventually, sandbox_config, sandbox_gateway
from .traffic import nobody_noticed, stream

APPLICATION = "displayName eq 'contoso-apim self-hosted gateway mygw'"


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """The sandbox's configuration with two pods, deployed."""
    deployable.configure(sandbox_config(gateways=[sandbox_gateway(replicas=2)]))
    deployable.up().ok()
    return deployable


def configure(stack: Stack, **changes: Any) -> None:
    stack.configure(sandbox_config(gateways=[sandbox_gateway(**{"replicas": 2, **changes})]))


def url(stack: Stack) -> str:
    return f"{stack.sandbox.live_traffic()}/echo/hello"


def only_pods_of_the_last_revision_are_left(stack: Stack, before: set[str], replicas: int) -> None:
    """Wait until the old pods have ended, not only left the Service."""

    def ended() -> None:
        assert not before & set(stack.sandbox.objects("pods"))

    eventually(ended)
    assert len(stack.sandbox.objects("pods")) == replicas


def test_other_numbers_of_pods_fail_no_request(deployed: Stack) -> None:
    with stream(url(deployed)) as sent:
        # With one pod the template is another: nothing is to be spread.
        for replicas in (3, 2):
            before = set(deployed.sandbox.objects("pods"))
            configure(deployed, replicas=replicas)
            deployed.up().ok()

            def there(number: int = replicas) -> None:
                assert len(deployed.sandbox.objects("pods")) == number

            eventually(there)
            # The pods of the same template stay.
            assert len(before & set(deployed.sandbox.objects("pods"))) == min(len(before), replicas)
    nobody_noticed(sent)


@pytest.mark.parametrize(
    "change",
    [
        {"authentication": {**sandbox_gateway()["authentication"], "tokenAudience": "https://azure-api.net/configuration"}},
        {"image": "mcr.microsoft.com/azure-api-management/gateway:2.12.0"},
    ],
    ids=["setting", "image"],
)  # fmt: skip
def test_a_change_that_rolls_the_pods_fails_no_request(deployed: Stack, change: dict[str, Any]) -> None:
    before = set(deployed.sandbox.objects("pods"))
    configure(deployed, **change)
    with stream(url(deployed)) as sent:
        deployed.up().ok()
        only_pods_of_the_last_revision_are_left(deployed, before, replicas=2)
    nobody_noticed(sent)


def test_a_rotation_fails_no_request_while_tokens_are_renewed(deployed: Stack) -> None:
    # A token lives so shortly that each poll of the configuration, 4 s apart or more, needs a new one.
    deployed.sandbox.azure_settings(tokenLifetimeSeconds=5)
    today = datetime.now(UTC).date()
    authentication = sandbox_gateway()["authentication"]
    configure(
        deployed,
        authentication={**authentication, "clientSecret": {"rotation": today - timedelta(days=30), "validity": "P90D"}},
    )
    deployed.up().ok()
    old_key = deployed.outputs()["gateways"]["mygw"]["clientSecretKeyId"]
    before = set(deployed.sandbox.objects("pods"))
    rotated = deployed.ops("rotate", "--date", str(today))
    assert rotated.code == 0
    assert f"Gateway 'mygw': rotation {today - timedelta(days=30)} -> {today}." in rotated.output

    with stream(url(deployed)) as sent:

        def renewals(key: str) -> int:
            return deployed.sandbox.sign_ins().get(key, 0)

        def renewed_with_the_old_secret(since: int = renewals(old_key)) -> None:
            assert renewals(old_key) >= since + 4

        eventually(renewed_with_the_old_secret)
        deployed.up().ok()
        new_key = deployed.outputs()["gateways"]["mygw"]["clientSecretKeyId"]
        only_pods_of_the_last_revision_are_left(deployed, before, replicas=2)

        def renewed_with_the_new_secret(since: int = renewals(new_key)) -> None:
            assert renewals(new_key) >= since + 4

        eventually(renewed_with_the_new_secret)
    nobody_noticed(sent)
    assert new_key != old_key
    (application,) = deployed.sandbox.graph().get("/v1.0/applications", params={"$filter": APPLICATION}).json()["value"]
    assert [secret["keyId"] for secret in application["passwordCredentials"]] == [new_key]
    for name in deployed.sandbox.objects("pods"):
        assert "AADSTS" not in deployed.sandbox.cluster().log(name)
    deployed.preview("--expect-no-changes").ok()
