"""Identifiers: a prefix that says the kind, then 26 sortable characters (Crockford base 32: 48 bits time, 80 random)."""

from __future__ import annotations

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def make_id(prefix: str, now_ms: int, entropy: bytes) -> str:
    """Build an id such as `run_01kb3…`. `now_ms` is milliseconds since 1970, `entropy` at least 10 bytes."""
    value = (now_ms & (1 << 48) - 1) << 80 | int.from_bytes(entropy[:10], "big")
    digits = []
    for _ in range(26):
        value, digit = divmod(value, 32)
        digits.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"
