"""Objects that come and go by the stack's file, also where the gateway is protected."""

from collections.abc import Sequence

import pulumi


def unprotected(parent: pulumi.Resource, after: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
    """Options of such an object.

    What is refused because of the protected objects beside it leaves it as it is. The Deployment has to depend on it: in a
    destruction, the Deployment's refusal comes first. And it depends on objects whose names begin as its own: if all would
    move to another name or namespace, their refusal comes first.

    Args:
        parent: the component.
        after: what has to be there before it, protected objects among it.
    """
    return pulumi.ResourceOptions(parent=parent, depends_on=list(after), protect=False)
