"""The plugin: its configuration, and a handler for each kind of object."""

import tempfile

from ..engine.provider import Provider, ProviderError, Resource
from ..engine.schema import Failure
from ..engine.values import Properties, Unknown
from .connection import ConfigurationError, Connection, active_cluster
from .kinds import KINDS, PROVIDER_ARGUMENTS, SCHEMA
from .objects import Cluster, KubernetesObject, Settings, settings_of

_CLUSTER_INPUTS = ("kubeconfig", "context", "cluster")


class Kubernetes(Provider):
    """pulumi-kubernetes, as far as the program uses it."""

    names_config_paths = False
    finishes_alone = True

    def __init__(self, package: str, version: str) -> None:
        super().__init__(package, version)
        self._settings = Settings()
        self._cluster: Cluster | str = "the provider is not configured"
        self._files = tempfile.TemporaryDirectory(prefix="stand-in-")

    def check_config(self, inputs: Properties, old: Properties) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        known = {key: value for key, value in inputs.items() if key != "version"}
        found = [f for f in SCHEMA.failures(PROVIDER_ARGUMENTS, known) if "unknown" in f.reason]
        if str(inputs.get("enableServerSideApply", "true")).lower() == "false":
            found.append(Failure("enableServerSideApply", "client-side apply is not part of the stand-in"))
        if inputs.get("renderYamlToDirectory"):
            found.append(Failure("renderYamlToDirectory", "rendering YAML is not part of the stand-in"))
        return inputs, found

    def diff_config(self, old: Properties, inputs: Properties) -> set[str]:
        """Another cluster means other objects: everything is replaced. Which cluster it is, its entry in the kubeconfig
        tells, or `clusterIdentifier` where both have the same; of the ambient kubeconfig, nothing is known.
        """
        identifiers = old.get("clusterIdentifier"), inputs.get("clusterIdentifier")
        if all(identifiers) and identifiers[0] == identifiers[1]:
            return set()
        replaced = {"clusterIdentifier"} if all(identifiers) else set[str]()
        for key in _CLUSTER_INPUTS:
            if isinstance(inputs.get(key), Unknown):
                return {*replaced, key}
        before, after = (active_cluster(*(str(bag.get(key) or "") for key in _CLUSTER_INPUTS)) for bag in (old, inputs))
        if before is None or after is None or before == after:
            return replaced
        return replaced | {key for key in _CLUSTER_INPUTS if old.get(key) != inputs.get(key)}

    def configure(self, inputs: Properties) -> None:
        self._settings = settings_of(inputs)
        try:
            connection = Connection(*(str(inputs.get(key) or "") for key in _CLUSTER_INPUTS), files=self._files.name)
            connection.check()
            self._cluster = Cluster(connection)
        except ConfigurationError as error:
            # A preview passes; whatever needs the cluster says why it can't be done.
            self._cluster = str(error)

    def end(self) -> None:
        self._files.cleanup()

    def resource(self, type_: str) -> Resource:
        kind = KINDS.get(type_)
        if kind is None:
            raise ProviderError(f"{type_} is not part of the stand-in for kubernetes")
        return KubernetesObject(kind, self._cluster, self._settings)
