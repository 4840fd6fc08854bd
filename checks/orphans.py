"""Leaves that nobody can reach: an engine, a step or a page that stands in its folder but in no registry."""

from __future__ import annotations

from pathlib import Path

ROOMS = {"engines": {"base", "registry"}, "steps": {"base", "registry"}, "pages": {"base", "registry"}}


def problems(root: Path) -> list[str]:
    """One sentence per leaf that neither the registry nor another module of its room names."""
    found = []
    for room, given in ROOMS.items():
        folder = root / "src/pochoir" / room
        modules = [path for path in sorted(folder.glob("*.py")) if path.stem not in {*given, "__init__"}]
        for module in modules:
            others = [path for path in folder.rglob("*.py") if path != module]
            named = f"pochoir.{room}.{module.stem}"
            if not any(named in path.read_text(encoding="utf-8") for path in others):
                found.append(f"src/pochoir/{room}/{module.name} is in no registry. Name it in {room}/registry.py.")
    return found
