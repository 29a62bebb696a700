"""The names and texts that Azure, Entra, Kubernetes and registries accept, each with the words for what is expected.

What ARM refuses half-way through an update is refused here, before anything is looked up.
"""
