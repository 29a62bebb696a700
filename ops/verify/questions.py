"""The questions about a stack's gateways, and whom they are put to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ..azure.sign_in import Azure
from ..cluster.connection import Cluster
from ..cluster.server_version import depends_on_the_version
from ..engine.providers import provider_inputs
from ..engine.state import StackResource
from ..errors import OpsError
from . import address, api_management, authorization, configuration, disruptions, entra, pods, scaling, server_version
from .gateways import NOT_YET, Gateway, gateways_of
from .heartbeat import heartbeats_of
from .report import Answer, Check

UNREAD = "no answer"
"""The cause where somebody who was asked did not answer, or refused to."""


class ClusterWhenNeeded:
    """The cluster, when it is first needed: what ARM and Entra know can be asked without it."""

    def __init__(self, provider: Mapping[str, Any] | None) -> None:
        self.provider = provider
        self._cluster: Cluster | None = None

    def get(self) -> Cluster:
        """Connect to it, the first time.

        Raises:
            OpsError: it can't be reached, or the state does not say where it is.
        """
        if self.provider is None:
            raise OpsError("The state has no Kubernetes provider yet.")
        if self._cluster is None:
            self._cluster = Cluster(self.provider)
        return self._cluster


class Questions:
    """What can be asked about the gateways of one reading of a stack's state."""

    def __init__(self, stack: str, resources: list[StackResource], cluster: ClusterWhenNeeded | None = None) -> None:
        """Find the gateways.

        Args:
            stack: name of the stack.
            resources: its resources, with those that are being created.
            cluster: one that was connected to before, and is taken again where it still is the stack's.

        Raises:
            OpsError: there is no gateway.
        """
        self._stack = stack
        self.gateways = gateways_of(stack, resources)
        self._azure_native = provider_inputs("azure-native", resources) or {}
        self._azure: Azure | None = None
        kubernetes = provider_inputs("kubernetes", resources)
        known = cluster is not None and cluster.provider == kubernetes
        self.cluster = cluster if cluster is not None and known else ClusterWhenNeeded(kubernetes)

    def all(self) -> Iterator[Check]:
        """Every answer.

        Raises:
            OpsError: nobody can sign in, as the stack names no tenant or cloud.
        """
        azure = self._signed_in()
        for instance_id in dict.fromkeys(gateway.instance_id for gateway in self.gateways):
            if not instance_id:
                found = "the id of the API Management instance is not known yet"
                yield Check(self._stack, authorization.VALIDATOR_QUESTION, Answer.UNKNOWN, found, NOT_YET)
                continue
            yield self._validator(instance_id)
        for gateway in self.gateways:
            yield asked(gateway.name, entra.QUESTION, lambda g=gateway: entra.check_token(g, self.cluster.get()))
            yield self._reader(gateway)
            yield asked(
                gateway.name,
                api_management.QUESTION,
                lambda g=gateway: api_management.check_gateway_resource(g, azure.arm),
            )
            yield self._pods(gateway)
            yield asked(
                gateway.name,
                configuration.QUESTION,
                lambda g=gateway: configuration.check_configuration(
                    g, self.cluster.get(), heartbeats_of(g, azure.arm), datetime.now(UTC)
                ),
            )
            yield asked(gateway.name, address.QUESTION, lambda g=gateway: address.check_address(g, self.cluster.get()))
            yield from self._of_some(gateway)

    def waiting(self) -> Iterator[Check]:
        """The answers that say why an update waits: what the cluster says of the pods, and what Azure answers them."""
        for gateway in self.gateways:
            if gateway.deployment is None:
                continue
            check = self._pods(gateway)
            yield check
            if check.answer is Answer.OK:
                continue
            check = asked(
                gateway.name,
                configuration.QUESTION,
                lambda g=gateway: configuration.check_configuration(g, self.cluster.get(), None, datetime.now(UTC)),
            )
            yield self._with_roles(check, gateway) if check.cause == configuration.RIGHTS else check

    def _of_some(self, gateway: Gateway) -> Iterator[Check]:
        """The answers about what not every gateway has."""
        name, scaler, budget = gateway.name, gateway.autoscaler, gateway.disruption_budget
        if scaler is not None:
            yield asked(
                name,
                scaling.QUESTION,
                lambda: scaling.check_autoscaler(name, scaler, self.cluster.get(), datetime.now(UTC)),
            )
        if budget is not None:
            yield asked(
                name,
                disruptions.QUESTION,
                lambda: disruptions.check_disruption_budget(name, budget, self.cluster.get()),
            )
        if depends_on_the_version(gateway.declared):
            # If nobody answers, the other lines say so.
            with suppress(OpsError):
                yield from server_version.check_server_version(gateway, self.cluster.get())

    def _pods(self, gateway: Gateway) -> Check:
        return asked(gateway.name, pods.QUESTION, lambda: pods.check_pods(gateway, self.cluster.get()))

    def _validator(self, instance_id: str) -> Check:
        name = instance_id.rpartition("/")[2]
        return asked(
            name,
            authorization.VALIDATOR_QUESTION,
            lambda: authorization.check_validator(instance_id, self._signed_in().arm),
        )

    def _reader(self, gateway: Gateway) -> Check:
        return asked(
            gateway.name,
            authorization.READER_QUESTION,
            lambda: authorization.check_reader(gateway, self._signed_in().arm),
        )

    def _with_roles(self, refused: Check, gateway: Gateway) -> Check:
        """A refusal by Azure with what it comes from: a role that is missing, or rights that are still on their way."""
        roles = [self._reader(gateway)]
        if gateway.instance_id:
            roles.append(self._validator(gateway.instance_id))
        missing = next((role for role in roles if role.answer is Answer.FAILED), None)
        if missing is not None:
            return replace(refused, next_step=f"{missing.question}: {missing.found}. {missing.next_step}")
        if all(role.answer is Answer.OK for role in roles):
            return replace(refused, next_step=authorization.ON_THEIR_WAY)
        return replace(refused, next_step=authorization.ON_THEIR_WAY_OR_MISSING)

    def _signed_in(self) -> Azure:
        if self._azure is None:
            self._azure = Azure(self._azure_native)
        return self._azure


def asked(subject: str, question: str, ask: Callable[[], Check]) -> Check:
    """The answer to a question; where nobody answers, that."""
    try:
        return ask()
    except OpsError as error:
        next_step = "Check the sign-in, its rights (the reader's suffice) and the network, and ask again."
        return Check(subject, question, Answer.UNKNOWN, " ".join(str(error).split()), next_step, UNREAD)
