"""Values that Kubernetes defines: they keep its names and shape, are checked at every depth, and are declared as they come back.

The pinned SDK's classes say what there is. What they do not say stands beside: `numbers.py`, `texts.py`, `fixed_values.py`
(which values a field takes), `relations.py` (which fields fit each other), `api_server.py` (what does not come back).
`tests/conformance/config` holds all of it against the real API server.
"""
