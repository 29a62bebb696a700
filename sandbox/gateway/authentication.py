"""The gateway's token from Microsoft Entra, by client credentials."""

import time
from dataclasses import dataclass, field

import httpx

from .network import NameNotResolvedError
from .settings import EntraApplication

# A token is renewed this long before it ends, and no later than after four fifths of a short life.
RENEW_BEFORE_SECONDS = 300
RENEW_AFTER_SHARE = 0.8


class TokenUnavailableError(Exception):
    """Entra gave no token; the message holds Entra's code and reason, and no secret."""


class HostNotResolvedError(Exception):
    """DNS does not know the name of a host that the gateway calls."""


@dataclass
class _Token:
    value: str = field(repr=False)
    renew_at: float


class EntraTokens:
    """Gets the application's token and keeps it until shortly before its end."""

    def __init__(self, application: EntraApplication, client: httpx.AsyncClient) -> None:
        self._application = application
        self._client = client
        self._token: _Token | None = None

    async def token(self) -> str:
        """A token that is valid for a while.

        Raises:
            TokenUnavailableError: Entra refused, or was not reached.
            HostNotResolvedError: DNS does not know Entra's name.
        """
        if self._token is None or time.monotonic() >= self._token.renew_at:
            self._token = await self._request()
        return self._token.value

    def forget(self) -> None:
        """Gets a new token next time: this one was refused."""
        self._token = None

    async def _request(self) -> _Token:
        application = self._application
        url = f"{application.authority}/{application.tenant_id}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": application.client_id,
            "client_secret": application.client_secret,
            "scope": f"{application.audience}/.default",
        }
        try:
            response = await self._client.post(url, data=form)
        except NameNotResolvedError as error:
            raise HostNotResolvedError(str(error)) from None
        except httpx.HTTPError as error:
            raise TokenUnavailableError(f"{application.authority} was not reached: {describe(error)}") from None
        if response.status_code != httpx.codes.OK:
            raise TokenUnavailableError(f"{application.authority} answered {response.status_code}: {_reason(response)}")
        try:
            body = response.json()
            value, life = str(body["access_token"]), float(body["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise TokenUnavailableError(f"{application.authority} answered 200 without a token") from None
        return _Token(value, time.monotonic() + max(life - RENEW_BEFORE_SECONDS, life * RENEW_AFTER_SHARE))


def describe(error: httpx.HTTPError) -> str:
    """What went wrong on the way to a server, also where the library's own message is empty."""
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return str(error) or type(error).__name__


def _reason(response: httpx.Response) -> str:
    """Entra's description, which begins with the AADSTS code; never the request."""
    try:
        body = response.json()
        return str(body.get("error_description") or body["error"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "no reason was given"
