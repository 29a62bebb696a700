"""Objects of the API server, by the released plugin's rules: created once, then applied, and read back as declared."""

import secrets
from typing import Any

from ..engine.differences import Difference, changes, replaced_by
from ..engine.provider import Existing, IncompleteError, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, Secret, Unknown, conceal_like, has_unknown, reveal
from .connection import Connection, StatusError, UnreachableError
from .field_managers import take_over, takes_over
from .kinds import SCHEMA, Kind
from .live import importable, prune, state_of
from .readiness import reasons_against, wait_until_gone, wait_until_ready

AUTONAMED = "pulumi.com/autonamed"
PATCH_FORCE = "pulumi.com/patchForce"


class Settings:
    """The provider's settings that objects depend on."""

    def __init__(self, inputs: Properties) -> None:
        self.namespace = str(inputs.get("namespace") or "default")
        self.mutable = {name: _is_true(inputs.get(name)) for name in ("enableConfigMapMutable", "enableSecretMutable")}
        self.patch_force = _is_true(inputs.get("enablePatchForce"))
        self.upsert = _is_true(inputs.get("upsertExistingObjects"))
        self.delete_unreachable = _is_true(inputs.get("deleteUnreachable"))


class KubernetesObject(Resource):
    """One kind of object."""

    def __init__(self, kind: Kind, connection: Connection | UnreachableError, settings: Settings) -> None:
        self._kind = kind
        self._connection = connection
        self._settings = settings

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:
        inputs = {key: value for key, value in inputs.items() if not key.startswith("__")}
        metadata = dict(reveal(inputs.get("metadata")) or {})
        found = list(SCHEMA.failures(self._kind.arguments, inputs))
        if metadata.get("name") is None:
            metadata |= self._automatic_name(metadata, old, request)
        if self._kind.namespaced and metadata.get("namespace") is None:
            metadata["namespace"] = self._settings.namespace
        return {**inputs, "metadata": metadata}, found

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        before = {key: value for key, value in old.inputs.items() if not key.startswith("__")}
        changed = changes(before, inputs)
        replaced = replaced_by(changed, "metadata.name", "metadata.namespace", "kind", *self._frozen(before))
        old_metadata, metadata = reveal(old.inputs)["metadata"], reveal(inputs)["metadata"]
        autonamed = (metadata.get("annotations") or {}).get(AUTONAMED) == "true"
        same = all(old_metadata.get(key) == metadata.get(key) for key in ("name", "namespace"))
        return Difference(changed, replaced, delete_before_replace=same and not autonamed)

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        field_manager = f"pulumi-kubernetes-{secrets.token_hex(4)}"
        if request.preview:
            return "", self._preview_creation(inputs, field_manager)
        connection = self._connected()
        body = self._body(inputs)
        namespace, name = body["metadata"].get("namespace", ""), body["metadata"]["name"]
        path = self._kind.path(namespace)
        try:
            live = connection.request("POST", path, body, fieldManager=field_manager)
        except StatusError as error:
            if error.reason == "AlreadyExists" and self._settings.upsert:
                live = self._apply(connection, f"{path}/{name}", body, field_manager)
            else:
                raise self._not_created(namespace, name, error) from None
        return self._id(live), self._await(connection, live, inputs, field_manager, request)

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        if isinstance(self._connection, UnreachableError):
            if self._settings.delete_unreachable:
                return None
            raise ProviderError(
                "failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this "
                "resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment "
                f'variable set to "true": {self._connection}'
            )
        namespace, name = self._name_of(existing.id)
        live = self._connection.find(f"{self._kind.path(namespace)}/{name}")
        if live is None:
            return None
        field_manager = reveal(existing.state.get("__fieldManager")) or f"pulumi-kubernetes-{secrets.token_hex(4)}"
        live = {"apiVersion": self._kind.api_version, "kind": self._kind.kind, **live}
        declared = {key: value for key, value in reveal(existing.inputs).items() if not key.startswith("__")}
        inputs = prune(live, declared) if declared else importable(live)
        state = state_of(live, field_manager)
        found = Existing(self._id(live), self._conceal(inputs, existing.inputs), self._conceal(state, existing.inputs))
        if declared and (reasons := reasons_against(self._connection, self._kind, live)):
            # The engine takes it in, and warns of it.
            raise IncompleteError(found.id, found.state, found.inputs, reasons)
        return found

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        field_manager = reveal(old.state["__fieldManager"])
        if request.preview:
            return self._preview_update(old, inputs, field_manager)
        connection = self._connected()
        body = self._body(inputs)
        path = f"{self._kind.path(body['metadata'].get('namespace', ''))}/{body['metadata']['name']}"
        try:
            take_over(connection, path, field_manager)
            live = self._apply(connection, path, body, field_manager)
        except StatusError as error:
            raise self._not_updated(connection, path, inputs, error, field_manager) from None
        return self._await(connection, live, inputs, field_manager, request)

    def delete(self, old: Existing, request: Request) -> None:
        if isinstance(self._connection, UnreachableError) and self._settings.delete_unreachable:
            return
        connection = self._connected()
        namespace, name = self._name_of(old.id)
        path = f"{self._kind.path(namespace)}/{name}"
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
        try:
            connection.request("DELETE", path, options)
        except StatusError as error:
            if error.status == 404:
                return
            raise ProviderError(f'resource "{namespace}/{name}" was not deleted: {error.message}') from None
        if not wait_until_gone(connection, path, namespace, request):
            raise ProviderError(f"'{namespace}/{name}' timed out waiting to be deleted")

    def _preview_creation(self, inputs: Properties, field_manager: str) -> Properties:
        """What a dry run on the API server says; the inputs alone where that needs what only the update brings."""
        declared = {**inputs, "status": UNKNOWN, "__fieldManager": field_manager}
        if has_unknown(inputs) or isinstance(self._connection, UnreachableError):
            return declared
        body = self._body(inputs)
        namespace, name = body["metadata"].get("namespace", ""), body["metadata"]["name"]
        path = self._kind.path(namespace)
        try:
            live = self._connection.request("POST", path, body, fieldManager=field_manager, dryRun="All")
        except StatusError as error:
            # A replaced object is still there, a namespace can be made by the same update, and a reader may not ask.
            if error.reason in ("AlreadyExists", "Forbidden") or error.details.get("kind") == "namespaces":
                return declared
            raise self._not_created(namespace, name, error) from None
        return {**self._conceal(state_of(live, field_manager), inputs), "status": UNKNOWN}

    def _preview_update(self, old: Existing, inputs: Properties, field_manager: str) -> Properties:
        """As of a creation. It takes nothing over before, and overrides the managers that the update would take over."""
        declared = {**old.state, **inputs, "__fieldManager": field_manager}
        if has_unknown(inputs) or isinstance(self._connection, UnreachableError):
            return declared
        body = self._body(inputs)
        path = f"{self._kind.path(body['metadata'].get('namespace', ''))}/{body['metadata']['name']}"
        try:
            force = takes_over(self._connection.request("GET", path), field_manager)
            live = self._apply(self._connection, path, body, field_manager, force=force, dryRun="All")
        except StatusError as error:
            if error.reason == "Forbidden":
                return declared
            raise self._not_updated(self._connection, path, inputs, error, field_manager) from None
        return self._conceal(state_of(live, field_manager), inputs)

    def _automatic_name(self, metadata: dict[str, Any], old: Properties, request: Request) -> dict[str, Any]:
        old_metadata = reveal(old.get("metadata")) or {}
        if (old_metadata.get("annotations") or {}).get(AUTONAMED) == "true":
            name = old_metadata["name"]
        else:
            name = f"{request.name}-{secrets.token_hex(4)}"
        return {"name": name, "annotations": {**(metadata.get("annotations") or {}), AUTONAMED: "true"}}

    def _frozen(self, before: Properties) -> tuple[str, ...]:
        if not self._settings.mutable.get(self._kind.mutable_setting):
            return self._kind.replaced_by
        if reveal(before.get("immutable")) is True:
            return self._kind.replaced_by
        return tuple(path for path in self._kind.replaced_by if path == "type")

    def _connected(self) -> Connection:
        if isinstance(self._connection, UnreachableError):
            raise self._connection
        return self._connection

    def _body(self, inputs: Properties) -> dict[str, Any]:
        if has_unknown(inputs):
            raise ProviderError(f"{self._kind.kind} has inputs that are not known")
        body = _without_nulls(reveal(inputs))
        return {"apiVersion": self._kind.api_version, "kind": self._kind.kind, **body}

    def _apply(
        self,
        connection: Connection,
        path: str,
        body: dict[str, Any],
        field_manager: str,
        *,
        force: bool = False,
        **query: str,
    ) -> dict[str, Any]:
        annotations = body["metadata"].get("annotations") or {}
        force = force or self._settings.patch_force or annotations.get(PATCH_FORCE) == "true"
        return connection.request(
            "PATCH",
            path,
            body,
            content_type="application/apply-patch+yaml",
            fieldManager=field_manager,
            force="true" if force else "false",
            **query,
        )

    def _await(
        self,
        connection: Connection,
        live: dict[str, Any],
        inputs: Properties,
        field_manager: str,
        request: Request,
    ) -> Properties:
        live = {"apiVersion": self._kind.api_version, "kind": self._kind.kind, **live}
        live, reasons = wait_until_ready(connection, self._kind, live, request)
        live = {"apiVersion": self._kind.api_version, "kind": self._kind.kind, **live}
        state = self._conceal(state_of(live, field_manager), inputs)
        if reasons:
            what = f'"{live["metadata"].get("namespace", "")}/{live["metadata"]["name"]}"'
            first = f"the Kubernetes API server reported that {what} failed to fully initialize or become live: {reasons[0]}"
            raise IncompleteError(self._id(live), state, inputs, [first, *reasons[1:]])
        return state

    def _conceal(self, properties: Properties, model: Properties) -> Properties:
        """Secret where the program's inputs are; a Secret's data always."""
        concealed = conceal_like(properties, model)
        if self._kind.kind == "Secret":
            for key in ("data", "stringData"):
                if isinstance(concealed.get(key), dict):
                    concealed[key] = conceal_like(concealed[key], dict.fromkeys(concealed[key], Secret(None)))
        return concealed

    def _not_created(self, namespace: str, name: str, error: StatusError) -> ProviderError:
        what = f"{namespace}/{name}" if namespace else name
        return ProviderError(
            f'resource "{what}" was not successfully created by the Kubernetes API server: {error.message}'
        )

    def _not_updated(
        self, connection: Connection, path: str, inputs: Properties, error: StatusError, field_manager: str
    ) -> ProviderError:
        """A refused update of what is there: the released plugin hands it to the state with the new inputs and this error."""
        reason = error.message
        if error.reason == "Conflict":
            reason = (
                f'The resource managed by field manager "{field_manager}" had an apply conflict: {reason}. Set '
                f"{PATCH_FORCE} on it, or enablePatchForce on its provider, to take the fields back."
            )
        live = connection.find(path)
        if live is None:
            return ProviderError(f'update of resource "{reveal(inputs)["metadata"]["name"]}" failed: {reason}')
        text = f'the Kubernetes API server reported that "{self._id(live)}" failed to fully initialize or become live: {reason}'
        state = self._conceal(state_of(live, field_manager), inputs)
        return IncompleteError(self._id(live), state, inputs, [text])

    def _id(self, live: dict[str, Any]) -> str:
        metadata = live["metadata"]
        return f"{metadata['namespace']}/{metadata['name']}" if self._kind.namespaced else metadata["name"]

    def _name_of(self, id_: str) -> tuple[str, str]:
        namespace, _, name = id_.rpartition("/")
        return namespace or (self._settings.namespace if self._kind.namespaced else ""), name


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _is_true(value: Any) -> bool:
    return not isinstance(value, Unknown) and str(value).lower() == "true"
