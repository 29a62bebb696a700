"""All questions about one stack, in the order in which one depends on the other."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..azure.sign_in import Azure
from ..cluster.connection import Cluster
from ..engine.providers import provider_inputs
from ..engine.state import StackResource, export_raw, resources_of, resources_under_way
from ..errors import OpsError
from . import api_management, authorization, configuration, entra, pods
from .gateways import NOT_YET, gateways_of
from .report import Answer, Check, Report


def verify(stack: str) -> Report:
    """Ask everything; nothing is changed anywhere.

    Raises:
        OpsError: there is nothing to ask about.
    """
    state = export_raw(stack)
    left = pending_deletions(resources_of(state))
    return Report(stack, (*_checks(stack, resources_under_way(state)), *left))


def pending_deletions(resources: list[StackResource]) -> Iterator[Check]:
    """What was replaced and could not be deleted: it stands, with the rights that it gives."""
    for resource in resources:
        if resource.goes:
            found = f"it was replaced, and the old one is still to be deleted: {resource.id}"
            next_step = "`pulumi up` tries again; what refuses it, such as a delete lock, has to be lifted first."
            yield Check(resource.name, "pending deletion", Answer.FAILED, found, next_step)


def _checks(stack: str, resources: list[StackResource]) -> Iterator[Check]:
    gateways = gateways_of(stack, resources)
    azure_native = provider_inputs("azure-native", resources) or {}
    environment = str(azure_native.get("environment") or "public")
    azure = Azure(azure_native)
    cluster = _Once(provider_inputs("kubernetes", resources))

    for instance_id in dict.fromkeys(gateway.instance_id for gateway in gateways):
        name = instance_id.rpartition("/")[2]
        if not name:
            found = "the id of the API Management instance is not known yet"
            yield Check(stack, authorization.VALIDATOR_QUESTION, Answer.UNKNOWN, found, NOT_YET)
            continue
        yield _asked(
            name,
            authorization.VALIDATOR_QUESTION,
            lambda id_=instance_id: authorization.check_validator(id_, azure.arm),
        )
    for gateway in gateways:
        questions: dict[str, Callable[[], Check]] = {
            entra.QUESTION: lambda g=gateway: entra.check_token(g, cluster.get(), environment),
            authorization.READER_QUESTION: lambda g=gateway: authorization.check_reader(g, azure.arm),
            api_management.QUESTION: lambda g=gateway: api_management.check_gateway_resource(g, azure.arm),
            pods.QUESTION: lambda g=gateway: pods.check_pods(g, cluster.get()),
            configuration.QUESTION: lambda g=gateway: configuration.check_configuration(g, cluster.get()),
        }
        for question, ask in questions.items():
            yield _asked(gateway.name, question, ask)


class _Once:
    """The cluster, when it is first needed: what ARM and Entra know can be asked without it."""

    def __init__(self, provider: Mapping[str, Any] | None) -> None:
        self._provider = provider
        self._cluster: Cluster | None = None

    def get(self) -> Cluster:
        if self._provider is None:
            raise OpsError("The state has no Kubernetes provider yet.")
        if self._cluster is None:
            self._cluster = Cluster(self._provider)
        return self._cluster


def _asked(subject: str, question: str, ask: Callable[[], Check]) -> Check:
    try:
        return ask()
    except OpsError as error:
        next_step = "Check the sign-in, its rights (the reader's suffice) and the network, and ask again."
        return Check(subject, question, Answer.UNKNOWN, " ".join(str(error).split()), next_step)
