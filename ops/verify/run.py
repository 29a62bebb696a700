"""All questions about one stack, in the order in which one depends on the other."""

from collections.abc import Callable, Iterator

from ..azure.sign_in import Azure
from ..cluster.connection import Cluster
from ..engine.providers import provider_inputs
from ..engine.state import StackResource, export_stack
from ..errors import OpsError
from . import api_management, authorization, entra, pods
from .deployed import deployed_gateways
from .report import Answer, Check, Report


def verify(stack: str) -> Report:
    """Ask everything; nothing is changed anywhere.

    Raises:
        OpsError: there is nothing to ask about.
    """
    resources = export_stack(stack)
    return Report(stack, tuple(_checks(stack, resources)))


def _checks(stack: str, resources: list[StackResource]) -> Iterator[Check]:
    gateways = deployed_gateways(stack, resources)
    azure_native, kubernetes = (provider_inputs(package, resources) or {} for package in ("azure-native", "kubernetes"))
    environment = str(azure_native.get("environment") or "public")
    azure = Azure(azure_native)
    cluster = _Once(lambda: Cluster(kubernetes))

    for instance_id in dict.fromkeys(gateway.instance_id for gateway in gateways):
        name = instance_id.rpartition("/")[2]
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
            pods.PODS_QUESTION: lambda g=gateway: pods.check_pods(g, cluster.get()),
            pods.CONFIGURATION_QUESTION: lambda g=gateway: pods.check_configuration(g, cluster.get()),
        }
        for question, ask in questions.items():
            yield _asked(gateway.name, question, ask)


class _Once:
    """The cluster, when it is first needed: what ARM and Entra know can be asked without it."""

    def __init__(self, connect: Callable[[], Cluster]) -> None:
        self._connect = connect
        self._cluster: Cluster | None = None

    def get(self) -> Cluster:
        if self._cluster is None:
            self._cluster = self._connect()
        return self._cluster


def _asked(subject: str, question: str, ask: Callable[[], Check]) -> Check:
    try:
        return ask()
    except OpsError as error:
        next_step = "Check the sign-in, its rights (the reader's suffice) and the network, and ask again."
        return Check(subject, question, Answer.UNKNOWN, " ".join(str(error).split()), next_step)
