"""Files of at most 500 lines, functions of at most 60. Exceptions stand here with a reason, and only while needed."""

from __future__ import annotations

import ast
from pathlib import Path

MAX_FILE = 500
MAX_FUNCTION = 60
EXCEPTIONS: dict[str, str] = {}
"""`path` or `path:function` -> why it may be longer."""


def problems(root: Path, exceptions: dict[str, str] | None = None) -> list[str]:
    """One sentence per file or function that is too long, and per exception that is no longer needed."""
    allowed = EXCEPTIONS if exceptions is None else exceptions
    found: list[str] = []
    needed: set[str] = set()
    for path in sorted((root / "src").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        too_long = {name: text.count("\n")} if text.count("\n") > MAX_FILE else {}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION:
                    too_long[f"{name}:{node.name}"] = lines
        for place, lines in too_long.items():
            if place in allowed:
                needed.add(place)
            else:
                found.append(f"{place} has {lines} lines. Split it by what it does.")
    found += [
        f"The size exception for {place} is no longer needed. Remove it." for place in allowed if place not in needed
    ]
    return found
