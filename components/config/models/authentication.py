"""How a gateway proves to the configuration API who it is."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic import field_validator as check

from components.config.formats.azure import HttpsResource, HttpsUrl
from components.config.formats.dates import LONGEST, date_part, duration
from components.config.formats.text import Guid, at_least_one, distinct
from components.config.models.base import Settings


class SecretStore(StrEnum):
    """The kind of Kubernetes object that hands the client secret to the gateway."""

    SECRET = "Secret"  # noqa: S105 - a kind, not a password
    CONFIG_MAP = "ConfigMap"


class ClientSecretSettings(Settings):
    """The client secret: where the pods read it from, and how long it lives."""

    store: SecretStore = Field(
        default=SecretStore.SECRET,
        description="Kind of the Kubernetes object that holds it. More people may read a ConfigMap.",
    )
    validity: Annotated[timedelta, BeforeValidator(duration)] = Field(
        default=timedelta(days=180),
        gt=timedelta(0),
        le=LONGEST,
        description="How long it is valid from `rotation` on.",
    )
    rotation: Annotated[date, BeforeValidator(date_part)] = Field(
        description="Date of the last rotation, yyyy-mm-dd. Another date makes a new secret."
    )

    @property
    def end_date(self) -> datetime:
        """When the secret expires: rotation plus validity, so that it never moves by itself."""
        return _end(self.rotation, self.validity)

    @check("rotation")
    @classmethod
    def _valid_today(cls, rotation: date, info: ValidationInfo) -> date:
        now = datetime.now(UTC)
        if rotation > now.date():
            raise ValueError(f"expected a date that has come, today's or an earlier one: in UTC it is {now:%Y-%m-%d}")
        validity: timedelta | None = info.data.get("validity")
        if validity is not None and (end := _end(rotation, validity)) <= now:
            raise ValueError(f"the secret expired on {end:%Y-%m-%d} (rotation plus validity): set a later `rotation`")
        return rotation


def _end(rotation: date, validity: timedelta) -> datetime:
    return datetime.combine(rotation, time(tzinfo=UTC)) + validity


class AuthenticationSettings(Settings):
    """How the gateway proves to the configuration API who it is."""

    mode: Literal["clientSecret"] = Field(default="clientSecret", description="What it proves it with.")
    authority: HttpsUrl = Field(description="Entra's authority; default: the cloud's own.")
    token_audience: HttpsResource | None = Field(
        default=None, description="Audience of the gateway's token; default: the cloud's own."
    )
    owners: Annotated[tuple[Guid, ...], AfterValidator(at_least_one), AfterValidator(distinct)] = Field(
        description="Object ids of the application's owners. The deployer must be one: with the least privilege, "
        "Application.ReadWrite.OwnedBy, it can only change what it owns. For people among them it also needs User.Read.All.",
    )
    owners_without_deployer: bool = Field(
        default=False,
        strict=True,
        description="Let a deployer update the stack that is not among `owners`, because it may change all applications "
        "(Application.ReadWrite.All). Without that right it would lock itself out.",
    )
    client_secret: ClientSecretSettings = Field(description="The client secret.")
