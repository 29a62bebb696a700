"""What all unit tests share: they are signed in nowhere, whoever runs them."""

import json
import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def signed_in_nowhere() -> Iterator[None]:
    """Without the variables that tell the program where somebody is signed in."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("ARM_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A kubeconfig with the context `contoso`, whatever their own has."""
    file = tmp_path_factory.mktemp("home") / "kubeconfig"
    context = {"name": "contoso", "context": {"cluster": "contoso-aks", "user": "contoso"}}
    file.write_text(json.dumps({"contexts": [context]}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(file))
        yield
