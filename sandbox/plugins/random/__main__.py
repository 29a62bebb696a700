"""`python -m sandbox.plugins.random`."""

from importlib.metadata import version

from ..engine.process import serve
from .provider import Random

serve(Random("random", version("pulumi_random")))
