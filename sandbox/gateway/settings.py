"""The container's settings: read from the environment, once, at start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

DEFAULT_AUTHORITY = "https://login.microsoftonline.com"
DEFAULT_AUDIENCES = {
    "azure-api.net": "https://azure-api.net/configuration",
    "azure-api.us": "https://azure-api.us/configuration",
    "azure-api.cn": "https://azure-api.cn/configuration",
}
LARGEST_PORT = 65535
LOG_LEVELS = ("all", "debug", "info", "warn", "error", "fatal")

LogFormat = Literal["none", "text", "json"]


class InvalidSettingsError(Exception):
    """The container cannot start with these settings; the message says what is missing or wrong."""


@dataclass(frozen=True, kw_only=True)
class EntraApplication:
    """The Microsoft Entra application the gateway authenticates as."""

    authority: str
    """Address of the authority, without a slash at its end."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)

    audience: str
    """Audience of the token; its scope is this with `/.default`."""


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """How instances find each other."""

    host: str
    """DNS name of the headless Service."""

    heartbeat_port: int
    sync_port: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says."""

    gateway_name: str
    endpoint: str
    """Address of the configuration API, `https://` and host."""

    validates_certificate: bool
    """Whether the configuration API's certificate is checked."""

    timeout: timedelta
    """How long one call of Entra or the configuration API may take."""

    application: EntraApplication
    discovery: Discovery | None
    """None where instances do not look for each other."""

    log_format: LogFormat
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Reads and checks the settings.

        Raises:
            InvalidSettingsError: one is missing, malformed, or asks for what this stand-in does not play.
        """
        for name in ("HTTPS_PROXY", "HTTP_PROXY"):
            if environment.get(name):
                raise InvalidSettingsError(f"{name} is set: the sandbox's gateway does not play an outbound proxy yet.")
        endpoint = _endpoint(_text(environment, "config.service.endpoint"))
        application = _application(environment, endpoint)
        log_format = environment.get("telemetry.logs.std", "text")
        if log_format not in ("none", "text", "json"):
            raise InvalidSettingsError(f"telemetry.logs.std is '{log_format}': it has to be none, text or json.")
        log_level = environment.get("telemetry.logs.std.level", "info")
        if log_level not in LOG_LEVELS:
            raise InvalidSettingsError(
                f"telemetry.logs.std.level is '{log_level}': it has to be one of {', '.join(LOG_LEVELS)}."
            )
        return cls(
            gateway_name=_text(environment, "gateway.name"),
            endpoint=endpoint,
            validates_certificate=not _flag(environment, "config.service.endpoint.disableCertificateValidation"),
            timeout=_duration(environment, "config.service.integration.timeout", timedelta(seconds=100)),
            application=application,
            discovery=_discovery(environment),
            log_format=log_format,
            log_level=log_level,
        )


def _application(environment: Mapping[str, str], endpoint: str) -> EntraApplication:
    prefix = "config.service.auth.azureAd."
    authentication = environment.get("config.service.auth", "").strip()
    if not authentication:
        raise _no_authentication("config.service.auth is not set")
    # The reference writes `azureAdApp`; whether the image takes other spellings is not known, so this one does not.
    if authentication == "workloadIdentity":
        raise InvalidSettingsError(
            "config.service.auth is workloadIdentity: the sandbox's gateway does not play workload identity yet."
        )
    if authentication != "azureAdApp":
        # Any other value is a gateway token, a secret: it is not repeated here.
        raise InvalidSettingsError(
            "config.service.auth is neither azureAdApp nor workloadIdentity, so it is taken for a gateway token: "
            "the sandbox's gateway does not play gateway tokens."
        )
    missing = [
        f"{prefix}{key}" for key in ("tenantId", "clientId") if not environment.get(f"{prefix}{key}", "").strip()
    ]
    if not environment.get(f"{prefix}clientSecret"):
        if environment.get(f"{prefix}certificatePath"):
            raise InvalidSettingsError(
                f"{prefix}certificatePath is set: the sandbox's gateway does not play certificates yet."
            )
        missing.append(f"{prefix}clientSecret or {prefix}certificatePath")
    if not environment.get("gateway.name", "").strip():
        missing.append("gateway.name")
    if missing:
        raise _no_authentication(f"config.service.auth is azureAdApp, but these are not set: {', '.join(missing)}")
    return EntraApplication(
        authority=_https(f"{prefix}authority", environment.get(f"{prefix}authority") or DEFAULT_AUTHORITY),
        tenant_id=environment[f"{prefix}tenantId"].strip(),
        client_id=environment[f"{prefix}clientId"].strip(),
        client_secret=environment[f"{prefix}clientSecret"],
        audience=environment.get("config.service.auth.tokenAudience") or _default_audience(endpoint),
    )


def _discovery(environment: Mapping[str, str]) -> Discovery | None:
    host = environment.get("neighborhood.host", "").strip()
    if not host:
        return None
    heartbeat, sync = "neighborhood.heartbeat.port", "policy.rate-limit.sync.port"
    ports = {name: _port(environment, name, default) for name, default in ((heartbeat, 4291), (sync, 4290))}
    if ports[heartbeat] == ports[sync]:
        raise InvalidSettingsError(f"{heartbeat} and {sync} are both {ports[sync]}: each needs a UDP port of its own.")
    return Discovery(host=host, heartbeat_port=ports[heartbeat], sync_port=ports[sync])


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= LARGEST_PORT):
        raise InvalidSettingsError(f"{name} is '{value}': it has to be a port, 1 to {LARGEST_PORT}.")
    return int(value)


def _no_authentication(reason: str) -> InvalidSettingsError:
    return InvalidSettingsError(f"No valid authentication was configured for the configuration API: {reason}.")


def _default_audience(endpoint: str) -> str:
    # The reference gives one default a cloud; the endpoint's suffix is what tells the cloud.
    for suffix, audience in DEFAULT_AUDIENCES.items():
        if endpoint.endswith(f".{suffix}"):
            return audience
    return DEFAULT_AUDIENCES["azure-api.net"]


def _text(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise InvalidSettingsError(f"{name} is not set.")
    return value


def _endpoint(value: str) -> str:
    # Microsoft's pages write it bare and with its scheme.
    return _https("config.service.endpoint", value if "://" in value else f"https://{value}")


def _https(name: str, value: str) -> str:
    address = urlsplit(value.strip())
    if address.scheme != "https" or not address.hostname:
        raise InvalidSettingsError(f"{name} is '{value}': it has to be an https:// address.")
    return f"https://{address.netloc}{address.path.rstrip('/')}"


def _flag(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "false").strip().lower()
    if value not in ("true", "false"):
        raise InvalidSettingsError(f"{name} is '{value}': it has to be true or false.")
    return value == "true"


def _duration(environment: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    value = environment.get(name)
    if value is None:
        return default
    match = re.fullmatch(r"(?:(\d+)\.)?([01]?\d|2[0-3]):([0-5]?\d):([0-5]?\d)", value.strip())
    if match is None:
        raise InvalidSettingsError(f"{name} is '{value}': it has to be a time span as 00:01:40, hours to seconds.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not duration:
        raise InvalidSettingsError(f"{name} is '{value}': it has to be more than nothing.")
    return duration
