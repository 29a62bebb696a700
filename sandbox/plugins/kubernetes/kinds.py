"""The kinds that the stand-in has, and what of them can't be changed in place."""

from dataclasses import dataclass

from ..engine.schema import Schema


@dataclass(frozen=True)
class Kind:
    """One kind of object."""

    api_version: str
    kind: str
    plural: str
    arguments: str
    """The pinned SDK's class of its inputs."""
    replaced_by: tuple[str, ...] = ()
    """Properties that force a replacement, beside name and namespace (the released plugin's table)."""
    mutable_setting: str = ""
    """Setting of the provider that lifts these."""
    namespaced: bool = True

    def path(self, namespace: str) -> str:
        """Path of the collection on the API server."""
        root = "/api" if "/" not in self.api_version else "/apis"
        middle = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{root}/{self.api_version}{middle}/{self.plural}"


KINDS = {
    "kubernetes:core/v1:ConfigMap": Kind(
        "v1", "ConfigMap", "configmaps", "core.v1.ConfigMapInitArgs", ("data", "binaryData"), "enableConfigMapMutable"
    ),
    "kubernetes:core/v1:Secret": Kind(
        "v1", "Secret", "secrets", "core.v1.SecretInitArgs", ("type", "data", "stringData"), "enableSecretMutable"
    ),
    "kubernetes:core/v1:Service": Kind(
        "v1", "Service", "services", "core.v1.ServiceInitArgs", ("spec.clusterIP", "spec.type")
    ),
    "kubernetes:core/v1:ServiceAccount": Kind(
        "v1", "ServiceAccount", "serviceaccounts", "core.v1.ServiceAccountInitArgs"
    ),
    "kubernetes:core/v1:Namespace": Kind(
        "v1", "Namespace", "namespaces", "core.v1.NamespaceInitArgs", namespaced=False
    ),
    "kubernetes:apps/v1:Deployment": Kind(
        "apps/v1", "Deployment", "deployments", "apps.v1.DeploymentInitArgs", ("spec.selector",)
    ),
}

PROVIDER_ARGUMENTS = "ProviderArgs"
SCHEMA = Schema("pulumi_kubernetes", PROVIDER_ARGUMENTS, *(kind.arguments for kind in KINDS.values()))
