"""The stand-in for pulumi-azure-native: roles, role assignments, gateway resources and their APIs, and look-ups."""
