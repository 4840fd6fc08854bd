"""Benchmarks: each prints a figure against a limit or a peer, measured in the same run. Never part of the tests."""
