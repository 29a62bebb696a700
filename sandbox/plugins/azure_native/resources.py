"""Resources by description: path, api-version, which inputs are in the path and which in the body.

Rules of the released plugin: every parameter of a PUT's path forces a replacement; a create first looks whether the
resource is there; names that nobody gave are chosen (a GUID for roles, the logical name for gateways); what was written is
read again, and the state has what that says.
"""

import re
from typing import Any
from urllib.parse import quote

import httpx

from ..engine.differences import Change, Difference, Kind, changes, replaced_by
from ..engine.provider import Existing, IncompleteError, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, Secret, conceal_like, has_unknown, reveal
from .arm import Arm, ArmError
from .descriptions import SCHEMA, Description

# An input of the plugin's own: the name was chosen at random, so a replacement can be there before the old one goes.
_BEFORE_DELETION = "__createBeforeDelete"
_VERSION = "azureApiVersion"
# What an update does not change: a preview knows it already.
_STABLE = ("name", "location")


class ArmResource(Resource):
    """A resource that ARM keeps."""

    def __init__(self, description: Description, arm: Arm, subscription_id: str) -> None:
        self._description = description
        self._arm = arm
        self._subscription_id = subscription_id

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:
        description = self._description
        given = {**description.defaults, **inputs}
        if given.get(description.name_input) is None:
            given |= self._chosen_name(old, request)
        filled = _without_own(given)
        found = list(SCHEMA.failures(description.arguments, filled))
        played = {*description.path_inputs(), *description.properties, *description.body}
        found += [
            Failure(input_, f"{input_} is not part of the stand-in for azure-native")
            for input_ in filled
            if input_ not in played and not any(failure.property == input_ for failure in found)
        ]
        found += [Failure("", reason) for path, limit in description.limits.items() for reason in limit(path, filled)]
        return {**given, _VERSION: description.api_version_name}, found

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        before = dict(old.inputs)
        if _VERSION not in before and _VERSION in old.state:
            before[_VERSION] = old.state[_VERSION]
        changed = [
            change
            for change in changes(_without_own(before), _without_own(inputs))
            if not _worded_differently(change, before, inputs)
        ]
        replaced = replaced_by(changed, *self._description.path_inputs(), *self._description.replaced_by)
        # What is declared now and was so before, undeclared, replaces nothing.
        replaced -= {
            change.path
            for change in changed
            if change.kind is Kind.ADD and change.path in old.state and old.state[change.path] == inputs[change.path]
        }
        before_deletion = reveal(before.get(_BEFORE_DELETION))
        return Difference(changed, replaced, delete_before_replace=before_deletion is not True)

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        if request.preview:
            return "", self._foreseen(inputs)
        id_ = self._id(reveal(inputs))
        self._check_absent(id_)
        answer = self._put(id_, inputs)
        # HEAD has no body: then the id is the one that was put.
        id_ = answer.get("id") or id_
        return id_, self._read_after(request, "Create", id_, answer, inputs)

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        response = self._ask(existing.id)
        if response.status_code == 404:
            return None
        if not self._found(response):
            raise ArmError(response)
        if self._description.read_with_head:
            return Existing(existing.id, existing.inputs or self._path_values(existing.id), existing.state)
        answer = response.json()
        state = self._state(answer, existing.inputs)
        return Existing(existing.id, self._live_inputs(existing, state), state)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        if request.preview:
            return {**self._foreseen(inputs), **{key: old.state[key] for key in _STABLE if key in old.state}}
        id_ = self._id(reveal(inputs))
        return self._read_after(request, "Update", id_, self._put(id_, inputs), inputs)

    def delete(self, old: Existing, request: Request) -> None:  # noqa: ARG002
        description = self._description
        if description.undeletable:
            raise ProviderError(f"cannot delete resource '{old.id}': {description.undeletable}")
        if description.singleton:
            response = self._arm.send("PUT", old.id, description.api_version, {"properties": {}})
        else:
            response = self._arm.send("DELETE", old.id, description.api_version)
        if response.status_code == 202 and description.waits_for_deletion:
            response = self._arm.finish(response)
        if response.status_code not in (200, 202, 204, 404):
            raise ArmError(response)

    def _chosen_name(self, old: Properties, request: Request) -> Properties:
        """The name that nobody gave, and whether it was chosen at random: chosen once, both are kept."""
        name = self._description.name_input
        if old.get(name) is not None:
            return {key: old[key] for key in (name, _BEFORE_DELETION) if key in old}
        chosen = {name: self._description.automatic_name(request)}
        return {**chosen, _BEFORE_DELETION: True} if self._description.named_at_random() else chosen

    def _ask(self, id_: str) -> httpx.Response:
        method = "HEAD" if self._description.read_with_head else "GET"
        return self._arm.send(method, id_, self._description.api_version)

    def _found(self, response: httpx.Response) -> bool:
        return response.status_code == 200 or (response.status_code == 204 and self._description.read_with_head)

    def _check_absent(self, id_: str) -> None:
        response = self._ask(id_)
        if response.status_code == 404 or (response.status_code == 200 and self._description.singleton):
            return
        # On a HEAD, the plugin takes 204 for "there" and an empty 200 for "not there".
        if (response.status_code == 200 and response.content.strip()) or (
            response.status_code == 204 and self._description.read_with_head
        ):
            raise ProviderError(f"cannot create already existing resource '{id_}'")
        if response.status_code not in (200, 204):
            raise ProviderError(
                f"cannot check existence of resource '{id_}': status code {response.status_code}, {response.text}"
            )

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
            response = self._finished(id_, response, inputs)
        if response.status_code not in (200, 201):
            raise ArmError(response)
        return response.json()

    def _finished(self, id_: str, accepted: httpx.Response, inputs: Properties) -> httpx.Response:
        """The answer in the end; what ARM has accepted is in the state whatever becomes of it."""
        try:
            response = self._arm.finish(accepted)
            if response.status_code in (200, 201):
                return response
            raise ArmError(response)
        except ProviderError as failed:
            reason, state = str(failed), Properties()
            try:
                state = self._state(self._arm.get(id_, self._description.api_version), inputs)
            except ProviderError as unread:
                reason = f"resource created but read failed {unread}: {failed}"
            raise IncompleteError(id_, state, inputs, [reason]) from None

    def _read_after(
        self, request: Request, what: str, id_: str, answer: dict[str, Any], inputs: Properties
    ) -> Properties:
        """The state after a write: what a read says, which for a HEAD is nothing."""
        try:
            response = self._ask(id_)
            if not self._found(response):
                raise ArmError(response)
        except ProviderError:
            request.warn(
                f"Failed to read resource after {what}. Please report this issue.\nVerbose logs contain more information, "
                "see https://www.pulumi.com/docs/support/troubleshooting/#verbose-logging."
            )
            return self._state(answer, inputs)
        if self._description.read_with_head:
            return {_VERSION: self._description.api_version_name}
        return self._state(response.json(), inputs)

    def _foreseen(self, inputs: Properties) -> Properties:
        """What a preview knows of the outputs: the inputs among them."""
        description = self._description
        names = (*description.properties, *description.outputs, *description.body_outputs, "name", "type")
        return {name: inputs.get(name, UNKNOWN) for name in names}

    def _state(self, answer: dict[str, Any], inputs: Properties) -> Properties:
        """What the state keeps of an answer: inputs by the plugin's names, secret where the inputs are."""
        properties = answer.get("properties") or {}
        state = {input_: properties.get(name) for input_, name in self._description.properties.items()}
        state |= {name: properties[name] for name in self._description.outputs if name in properties}
        state |= {name: answer.get(name) for name in ("name", "type", *self._description.body_outputs)}
        state[_VERSION] = self._description.api_version_name
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

        def filled(part: re.Match[str]) -> str:
            value = str(values[part[1]])
            # A scope is a path of its own; all else is one segment.
            return value.strip("/") if part[1] == "scope" else quote(value, safe="$&+:=@")

        return re.sub(r"\{(\w+)\}", filled, self._description.path)


def _without_own(inputs: Properties) -> Properties:
    """Inputs without those that are the plugin's own."""
    return {name: value for name, value in inputs.items() if not name.startswith("__")}


def _worded_differently(change: Change, before: Properties, now: Properties) -> bool:
    """Whether ARM takes both values for the same: a resource group in other letters, a location with other spaces."""
    old, new = reveal(before.get(change.path)), reveal(now.get(change.path))
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    match change.path:
        case "resourceGroupName":
            return old.lower() == new.lower()
        case "location":
            return old.replace(" ", "").lower() == new.replace(" ", "").lower()
        case _:
            return False


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
