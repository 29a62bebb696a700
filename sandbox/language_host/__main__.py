"""`python -m sandbox.language_host`: started by the engine, with its address as the last argument."""

from .host import serve

serve()
