"""The built-in illustrator as an engine: repeatable bytes, every size and format, true stages, clear refusals."""
# ruff: noqa: E501 - prompts stay on one line

from __future__ import annotations

import asyncio
import io
import json
import runpy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from pochoir.domain.errors import InvalidImage, InvalidValue
from pochoir.domain.images import ImageInput, ImageRequest, ImageResult, Size
from pochoir.engines.base import Credentials, PartialImage
from pochoir.engines.builtin import archive, lettering
from pochoir.engines.builtin.colours import contrast, lch, readable, recolour
from pochoir.engines.builtin.compose import compose
from pochoir.engines.builtin.engine import SNAPSHOT, Sketch, create
from pochoir.engines.builtin.illustrate import Job, illustrate
from pochoir.engines.builtin.understand import understand

ROOT = Path(__file__).parents[2]
NOBODY = Credentials()


@pytest.fixture
async def sketch() -> AsyncIterator[Sketch]:
    engine = create()
    yield engine
    await engine.close()


def ask(prompt: str = "a red car", **more: Any) -> ImageRequest:
    return ImageRequest("pochoir-sketch", prompt, **{"size": Size(128, 128), "quality": "low", **more})


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


async def test_same_request_same_bytes_and_variants_differ(sketch: Sketch) -> None:
    request = ask("Product shot of our new sneaker on a pastel background", n=3)
    first, again = await sketch.generate(request, NOBODY), await sketch.generate(request, NOBODY)
    assert [i.data for i in first.images] == [i.data for i in again.images]
    assert len({i.data for i in first.images}) == 3
    assert first.snapshot == SNAPSHOT
    assert first.usage.as_dict() == {"images": 3}
    assert first.usage_reported
    assert "sneaker" in first.images[0].revised_prompt


async def test_an_images_seed_makes_it_again(sketch: Sketch) -> None:
    both = await sketch.generate(ask(n=2, seed=41), NOBODY)
    assert [i.seed for i in both.images] == [41, 42]
    alone = await sketch.generate(ask(seed=42), NOBODY)
    assert alone.images[0].data == both.images[1].data


@pytest.mark.parametrize(("output_format", "kind"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
async def test_formats(sketch: Sketch, output_format: Any, kind: str) -> None:
    result = await sketch.generate(ask(output_format=output_format, size=Size(160, 96)), NOBODY)
    picture = opened(result.images[0].data)
    assert (picture.format, picture.size) == (kind, (160, 96))
    assert result.images[0].mime == f"image/{output_format}"


async def test_svg_is_xml_without_fonts_or_links(sketch: Sketch) -> None:
    result = await sketch.generate(ask('poster "Hello" with a dog', output_format="svg"), NOBODY)
    root = ElementTree.fromstring(result.images[0].data)
    assert (root.get("width"), root.get("height")) == ("128", "128")
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"text", "script", "a", "style", "foreignObject"}


@pytest.mark.parametrize("size", [(64, 64), (64, 4096), (4096, 64), (1024, 1536), (1536, 1024), (333, 777)])
def test_sizes(size: tuple[int, int]) -> None:
    data, _ = illustrate(Job('poster "Hi there" with a dog', *size, "medium", False, "png", None, 3))
    assert opened(data).size == size


async def test_transparency(sketch: Sketch) -> None:
    result = await sketch.generate(ask(background="transparent", quality="high"), NOBODY)
    picture = opened(result.images[0].data).convert("RGBA")
    assert picture.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert picture.getchannel("A").getextrema() == (0, 255)
    assert result.background == "transparent"


def test_qualities_differ() -> None:
    made = [
        illustrate(Job("a mug on a mint background", 256, 256, q, False, "png", None, 5))[0]
        for q in ("low", "medium", "high")
    ]
    assert len({len(data) for data in made}) == 3
    assert len(made[0]) < len(made[1]) < len(made[2])


async def test_stages_are_true(sketch: Sketch) -> None:
    request = ask('a dog in the park "Hello"', size=Size(200, 200))
    got = [part async for part in sketch.stream(request, NOBODY, 2)]
    partials = [p for p in got if isinstance(p, PartialImage)]
    assert [p.index for p in partials] == [0, 1]
    assert isinstance(got[-1], ImageResult)
    pictures = [opened(d).convert("RGB").tobytes() for d in (*(p.image.data for p in partials), got[-1].images[0].data)]
    assert len(set(pictures)) == 3
    plain = await sketch.generate(request, NOBODY)
    assert plain.images[0].data == got[-1].images[0].data


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"size": Size(63, 64)}, "size"),
        ({"size": Size(64, 4097)}, "size"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"quality": "ultra"}, "quality"),
        ({"output_format": "gif"}, "output_format"),
        ({"background": "transparent", "output_format": "jpeg"}, "background"),
        ({"references": (ImageInput(b"x", "image/png", Size(1, 1)),)}, "image"),
        ({"references": (ImageInput(b"x", "image/png", Size(1, 1)),) * 17}, "image"),
        ({"mask": ImageInput(b"x", "image/png", Size(1, 1))}, "mask"),
    ],
)
async def test_refusals_name_the_field(sketch: Sketch, more: dict[str, Any], param: str) -> None:
    with pytest.raises((InvalidValue, InvalidImage)) as caught:
        await sketch.generate(ask(**more), NOBODY)
    assert caught.value.param == param
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "prompt",
    [
        " ", "?", "xqzt blorp", "a", "\x00\x07", "<svg onload=alert(1)>", "]]>&amp;<!--", '"' + "W" * 290 + '"', "ฉันชอบแมว", "🦊🎈",
        "dog " * 8000, "x" * 32000, "word " * 6400, "no no no", "left of under on", '"" “” „“', "0 cats 999 dogs -3 cows", "مرحبا بالعالم",
        ", ".join(archive.names()[:40]), 'poster "セール" with a dog', "#fff #000 #12 #abcdef", "a cat on a dog on a cat on a cow under a bed",
    ],
)  # fmt: skip
def test_bad_input_gives_a_picture(prompt: str) -> None:
    data, said = illustrate(Job(prompt, 200, 150, "medium", False, "png", None, 1))
    assert opened(data).size == (200, 150)
    assert said
    svg = compose(understand(prompt), prompt, 200, 150, quality="low", transparent=False, seed=1)
    ElementTree.fromstring(svg)


async def test_a_killed_drawing_process_is_replaced(sketch: Sketch) -> None:
    await sketch.generate(ask(), NOBODY)
    process = sketch._easel._process
    assert process is not None
    process.kill()
    process.wait()
    assert (await sketch.generate(ask(), NOBODY)).images
    assert "ready" in await sketch.check(NOBODY)


async def test_the_event_loop_lives_while_drawing(sketch: Sketch) -> None:
    await sketch.generate(ask(), NOBODY)
    drawing = asyncio.create_task(
        sketch.generate(ask("a city at night", size=Size(1536, 1536), quality="high"), NOBODY)
    )
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0.002)
        turns += 1
    assert (await drawing).images
    assert turns >= 3


def test_golden_svg() -> None:
    module = runpy.run_path(str(ROOT / "tests/golden/builtin/rewrite.py"))
    golden = json.loads(module["GOLDEN"].read_text(encoding="utf-8"))
    assert module["digests"]() == golden, "rewrite with: python tests/golden/builtin/rewrite.py"


def test_counts_and_colours_are_in_the_drawing() -> None:
    prompt = "three blue apples on a white background"
    scene = understand(prompt)
    svg = compose(scene, prompt, 400, 400, quality="low", transparent=True, seed=1)
    body = archive.piece("red-apple")
    target = scene.things[0].colour or ""
    wanted = recolour(body.body, body.colours, target)
    main = recolour(body.colours[0][0], body.colours, target)
    assert svg.count(wanted) == 3
    assert abs(lch(main)[2] - lch("#2b6fe8")[2]) < 40


def test_left_means_left() -> None:
    for prompt, leftmost in (("an apple left of a cat", "apple"), ("an apple right of a cat", "cat")):
        svg = compose(understand(prompt), prompt, 400, 400, quality="low", transparent=True, seed=1)
        apple, cat = svg.index(archive.piece("red-apple").body), svg.index(archive.piece("cat").body)
        x_of = [
            float(svg[:at].rpartition("translate(")[0].rpartition("translate(")[2].split()[0]) for at in (apple, cat)
        ]
        assert (x_of[0] < x_of[1]) == (leftmost == "apple")


def test_type_is_readable_and_inside() -> None:
    for on in ("#ffe3d3", "#0d1538", "#7f7f7f", "#e5383b", "#8fd0f5"):
        assert contrast(readable([on], "#c9a45c"), on) >= 4.5
    for face in lettering.FACES:
        block = lettering.fit("Grüße aus München, alles wird gut", face, 300, 200, most=90)
        assert block.width <= 300.5
        assert block.height <= 200.5
        assert " ".join(block.lines) == "Grüße aus München, alles wird gut"


def test_every_piece_has_its_licence_entry() -> None:
    sources = {archive.piece(name).source for name in archive.names()}
    assert sources <= set(archive.sources())
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for title in ("Fluent Emoji", "emojibase-data", "emojilib", "Fredoka", "Anton", "Fraunces", "Inter", "Caveat"):
        assert title in notice
    families = {archive.sources()[source]["title"] for source in archive.faces().values()}
    assert all(family in notice for family in families)
