"""The gateway's Kubernetes objects: where a key stands here is where it stands in Kubernetes."""
