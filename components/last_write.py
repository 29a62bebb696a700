"""When the program last wrote a Kubernetes object that pods read only once, as they start."""

from typing import cast

import pulumi
from pulumi_kubernetes.meta.v1.outputs import ObjectMeta

# What the provider's field managers begin with; each object has one of its own.
_FIELD_MANAGER = "pulumi-kubernetes"


class LastWrite:
    """The program's last write to one object.

    Its time changes with each update, also with one that only takes back what somebody else wrote, and that a pod may
    have started with. It does not change with what others write beside the declared fields, which would reach the pods.

    Args:
        name: of the object's resource.
    """

    def __init__(self, name: str) -> None:
        self._is_made_now = False
        note = pulumi.ResourceHook(f"{name}-written", self._note, pulumi.ResourceHookOptions(on_dry_run=True))
        self.hooks = pulumi.ResourceHookBinding(after_create=[note], after_update=[note])
        """The object's resource needs them."""

    def time(self, metadata: ObjectMeta) -> str:
        """Its time, from the object's metadata. A preview of a write does not know it yet."""
        if self._is_made_now and pulumi.runtime.is_dry_run():
            # The API server's answer to the provider's dry run has the time of the preview, which a plan would hold.
            return cast("str", pulumi.UNKNOWN)
        own = [field for field in metadata.managed_fields or [] if str(field.manager).startswith(_FIELD_MANAGER)]
        return max((str(field.time) for field in own), default="")

    def _note(self, _: pulumi.ResourceHookArgs) -> None:
        self._is_made_now = True
