"""What the state keeps of an object: all of the live one, what was declared, and who writes it."""

from typing import Any

from ..engine.values import Properties, Secret, reveal

FIELD_MANAGER = "__fieldManager"
INITIAL_API_VERSION = "__initialApiVersion"
INPUTS = "__inputs"


def checkpoint(
    inputs: dict[str, Any], live: dict[str, Any], declared: Properties, initial_api_version: str, field_manager: str
) -> Properties:
    """The outputs.

    Args:
        inputs: revealed.
        live: the object, with `managedFields`, status and all defaults.
        declared: the inputs as the program gave them; what is secret there is secret in the outputs.
        initial_api_version: of the version that the object was made with.
        field_manager: that updates apply under. The creation has another one.
    """
    return {
        **with_secrets(live, declared),
        INPUTS: with_secrets(inputs, declared),
        INITIAL_API_VERSION: initial_api_version,
        FIELD_MANAGER: field_manager,
    }


def parsed(state: Properties) -> tuple[dict[str, Any], dict[str, Any]]:
    """The revealed inputs and the live object of an earlier state."""
    live = reveal(state)
    inputs = live.pop(INPUTS, None) or {}
    return inputs, live


def with_secrets(properties: dict[str, Any], declared: Properties) -> Properties:
    """Properties that are secret where the program's are. A list with a secret in it is secret as a whole, and so is a
    Secret's data, whatever the program says.
    """
    if properties.get("kind") == "Secret":
        return {key: Secret(value) if key in ("data", "stringData") else value for key, value in properties.items()}
    found = dict(properties)
    for key, value in declared.items():
        if key not in found:
            continue
        if isinstance(found[key], dict) and isinstance(value, dict):
            found[key] = with_secrets(found[key], value)
        elif _has_secret(value):
            found[key] = Secret(found[key])
    return found


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_secret(item) for item in value)
    return isinstance(value, Secret)
