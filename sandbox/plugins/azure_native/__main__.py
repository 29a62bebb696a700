"""`python -m sandbox.plugins.azure_native`."""

from importlib.metadata import version

from ..engine.process import serve
from .provider import AzureNative

serve(AzureNative("azure-native", version("pulumi_azure_native")))
