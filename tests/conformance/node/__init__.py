"""The node stand-in, on the real control plane."""
