"""Owner, sessions and API keys on a real database."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from conftest import NOON
from pochoir.domain.errors import Conflict, InvalidValue, NotFound, NotSignedIn, TooManyAttempts
from pochoir.features.accounts import store
from pochoir.features.accounts.attempts import MINUTES, MOST, REMEMBERED, Attempts
from pochoir.features.accounts.service import AccountsService
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database


@pytest.fixture
def accounts(db: Database, clock: Clock) -> AccountsService:
    return AccountsService(db, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def test_owner_logs_in_and_out(accounts: AccountsService) -> None:
    assert not await accounts.owner_exists()
    owner = await accounts.create_owner(" Ada@Example.com ", "Ada", "correct horse")
    assert await accounts.owner_exists()
    token = await accounts.log_in("ada@example.com", "correct horse")
    assert await accounts.member_of(token) == owner
    await accounts.log_out(token)
    assert await accounts.member_of(token) is None


async def test_wrong_password_and_unknown_address_get_the_same_answer(accounts: AccountsService) -> None:
    await accounts.create_owner("ada@example.com", "Ada", "correct horse")
    with pytest.raises(NotSignedIn) as wrong:
        await accounts.log_in("ada@example.com", "wrong horse!")
    with pytest.raises(NotSignedIn) as unknown:
        await accounts.log_in("eve@example.com", "correct horse")
    assert wrong.value.message == unknown.value.message


async def test_passwords_cannot_be_guessed_for_long(db: Database) -> None:
    now = [1_795_435_200_000_000_000]
    accounts = AccountsService(db, Clock(lambda: now[0]), PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await accounts.create_owner("ada@example.com", "Ada", "correct horse")
    guesses = [accounts.log_in("ada@example.com", f"guess {number}", "192.0.2.7") for number in range(30)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert [type(result) for result in results] == [NotSignedIn] * 10 + [TooManyAttempts] * 20
    with pytest.raises(TooManyAttempts, match="in 10 minutes"):
        await accounts.log_in("ada@example.com", "correct horse", "192.0.2.7")
    assert await accounts.log_in("ada@example.com", "correct horse", "192.0.2.8"), "she is not locked out elsewhere"
    now[0] += 9 * 60 * 1_000_000_000
    with pytest.raises(TooManyAttempts, match="in 1 minute\\."):
        await accounts.log_in("ADA@example.com ", "correct horse", "192.0.2.7")
    now[0] += 61 * 1_000_000_000
    assert await accounts.log_in("ada@example.com", "correct horse", "192.0.2.7")


def attempts() -> tuple[Attempts, list[int]]:
    now = [1_795_435_200_000_000_000]
    return Attempts(Clock(lambda: now[0])), now


def test_a_whole_ipv6_network_is_one_place() -> None:
    kept, _ = attempts()
    for number in range(10):
        kept.begin("ada@example.com", f"2001:db8::{number:x}")
    with pytest.raises(TooManyAttempts) as caught:
        kept.begin("ada@example.com", "2001:db8::ffff:1")
    assert caught.value.retry_after == 600
    kept.begin("ada@example.com", "2001:db8:0:1::1")
    for number in range(10):
        kept.begin("ada@example.com", f"::ffff:192.0.2.{number}")


def test_attempts_are_forgotten_with_time_and_when_they_are_too_many() -> None:
    kept, now = attempts()
    for number in range(REMEMBERED + 50):
        kept.begin(f"p{number}@example.com", "192.0.2.7")
    assert len(kept) == REMEMBERED
    now[0] += (MINUTES * 60 + 1) * 1_000_000_000
    kept.begin("ada@example.com", "192.0.2.7")
    assert len(kept) == 1


async def test_an_address_longer_than_any_is_wrong_at_once(accounts: AccountsService) -> None:
    for number in range(2 * MOST):
        with pytest.raises(NotSignedIn, match="E-mail or password is not right"):
            await accounts.log_in("a" * 1_000 + "@example.com", f"guess {number}", "192.0.2.7")


async def test_only_one_owner_even_at_once(accounts: AccountsService) -> None:
    results = await asyncio.gather(
        *(accounts.create_owner(f"p{number}@example.com", "P", "correct horse") for number in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Conflict) for result in results) == 3


@pytest.mark.parametrize(
    ("email", "password", "param"), [("ada", "correct horse", "email"), ("a@b", "short", "password")]
)
async def test_bad_owner_is_refused(accounts: AccountsService, email: str, password: str, param: str) -> None:
    with pytest.raises(InvalidValue) as error:
        await accounts.create_owner(email, "", password)
    assert error.value.param == param


async def test_key_is_shown_once_verified_and_revoked(accounts: AccountsService, db: Database) -> None:
    key, secret = await accounts.create_key("shop importer")
    assert (await accounts.verify_key(secret)).id == key.id
    [listed] = await accounts.keys()
    assert listed.last_used is not None
    async with db.reading() as conn:
        stored = await conn.execute(store.api_keys.select())
        assert secret not in str(stored.all())
    await accounts.revoke_key(key.id)
    with pytest.raises(NotSignedIn):
        await accounts.verify_key(secret)
    with pytest.raises(NotFound):
        await accounts.revoke_key(key.id)


async def test_a_keys_last_use_is_known_to_the_minute(db: Database) -> None:
    seconds = iter((0, 0, 1, 59, 60, 119, 86_400))
    clock = Clock(now_ns=lambda: NOON + next(seconds) * 1_000_000_000, entropy=bytes)
    accounts = AccountsService(db, clock)
    _, secret = await accounts.create_key("shop")
    for used in ("12:00:01", "12:00:01", "12:01:00", "12:01:00", "12:00:00"):
        await accounts.known_key(secret)
        [listed] = await accounts.keys()
        assert listed.last_used is not None
        assert listed.last_used[11:19] == used
    assert listed.last_used == "2026-11-24T12:00:00.000Z"
