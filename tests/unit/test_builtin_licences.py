"""Every piece, face and word list of the archive has its entry with a permissive licence, and the archive is small."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from pochoir.engines import registry
from pochoir.engines.builtin import archive
from pochoir.engines.builtin.credits import credits
from pochoir.engines.builtin.illustrate import Job, illustrate
from pochoir.web.credits import vendored

ROOT = Path(__file__).parents[2]
PERMISSIVE = {"MIT", "ISC", "Apache-2.0", "CC0-1.0", "OFL-1.1", "Unicode-3.0", "CC-BY-4.0", "CC-BY-3.0", "0BSD"}


def test_every_drawing_and_face_has_its_entry_with_a_permissive_licence() -> None:
    entries = {c.id: c for c in credits()}
    listed = {
        kind: {p for c in entries.values() if c.kind == kind for p in c.pieces} for kind in ("drawings", "typeface")
    }
    assert listed["drawings"] == set(archive.names())
    assert listed["typeface"] == set(archive.faces())
    for name in archive.names():
        assert archive.piece(name).source in entries, name
    for entry in entries.values():
        assert entry.licence in PERMISSIVE, entry.id
        assert entry.copyright, entry.id
        assert len(entry.text) > 500, entry.id
        assert entry.id == "pochoir" or (entry.package and entry.version and entry.home.startswith("https://")), (
            entry.id
        )


def test_nothing_is_listed_that_gives_nothing() -> None:
    assert all(c.pieces for c in credits() if c.kind in {"drawings", "typeface"})


def test_attribution_licences_carry_their_credit() -> None:
    """The credit of a drawing goes into the metadata of each picture that shows it."""
    for source in archive.sources().values():
        if source["kind"] == "drawings":
            assert source["credit"], source["id"]
            assert (
                source["licence"].removesuffix("-4.0").removesuffix("-3.0") in source["credit"]
                or source["id"] == "pochoir"
            )


def test_the_archive_says_what_the_build_pins() -> None:
    pinned = tomllib.loads((ROOT / "art/packages.toml").read_text(encoding="utf-8"))
    pinned |= tomllib.loads((ROOT / "art/typefaces.toml").read_text(encoding="utf-8"))
    assert archive.sources() == {key: {"id": key, **source} for key, source in pinned.items()}
    assert all(s["integrity"].startswith("sha512-") for s in pinned.values() if "package" in s)


def test_the_notice_names_every_source() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for entry in credits():
        assert entry.title.split(",")[0] in notice or entry.package in notice, entry.id


def test_the_archive_is_small() -> None:
    assert archive.size() < 12_000_000
    assert archive.drawings_size() < 8_000_000


def test_the_registry_and_the_pages_give_their_credits() -> None:
    assert registry.credits() == credits()
    assert all(c.licence in PERMISSIVE and c.text and c.pieces and c.copyright for c in vendored())


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp", "svg"])
def test_every_picture_carries_the_credits_of_its_art(output_format: str) -> None:
    data, _ = illustrate(Job("line icons: rocket, heart", 96, 96, "low", False, output_format, None, 1))
    assert "Tabler Icons by Paweł Kuna, MIT licence".encode() in data
    if output_format == "png":
        picture = Image.open(io.BytesIO(data))
        picture.load()
        assert "Tabler Icons" in picture.info["Copyright"]
