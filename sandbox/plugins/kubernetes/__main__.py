"""`python -m sandbox.plugins.kubernetes`."""

from ...installed import installed_version
from ..engine.process import serve
from .provider import Kubernetes

serve(Kubernetes("kubernetes", installed_version("pulumi_kubernetes")))
