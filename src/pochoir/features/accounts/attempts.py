"""Wrong passwords of the last minutes, so that nobody can go on guessing. Kept in memory: there is one server process."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

from pochoir.domain.errors import TooManyAttempts
from pochoir.infra.clock import Clock

MOST = 10
MINUTES = 10
"""So many attempts in so many minutes are taken for one address from one place; guessing goes no faster than that."""

REMEMBERED = 10_000
"""Pairs that are kept at most; the oldest are forgotten first."""


class Attempts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: OrderedDict[bytes, list[int]] = OrderedDict()
        """By pair, the one that was tried last at the end. What is sent is not kept, however long it is."""

    def __len__(self) -> int:
        return len(self._of)

    def begin(self, email: str, place: str) -> None:
        """Count an attempt before its password is looked at. Raises TooManyAttempts with when to come back."""
        now = self._clock.now_ns()
        since = now - MINUTES * 60 * 1_000_000_000
        pair = _pair(email, place)
        recent = [at for at in self._of.pop(pair, ()) if at > since]
        self._of[pair] = recent
        self._forget(since)
        if len(recent) >= MOST:
            left = recent[0] - since
            minutes = -(-left // 60_000_000_000)
            raise TooManyAttempts(
                f"There were too many attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
                retry_after=left / 1_000_000_000,
            )
        recent.append(now)

    def succeeded(self, email: str, place: str) -> None:
        self._of.pop(_pair(email, place), None)

    def _forget(self, since: int) -> None:
        """Drop what is over, and the oldest of what is too many; never the pair that was just tried."""
        while len(self._of) > 1:
            oldest, tried = next(iter(self._of.items()))
            if len(self._of) <= REMEMBERED and tried[-1] > since:
                return
            del self._of[oldest]


def _pair(email: str, place: str) -> bytes:
    return hashlib.sha256(f"{email}\n{_network(place)}".encode("utf-8", "replace")).digest()


def _network(place: str) -> str:
    """Where somebody is: an IPv6 customer has a whole /64 to ask from."""
    try:
        address = ip_address(place.partition("%")[0])
    except ValueError:
        return place
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
