"""How the two Azure plugins sign in: with a client secret, or with a pipeline's token from each of its places."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..azure.emulator import Emulator
from ..azure.test_federation import federated
from .plugin import Plugin, PluginError

CONFIG = {
    "azure_native": "azure-native:authorization:getClientConfig",
    "azuread": "azuread:index/getClientConfig:getClientConfig",
}


@contextmanager
def plugin(package: str, emulator: Emulator, **changes: str) -> Iterator[Plugin]:
    """A plugin in the environment of a job, which has no client secret unless a change says so."""
    environment = emulator.environment() | {"ARM_USE_OIDC": "true", "ARM_CLIENT_SECRET": ""} | changes
    running = Plugin(package, environment)
    try:
        yield running
    finally:
        running.end()


def client_of(running: Plugin, package: str) -> str:
    running.configure()
    return str(running.invoke(CONFIG[package])["clientId"])


@pytest.mark.parametrize("package", ["azure_native", "azuread"])
def test_a_jobs_token_comes_from_the_runner_a_variable_or_a_file(
    emulator: Emulator, package: str, tmp_path: Path
) -> None:
    client_id, job = federated(emulator), emulator.job(environment="dev")
    own = {name.replace("ACTIONS_ID_TOKEN", "ARM_OIDC"): value for name, value in job.items()}
    file = tmp_path / "token"
    file.write_text(emulator.job_token(job))
    for places in (
        job,
        {**job, **own, "ACTIONS_ID_TOKEN_REQUEST_URL": "https://contoso.example"},
        {"ARM_OIDC_TOKEN": emulator.job_token(job)},
        {"ARM_OIDC_TOKEN_FILE_PATH": str(file)},
    ):
        with plugin(package, emulator, ARM_CLIENT_ID=client_id, **places) as running:
            assert client_of(running, package) == client_id


@pytest.mark.parametrize("package", ["azure_native", "azuread"])
def test_a_client_secret_goes_before_the_token(emulator: Emulator, package: str) -> None:
    deployer = emulator.identity("deployer")
    with plugin(package, emulator, ARM_CLIENT_SECRET=deployer.client_secret, ARM_OIDC_TOKEN="none") as running:
        assert client_of(running, package) == deployer.client_id


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        ({}, "A OIDC token or request URL and token must be configured when authenticating with OIDC."),
        ({"ARM_OIDC_TOKEN_FILE_PATH": "/none"}, "failed to read OIDC token from /none: No such file or directory"),
        ({"ARM_USE_OIDC": ""}, "no credentials: clientSecret not set"),
    ],
)
@pytest.mark.parametrize("package", ["azure_native", "azuread"])
def test_without_a_token_the_reason_says_what_to_set(
    emulator: Emulator, package: str, places: dict[str, str], reason: str
) -> None:
    with plugin(package, emulator, **places) as running, pytest.raises(PluginError) as error:
        running.configure()
    assert reason in str(error.value)


@pytest.mark.parametrize("package", ["azure_native", "azuread"])
def test_a_refusal_is_entras(emulator: Emulator, package: str) -> None:
    job = {**emulator.job(environment="prod"), "ARM_CLIENT_ID": federated(emulator)}
    with plugin(package, emulator, **job) as running, pytest.raises(PluginError) as error:
        client_of(running, package)
    assert "ClientAssertionCredential authentication failed: invalid_client: AADSTS700213" in str(error.value)


@pytest.mark.parametrize("package", ["azure_native", "azuread"])
def test_a_wrong_request_token_is_told_without_being_shown(emulator: Emulator, package: str) -> None:
    job = {**emulator.job(environment="dev"), "ARM_CLIENT_ID": federated(emulator)}
    job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "a-wrong-token"
    with plugin(package, emulator, **job) as running, pytest.raises(PluginError) as error:
        client_of(running, package)
    assert "GitHub OIDC: 401 with response" in str(error.value)
    assert "a-wrong-token" not in str(error.value)
