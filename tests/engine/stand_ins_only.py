"""Tests that hold with the stand-ins only, because they are about a switch that a stand-in has and a real plugin does not.

Everything else passes with whatever plugins SANDBOX_PLUGINS chooses: what rests on a convenience of a stand-in would be
found wrong by the first who deploys for real.
"""

AT_MOST = 12
"""As many as the project allows itself."""

STAND_INS_ONLY: dict[str, str] = {}
"""File and name of a test -> why it can't be run with real plugins."""
