"""`python -m sandbox.plugins.azuread`."""

from ...installed import installed_version
from ..engine.process import serve
from .provider import AzureAd

serve(AzureAd("azuread", installed_version("pulumi_azuread")))
