"""A stack is not deployed with the wrong account: every place where the sign-in shows is compared with the stack's file."""

from typing import Any

import pytest

from components.ending import Refusal
from tests.unit import program

ARM = "azure-native:authorization:getClientConfig"
GRAPH = "azuread:index/getClientConfig:getClientConfig"
ELSEWHERE = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


def refusal(answers: dict[str, program.Answer] | None = None) -> str:
    """The message with which the program stops."""
    with pytest.raises(Refusal) as stopped:
        program.run(answers=answers)
    return str(stopped.value)


def elsewhere(token: str, kind: str) -> dict[str, program.Answer]:
    """The answers of a provider that is signed in to another tenant or subscription."""
    return {token: lambda args: {**program.ANSWERS[token](args), kind: ELSEWHERE}}


@pytest.mark.parametrize(
    ("variable", "kind", "belongs"),
    [
        ("ARM_TENANT_ID", "tenant", program.TENANT),
        ("ARM_SUBSCRIPTION_ID", "subscription", program.SUBSCRIPTION),
    ],
)
def test_an_environment_of_another_account_is_refused(
    variable: str, kind: str, belongs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, ELSEWHERE)
    assert refusal() == (
        f"Signed in to another {kind}: stack 'dev' belongs to {belongs} (azure-native:{kind}Id), but the environment "
        f"(ARM_TENANT_ID, ARM_SUBSCRIPTION_ID) says {ELSEWHERE}. Sign in to the right one, or select another stack."
    )


@pytest.mark.parametrize(
    ("provider", "token", "kind", "belongs"),
    [
        ("azure-native", ARM, "tenant", program.TENANT),
        ("azure-native", ARM, "subscription", program.SUBSCRIPTION),
        ("azuread", GRAPH, "tenant", program.TENANT),
    ],
)
def test_a_provider_that_is_signed_in_elsewhere_is_refused(provider: str, token: str, kind: str, belongs: str) -> None:
    assert refusal(elsewhere(token, f"{kind}Id")) == (
        f"Signed in to another {kind}: stack 'dev' belongs to {belongs} (azure-native:{kind}Id), but the {provider} provider "
        f"says {ELSEWHERE}. Sign in to the right one, or select another stack."
    )


def test_ids_are_the_same_whatever_their_case(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = "aaaaaaaa-1111-1111-1111-111111111111"
    config = {**program.configuration(), "azure-native:tenantId": tenant}
    monkeypatch.setenv("ARM_TENANT_ID", tenant.upper())

    def signed_in(token: str) -> program.Answer:
        return lambda args: {**program.ANSWERS[token](args), "tenantId": tenant.upper()}

    program.run(config, {token: signed_in(token) for token in (ARM, GRAPH)})


@pytest.mark.parametrize("token", [ARM, GRAPH])
def test_a_sign_in_that_fails_says_what_to_check(token: str) -> None:
    def fails(_: dict[str, Any]) -> dict[str, Any]:
        raise program.Refusal("AADSTS7000215:\n  Invalid client secret provided.")

    assert refusal({token: fails}) == (
        f"Signing in to tenant {program.TENANT} failed: AADSTS7000215: Invalid client secret provided.\n"
        "Check the credentials: ARM_CLIENT_ID and ARM_CLIENT_SECRET, OIDC, or `az login`."
    )
