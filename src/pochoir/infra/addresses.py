"""Addresses of servers that people type in. What makes one unusable is said before anything is sent there."""

from __future__ import annotations

from urllib.parse import urlsplit

from pochoir.domain.errors import EngineNotReady


def address_problem(url: str) -> str:
    """Why nothing can be sent to an address, ending in what to do; empty when it can be tried."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        host = (parts.hostname or "").encode("idna")
    except ValueError:
        return "The address has no host or port that can be read. Write it as http://localhost:8000/v1."
    if parts.scheme not in {"http", "https"} or not host:
        return "The address must start with http:// or https://, for example http://localhost:8000/v1."
    if parts.username is not None:
        return "The address has a name or a password in it. Take them out; the key has a field of its own."
    if not parts.netloc.isprintable() or " " in parts.netloc:
        return "The address has a space or the like in its host. Take it out."
    return ""


def check_address(url: str, title: str) -> None:
    """Raises EngineNotReady for an address to which nothing can be sent. `title` names who answers there."""
    if problem := address_problem(url):
        raise EngineNotReady(f"{title} cannot be asked. {problem}")
