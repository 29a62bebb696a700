"""The gateway's Kubernetes objects, as in the article's YAML: one object or concern a module, composed in `workload.py`."""
