"""RandomUuid, as the released plugin makes it: once, and again when its keepers change."""

import re
import uuid

from ..engine.differences import Difference, changes
from ..engine.provider import Existing, Provider, ProviderError, Request, Resource
from ..engine.schema import Failure, Schema
from ..engine.values import UNKNOWN, Properties

_ARGUMENTS = "RandomUuidArgs"
_SCHEMA = Schema("pulumi_random", _ARGUMENTS)
_LENGTH = 36
_HYPHENS = (8, 13, 18, 23)


class RandomUuid(Resource):
    """`random:index/randomUuid:RandomUuid`."""

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        return inputs, list(_SCHEMA.failures(_ARGUMENTS, inputs))

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        changed = changes(old.inputs, inputs)
        return Difference(changed, {change.path for change in changed}, names_paths=False)

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        if request.preview:
            return "", {**inputs, "id": UNKNOWN, "result": UNKNOWN}
        made = str(uuid.uuid4())
        return made, {**inputs, "id": made, "result": made}

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        if existing.state:
            return existing
        reason = _what_is_wrong_with(existing.id)
        if reason:
            raise ProviderError(
                "Import Random UUID Error: There was an error during the parsing of the UUID.\n\nRetry the Terraform "
                "operation. If the error still occurs or happens regularly, please contact the provider developer with "
                f"hardware and operating system information.\n\nOriginal Error: {reason}"
            )
        known = existing.id.lower()
        return Existing(known, {}, {"id": known, "result": known})

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:  # noqa: ARG002
        raise ProviderError("a RandomUuid can't be updated")

    def delete(self, old: Existing, request: Request) -> None:
        """Nothing exists outside the state."""


def _what_is_wrong_with(text: str) -> str | None:
    """Why a text is no UUID; None where it is one. Python's own class takes braces, and no hyphens at all."""
    if len(text.encode()) != _LENGTH:
        return "uuid string is wrong length"
    if any(text[place] != "-" for place in _HYPHENS):
        return "uuid is improperly formatted"
    digits = "".join(character for place, character in enumerate(text) if place not in _HYPHENS)
    wrong = re.search(r"[^0-9A-Fa-f]", digits)
    return f"encoding/hex: invalid byte: U+{ord(wrong[0]):04X} '{wrong[0]}'" if wrong else None


class Random(Provider):
    """The plugin."""

    def configure(self, inputs: Properties) -> None:
        """It has no settings."""

    def resource(self, type_: str) -> Resource:
        if type_ != "random:index/randomUuid:RandomUuid":
            raise ProviderError(f"{type_} is not part of the stand-in for random")
        return RandomUuid()
