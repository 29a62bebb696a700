"""Whether a deployed gateway can do its work, asked of Entra, ARM and the cluster."""
