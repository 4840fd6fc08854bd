"""Settings as people write them: what counts, a sentence for what cannot be read, and a database in any folder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import make_url

from pochoir.config import DEFAULT_HOST, read
from pochoir.domain.errors import InvalidValue
from pochoir.infra.db import migrate


@pytest.mark.parametrize(
    ("environment", "alone"),
    [
        ({}, True),
        ({"POCHOIR_SECURE_COOKIES": "0", "POCHOIR_HOSTS": " , "}, True),
        ({"POCHOIR_HOSTS": "pochoir.example.com"}, False),
        ({"POCHOIR_SECURE_COOKIES": "1"}, False),
        ({"POCHOIR_PROXIES": "10.0.0.5"}, False),
        ({"POCHOIR_HOST": "0.0.0.0"}, False),
        ({"POCHOIR_HOST": "::1"}, True),
    ],
)
def test_one_person_works_without_log_in_until_others_can_come_in(environment: dict[str, str], alone: bool) -> None:
    assert read(environment).single_user is alone


def test_host_names_are_kept_as_browsers_send_them() -> None:
    found = read({"POCHOIR_HOSTS": "Pochoir.Example.COM, other.example:8443, [2001:DB8::7]:80, 2001:db8::8"})
    assert found.hosts == ("pochoir.example.com", "other.example", "[2001:db8::7]", "[2001:db8::8]")


@pytest.mark.parametrize(
    ("text", "yes"), [("1", True), ("on", True), ("TRUE ", True), ("yes", True), ("off", False), ("", False)]
)
def test_yes_and_no_have_many_spellings(text: str, yes: bool) -> None:
    assert read({"POCHOIR_SECURE_COOKIES": text}).secure_cookies is yes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("POCHOIR_SECURE_COOKIES", "maybe"),
        ("POCHOIR_HOSTS", "https://pochoir.example.com"),
        ("POCHOIR_HOSTS", ":8300"),
        ("POCHOIR_PROXIES", "nginx"),
        ("POCHOIR_PORT", "65536"),
        ("POCHOIR_DATABASE_URL", "garbage"),
        ("POCHOIR_DATABASE_URL", "mysql://x/y"),
        ("POCHOIR_DURABLE_URL", "garbage"),
        ("POCHOIR_LINKS", "some"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_to_write(name: str, text: str) -> None:
    with pytest.raises(InvalidValue, match=rf"{name}.*\.$"):
        read({name: text})


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_is_none_is_said_by_its_flag(port: int) -> None:
    with pytest.raises(InvalidValue, match=r"--port is .* from 0 to 65535"):
        read({}, port=port)


def test_an_empty_variable_is_none() -> None:
    settings = read({"POCHOIR_DATA": "", "POCHOIR_HOST": ""})
    assert settings.data == Path("data").absolute()
    assert settings.host == DEFAULT_HOST


@pytest.mark.parametrize("text", ["0", "65", "-1", "four", "", "0000000011000", "9" * 5_000])
def test_lines_of_a_batch_are_1_to_64(text: str) -> None:
    with pytest.raises(InvalidValue, match="POCHOIR_BATCH_LINES"):
        read({"POCHOIR_BATCH_LINES": text})


@pytest.mark.parametrize("name", ["a?b", "a%41", "a#b", "a b", "ä", "a&b=c@d:e", "a%3Fb", "a+b"])
def test_a_folder_of_any_name_holds_its_database(tmp_path: Path, name: str) -> None:
    settings = read({}, data=tmp_path / name)
    settings.data.mkdir()
    migrate(settings.database_url)
    books = sqlite3.connect(settings.data / "pochoir.sqlite")
    assert books.execute("SELECT count(*) FROM ledger").fetchone() == (0,)
    books.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert make_url(settings.durable_url).database == str(settings.data / "durable.sqlite")


def test_a_folder_whose_name_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidValue, match="Choose another with --data"):
        read({}, data=Path("a\udcffb"))


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_the_journal_may_lie_in_postgresql(scheme: str) -> None:
    assert read({"POCHOIR_DURABLE_URL": f"{scheme}://me@host/journal"}).durable_url == f"{scheme}://me@host/journal"
