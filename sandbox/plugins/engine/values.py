"""Property values as the engine sends them: plain JSON values, plus unknowns and secrets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark of a secret, not one
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The engine has one mark for each type of value; a plugin need not tell them apart.
_UNKNOWNS = {
    _UNKNOWN,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}


class Unknown:
    """A value that is known only after the update."""

    def __repr__(self) -> str:
        return "Unknown"


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in its state. It does not show itself."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


Properties = dict[str, Any]


def unmarshal(struct: struct_pb2.Struct) -> Properties:
    """Properties from the wire."""
    return {key: _unmarshal(value) for key, value in struct.fields.items()}


def _unmarshal(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_unmarshal(item) for item in value.list_value.values]
        case "struct_value":
            return _unmarshal_struct(value.struct_value)
        case _:
            return None


def _unmarshal_struct(struct: struct_pb2.Struct) -> Any:
    if _SIGNATURE not in struct.fields:
        return unmarshal(struct)
    signature = struct.fields[_SIGNATURE].string_value
    inner = _unmarshal(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
    if signature == _SECRET:
        return Secret(inner)
    if signature == _OUTPUT:
        return Secret(inner) if "secret" in struct.fields and struct.fields["secret"].bool_value else inner
    raise ValueError("assets, archives and resource references are not part of the stand-in")


def marshal(properties: Properties) -> struct_pb2.Struct:
    """Properties for the wire."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        struct.fields[key].CopyFrom(_marshal(value))
    return struct


def _marshal(value: Any) -> struct_pb2.Value:
    if isinstance(value, Secret):
        return _marshal({_SIGNATURE: _SECRET, "value": value.value})
    if isinstance(value, Unknown):
        return struct_pb2.Value(string_value=_UNKNOWN)
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, list):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_marshal(item) for item in value]))
    if isinstance(value, dict):
        return struct_pb2.Value(struct_value=marshal(value))
    raise TypeError(f"no property value: {type(value).__name__}")


def reveal(value: Any) -> Any:
    """A value without its secret marks, at every depth."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, list):
        return [reveal(item) for item in value]
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    return value


def conceal_like(value: Any, model: Any) -> Any:
    """A value with secret marks where another one has them, at every depth."""
    if isinstance(model, Secret):
        return value if isinstance(value, Secret) else Secret(conceal_like(value, model.value))
    if isinstance(value, dict) and isinstance(model, dict):
        return {key: conceal_like(item, model.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(model, list):
        padded = [*model, *[None] * len(value)]
        return [conceal_like(item, padded[index]) for index, item in enumerate(value)]
    return value


def has_unknown(value: Any) -> bool:
    """Whether a value is unknown, at any depth."""
    found = False

    def look(part: Any) -> None:
        nonlocal found
        found = found or isinstance(part, Unknown)

    _walk(value, look)
    return found


def _walk(value: Any, visit: Callable[[Any], None]) -> None:
    visit(value)
    if isinstance(value, Secret):
        _walk(value.value, visit)
    elif isinstance(value, list):
        for item in value:
            _walk(item, visit)
    elif isinstance(value, dict):
        for item in value.values():
            _walk(item, visit)
