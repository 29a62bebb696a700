"""Values that Kubernetes defines: they keep its names and shape, are checked at every depth, and are declared as they come back.

The pinned SDK's classes say what there is. What they do not say stands in `fixed_values.py` and `api_server.py`.
"""
