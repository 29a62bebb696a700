"""`python -m sandbox.plugins.azuread`."""

from importlib.metadata import version

from ..engine.process import serve
from .provider import AzureAd

serve(AzureAd("azuread", version("pulumi_azuread")))
