"""The Kubernetes cluster of a stack."""
