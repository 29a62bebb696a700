"""When the program last wrote a Kubernetes object that pods read only once, as they start."""

from typing import cast

import pulumi
from pulumi_kubernetes.meta.v1.outputs import ObjectMeta

# From an object's first update on the provider applies under this name and letters of the object's own. It creates under a
# name that is every Pulumi program's: the time of that entry is anybody's.
_APPLIES = ("pulumi-kubernetes-", "Apply")


class LastWrite:
    """The program's last write to one object.

    Its time changes with each update, also with one that only takes back what somebody else wrote, and that a pod may
    have started with. It does not change with what others write beside the declared fields, which would reach the pods.

    Args:
        name: of the object's resource.
    """

    def __init__(self, name: str) -> None:
        self._is_made_now = False
        self.hooks: pulumi.ResourceHookBinding | None = None
        """The object's resource needs them in a preview. An update has none: it would fail where it is interrupted, as no
        program is left that could answer."""
        if pulumi.runtime.is_dry_run():
            note = pulumi.ResourceHook(f"{name}-written", self._note, pulumi.ResourceHookOptions(on_dry_run=True))
            self.hooks = pulumi.ResourceHookBinding(after_create=[note], after_update=[note])

    def time(self, metadata: ObjectMeta) -> str:
        """Its time, from the object's metadata. A preview of a write does not know it yet."""
        if self._is_made_now:
            # The API server's answer to the provider's dry run has the time of the preview, which a plan would hold.
            return cast("str", pulumi.UNKNOWN)
        entries = metadata.managed_fields or []
        applied = [e for e in entries if str(e.manager).startswith(_APPLIES[0]) and e.operation == _APPLIES[1]]
        return max((str(entry.time) for entry in applied), default=str(metadata.creation_timestamp or ""))

    def _note(self, _: pulumi.ResourceHookArgs) -> None:
        self._is_made_now = True
