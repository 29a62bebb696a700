"""The sandbox: Azure, a cluster and the provider plugins, for trying the program out without any of them."""

import sys

# httpx imports its own command line with itself where rich and click are there, and takes it well where it can't: half of the
# import's time, in every plugin, probe and pod.
sys.modules.setdefault("httpx._main", None)  # pyright: ignore[reportArgumentType]
