"""Reading the stack's configuration, once.

`load()` turns `Pulumi.<stack>.yaml` into the models of `models/`, or refuses it with every problem, each with its key and
what is expected there. Nothing else reads `pulumi.Config`.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env
from pydantic import ValidationError

from components.config.contradictions.everything import contradictions
from components.config.defaults import with_defaults
from components.config.keys import ACCEPTED_DRIFT, GATEWAYS, PROJECT, PROTECT, SILENCE
from components.config.models.stack import StackSettings
from components.config.nulls import needless_nulls
from components.config.problems import in_words, written
from components.config.well_formed import Place, WellFormed
from components.ending import Refusal

# What the program uses of other packages' namespaces. A provider is signed in by its environment (ARM_*), never by
# the stack's file: a further key there would have no effect.
_PROVIDER_KEYS = {"azure-native:tenantId", "azure-native:subscriptionId", "azure-native:environment"}
_PROVIDER_NAMESPACES = ("azure-native", "azuread", "kubernetes", "random")

_LISTS = (ACCEPTED_DRIFT, GATEWAYS, PROTECT, SILENCE)


def load() -> StackSettings:
    """Read the stack's configuration.

    Raises:
        Refusal: with all problems at once, each with its key and what is expected.
    """
    values, problems = _read({**get_config_env(), **CONFIG.get()})
    nulls = list(needless_nulls(StackSettings, values))
    values, derived = with_defaults(values)
    settings: StackSettings | None = None
    malformed: set[Place] = set()
    try:
        settings = StackSettings.model_validate(values)
    except ValidationError as error:
        for details in error.errors():
            malformed.add(details["loc"])
            # Of a default that follows from a malformed value, that value is told.
            if not any(details["loc"][: len(place)] == place for place in derived):
                problems.append(in_words(cast(Mapping[str, Any], details)))
    problems += [f"{written(place)}: {message}" for place, message in nulls]
    problems += contradictions(WellFormed(values, malformed), derived)
    if settings is None or problems:
        stack = pulumi.get_stack()
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise Refusal(f"The configuration of stack '{stack}' (Pulumi.{stack}.yaml) has problems:\n{lines}")
    return settings


def _read(config: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values of the keys that the program knows, parsed, and a problem for each that it does not."""
    known = {cast(str, field.alias) for field in StackSettings.model_fields.values()}
    encrypted = get_config_secret_keys_env()
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, text in sorted(config.items()):
        if key in _PROVIDER_KEYS:
            values[key] = text
        elif key in known and key in encrypted:
            # What is in it reaches the state in clear, variables of the container for example.
            problems.append(
                f"{key}: holds an encrypted value, which the program would write to the state in clear: put it in a Kubernetes "
                "Secret, and name that in `container.env`"
            )
        elif key in known:
            try:
                values[key] = json.loads(text)
            except ValueError:
                problems.append(f"{key}: expected {'a list' if key in _LISTS else 'a mapping'}, not a text")
        elif key.startswith((f"{PROJECT}:", *(f"{name}:" for name in _PROVIDER_NAMESPACES))):
            problems.append(f"{key}: unknown key; known are {', '.join(sorted(known))}")
    return values, problems
