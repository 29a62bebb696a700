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
    inputs: tuple[str, ...]
    """Its inputs, which an import takes in."""
    replaced_by: tuple[str, ...] = ()
    """Properties that force a replacement, beside name and namespace (the released plugin's table)."""
    mutable_setting: str = ""
    """Setting of the provider that lifts the next ones, except where the object is immutable."""
    replaced_by_unless_mutable: tuple[str, ...] = ()
    skips_wait_for_end: bool = False
    """Whether `skipAwait` holds for its deletion, too."""
    namespaced: bool = True

    def path(self, namespace: str) -> str:
        """Path of the collection on the API server."""
        root = "/api" if "/" not in self.api_version else "/apis"
        middle = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{root}/{self.api_version}{middle}/{self.plural}"


_ALWAYS = ("apiVersion", "kind", "metadata")

KINDS = {
    "kubernetes:core/v1:ConfigMap": Kind(
        "v1",
        "ConfigMap",
        "configmaps",
        "core.v1.ConfigMapInitArgs",
        (*_ALWAYS, "binaryData", "data", "immutable"),
        mutable_setting="enableConfigMapMutable",
        replaced_by_unless_mutable=("binaryData", "data"),
    ),
    "kubernetes:core/v1:Secret": Kind(
        "v1",
        "Secret",
        "secrets",
        "core.v1.SecretInitArgs",
        (*_ALWAYS, "data", "immutable", "stringData", "type"),
        ("type",),
        mutable_setting="enableSecretMutable",
        replaced_by_unless_mutable=("stringData", "data"),
    ),
    "kubernetes:core/v1:Service": Kind(
        "v1", "Service", "services", "core.v1.ServiceInitArgs", (*_ALWAYS, "spec"), ("spec.clusterIP",)
    ),
    "kubernetes:core/v1:ServiceAccount": Kind(
        "v1",
        "ServiceAccount",
        "serviceaccounts",
        "core.v1.ServiceAccountInitArgs",
        (*_ALWAYS, "automountServiceAccountToken", "imagePullSecrets", "secrets"),
    ),
    "kubernetes:core/v1:Namespace": Kind(
        "v1",
        "Namespace",
        "namespaces",
        "core.v1.NamespaceInitArgs",
        (*_ALWAYS, "spec"),
        namespaced=False,
        skips_wait_for_end=True,
    ),
    "kubernetes:core/v1:PersistentVolumeClaim": Kind(
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        "core.v1.PersistentVolumeClaimInitArgs",
        (*_ALWAYS, "spec"),
        ("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    ),
    "kubernetes:networking.k8s.io/v1:Ingress": Kind(
        "networking.k8s.io/v1", "Ingress", "ingresses", "networking.v1.IngressInitArgs", (*_ALWAYS, "spec")
    ),
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": Kind(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "autoscaling.v2.HorizontalPodAutoscalerInitArgs",
        (*_ALWAYS, "spec"),
    ),
    "kubernetes:policy/v1:PodDisruptionBudget": Kind(
        "policy/v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "policy.v1.PodDisruptionBudgetInitArgs",
        (*_ALWAYS, "spec"),
    ),
    "kubernetes:apps/v1:Deployment": Kind(
        "apps/v1",
        "Deployment",
        "deployments",
        "apps.v1.DeploymentInitArgs",
        (*_ALWAYS, "spec"),
        ("spec.selector",),
        skips_wait_for_end=True,
    ),
}

PROVIDER_ARGUMENTS = "ProviderArgs"
SCHEMA = Schema("pulumi_kubernetes", PROVIDER_ARGUMENTS, *(kind.arguments for kind in KINDS.values()))
