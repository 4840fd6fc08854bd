"""Fixtures of the unit tests."""

from unit.browsing import browser

__all__ = ["browser"]
