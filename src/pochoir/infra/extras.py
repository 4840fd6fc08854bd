"""What can be installed besides. Extras of this checkout: no package of Pochoir's name is published, so none is named."""

from __future__ import annotations


def install(extra: str) -> str:
    """The command that adds an extra, in the folder that Pochoir was cloned into."""
    return f".venv/bin/pip install -e '.[{extra}]'"
