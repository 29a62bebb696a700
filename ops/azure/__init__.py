"""ARM and Microsoft Graph, read with the sign-in of the providers."""
