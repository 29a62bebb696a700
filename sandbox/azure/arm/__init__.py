"""Azure Resource Manager: one entry, then the resource providers."""
