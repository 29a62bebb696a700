"""Resources by description: path, api-version, which inputs are in the path and which in the body.

Rules of the released plugin: every parameter of a PUT's path forces a replacement; a create first looks whether the
resource is there; names that nobody gave are chosen (a GUID for roles, the logical name for gateways).
"""

import re
from typing import Any

from ..engine.differences import Difference, changes, replaced_by
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, Secret, conceal_like, has_unknown, reveal
from .arm import Arm, ArmError
from .descriptions import SCHEMA, Description


class ArmResource(Resource):
    """A resource that ARM keeps."""

    def __init__(self, description: Description, arm: Arm, subscription_id: str) -> None:
        self._description = description
        self._arm = arm
        self._subscription_id = subscription_id

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:
        description = self._description
        name = description.name_input
        # A name that was chosen once is kept; the engine sends the last inputs.
        chosen = old.get(name) or description.automatic_name(request)
        filled = {**description.defaults, **inputs}
        if filled.get(name) is None:
            filled[name] = chosen
        found = list(SCHEMA.failures(description.arguments, filled))
        played = {*description.path_inputs(), *description.properties, *description.body}
        found += [
            Failure(input_, f"{input_} is not part of the stand-in for azure-native")
            for input_ in filled
            if input_ not in played and not any(failure.property == input_ for failure in found)
        ]
        return filled, found

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        changed = changes(old.inputs, inputs)
        return Difference(
            changed, replaced_by(changed, *self._description.path_inputs(), *self._description.replaced_by)
        )

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        if request.preview:
            return "", {**inputs, "name": UNKNOWN, "type": UNKNOWN}
        id_ = self._id(reveal(inputs))
        if not self._description.singleton:
            self._check_absent(id_)
        answer = self._put(id_, inputs)
        # HEAD has no body: then the id is the one that was put.
        return answer.get("id") or id_, self._state(answer, inputs)

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        description = self._description
        method = "HEAD" if description.read_with_head else "GET"
        response = self._arm.send(method, existing.id, description.api_version)
        if response.status_code == 404:
            return None
        if response.status_code not in (200, 204):
            raise ArmError(response)
        if description.read_with_head:
            return Existing(existing.id, existing.inputs or self._path_values(existing.id), existing.state)
        answer = response.json()
        state = self._state(answer, existing.inputs)
        return Existing(existing.id, self._live_inputs(existing, state), state)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        if request.preview:
            return {**old.state, **inputs}
        return self._state(self._put(old.id, inputs), inputs)

    def delete(self, old: Existing, request: Request) -> None:  # noqa: ARG002
        description = self._description
        if description.undeletable:
            raise ProviderError(f"cannot delete resource '{old.id}': {description.undeletable}")
        if description.singleton:
            response = self._arm.send("PUT", old.id, description.api_version, {"properties": {}})
        else:
            if_match = "*" if description.delete_if_match else ""
            response = self._arm.send("DELETE", old.id, description.api_version, if_match=if_match)
        if response.status_code == 202:
            response = self._arm.finish(response)
        if response.status_code not in (200, 204, 404):
            raise ArmError(response)

    def _check_absent(self, id_: str) -> None:
        response = self._arm.send(
            "HEAD" if self._description.read_with_head else "GET", id_, self._description.api_version
        )
        # On a HEAD, the plugin takes 204 for "there" and an empty 200 for "not there".
        there = response.status_code == 204 or (response.status_code == 200 and bool(response.content.strip()))
        if there:
            raise ProviderError(f"cannot create already existing resource '{id_}'")
        if response.status_code not in (200, 404):
            raise ProviderError(f"cannot check existence of resource '{id_}': {ArmError(response)}")

    def _put(self, id_: str, inputs: Properties) -> dict[str, Any]:
        if has_unknown(inputs):
            raise ProviderError(f"'{id_}' has inputs that are not known")
        values = reveal(inputs)
        properties = {
            name: values[input_]
            for input_, name in self._description.properties.items()
            if values.get(input_) is not None
        }
        body = {name: values[name] for name in self._description.body if values.get(name) is not None}
        response = self._arm.send("PUT", id_, self._description.api_version, {"properties": properties, **body})
        if response.status_code == 202:
            response = self._arm.finish(response)
        if response.status_code not in (200, 201):
            raise ArmError(response)
        return response.json()

    def _state(self, answer: dict[str, Any], inputs: Properties) -> Properties:
        """What the state keeps of an answer: inputs by the plugin's names, secret where the inputs are."""
        properties = answer.get("properties") or {}
        state = {input_: properties.get(name) for input_, name in self._description.properties.items()}
        state |= {name: properties[name] for name in self._description.outputs if name in properties}
        state |= {name: answer.get(name) for name in ("name", "type", *self._description.body_outputs)}
        state["azureApiVersion"] = self._description.api_version_name
        return conceal_like({key: value for key, value in state.items() if value is not None}, inputs)

    def _live_inputs(self, existing: Existing, state: Properties) -> Properties:
        """The inputs as they would be, had somebody declared what is really there.

        What ARM answers as it did before leaves the input alone: it words some values differently than they were given.
        """
        description = self._description
        live = dict(existing.inputs) or self._path_values(existing.id)
        pairs = {
            name: (existing.state.get(name), state.get(name))
            for name in (*description.properties, *description.body_outputs)
        }
        if "properties" in description.body and "properties" not in description.body_outputs:
            # One input, whose parts the answer has side by side.
            before, now = ({name: known.get(name) for name in description.outputs} for known in (existing.state, state))
            pairs["properties"] = (before, now)
        for name, (before, now) in pairs.items():
            value = _with_changes(live.get(name), before, now)
            if value is None:
                live.pop(name, None)
            else:
                live[name] = value
        return live

    def _path_values(self, id_: str) -> Properties:
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>.+?)", self._description.path)
        match = re.fullmatch(expression, id_, re.IGNORECASE)
        if match is None:
            raise ProviderError(f"'{id_}' is no id of this type of resource: expected {self._description.path}")
        values = {name: value for name, value in match.groupdict().items() if name != "subscriptionId"}
        return {name: f"/{value}" if name == "scope" else value for name, value in values.items()}

    def _id(self, inputs: Properties) -> str:
        values = {**inputs, "subscriptionId": self._subscription_id}
        return re.sub(r"\{(\w+)\}", lambda part: str(values[part[1]]).strip("/"), self._description.path)


def _with_changes(declared: Any, before: Any, now: Any) -> Any:
    """A declared value with the changes between two answers of ARM, leaf by leaf."""
    if _plain(before) == _plain(now):
        return declared
    if isinstance(declared, Secret):
        return Secret(_with_changes(declared.value, reveal(before), reveal(now)))
    if isinstance(declared, dict) and isinstance(before, dict) and isinstance(now, dict):
        names = dict.fromkeys([*declared, *now])
        merged = {name: _with_changes(declared.get(name), before.get(name), now.get(name)) for name in names}
        return {name: value for name, value in merged.items() if value is not None}
    if isinstance(declared, list) and isinstance(before, list) and isinstance(now, list):
        return [
            _with_changes(declared[index], before[index], item) if index < min(len(declared), len(before)) else item
            for index, item in enumerate(now)
        ]
    return now


def _plain(value: Any) -> Any:
    """A value without secrets, empty lists and nulls: ARM adds and leaves those out."""
    value = reveal(value)
    if isinstance(value, dict):
        return {key: plain for key, item in value.items() if (plain := _plain(item)) not in (None, [], {})}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
