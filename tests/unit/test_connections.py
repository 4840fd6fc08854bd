"""Keys are sealed at rest, never shown again, and the environment wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from pochoir.domain.errors import Conflict, InvalidValue
from pochoir.engines.base import CredentialField, pace_fields
from pochoir.features.connections.service import ConnectionKind, ConnectionsService
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.secrets import Sealer

KINDS = (
    ConnectionKind(
        "openai",
        "OpenAI",
        (
            CredentialField("key", "Key", env="OPENAI_API_KEY", secret=True),
            CredentialField("base_url", "Address", env="OPENAI_BASE_URL", required=False),
            CredentialField("per_minute", "Images a minute", required=False, number=True),
        ),
    ),
    ConnectionKind(
        "openai_compatible",
        "A server of your own",
        (
            CredentialField("base_url", "Address"),
            CredentialField("key", "Key", secret=True, required=False),
            CredentialField("models", "Models", required=False),
            CredentialField("steps", "Steps by quality", required=False),
            CredentialField("calls", "Calls at once", required=False, number=True),
        ),
        several=True,
    ),
)


def service(db: Database, clock: Clock, folder: Path, **environment: str) -> ConnectionsService:
    return ConnectionsService(db, clock, Sealer.from_folder(folder), KINDS, environment)


async def test_key_is_sealed_and_opened_again(db: Database, clock: Clock, tmp_path: Path) -> None:
    connections = service(db, clock, tmp_path)
    assert await connections.credentials("openai") is None
    saved = await connections.save("openai", "", {}, "sk-very-secret")
    assert saved.has_secret
    assert "sk-very-secret" not in repr(await connections.list())
    assert b"sk-very-secret" not in (tmp_path / "test.sqlite").read_bytes()
    found = await service(db, clock, tmp_path).credentials("openai")
    assert found is not None
    assert found.key == "sk-very-secret"
    assert "sk-very-secret" not in repr(found)


@pytest.mark.parametrize("text", ["ten", "0", "-1", "1.5", "9" * 5000])
def test_a_limit_in_the_environment_that_cannot_be_read_is_said(
    db: Database, clock: Clock, tmp_path: Path, text: str
) -> None:
    kinds = (ConnectionKind("openai", "OpenAI", pace_fields("OPENAI")),)
    with pytest.raises(InvalidValue, match=r"OPENAI_IMAGES_PER_MINUTE is '.*above 0, or leave it unset\."):
        ConnectionsService(db, clock, Sealer.from_folder(tmp_path), kinds, {"OPENAI_IMAGES_PER_MINUTE": text})


async def test_an_empty_secret_keeps_the_stored_one(db: Database, clock: Clock, tmp_path: Path) -> None:
    connections = service(db, clock, tmp_path)
    await connections.save("openai", "", {"base_url": "http://localhost:1/v1"}, "sk-1")
    await connections.save("openai", "", {"base_url": "http://localhost:1/v2"}, "")
    found = await connections.credentials("openai")
    assert found is not None
    assert (found.key, found.base_url) == ("sk-1", "http://localhost:1/v2")


@pytest.mark.parametrize("address", ["http://other:1/v1", "http://localhost:2/v1", "https://localhost:1/v1", ""])
async def test_a_stored_key_goes_to_no_other_server(db: Database, clock: Clock, tmp_path: Path, address: str) -> None:
    connections = service(db, clock, tmp_path)
    await connections.save("openai", "", {"base_url": "http://localhost:1/v1"}, "sk-1")
    with pytest.raises(InvalidValue, match="Enter the key for this one") as told:
        await connections.save("openai", "", {"base_url": address}, None)
    assert told.value.param == "key"
    await connections.save("openai", "", {"base_url": address}, "sk-2")
    found = await connections.credentials("openai")
    assert found is not None
    assert (found.key, found.base_url or "") == ("sk-2", address)


async def test_a_new_connection_takes_no_name_that_is_taken(db: Database, clock: Clock, tmp_path: Path) -> None:
    connections = service(db, clock, tmp_path)
    for new in (True, False):
        await connections.save("openai_compatible", "lab", {"base_url": "http://lab/v1"}, "sk-1", new=new)
    with pytest.raises(Conflict, match="choose another name"):
        await connections.save("openai_compatible", "lab", {"base_url": "http://evil/v1"}, None, new=True)


async def test_a_model_that_is_listed_twice_is_one(db: Database, clock: Clock, tmp_path: Path) -> None:
    connections = service(db, clock, tmp_path)
    await connections.save("openai_compatible", "lab", {"base_url": "http://lab/v1", "models": "m = a\nm\nn"}, None)
    assert await connections.upstream_models() == [("lab", "m", "a"), ("lab", "n", None)]


async def test_what_was_remembered_is_forgotten_by_a_change(db: Database, clock: Clock, tmp_path: Path) -> None:
    connections = service(db, clock, tmp_path)
    for secret in ("sk-1", "sk-2"):
        saved = await connections.save("openai", "", {}, secret)
        found = await connections.credentials("openai")
        assert found is not None
        assert found.key == secret
    await connections.delete(saved.id)
    assert await connections.credentials("openai") is None


async def test_the_environment_wins(db: Database, clock: Clock, tmp_path: Path) -> None:
    connections = service(db, clock, tmp_path, OPENAI_API_KEY="sk-env", OPENAI_BASE_URL="http://localhost:2/v1")
    await connections.save("openai", "", {}, "sk-stored")
    found = await connections.credentials("openai")
    assert found is not None
    assert (found.key, found.base_url) == ("sk-env", "http://localhost:2/v1")
    assert any(connection.from_environment for connection in await connections.list())


async def test_an_address_from_the_environment_goes_with_a_stored_key(
    db: Database, clock: Clock, tmp_path: Path
) -> None:
    connections = service(db, clock, tmp_path, OPENAI_BASE_URL="http://localhost:2/v1")
    assert await connections.credentials("openai") is None
    await connections.save("openai", "", {}, "sk-stored")
    found = await connections.credentials("openai")
    assert found is not None
    assert (found.key, found.base_url) == ("sk-stored", "http://localhost:2/v1")
    assert not any(connection.from_environment for connection in await connections.list())


async def test_several_servers_by_name_with_their_models(db: Database, clock: Clock, tmp_path: Path) -> None:
    connections = service(db, clock, tmp_path)
    await connections.save(
        "openai_compatible", "Studio", {"base_url": "http://localhost:3/v1", "models": "a\nb = card-b"}, None
    )
    assert await connections.upstream_models() == [("studio", "a", None), ("studio", "b", "card-b")]
    assert await connections.server_qualities() == {"studio": ()}
    await connections.save(
        "openai_compatible", "lab", {"base_url": "http://localhost:4/v1", "steps": "low = 4, high=50, odd"}, None
    )
    assert (await connections.server_qualities())["lab"] == ("low", "high")
    found = await connections.credentials("openai_compatible", "studio")
    assert found is not None
    assert found.key is None
    for connection in await connections.list():
        await connections.delete(connection.id)
    assert await connections.upstream_models() == []


@pytest.mark.parametrize(
    ("kind", "name", "settings", "secret"),
    [
        ("openai", "", {}, None),
        ("openai", "", {"base_url": "ftp://x"}, "k"),
        ("openai_compatible", "no spaces", {"base_url": "http://x/v1"}, None),
        ("openai_compatible", "studio", {}, None),
        ("openai_compatible", "openai", {"base_url": "http://x/v1"}, None),
        ("openai", "", {}, "sk-1\nsk-2"),
        ("openai", "", {"per_minute": "0"}, "k"),
        ("openai", "", {"per_minute": "9" * 5_000}, "k"),
        ("openai", "", {"per_minute": "٣"}, "k"),
        ("openai_compatible", "studio", {"base_url": "http://x/v1", "calls": "9" * 5_000}, None),
        ("openai_compatible", "studio", {"base_url": "http://x/v1", "calls": "00"}, None),
        ("unheard-of", "", {}, "k"),
    ],
)
async def test_what_does_not_do_is_refused(
    db: Database, clock: Clock, tmp_path: Path, kind: str, name: str, settings: dict[str, str], secret: str | None
) -> None:
    with pytest.raises(InvalidValue):
        await service(db, clock, tmp_path).save(kind, name, settings, secret)


async def test_another_sealing_key_says_what_to_do(db: Database, clock: Clock, tmp_path: Path) -> None:
    await service(db, clock, tmp_path).save("openai", "", {}, "sk-1")
    (tmp_path / "secret.key").unlink()
    with pytest.raises(Conflict, match=r"secret\.key"):
        await service(db, clock, tmp_path).credentials("openai")
