"""Azure on one machine: metadata, Entra, Microsoft Graph, ARM and API Management's configuration API, over HTTPS."""
