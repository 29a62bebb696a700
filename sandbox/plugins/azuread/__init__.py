"""The stand-in for pulumi-azuread: applications, service principals and client secrets, by the provider's call sequences."""
