"""What an update would run into in Azure and in the cluster, as far as the sign-in may read it: Pulumi's preview asks nobody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..cluster.server_version import depends_on_the_version, unfit
from ..engine.steps import Step
from ..errors import ForbiddenError, OpsError
from .locks import deleted_in, locked
from .namespaces import created_in, is_absent
from .role_names import named_anew, taken_names

if TYPE_CHECKING:
    from ..azure.sign_in import Azure
    from ..cluster.connection import Cluster

_PROVIDERS = "pulumi:providers:"
_WRITING = ("create", "update", "replace", "create-replacement")
_Connection = TypeVar("_Connection")


@dataclass
class Foreseen:
    """What is foreseen, in sentences."""

    failures: list[str] = field(default_factory=list[str])
    """Why the update would fail."""
    warnings: list[str] = field(default_factory=list[str])
    """Why it may fail, and what could not be read."""
    said: list[str] = field(default_factory=list[str])
    """What the program and the providers warn of."""


def foresee(steps: list[Step]) -> Foreseen:
    """Look up what a preview's changes would run into."""
    foreseen = Foreseen()
    providers = {step.name: step.new or step.old for step in steps if step.type.startswith(_PROVIDERS)}
    azure, cluster = _once(_signed_in, providers), _once(_connected, providers)
    for step in named_anew(steps):
        try:
            foreseen.failures += taken_names(step, steps, azure(step.provider))
        except OpsError as error:
            foreseen.warnings.append(f"Whether the name '{step.new['roleName']}' is taken can't be checked. {error}")
    for (provider, namespace), step in created_in(steps).items():
        try:
            if is_absent(namespace, step, cluster(provider)):
                foreseen.failures.append(f"The update would fail: namespace '{namespace}' does not exist.")
        except ForbiddenError as error:
            foreseen.warnings.append(f"Namespace '{namespace}' does not exist, or you have no rights in it. {error}")
        except OpsError as error:
            foreseen.warnings.append(f"Whether namespace '{namespace}' exists can't be checked. {error}")
    for provider, objects in _written_by(steps).items():
        try:
            too_new = unfit(objects, cluster(provider).server_version())
            foreseen.warnings += [f"{each.found} {each.instead}" for each in too_new]
        except OpsError as error:
            foreseen.warnings.append(f"Whether the cluster is new enough can't be checked. {error}")
    for subscription, deleted in deleted_in(steps).items():
        try:
            foreseen.warnings += locked(subscription, deleted, azure(deleted[0].provider))
        except OpsError as error:
            names = ", ".join(dict.fromkeys(step.name for step in deleted))
            foreseen.warnings.append(f"Whether a lock forbids the deletion of {names} can't be checked. {error}")
    return foreseen


def _written_by(steps: list[Step]) -> dict[str, list[dict[str, Any]]]:
    """The objects that an update writes and that not every cluster takes, by the name of their provider."""
    written: dict[str, dict[str, dict[str, Any]]] = {}
    for step in steps:
        if step.operation in _WRITING and step.type.startswith("kubernetes:"):
            written.setdefault(step.provider, {})[step.urn] = step.new
    found = {provider: list(objects.values()) for provider, objects in written.items()}
    return {provider: objects for provider, objects in found.items() if depends_on_the_version(objects)}


def _once(connect: Callable[[Any], _Connection], providers: dict[str, dict[str, Any]]) -> Callable[[str], _Connection]:
    """A connection for each provider by its name, made when it is first needed."""
    made: dict[str, _Connection] = {}

    def connected(provider: str) -> _Connection:
        if provider not in made:
            made[provider] = connect(providers.get(provider) or {})
        return made[provider]

    return connected


# Most previews need neither, and the clients take a second to import.
def _signed_in(provider: dict[str, Any]) -> "Azure":
    from ..azure.sign_in import Azure

    return Azure(provider)


def _connected(provider: dict[str, Any]) -> "Cluster":
    from ..cluster.connection import Cluster

    return Cluster(provider)
