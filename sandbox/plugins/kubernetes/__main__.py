"""`python -m sandbox.plugins.kubernetes`."""

from importlib.metadata import version

from ..engine.process import serve
from .provider import Kubernetes

serve(Kubernetes("kubernetes", version("pulumi_kubernetes")))
