"""Fixtures of the journeys."""

from journeys.gateway import here, language

__all__ = ["here", "language"]
