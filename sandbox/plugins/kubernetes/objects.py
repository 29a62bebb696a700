"""Objects of the API server, by the released plugin's rules: created once, then applied, and read back as declared."""

import secrets
from dataclasses import dataclass
from typing import Any

from ..engine.differences import Difference, Kind
from ..engine.provider import Existing, IncompleteError, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import Properties, Unknown, has_unknown, reveal
from . import detailed_diff, writing
from .checkpoint import INITIAL_API_VERSION, checkpoint, parsed, with_secrets
from .connection import Connection, NoAnswerError, StatusError
from .field_managers import annotations, field_manager
from .informers import Informers
from .kinds import SCHEMA
from .kinds import Kind as ObjectKind
from .normalization import normalized
from .property_paths import contains, parse, text_of
from .pruning import importable, prune
from .readiness import NotReadyError, check_ready, wait_until_gone, wait_until_ready

AUTONAMED = "pulumi.com/autonamed"
_WAIT_FOR = "pulumi.com/waitFor"
_PROPAGATION = "pulumi.com/deletionPropagationPolicy"
_POLICIES = {"orphan": "Orphan", "background": "Background"}
_REMOVED_FROM_STATE = (
    "remove this resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE "
    'environment variable set to "true"'
)


@dataclass(frozen=True)
class Settings:
    """The provider's settings that objects depend on."""

    namespace: str = "default"
    mutable: frozenset[str] = frozenset()
    patch_force: bool = False
    upsert: bool = False
    delete_unreachable: bool = False


class Cluster:
    """A cluster that answers."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.informers = Informers(connection)


class KubernetesObject(Resource):
    """One kind of object."""

    def __init__(self, kind: ObjectKind, cluster: Cluster | str, settings: Settings) -> None:
        """Args:
        cluster: or why it can't be reached.
        """
        self._kind = kind
        self._cluster = cluster
        self._settings = settings

    # Without the cluster.

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:
        declared = {key: value for key, value in inputs.items() if not key.startswith("__")}
        found = list(SCHEMA.failures(self._kind.arguments, declared))
        plain = self._normalized(reveal(declared))
        if _WAIT_FOR in annotations(plain):
            found.append(Failure("metadata.annotations", f"{_WAIT_FOR} is not part of the stand-in"))
        metadata = plain.setdefault("metadata", {})
        if isinstance(metadata, dict):
            if metadata.get("name") is None:
                metadata |= self._automatic_name(metadata, old, request)
            if self._kind.namespaced and metadata.get("namespace") is None:
                metadata["namespace"] = self._settings.namespace
        return with_secrets(plain, declared), found

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:
        before, live = parsed(old.state)
        new = self._identified(self._normalized(reveal(inputs)))
        pruned = self._identified(prune(live, self._normalized(before)))
        pruned["metadata"].pop("resourceVersion", None)
        if new["metadata"].get("name"):
            pruned["metadata"]["name"] = live["metadata"]["name"]
        changed, replaced = detailed_diff.changes(pruned, new, self._replaced_by(new))
        ignored = self._ignored([change.path for change in changed], request.ignore_changes)
        changed = [change for change in changed if change.path not in ignored]
        replaced -= ignored
        replaced |= {each.path for each in changed if each.path == "metadata" and each.kind is Kind.DELETE}
        same = all(live["metadata"].get(key) == new["metadata"].get(key) for key in ("name", "namespace"))
        autonamed = annotations(new).get(AUTONAMED) == "true"
        named = new["metadata"].get("name") is not None
        return Difference(
            changed, replaced, delete_before_replace=named and same and not autonamed, names_properties=False
        )

    # With it.

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        if not request.preview and isinstance(self._cluster, str):
            raise ProviderError(f"configured Kubernetes cluster is unreachable: {self._cluster}")
        if isinstance(self._cluster, str) or (request.preview and has_unknown(inputs)):
            return "", inputs
        body = self._body(inputs)
        manager = field_manager({}, body)
        target = writing.Target(self._cluster.connection, self._kind, body, manager)
        try:
            live = writing.create(target, self._settings.upsert, self._settings.patch_force, request)
        except StatusError as error:
            if request.preview and writing.is_left_to_the_update(error):
                return "", inputs
            raise ProviderError(self._not_created(request, writing.explained(error, manager))) from None
        except NoAnswerError as error:
            raise ProviderError(self._not_created(request, str(error))) from None
        if request.preview:
            live.pop("status", None)
            return "", checkpoint(body, live, inputs, body["apiVersion"], manager)
        try:
            live = self._wait(self._cluster, live, body, request, is_update=False)
        except NotReadyError as error:
            state = checkpoint(body, error.live, inputs, body["apiVersion"], manager)
            first = (
                f'resource "{request.urn}" was successfully created, but the Kubernetes API server reported that it '
                f"failed to fully initialize or become live: {error}"
            )
            raise IncompleteError(self._id(error.live), state, inputs, [first, *error.reasons]) from None
        return self._id(live), checkpoint(body, live, inputs, body["apiVersion"], manager)

    def read(self, existing: Existing, request: Request) -> Existing | None:
        if isinstance(self._cluster, str):
            return self._read_unreachable(self._cluster, request)
        namespace, name = _name_of(existing.id)
        declared = self._normalized(reveal(existing.inputs))
        is_import = not declared.get("kind") and not reveal(existing.state).get("kind")
        if self._kind.namespaced and not namespace:
            namespace = "default" if is_import else declared.get("metadata", {}).get("namespace") or "default"
        live = self._cluster.connection.find(f"{self._kind.path(namespace)}/{name}")
        if live is None:
            return None
        live = self._typed(live)
        error: NotReadyError | None = None
        if not is_import:
            try:
                live = check_ready(self._cluster.connection, self._kind, live, declared, request)
            except NotReadyError as unhealthy:
                live, error = unhealthy.live, unhealthy
        inputs = importable(live, self._kind.inputs) if is_import else prune(live, declared)
        initial = reveal(existing.state.get(INITIAL_API_VERSION)) or live["apiVersion"]
        state = checkpoint(inputs, live, existing.inputs, initial, field_manager(existing.state, declared))
        found = Existing(existing.id, with_secrets(inputs, existing.inputs), state)
        if error is not None:
            # The engine takes it in, and warns of it.
            raise IncompleteError(found.id, found.state, found.inputs, [str(error), *error.reasons])
        return found

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        if not request.preview and isinstance(self._cluster, str):
            raise ProviderError(f"configured Kubernetes cluster is unreachable: {self._cluster}")
        if isinstance(self._cluster, str) or (request.preview and has_unknown(inputs)):
            return inputs
        body = self._body(inputs)
        manager = field_manager(old.state, body)
        target = writing.Target(self._cluster.connection, self._kind, body, manager)
        initial = reveal(old.state.get(INITIAL_API_VERSION)) or body["apiVersion"]
        _, before = parsed(old.state)
        try:
            written = writing.update(target, before["metadata"]["name"], self._settings.patch_force, request)
            target, live = written.target, written.live
            if not request.preview:
                live = self._wait(self._cluster, live, target.body, request, is_update=True)
        except NotReadyError as error:
            raise self._incomplete(target, inputs, initial, str(error), error.reasons, request) from None
        except (StatusError, NoAnswerError) as error:
            if request.preview and isinstance(error, StatusError) and error.reason == "Forbidden":
                return inputs
            raise self._incomplete(target, inputs, initial, writing.explained(error, manager), [], request) from None
        return checkpoint(target.body, live, inputs, initial, manager)

    def delete(self, old: Existing, request: Request) -> None:
        if isinstance(self._cluster, str):
            self._delete_unreachable(self._cluster, request)
            return
        inputs, live = parsed(old.state)
        _, name = _name_of(old.id)
        connection, informers = self._cluster.connection, self._cluster.informers
        path = f"{self._kind.path(live['metadata'].get('namespace', ''))}/{name}"
        policy = _POLICIES.get(annotations(inputs).get(_PROPAGATION, "").lower(), "Foreground")
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy}
        try:
            connection.request("DELETE", path, options)
            wait_until_gone(connection, informers, self._kind, self._typed(live), inputs, request)
        except StatusError as error:
            if error.status != 404:
                raise ProviderError(error.message) from None
        except NotReadyError as error:
            state = checkpoint(inputs, error.live, old.state, live["apiVersion"], field_manager(old.state, inputs))
            raise IncompleteError(self._id(error.live), state, old.inputs, [str(error), *error.reasons]) from None

    def _wait(
        self, cluster: Cluster, live: dict[str, Any], body: dict[str, Any], request: Request, *, is_update: bool
    ) -> dict[str, Any]:
        return wait_until_ready(
            cluster.connection, cluster.informers, self._kind, self._typed(live), body, request, is_update=is_update
        )

    def _read_unreachable(self, reason: str, request: Request) -> None:
        request.warn(f"configured Kubernetes cluster is unreachable: {reason}")
        if not self._settings.delete_unreachable:
            raise ProviderError(
                "failed to read resource state due to unreachable cluster. If the cluster was deleted, you can "
                f"{_REMOVED_FROM_STATE}"
            )
        request.inform(_DELETED_FROM_STATE)

    def _delete_unreachable(self, reason: str, request: Request) -> None:
        request.warn(f"configured Kubernetes cluster is unreachable: {reason}")
        if not self._settings.delete_unreachable:
            raise ProviderError(
                "configured Kubernetes cluster is unreachable. If the cluster was deleted, you can "
                f"{_REMOVED_FROM_STATE}"
            )
        request.inform(_DELETED_FROM_STATE)

    def _incomplete(
        self,
        target: writing.Target,
        inputs: Properties,
        initial_api_version: str,
        error: str,
        reasons: list[str],
        request: Request,
    ) -> ProviderError:
        """A failed update of what is there: the engine puts it into the state with the new inputs and this error."""
        try:
            live = self._typed(target.connection.request("GET", target.path))
        except (StatusError, NoAnswerError) as unreadable:
            return ProviderError(
                f'update of resource "{request.urn}" failed: {error}\nunable to get cluster state: {unreadable}'
            )
        state = checkpoint(target.body, live, inputs, initial_api_version, target.manager)
        first = (
            f'the Kubernetes API server reported that "{self._id(live)}" failed to fully initialize or become live: '
            f"{error}"
        )
        return IncompleteError(self._id(live), state, inputs, [first, *reasons])

    def _normalized(self, inputs: dict[str, Any]) -> dict[str, Any]:
        return normalized(inputs, self._kind.kind)

    def _identified(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """With the type, and the namespace that an object without one is in; none where the type knows none."""
        metadata = dict(inputs.get("metadata") or {})
        if self._kind.namespaced:
            metadata["namespace"] = metadata.get("namespace") or "default"
        else:
            metadata.pop("namespace", None)
        return {**self._typed(inputs), "metadata": metadata}

    def _typed(self, live: dict[str, Any]) -> dict[str, Any]:
        return {"apiVersion": self._kind.api_version, "kind": self._kind.kind, **live}

    def _body(self, inputs: Properties) -> dict[str, Any]:
        if has_unknown(inputs):
            raise ProviderError(f"{self._kind.kind} has inputs that are not known")
        return self._typed(self._normalized(reveal(inputs)))

    def _ignored(self, paths: list[str], ignored: tuple[str, ...]) -> set[str]:
        """The paths below ignored ones, as the engine writes them: one that the plugin writes otherwise is not found."""
        parsed_paths = [parse(path) for path in paths]
        return {text_of(path) for path in parsed_paths if any(contains(parse(each), path) for each in ignored)}

    def _automatic_name(self, metadata: dict[str, Any], old: Properties, request: Request) -> dict[str, Any]:
        old_metadata = reveal(old.get("metadata")) or {}
        if (old_metadata.get("annotations") or {}).get(AUTONAMED) == "true":
            name = old_metadata["name"]
        else:
            name = f"{request.name}-{secrets.token_hex(4)}"
        return {"name": name, "annotations": {**(metadata.get("annotations") or {}), AUTONAMED: "true"}}

    def _replaced_by(self, new: dict[str, Any]) -> tuple[str, ...]:
        always = ("metadata.name", "metadata.namespace", *self._kind.replaced_by)
        immutable = new.get("immutable") is True
        if self._kind.mutable_setting and (immutable or self._kind.mutable_setting not in self._settings.mutable):
            return (*always, *self._kind.replaced_by_unless_mutable)
        return always

    def _not_created(self, request: Request, reason: str) -> str:
        return f'resource "{request.urn}" was not successfully created by the Kubernetes API server: {reason}'

    def _id(self, live: dict[str, Any]) -> str:
        metadata = live["metadata"]
        return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]


_DELETED_FROM_STATE = (
    "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. Deleting the "
    "unreachable resource from Pulumi state"
)


def settings_of(inputs: Properties) -> Settings:
    """The settings in the provider's inputs."""
    return Settings(
        namespace=str(inputs.get("namespace") or "default"),
        mutable=frozenset(
            each for each in ("enableConfigMapMutable", "enableSecretMutable") if _is_true(inputs.get(each))
        ),
        patch_force=_is_true(inputs.get("enablePatchForce")),
        upsert=_is_true(inputs.get("upsertExistingObjects")),
        delete_unreachable=_is_true(inputs.get("deleteUnreachable")),
    )


def _name_of(id_: str) -> tuple[str, str]:
    namespace, _, name = id_.rpartition("/")
    return namespace, name


def _is_true(value: Any) -> bool:
    return not isinstance(value, Unknown) and str(value).lower() == "true"
