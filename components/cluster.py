"""The connection to the Kubernetes cluster."""

import json

import pulumi_kubernetes as kubernetes

from components.config.models.cluster import ClusterSettings


def cluster_provider(settings: ClusterSettings) -> kubernetes.Provider:
    """The Kubernetes provider, with nothing in its inputs that depends on whose machine runs the program."""
    return kubernetes.Provider(
        "kubernetes",
        # Empty, the provider reads the ambient kubeconfig itself; left out, the SDK would record KUBECONFIG's path.
        kubeconfig=json.dumps(settings.kubeconfig, sort_keys=True) if settings.kubeconfig is not None else "",
        context=settings.context,
        # Which cluster it is: without it, a renewed CA in the kubeconfig would replace every object.
        cluster_identifier=settings.server,
        # Settings change in place: the Deployment's checksum rolls the pods.
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        # What somebody changed by hand is taken back, not reported as a conflict of field managers.
        enable_patch_force=True,
        # Explicit, so that nobody's PULUMI_K8S_* environment changes them.
        enable_server_side_apply=True,
        delete_unreachable=False,
        skip_update_unreachable=False,
        upsert_existing_objects=False,
    )
