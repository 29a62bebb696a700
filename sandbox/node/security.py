"""Security contexts: of them, the node checks `runAsNonRoot`, as kubelet does; what needs a kernel it does not enforce."""

from . import KubernetesObject
from .environment import ConfigurationError


def verify_non_root(
    pod_security: KubernetesObject, container: KubernetesObject, image_user: str, pod_text: str
) -> None:
    """Checks that a container which must not run as root does not.

    Args:
        pod_security: the pod's `securityContext`; the container's own fields come first.
        container: its specification.
        image_user: whom the image runs as, a number or a name; empty for root.
        pod_text: the pod, as kubelet writes it in messages.

    Raises:
        ConfigurationError: it does, or nobody can tell; the message is kubelet's.
    """
    effective = {**pod_security, **(container.get("securityContext") or {})}
    if not effective.get("runAsNonRoot"):
        return
    where = f'(pod: "{pod_text}", container: {container["name"]})'
    if (user := effective.get("runAsUser")) is not None:
        if user == 0:
            raise ConfigurationError(f"container's runAsUser breaks non-root policy {where}")
        return
    if not image_user.isdigit() and image_user:
        raise ConfigurationError(
            f"container has runAsNonRoot and image has non-numeric user ({image_user}), cannot verify user is non-root "
            f"{where}"
        )
    if int(image_user or 0) == 0:
        raise ConfigurationError(f"container has runAsNonRoot and image will run as root {where}")


def writes_root(container: KubernetesObject) -> bool:
    """Whether a container may write to its root file system."""
    return not (container.get("securityContext") or {}).get("readOnlyRootFilesystem")
