"""Marks of images on their way out: metadata that other software reads, manifests that hold, and what is left alone."""

from __future__ import annotations

import io
import stat
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pochoir.domain.errors import Conflict
from pochoir.domain.images import ImageInput, Size
from pochoir.features.images.artifact import Artifact
from pochoir.features.images.copies import Copies, Marks
from pochoir.features.images.library import Library
from pochoir.infra import credentials as c2pa
from pochoir.infra import xmp
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.credentials import Credentials
from pochoir.infra.db import Database

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
EXIF = Image.Exif()
EXIF[0x010E] = "a picture"
PROMPT = 'A <fox> & "hare" — ünïcode \U0001f98a'


def picture(mime: str, mode: str = "RGB", size: tuple[int, int] = (65, 47), **options: Any) -> bytes:
    file = io.BytesIO()
    image = Image.linear_gradient("L").resize(size).convert(mode)
    image.save(file, FORMATS[mime], **options)
    return file.getvalue()


class Desk:
    """A library with copies."""

    def __init__(self, db: Database, clock: Clock, folder: Path) -> None:
        self.clock = clock
        self.library = Library(db, clock, Blobs(folder / "blobs"), folder / "thumbnails")
        self.credentials = Credentials(folder / "credentials")
        self.copies = Copies(db, clock, self.library, self.credentials)

    async def made(self, data: bytes, mime: str = "image/png", **about: Any) -> Artifact:
        size = Size(*Image.open(io.BytesIO(data)).size)
        [blob] = await self.library.keep([data])
        provenance = {"prompt": PROMPT, "engine": "openai", "references": [], **about}
        given = {"model": "gpt-image-2", "snapshot": "gpt-image-2-2026-04-21", "provenance": provenance}
        return Artifact("img_1", blob, mime, size, len(data), self.clock.stamp(), "generated", **given)  # type: ignore[arg-type]

    def read(self, data: bytes, mime: str = "image/png") -> c2pa.Reading:
        found = self.credentials.read(data, mime)
        assert found is not None
        return found


@pytest.fixture
def desk(db: Database, clock: Clock, tmp_path: Path) -> Desk:
    return Desk(db, clock, tmp_path)


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGBA").tobytes()


def metadata(data: bytes) -> dict[str, str]:
    """What Pillow finds as XMP, by field."""
    info = Image.open(io.BytesIO(data)).info
    found = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    text = found.decode() if isinstance(found, bytes) else found
    if not text:
        return {}
    return {item.tag: "".join(item.itertext()) for item in ET.fromstring(text.strip()).iter() if item.tag != "li"}


@pytest.mark.parametrize(
    ("mime", "mode", "options"),
    [
        ("image/png", "RGBA", {}),
        ("image/jpeg", "RGB", {}),
        ("image/jpeg", "RGB", {"exif": EXIF}),
        ("image/webp", "RGB", {}),
        ("image/webp", "RGBA", {"lossless": True}),
        ("image/webp", "RGB", {"exif": EXIF}),
    ],
)
@pytest.mark.parametrize("signed", [False, True])
async def test_copies_carry_what_others_can_read(
    desk: Desk, mime: str, mode: str, options: dict[str, Any], signed: bool
) -> None:
    await desk.copies.choose(Marks(signed=signed))
    data = picture(mime, mode, **options)
    copy = await desk.copies.copy(await desk.made(data, mime))
    said = metadata(copy)
    assert said[f"{IPTC}AIPromptInformation"] == PROMPT
    assert said[f"{IPTC}DigitalSourceType"] == f"{SOURCES}trainedAlgorithmicMedia"
    assert said[f"{IPTC}AISystemVersionUsed"] == "gpt-image-2-2026-04-21"
    assert pixels(copy) == pixels(data)
    if signed:
        assert desk.read(copy, mime).state == "Trusted"
    else:
        assert not c2pa.has_manifest(copy)


THEIRS = b"""<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/'><R:RDF xmlns:R='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<R:Description R:about='' xmlns:p='http://ns.adobe.com/photoshop/1.0/' xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'
 e:DigitalSourceType='theirs'><p:Credit>Made with their AI</p:Credit></R:Description></R:RDF>
</x:xmpmeta><?xpacket end='w'?>"""


def with_xmp(mime: str, packet: bytes, *, packed: bool = False) -> bytes:
    if mime != "image/png":
        return picture(mime, xmp=packet)
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=packed)
    return picture(mime, pnginfo=info)


@pytest.mark.parametrize(("mime", "packed"), [(mime, False) for mime in FORMATS] + [("image/png", True)])
async def test_metadata_that_came_from_the_provider_is_joined(desk: Desk, mime: str, packed: bool) -> None:
    await desk.copies.choose(Marks(signed=False))
    data = with_xmp(mime, THEIRS, packed=packed)
    copy = await desk.copies.copy(await desk.made(data, mime))
    said = metadata(copy)
    assert said[f"{IPTC}AIPromptInformation"] == PROMPT
    assert said["{http://ns.adobe.com/photoshop/1.0/}Credit"] == "Made with their AI"
    assert f"{IPTC}DigitalSourceType" not in said, "a field that they filled in stays theirs, and stands there once"
    assert copy.count(b"DigitalSourceType") == 1
    assert (
        copy.count({"image/png": b"XML:com.adobe.xmp", "image/webp": b"XMP "}.get(mime, b"ns.adobe.com/xap/1.0/\0"))
        == 1
    )
    assert pixels(copy) == pixels(data)
    again = xmp.embed(copy, mime, xmp.About("x", "y", model="z", prompt="z"), Size(65, 47))
    assert metadata(again) == said, "what is said is not said again"


@pytest.mark.parametrize("mime", FORMATS)
@pytest.mark.parametrize("theirs", [b"<theirs/>", b"<broken", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
async def test_metadata_that_says_nothing_gives_way(desk: Desk, mime: str, theirs: bytes) -> None:
    await desk.copies.choose(Marks(signed=False))
    copy = await desk.copies.copy(await desk.made(with_xmp(mime, theirs), mime))
    assert metadata(copy)[f"{IPTC}AISystemUsed"] == "gpt-image-2"
    assert theirs not in copy


async def test_the_lines_of_a_prompt_stay(desk: Desk) -> None:
    await desk.copies.choose(Marks(signed=False))
    prompt = "a fox\n\tin the snow\r\n\0and a hare"
    copy = await desk.copies.copy(await desk.made(picture("image/png"), prompt=prompt))
    assert metadata(copy)[f"{IPTC}AIPromptInformation"] == prompt.replace("\0", " ")


async def test_the_manifest_says_who_made_it_and_holds(desk: Desk) -> None:
    artifact = await desk.made(picture("image/png"))
    copy = await desk.copies.copy(artifact)
    reading = desk.read(copy)
    [actions] = [item["data"]["actions"] for item in reading.manifest["assertions"] if "actions" in item["label"]]
    assert actions[0]["action"] == "c2pa.created"
    assert actions[0]["digitalSourceType"] == f"{SOURCES}trainedAlgorithmicMedia"
    assert actions[0]["softwareAgent"]["name"] == "gpt-image-2"
    assert await desk.library.read(artifact) == picture("image/png"), "what is stored is untouched"
    stranger = Credentials(desk.credentials.folder.parent / "stranger").read(copy, "image/png")
    assert stranger is not None
    assert stranger.state == "Valid", "whole, but nobody else trusts a certificate that we gave ourselves"


@pytest.mark.parametrize("place", ["the pixels", "the metadata", "the manifest"])
async def test_one_changed_byte_is_found(desk: Desk, place: str) -> None:
    copy = bytearray(await desk.copies.copy(await desk.made(picture("image/png"))))
    at = {"the pixels": copy.rindex(b"IDAT") + 20, "the metadata": copy.index(b"gpt-image-2</"), "the manifest": 0}[
        place
    ]
    at = at or copy.index(b"trainedAlgorithmicMedia")
    copy[at] ^= 1
    reading = desk.read(bytes(copy))
    assert not reading.whole
    assert reading.failures


async def test_a_choice_leaves_marks_out(desk: Desk) -> None:
    data = picture("image/png")
    artifact = await desk.made(data)
    first = await desk.copies.tag(artifact)
    await desk.copies.choose(Marks(metadata=False, signed=False))
    assert await desk.copies.copy(artifact) == data
    assert await desk.copies.tag(artifact) != first
    await desk.copies.choose(Marks(prompt=False))
    copy = await desk.copies.copy(artifact)
    assert b"hare" not in copy
    assert metadata(copy)[f"{IPTC}AISystemUsed"] == "gpt-image-2"


async def test_the_builtin_illustrator_is_not_called_trained(desk: Desk) -> None:
    copy = await desk.copies.copy(await desk.made(picture("image/png"), engine="builtin"))
    assert metadata(copy)[f"{IPTC}DigitalSourceType"] == f"{SOURCES}algorithmicMedia"
    assert b"trainedAlgorithmicMedia" not in copy


async def test_manifests_of_inputs_are_kept_as_ingredients(desk: Desk, tmp_path: Path) -> None:
    camera = Credentials(tmp_path / "camera")
    photo = camera.sign(picture("image/jpeg"), "image/jpeg", _claim("Camera"))
    plain = ImageInput(picture("image/png"), "image/png", Size(65, 47))
    kept = await desk.library.with_manifest([plain, ImageInput(photo, "image/jpeg", Size(65, 47))])
    assert len(kept) == 1
    edit = await desk.made(picture("image/png"), references=["img_a"], ingredients=kept)
    reading = desk.read(await desk.copies.copy(edit))
    [ingredient] = reading.ingredients
    assert ingredient["relationship"] == "inputTo"
    theirs = reading.store["manifests"][ingredient["active_manifest"]]
    assert theirs["claim_generator_info"][0]["name"] == "Camera"
    assert not ingredient["validation_results"]["activeManifest"].get("failure") or all(
        item["code"] == "signingCredential.untrusted"
        for item in ingredient["validation_results"]["activeManifest"]["failure"]
    )


async def test_the_providers_own_manifest_is_the_parent(desk: Desk, tmp_path: Path) -> None:
    provider = Credentials(tmp_path / "provider")
    signed = provider.sign(picture("image/webp"), "image/webp", _claim("Provider"))
    artifact = await desk.made(signed, "image/webp")
    reading = desk.read(await desk.copies.copy(artifact), "image/webp")
    assert reading.whole
    [parent] = reading.ingredients
    assert parent["relationship"] == "parentOf"
    assert reading.store["manifests"][parent["active_manifest"]]["claim_generator_info"][0]["name"] == "Provider"
    await desk.copies.choose(Marks(signed=False))
    assert await desk.copies.copy(artifact) == signed, "metadata alone would break the provider's signature"


async def test_a_changed_upload_keeps_its_manifest_and_an_upload_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    photo = Credentials(tmp_path / "camera").sign(picture("image/png"), "image/png", _claim("Camera"))
    upload = await desk.library.upload(photo, name="photo.png")
    assert await desk.copies.copy(upload) == photo
    came = await desk.copies.reading(upload)
    assert came is not None
    assert came.whole
    smaller = await desk.library.transform(upload.id, "resize", {"width": 20, "height": 20})
    reading = desk.read(await desk.copies.copy(smaller), smaller.mime)
    assert reading.whole
    actions = reading.manifest["assertions"][0]["data"]["actions"]
    assert [item["action"] for item in actions] == ["c2pa.opened", "c2pa.resized"]
    assert len(reading.store["manifests"]) == 2


async def test_without_the_addition_images_leave_unsigned(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c2pa, "installed", lambda: False)
    copy = await desk.copies.copy(await desk.made(picture("image/png")))
    assert not c2pa.has_manifest(copy)
    assert metadata(copy)[f"{IPTC}AISystemUsed"] == "gpt-image-2"


@pytest.mark.parametrize("mime", list(FORMATS))
async def test_malformed_files_and_odd_prompts_go_out(desk: Desk, mime: str) -> None:
    whole = await desk.made(picture(mime), mime, prompt="\0\x0b" + "🦊" * 40_000)
    assert desk.read(await desk.copies.copy(whole), mime).whole
    broken = picture(mime)[:40]
    [blob] = await desk.library.keep([broken])
    assert await desk.copies.copy(replace(whole, blob=blob)), "it goes out, signed or not"


def test_the_key_is_private_and_half_a_certificate_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    Credentials(folder).ensure()
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert Credentials(folder).authority == Credentials(folder).authority
    (folder / "key.pem").unlink()
    with pytest.raises(Conflict, match="backup"):
        Credentials(folder).ensure()


def _claim(name: str) -> dict[str, Any]:
    actions = [{"action": "c2pa.created", "digitalSourceType": f"{SOURCES}digitalCapture"}]
    return {
        "claim_generator_info": [{"name": name, "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }
