"""Names of Kubernetes objects."""

from typing import Annotated

from components.config.formats.text import Pattern

KUBERNETES_NAME = "1 to 42 of a-z, 0-9 and '-', starting with a letter"
"""What a `KubernetesName` is, in words."""
KubernetesName = Annotated[str, Pattern(r"[a-z]([-a-z0-9]{0,40}[a-z0-9])?", KUBERNETES_NAME)]
NamespaceName = Annotated[
    str, Pattern(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "a namespace's name: 1 to 63 of a-z, 0-9 and '-'")
]
ObjectName = Annotated[
    str,
    Pattern(
        r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
        "the name of a Kubernetes object: 1 to 253 of a-z, 0-9, '-' and '.'",
    ),
]
