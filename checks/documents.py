"""Documents that can fail a build: every folder, setting, command and make target that exists is written down."""

from __future__ import annotations

import re
from pathlib import Path

from pochoir.config import VARIABLES

WORDS = ("TODO", "FIXME", "XXX")


def problems(root: Path) -> list[str]:
    """One sentence per thing that stands in the code and not in its document, or the other way round."""
    return [*_folders(root), *_settings(root), *_links(root), *_packages(root), *_leftovers(root)]


def _folders(root: Path) -> list[str]:
    page = (root / "docs/architecture.md").read_text(encoding="utf-8")
    package = root / "src/pochoir"
    folders = [path for path in sorted(package.iterdir()) if path.is_dir() and path.name != "__pycache__"]
    folders += [
        path for path in sorted((package / "features").iterdir()) if path.is_dir() and path.name != "__pycache__"
    ]
    return [
        f"docs/architecture.md does not name the folder {path.relative_to(root)}. Say there what it is for."
        for path in folders
        if f"{path.name}/" not in page
    ]


def _settings(root: Path) -> list[str]:
    page = (root / "docs/settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(POCHOIR_[A-Z0-9_]+)`", page))
    known = set(VARIABLES)
    return [f"docs/settings.md does not name {name}. Add it." for name in sorted(known - documented)] + [
        f"docs/settings.md names {name}, which does not exist. Remove it." for name in sorted(documented - known)
    ]


def _links(root: Path) -> list[str]:
    found = []
    for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                found.append(f"{page.relative_to(root)} links to {target}, which is not there. Mend the link.")
    return found


def _packages(root: Path) -> list[str]:
    """No package of our name is published, so whoever took the name would be installed."""
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("src/**/*.py"), *root.glob("src/**/*.html")]
    return [
        f"{page.relative_to(root)} installs pochoir from an index. Write .venv/bin/pip install -e '.[…]'."
        for page in pages
        if re.search(r"pip install [\"']?pochoir\b", page.read_text(encoding="utf-8"))
    ]


def _leftovers(root: Path) -> list[str]:
    pattern = re.compile(r"\b(" + "|".join(WORDS) + r")\b")
    return [
        f"{path.relative_to(root)}:{number} holds a leftover. Do it or write an issue."
        for path in sorted((root / "src").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
