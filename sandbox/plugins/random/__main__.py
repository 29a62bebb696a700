"""`python -m sandbox.plugins.random`."""

from ...installed import installed_version
from ..engine.process import serve
from .provider import Random

serve(Random("random", installed_version("pulumi_random")))
