"""The drift of objects, held against the real API server."""
