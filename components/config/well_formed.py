"""Values of a stack's file some of which are malformed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from components.config.keys import GATEWAYS
from components.config.models.base import Settings

Model = TypeVar("Model", bound=Settings)
Place = tuple[str | int, ...]
"""Where a value stands, from the top key on."""


@dataclass(frozen=True)
class WellFormed:
    """The values that validation has nothing against, where others are malformed too."""

    values: Mapping[str, Any]
    malformed: set[Place]

    def at(self, *place: str | int, default: Any = None) -> Any:
        """The value at a place; the default where there is none, None where something of it is malformed."""
        if self._is_malformed(place):
            return None
        found = self.given(*place)
        return default if found is None else found

    def field(self, model: type[Settings], name: str, *place: str | int) -> Any:
        """The value of a field of the model at a place; its default where there is none, None where it is malformed."""
        field = model.model_fields[name]
        return self.at(*place, str(field.alias), default=field.default)

    def given(self, *place: str | int) -> Any:
        """What stands at a place, malformed or not."""
        value: Any = self.values
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def origin(self, *place: str | int) -> str:
        """` (default)` behind a value that the stack's file does not have, so that nobody looks for it there."""
        *above, key = place
        values = self.given(*above)
        return "" if isinstance(values, Mapping) and key in values else " (default)"

    def model(self, model: type[Model], *place: str | int) -> Model | None:
        """The model at a place, with its defaults; None where something of it is malformed."""
        if self._is_malformed(place):
            return None
        return model.model_validate({} if (found := self.given(*place)) is None else found)

    def gateways(self) -> range:
        """The places of the gateways."""
        gateways = self.given(GATEWAYS)
        return range(len(gateways) if isinstance(gateways, list) else 0)

    def _is_malformed(self, place: Place) -> bool:
        """Whether something of a place is, or what it stands in."""
        return any(bad[: len(place)] == place[: len(bad)] for bad in self.malformed)
