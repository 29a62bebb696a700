"""Null takes a default away. Where a key has none, it means nothing."""

import typing
from collections.abc import Iterator, Mapping
from typing import Any

from components.config.kubernetes.walk import NULL
from components.config.models.base import Settings
from components.config.well_formed import Place


def needless_nulls(model: type[Settings], values: Mapping[str, Any], place: Place = ()) -> Iterator[tuple[Place, str]]:
    """The places where null stands for a default that there is not, each with the words for it.

    Where there is a default that can't be taken away, validation tells of it.
    """
    for field in model.model_fields.values():
        key = str(field.alias)
        value = values.get(key)
        if value is None:
            if key in values and field.default is None and field.annotation is not Any:
                yield (*place, key), NULL
            continue
        below = _model(field.annotation)
        elements = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, element in elements:
            if below is not None and isinstance(element, dict):
                yield from needless_nulls(below, element, (*place, key) if index is None else (*place, key, index))


def _model(annotation: Any) -> type[Settings] | None:
    """The model of a field's value, or of its elements."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return annotation
    return next((model for part in typing.get_args(annotation) if (model := _model(part))), None)
