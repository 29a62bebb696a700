"""What a replacement has left to be deleted: it stands, with the rights that it gives."""

from .state import StackResource

ADVICE = "`pulumi up` tries to delete it again; what refuses it, such as a delete lock, has to be lifted first."


def left_to_delete(resources: list[StackResource]) -> list[StackResource]:
    """Those resources of a state that were replaced, and are still to be deleted."""
    return [resource for resource in resources if resource.goes]
