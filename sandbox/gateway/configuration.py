"""The gateway's configuration: polled from the configuration API, the last good one kept."""

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from .authentication import EntraTokens, HostNotResolvedError, TokenUnavailableError, describe
from .log import Log
from .network import NameNotResolvedError

HEARTBEAT_SECONDS = 60
LONGEST_BACK_OFF_SECONDS = 10
_PAGE = 100


class ConfigurationUnavailableError(Exception):
    """The configuration API gave no configuration; the message holds its address and what it answered."""


_TROUBLE = (TokenUnavailableError, HostNotResolvedError, ConfigurationUnavailableError)


@dataclass(frozen=True)
class Api:
    """An API that is attached to the gateway resource."""

    name: str
    path: str
    """Its path, without slashes around; empty for an API at the root."""


class ConfigurationPoller:
    """Polls the configuration. Failures are logged and retried, and never take a loaded configuration away."""

    def __init__(
        self,
        *,
        gateway_name: str,
        instance: str,
        endpoint: str,
        tokens: EntraTokens,
        client: httpx.AsyncClient,
        log: Log,
        poll_seconds: float,
        time_scale: float,
    ) -> None:
        gateway = f"{endpoint}/gateways/{quote(gateway_name, safe='')}"
        self._events, self._heartbeats = f"{gateway}/events", f"{gateway}/heartbeats"
        self._instance = instance
        self._tokens = tokens
        self._client = client
        self._log = log
        self._poll_seconds = poll_seconds * time_scale
        self._heartbeat_seconds = HEARTBEAT_SECONDS * time_scale
        self._back_off = wait_random_exponential(multiplier=time_scale, max=LONGEST_BACK_OFF_SECONDS * time_scale)
        self._etag = ""
        self.apis: tuple[Api, ...] | None = None
        """The attached APIs; None until the first configuration is loaded."""
        self.problem: str | None = None
        """Why the last poll failed; None where it succeeded or none has ended."""

    async def run(self) -> None:
        """Polls, and tells Azure once a minute that it is there, for as long as the process lives."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll_for_ever())
            group.create_task(self._beat_for_ever())

    async def _poll_for_ever(self) -> None:
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(_TROUBLE),
            wait=self._back_off,
            before_sleep=self._failed,
        )
        while True:
            await attempts(self._poll)
            self.problem = None
            await asyncio.sleep(self._poll_seconds)

    async def _beat_for_ever(self) -> None:
        while True:
            # Instances tell each other too, by UDP, and log it, whether or not Azure hears of it.
            self._log.info("Heartbeat", "the heartbeat was sent to the other instances")
            while self.apis is None:
                await asyncio.sleep(self._poll_seconds / 10)
            try:
                headers = {"Authorization": f"Bearer {await self._tokens.token()}"}
                await self._client.post(self._heartbeats, headers=headers, json={"instanceId": self._instance})
            except (httpx.HTTPError, *_TROUBLE):
                pass  # The next poll says it.
            await asyncio.sleep(self._heartbeat_seconds)

    async def _poll(self) -> None:
        headers = {"Authorization": f"Bearer {await self._tokens.token()}"}
        if self._etag:
            headers["If-None-Match"] = self._etag
        token = quote(self._etag.strip('"'), safe="")
        address = f"{self._events}?$top={_PAGE}&$skiptoken={token}"
        try:
            response = await self._client.get(address, headers=headers)
        except NameNotResolvedError as error:
            raise HostNotResolvedError(str(error)) from None
        except httpx.HTTPError as error:
            raise ConfigurationUnavailableError(f"{address} was not reached: {describe(error)}") from None
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._tokens.forget()
        if response.status_code != httpx.codes.OK:
            raise ConfigurationUnavailableError(f"{address}, StatusCode: {_name(response.status_code)}")
        try:
            apis = tuple(Api(api["name"], api["path"].strip("/")) for api in response.json()["apis"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigurationUnavailableError(f"{address} answered with what is no configuration") from None
        self._etag = response.headers.get("ETag", "")
        if apis != self.apis:
            event = "ConfigurationLoaded" if self.apis is None else "ConfigurationChanged"
            paths = ", ".join(f"{api.name} at /{api.path}" for api in apis) or "none"
            self.apis = apis
            self._log.info(event, f"the configuration was loaded; attached APIs: {paths}")

    def _failed(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self.problem = str(error).removesuffix(".")
        event = (
            "ErrorResolvingHostname" if isinstance(error, HostNotResolvedError) else "ConfigurationApiV2NotAvailable"
        )
        pause = state.next_action.sleep if state.next_action else 0
        kept = "" if self.apis is None else " The configuration loaded before is still served."
        self._log.warn(event, f"{self.problem}.{kept} Trying again in {pause:.1f} s.")


def _name(status: int) -> str:
    """A status as .NET names it, which is how the image logs it: `Forbidden`, `NotFound`."""
    try:
        return re.sub("[^A-Za-z]", "", HTTPStatus(status).phrase.title())
    except ValueError:
        return str(status)
