"""RandomUuid, as the released plugin makes it: once, and again when its keepers change."""

import uuid

from ..engine.differences import Difference, changes
from ..engine.provider import Existing, Provider, ProviderError, Request, Resource
from ..engine.schema import Failure, Schema
from ..engine.values import UNKNOWN, Properties

_ARGUMENTS = "RandomUuidArgs"
_SCHEMA = Schema("pulumi_random", _ARGUMENTS)


class RandomUuid(Resource):
    """`random:index/randomUuid:RandomUuid`."""

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        return inputs, list(_SCHEMA.failures(_ARGUMENTS, inputs))

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        changed = changes(old.inputs, inputs)
        return Difference(changed, {change.path for change in changed})

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        if request.preview:
            return "", {**inputs, "result": UNKNOWN}
        result = str(uuid.uuid4())
        return result, {**inputs, "result": result}

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        if existing.state:
            return existing
        try:
            result = str(uuid.UUID(existing.id))
        except ValueError:
            raise ProviderError(f"unable to parse {existing.id!r} as a UUID") from None
        return Existing(result, {}, {"result": result})

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:  # noqa: ARG002
        raise ProviderError("a RandomUuid can't be updated")

    def delete(self, old: Existing, request: Request) -> None:
        """Nothing exists outside the state."""


class Random(Provider):
    """The plugin."""

    def configure(self, inputs: Properties) -> None:
        """It has no settings."""

    def resource(self, type_: str) -> Resource:
        if type_ != "random:index/randomUuid:RandomUuid":
            raise ProviderError(f"{type_} is not part of the stand-in for random")
        return RandomUuid()
