"""What the two Azure plugins have in common: where a cloud's endpoints are, signing in to Entra, and retried requests."""
