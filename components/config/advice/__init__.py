"""Departures from the guidance for production, of which a preview warns: one concern a module."""
