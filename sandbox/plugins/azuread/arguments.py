"""The pinned SDK's classes of the inputs that the stand-in checks, and the released provider's words for what is wrong."""

import re
from collections.abc import Iterator

from ..engine.provider import Request
from ..engine.schema import Failure, Schema
from ..engine.values import Properties

PROVIDER = "ProviderArgs"
APPLICATION = "ApplicationArgs"
SERVICE_PRINCIPAL = "ServicePrincipalArgs"
PASSWORD = "ApplicationPasswordInitArgs"  # noqa: S105 - the name of a class
FEDERATED_CREDENTIAL = "ApplicationFederatedIdentityCredentialArgs"
APP_ROLE_ASSIGNMENT = "AppRoleAssignmentArgs"

SCHEMA = Schema(
    "pulumi_azuread", PROVIDER, APPLICATION, SERVICE_PRINCIPAL, PASSWORD, FEDERATED_CREDENTIAL, APP_ROLE_ASSIGNMENT
)


def check(arguments: str, inputs: Properties, request: Request) -> Iterator[Failure]:
    """What is wrong with a resource's inputs. The released provider names no property, but says where to look."""
    for failure in SCHEMA.failures(arguments, inputs):
        if failure.reason.startswith("unknown property"):
            yield Failure("", f"Invalid or unknown key. {_at(request, failure.property)}")
        elif failure.reason.startswith("missing required"):
            argument = _argument(failure.property)
            yield Failure(
                "",
                f'Missing required argument. The argument "{argument}" is required, but no definition was found.. '
                f"{_at(request, failure.property)}",
            )
        else:
            yield failure


def conflict(request: Request, property_: str, argument: str, other: str) -> Failure:
    """Two inputs that exclude each other, told of the one."""
    text = f'Conflicting configuration arguments. "{argument}": conflicts with {other}.'
    return Failure("", f"{text} {_at(request, property_)}")


def _at(request: Request, property_: str) -> str:
    return f"Examine values at '{request.name}.{property_}'."


def _argument(property_: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"_{letter[1].lower()}", property_)
