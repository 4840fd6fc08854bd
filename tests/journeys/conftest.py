"""Fixtures of the journeys."""

from journeys.gateway import here

__all__ = ["here"]
