"""The Kubernetes cluster."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo
from pydantic import field_validator as check

from components.config.formats.text import NonEmpty
from components.config.models.base import Settings

# Fields of a kubeconfig's user that are credentials: in a stack's file they would be in the repository.
_CREDENTIALS = ("token", "tokenFile", "password", "username", "client-key", "client-key-data")
_CREDENTIALS += ("client-certificate", "client-certificate-data", "auth-provider")


class ClusterSettings(Settings):
    """The Kubernetes cluster: a context of the ambient kubeconfig, or a kubeconfig without credentials."""

    context: NonEmpty | None = Field(
        default=None,
        description="Context of the kubeconfig that KUBECONFIG names. Either this or `kubeconfig`. Where it comes to mean "
        "another cluster, nobody notices: destroy the stack first.",
    )
    kubeconfig: dict[str, Any] | None = Field(
        default=None,
        validate_default=True,
        description="A kubeconfig's content. Its users sign in by an exec plugin: it holds no credentials. Another `server` "
        "is another cluster: every object is made anew there.",
    )

    @check("kubeconfig")
    @classmethod
    def _one_without_credentials(cls, kubeconfig: dict[str, Any] | None, info: ValidationInfo) -> dict[str, Any] | None:
        if (info.data.get("context", "malformed") is None) == (kubeconfig is None):
            raise ValueError("expected either `context` or `kubeconfig`")
        if kubeconfig is not None and _server(kubeconfig) is None:
            raise ValueError(
                "it means no cluster: its `current-context` is one of its `contexts`, and the `cluster` of that one of its "
                "`clusters`, with a `server`"
            )
        for name, user in _users(kubeconfig or {}):
            if held := [key for key in _CREDENTIALS if key in user]:
                raise ValueError(
                    f"it holds credentials of user {name!r} ({', '.join(held)}): "
                    "use an exec plugin such as kubelogin, or `context`"
                )
        return kubeconfig

    @property
    def server(self) -> str | None:
        """Address of the API server that `kubeconfig` means; None where it means none, and with `context`."""
        return _server(self.kubeconfig or {})


def _users(kubeconfig: Mapping[str, Any]) -> list[tuple[object, dict[str, Any]]]:
    try:
        return [(entry["name"], entry.get("user") or {}) for entry in kubeconfig.get("users") or []]
    except (AttributeError, KeyError, TypeError):
        raise ValueError("its `users` are no list of mappings, each with a `name` and a `user`") from None


def _server(kubeconfig: Mapping[str, Any]) -> str | None:
    try:
        contexts = {entry["name"]: entry["context"] for entry in kubeconfig["contexts"]}
        clusters = {entry["name"]: entry["cluster"] for entry in kubeconfig["clusters"]}
        return str(clusters[contexts[kubeconfig["current-context"]]["cluster"]]["server"])
    except (KeyError, TypeError):
        return None
