"""The gateway's configuration: polled from the configuration API, the last good one kept."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import quote

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from .authentication import EntraTokens, TokenUnavailableError, describe
from .log import Log

HEARTBEAT_SECONDS = 60
LONGEST_BACK_OFF_SECONDS = 10


class ConfigurationUnavailableError(Exception):
    """The configuration API gave no configuration; the message holds its code and reason."""


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
        endpoint: str,
        tokens: EntraTokens,
        client: httpx.AsyncClient,
        log: Log,
        poll_seconds: float,
        time_scale: float,
    ) -> None:
        self._url = f"{endpoint}/gateways/{quote(gateway_name, safe='')}/configuration"
        self._tokens = tokens
        self._client = client
        self._log = log
        self._poll_seconds = poll_seconds * time_scale
        self._back_off = wait_random_exponential(multiplier=time_scale, max=LONGEST_BACK_OFF_SECONDS * time_scale)
        self._etag: str | None = None
        self._heartbeat_at = 0.0
        self._failing = False
        self.apis: tuple[Api, ...] | None = None
        """The attached APIs; None until the first configuration is loaded."""
        self.problem: str | None = None
        """Why the last poll failed; None where it succeeded or none has ended."""

    async def run(self) -> None:
        """Polls for as long as the process lives."""
        attempts = AsyncRetrying(
            retry=retry_if_exception_type((TokenUnavailableError, ConfigurationUnavailableError)),
            wait=self._back_off,
            before_sleep=self._failed,
        )
        while True:
            await attempts(self._poll)
            self._succeeded()
            await asyncio.sleep(self._poll_seconds)

    async def _poll(self) -> None:
        headers = {"Authorization": f"Bearer {await self._tokens.token()}"}
        if self._etag is not None:
            headers["If-None-Match"] = self._etag
        try:
            response = await self._client.get(self._url, headers=headers)
        except httpx.HTTPError as error:
            raise ConfigurationUnavailableError(f"{self._url} was not reached: {describe(error)}") from None
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._tokens.forget()
        if response.status_code != httpx.codes.OK:
            raise ConfigurationUnavailableError(f"{self._url} answered {response.status_code}: {_reason(response)}")
        try:
            apis = tuple(Api(api["name"], api["path"].strip("/")) for api in response.json()["apis"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigurationUnavailableError(f"{self._url} answered 200 with what is no configuration") from None
        self._etag = response.headers.get("ETag")
        if apis != self.apis:
            event = "ConfigurationLoaded" if self.apis is None else "ConfigurationChanged"
            paths = ", ".join(f"{api.name} at /{api.path}" for api in apis) or "none"
            self.apis = apis
            self._log.info(event, f"the configuration was loaded; attached APIs: {paths}")

    def _failed(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self.problem = str(error).removesuffix(".")
        self._failing = True
        event = "TokenUnavailable" if isinstance(error, TokenUnavailableError) else "ConfigurationApiV2NotAvailable"
        pause = state.next_action.sleep if state.next_action else 0
        kept = "" if self.apis is None else " The configuration loaded before is still served."
        self._log.error(event, f"{self.problem}.{kept} Trying again in {pause:.1f} s.")

    def _succeeded(self) -> None:
        if self._failing:
            self._log.info("ConfigurationApiV2Available", "the configuration API answers again")
        self.problem, self._failing = None, False
        if time.monotonic() - self._heartbeat_at >= HEARTBEAT_SECONDS:
            self._heartbeat_at = time.monotonic()
            self._log.info("Heartbeat", f"the configuration is current; attached APIs: {len(self.apis or ())}")


def _reason(response: httpx.Response) -> str:
    """The API's own code and message."""
    try:
        error = response.json()["error"]
        return f"{error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        return "no reason was given"
