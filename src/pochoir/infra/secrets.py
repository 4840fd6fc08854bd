"""Secrets at rest: sealed with a key that lives in the data folder or the environment, never in the database."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from pochoir.domain.errors import Conflict


class Sealer:
    """Seals texts (AES-128-CBC with HMAC, by Fernet). Several keys may open, the first seals, so keys can be rotated."""

    def __init__(self, keys: list[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    @classmethod
    def from_folder(cls, folder: Path, given: str | None = None) -> Sealer:
        """Use the keys in `given` (comma-separated), else those in `secret.key`, which is made at the first start.

        Raises Conflict, with what to do, where there is no key in either.
        """
        if given:
            try:
                return cls([key.strip().encode() for key in given.split(",") if key.strip()])
            except ValueError as error:
                raise Conflict(
                    "POCHOIR_SECRET_KEY is no key: a key is 32 bytes in URL-safe base64, as in a secret.key that Pochoir "
                    "made. Correct it, or leave it unset."
                ) from error
        path = folder / "secret.key"
        if not path.exists():
            write_private(path, Fernet.generate_key() + b"\n")
        try:
            return cls(path.read_bytes().split())
        except (ValueError, OSError) as error:
            raise Conflict(
                f"{path} holds no key that can be read. Put the old file back; or delete it, and enter the stored keys "
                "again on the settings page."
            ) from error

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Conflict(
                "A stored key cannot be opened: secret.key is not the one it was sealed with. "
                "Put the old secret.key back into the data folder, or enter the key again on the settings page."
            ) from error

    def ticket(self, text: str, now: int) -> str:
        """A text, sealed with the time (seconds since 1970), in letters that an address may hold."""
        return self._fernet.encrypt_at_time(text.encode(), now).decode()

    def holder(self, ticket: str, now: int, seconds: int) -> str | None:
        """The text of a ticket that is at most so many seconds old; None when it is not ours, or older."""
        try:
            return self._fernet.decrypt_at_time(ticket.encode(), seconds, now).decode()
        except InvalidToken:
            return None


def write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def new_token(prefix: str, entropy: bytes | None = None) -> str:
    """A secret for a person or program to carry: 256 random bits after a prefix that says what it is."""
    return f"{prefix}_{(entropy or secrets.token_bytes(32)).hex()}"


def token_hash(token: str) -> str:
    """What is stored of a token. Tokens are random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
