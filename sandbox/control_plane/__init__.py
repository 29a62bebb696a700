"""The real Kubernetes control plane on loopback: certificates, kubeconfigs, and the command line of each of its parts."""
