"""`python -m sandbox.plugins.azure_native`."""

from ...installed import installed_version
from ..engine.process import serve
from .provider import AzureNative

serve(AzureNative("azure-native", installed_version("pulumi_azure_native")))
