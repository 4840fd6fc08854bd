"""Members log in with e-mail and password (argon2id), programs with a key. Secrets are stored as hashes only."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from pochoir.domain.accounts import ApiKey, Member
from pochoir.domain.errors import Conflict, InvalidValue, NotFound, NotSignedIn
from pochoir.features.accounts import store
from pochoir.features.accounts.attempts import Attempts
from pochoir.features.accounts.limits import KeyLimits
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.secrets import new_token, token_hash

SESSION_DAYS = 30
MIN_PASSWORD = 10
MINUTE = len("2026-11-23T12:00")
"""Characters of a stamp up to its minute: a key's last use is written down once in each."""
MAX_EMAIL = 200
"""Characters."""
HASHED_AT_ONCE = 2
"""Passwords that are looked at together: each takes 64 MB and a processor for a moment."""


class AccountsService:
    """`hasher` can be made cheap in tests; the default is argon2's own recommendation."""

    def __init__(self, db: Database, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._db = db
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._nobody: str | None = None
        self._attempts = Attempts(clock)
        self._turn = asyncio.Semaphore(HASHED_AT_ONCE)
        self.limits = KeyLimits(db, clock)

    async def owner_exists(self) -> bool:
        async with self._db.reading() as conn:
            return await store.count_members(conn) > 0

    async def create_owner(self, email: str, name: str, password: str) -> Member:
        """Make the first account. Raises Conflict when there is one, InvalidValue for what does not do."""
        email = email.strip().lower()
        if "@" not in email or len(email) > MAX_EMAIL:
            raise InvalidValue("That is not an e-mail address. Write it as name@example.com.", param="email")
        if len(password) < MIN_PASSWORD:
            raise InvalidValue(
                f"The password needs at least {MIN_PASSWORD} characters. Make it longer.", param="password"
            )
        hashed = await asyncio.to_thread(self._hasher.hash, password)
        member = Member(self._clock.new_id("mem"), email, name.strip() or email, "owner", self._clock.stamp())
        async with self._db.transaction() as conn:
            if await store.count_members(conn):
                raise Conflict("This workspace has an owner already. Log in instead.")
            await store.add_member(conn, member, hashed)
        return member

    async def log_in(self, email: str, password: str, place: str = "") -> str:
        """Check the password and open a session; returns its token. The answer takes as long for unknown addresses.

        `place` is where the request comes from. Raises NotSignedIn, and TooManyAttempts after ten wrong ones from there.
        """
        email = email.strip().lower()
        if len(email) > MAX_EMAIL:
            raise _wrong()
        self._attempts.begin(email, place)
        async with self._db.reading() as conn:
            found = await store.member_with_hash(conn, email)
        async with self._turn:
            right = await asyncio.to_thread(self._matches, found[1] if found else None, password)
        if found is None or not right:
            raise _wrong()
        self._attempts.succeeded(email, place)
        token = new_token("ses", self._clock.entropy(32))
        now = self._clock.now()
        expires = (now + timedelta(days=SESSION_DAYS)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        async with self._db.transaction() as conn:
            await store.add_session(conn, token_hash(token), found[0].id, self._clock.stamp(), expires)
        return token

    def _matches(self, hashed: str | None, password: str) -> bool:
        """Whether this is the password; takes as long where there is none (None)."""
        if self._nobody is None:
            self._nobody = self._hasher.hash(new_token("none"))
        try:
            return self._hasher.verify(hashed or self._nobody, password) and hashed is not None
        except VerificationError:
            return False

    async def log_out(self, token: str) -> None:
        async with self._db.transaction() as conn:
            await store.drop_session(conn, token_hash(token))

    async def member_of(self, token: str) -> Member | None:
        """The member whose session this is, or None when it is unknown or over."""
        async with self._db.reading() as conn:
            return await store.session_member(conn, token_hash(token), self._clock.stamp())

    async def create_key(self, name: str) -> tuple[ApiKey, str]:
        """Make an API key; the secret is given once and never again."""
        name = name.strip()
        if not name or len(name) > 100:
            raise InvalidValue("Give the key a name of up to 100 characters, so that you know it later.", param="name")
        secret = new_token("pk", self._clock.entropy(32))
        key = ApiKey(self._clock.new_id("key"), name, secret[:9], self._clock.stamp())
        async with self._db.transaction() as conn:
            await store.add_key(conn, key, token_hash(secret))
        return key, secret

    async def keys(self) -> list[ApiKey]:
        async with self._db.reading() as conn:
            return await store.keys(conn)

    async def key(self, key_id: str) -> ApiKey:
        """The key with this id. Raises NotSignedIn when it is unknown or revoked."""
        found = next((key for key in await self.keys() if key.id == key_id and not key.revoked), None)
        if found is None:
            raise NotSignedIn("This API key is unknown or revoked. Make one on the settings page and send it.")
        return found

    async def revoke_key(self, key_id: str) -> None:
        async with self._db.transaction() as conn:
            if not await store.revoke_key(conn, key_id, self._clock.stamp()):
                raise NotFound("There is no such key, or it was revoked before. Reload the page.")

    async def verify_key(self, secret: str) -> ApiKey:
        """The key whose secret this is. Raises NotSignedIn when it is unknown or revoked."""
        key = await self.known_key(secret)
        if key is None:
            raise NotSignedIn("This API key is unknown or revoked. Make one on the settings page and send it.")
        return key

    async def known_key(self, secret: str) -> ApiKey | None:
        """The key whose secret this is, or None when there is none. Raises NotSignedIn when it is revoked."""
        async with self._db.reading() as conn:
            key = await store.key_by_hash(conn, token_hash(secret))
        if key is None:
            return None
        if key.revoked:
            raise NotSignedIn("This API key is unknown or revoked. Make one on the settings page and send it.")
        now = self._clock.stamp()
        if (key.last_used or "")[:MINUTE] != now[:MINUTE]:
            async with self._db.transaction() as conn:
                await store.touch_key(conn, key.id, now)
        return key


def _wrong() -> NotSignedIn:
    return NotSignedIn("E-mail or password is not right. Try again.", code="wrong_password")
