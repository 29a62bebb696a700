"""Starts, watches and stops the sandbox's parts, and lends its environment to commands."""
