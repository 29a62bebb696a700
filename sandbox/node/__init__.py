"""The cluster's one Node: what kubelet, the cluster's DNS, the image's trust store and the load balancer do.

Pods run as local processes. Not played, and refused where a pod asks for it: init containers, commands and arguments
that replace the image's own, `exec` and `grpc` probes, hooks other than `sleep`, `subPathExpr`, volumes other than configMap,
secret, emptyDir, projected, downwardAPI and persistentVolumeClaim. Not enforced: resources, modes and owners of mounted files,
and of security contexts all but `runAsNonRoot` and `readOnlyRootFilesystem`. The variables that kubelet adds for Services are
left out. Services are reached through their load balancer only: cluster IPs and node ports lead nowhere. Where behaviour is
copied, it is that of Kubernetes 1.37's kubelet.
"""

from typing import Any

KubernetesObject = dict[str, Any]
"""An object of the Kubernetes API, as its JSON."""

NODE_NAME = "sandbox"
