"""Azure, and gateways that reach it."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from . import azure as fake
from . import container

NAMES = ("login.microsoftonline.com", "*.configuration.azure-api.net")
ARTICLE = {
    "config.service.endpoint": "contoso.configuration.azure-api.net",
    "config.service.auth": "azureAdApp",
    "config.service.auth.azureAd.authority": "https://login.microsoftonline.com",
    "config.service.auth.azureAd.tenantId": fake.TENANT,
    "config.service.auth.azureAd.clientId": fake.CLIENT,
    "config.service.auth.azureAd.clientSecret": fake.SECRET,
    "gateway.name": "mygw",
}

OPTIONS = ("--poll-seconds", "1", "--drain-seconds", "6")

Start = Callable[..., AbstractAsyncContextManager[container.Container]]


@pytest.fixture
async def azure(tmp_path: Path) -> AsyncIterator[fake.Azure]:
    async with fake.serve(tmp_path, NAMES) as azure:
        yield azure


@pytest.fixture
def start(azure: fake.Azure, tmp_path: Path) -> Start:
    """Starts a gateway with the article's settings, some of them changed or, with None, left out; it polls every second."""

    started = 0

    def start(
        changes: dict[str, str | None] | None = None,
        resolve: dict[str, str] | None = None,
        ca: bytes | None = None,
        options: tuple[str, ...] = OPTIONS,
        network: dict[str, Any] | None = None,
        files: dict[str, str] | None = None,
    ) -> AbstractAsyncContextManager[container.Container]:
        nonlocal started
        started += 1
        root = tmp_path / f"root-{started}"
        (root / "etc").mkdir(parents=True)
        for name, text in (files or {}).items():
            (root / name).write_text(text)
        merged = {**ARTICLE, **(changes or {})}
        environment = {name: value for name, value in merged.items() if value is not None}
        names: dict[str, str] = dict.fromkeys(NAMES, f"127.0.0.1:{azure.port}") if resolve is None else resolve
        trusted = azure.ca.cert_pem.bytes() if ca is None else ca
        return container.run(root, environment, names, trusted, *options, network=network)

    return start


@pytest.fixture
async def gateway(start: Start) -> AsyncIterator[container.Container]:
    """A gateway with the article's settings, its configuration loaded."""
    async with contextlib.AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(start())
        await gateway.logged("[ConfigurationLoaded]")
        yield gateway
