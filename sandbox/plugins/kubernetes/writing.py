"""What is sent to the API server to create and to update an object."""

import time
from dataclasses import dataclass, replace
from typing import Any

from ...waits import between_tries
from ..engine.provider import ProviderError, Request
from . import ignored_changes
from .connection import Connection, StatusError
from .field_managers import CREATOR, must_force, take_over
from .kinds import Kind

_RETRIES = 5
_FIRST_DELAY_SECONDS = 1.0
_CONFLICTS = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources"
)
_ALREADY_EXISTS = """The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use `pulumi import`. Note that
    protected resources (e.g. kube-system) cannot be deleted on destroy.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create."""


@dataclass(frozen=True)
class Target:
    """One object and who applies it."""

    connection: Connection
    kind: Kind
    body: dict[str, Any]
    manager: str

    @property
    def collection(self) -> str:
        """Its path on the API server."""
        return self.kind.path(self.body["metadata"].get("namespace", ""))

    @property
    def path(self) -> str:
        """The object's path on the API server."""
        return f"{self.collection}/{self.body['metadata']['name']}"


@dataclass(frozen=True)
class Written:
    """An update that was sent."""

    target: Target
    """What was sent: without what belongs to others, see `ignored_changes`."""
    live: dict[str, Any]


def create(target: Target, upsert: bool, patch_force: bool, request: Request) -> dict[str, Any]:  # noqa: FBT001
    """A plain POST; with `upsert` an apply. What is not found yet, such as its namespace, is waited for a minute.

    Raises:
        StatusError: the API server refuses.
        NoAnswerError: nobody answers.
    """
    delay = _FIRST_DELAY_SECONDS
    number = 0
    while True:
        try:
            return _create(target, upsert, patch_force, request)
        except StatusError as error:
            if request.preview and _is_without_namespace(error):
                raise
            request.log(f"Retry #{number}; creation failed: {error.message}")
            if error.reason != "NotFound":
                raise
            # Also after the last try.
            time.sleep(between_tries(delay))
            if number == _RETRIES:
                raise
        number += 1
        delay *= 2


def _create(target: Target, upsert: bool, patch_force: bool, request: Request) -> dict[str, Any]:  # noqa: FBT001
    dry_run = {"dryRun": "All"} if request.preview else {}
    if not upsert:
        return target.connection.request("POST", target.collection, target.body, fieldManager=CREATOR, **dry_run)
    # A preview forces where nothing is known of what is there.
    force = must_force(target.body, None, enabled=patch_force, preview=request.preview)
    return _apply(target, force, fieldValidation="Warn", **dry_run)


def update(target: Target, name: str, patch_force: bool, request: Request) -> Written:  # noqa: FBT001
    """An apply. Before it, what the creator and kubectl own is taken over; a preview does not, and forces instead.

    Raises:
        StatusError: the object is not there, or the API server refuses.
        NoAnswerError: nobody answers.
    """
    path = f"{target.collection}/{name}"
    live = target.connection.request("GET", path)
    if not request.preview:
        live = take_over(target.connection, path, live, target.manager)
    target = replace(target, body=ignored_changes.leave(target.body, live, request.ignore_changes, target.manager))
    force = must_force(target.body, live, enabled=patch_force, preview=request.preview)
    return Written(target, _apply(target, force, **({"dryRun": "All"} if request.preview else {})))


def is_left_to_the_update(refusal: StatusError) -> bool:
    """Whether a refused dry run of a creation says nothing of the update.

    What is replaced is still there, a namespace can be made by the same update, and a reader may not ask.
    """
    return refusal.reason in ("AlreadyExists", "Forbidden") or _is_without_namespace(refusal)


def _is_without_namespace(refusal: StatusError) -> bool:
    return refusal.reason == "NotFound" and refusal.details.get("kind") == "namespaces"


def explained(error: ProviderError, manager: str) -> str:
    """An error's message with the help that the released plugin adds."""
    if not isinstance(error, StatusError):
        return str(error)
    if error.reason == "AlreadyExists":
        return f"{error.message}\n\n{_ALREADY_EXISTS}"
    if error.reason != "Conflict":
        return error.message
    return (
        f"server-side apply field conflict detected, see {_CONFLICTS} for troubleshooting help\n"
        f'The resource managed by field manager "{manager}" had an apply conflict: {error.message}'
    )


def _apply(target: Target, force: bool, **query: str) -> dict[str, Any]:  # noqa: FBT001
    return target.connection.request(
        "PATCH",
        target.path,
        target.body,
        content_type="application/apply-patch+yaml",
        fieldManager=target.manager,
        force="true" if force else "false",
        **query,
    )
