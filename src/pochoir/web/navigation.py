"""One entry of the navigation, declared by a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NavItem:
    """`icon` names a Lucide icon; `under` are further path prefixes that belong to the same place."""

    label: str
    href: str
    icon: str
    under: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the page at `path` belongs here."""
        if self.href == "/":
            return path == "/" or any(path.startswith(prefix) for prefix in self.under)
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in (self.href, *self.under))
