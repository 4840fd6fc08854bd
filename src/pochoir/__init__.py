"""Pochoir: a self-hosted AI image workspace. Importing the package starts nothing and loads no heavy library."""

__version__ = "0.1.0"
