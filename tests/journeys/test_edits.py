"""Images edited by the built-in illustrator, driven by the official client: no key, no provider, no network."""

from __future__ import annotations

import base64
import io
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import openai
import pytest
from bench import photos
from PIL import Image, ImageChops

from journeys.gateway import Here
from journeys.serving import Server, serving

BOTTLE, VASE = photos.packed(photos.bottle((640, 480))), photos.packed(photos.vase((512, 512)))
SKETCH = "pochoir-sketch"


def opened(answer: Any, number: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(answer.data[number].b64_json))).convert("RGBA")


async def test_a_cut_out_keeps_the_images_size_and_costs_nothing(here: Here) -> None:
    async with here.client() as client:
        answer = await client.images.edit(model=SKETCH, image=("b.png", BOTTLE), prompt="Remove the background")
    picture = opened(answer)
    assert picture.size == (640, 480)
    assert picture.getpixel((5, 5)) == (0, 0, 0, 0)
    assert answer.size == "640x480"
    assert answer.data
    assert "background taken away" in (answer.data[0].revised_prompt or "")
    assert await here.spent() == 0
    kept = (await here.services.images.library.recent())[0]
    assert (kept.model, kept.origin) == (SKETCH, "generated")


async def test_several_images_go_into_one_scene_in_a_size_that_is_asked_for(here: Here) -> None:
    async with here.client() as client:
        answer = await client.images.edit(
            model=SKETCH, image=[("b.png", BOTTLE), ("v.png", VASE)], prompt="Both on a beach, with a parasol",
            size="1536x1024", n=2, output_format="jpeg",
        )  # fmt: skip
    first, second = opened(answer), opened(answer, 1)
    assert first.size == second.size == (1536, 1024)
    assert ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getbbox(), "two variants"


async def test_a_mask_is_kept_to_the_pixel(here: Here) -> None:
    mask = Image.new("RGBA", (640, 480), "#000000")
    mask.paste((0, 0, 0, 0), (40, 40, 200, 200))
    async with here.client() as client:
        answer = await client.images.edit(
            model=SKETCH, image=("b.png", BOTTLE), mask=("m.png", photos.packed(mask)), prompt="a hot air balloon"
        )
    changed = ImageChops.difference(opened(answer).convert("RGB"), Image.open(io.BytesIO(BOTTLE)).convert("RGB"))
    left, top, right, bottom = changed.getbbox() or (0, 0, 640, 480)
    assert left >= 40
    assert top >= 40
    assert right <= 200
    assert bottom <= 200


async def test_a_new_scene_is_streamed_in_stages(here: Here) -> None:
    seen = []
    async with here.client() as client:
        stream = await client.images.edit(
            model=SKETCH, image=("v.png", VASE), prompt="Put it in a kitchen", stream=True, partial_images=2,
            size="1024x1024",
        )  # fmt: skip
        async for event in stream:
            seen.append((event.type, base64.b64decode(event.b64_json)))
    assert [kind for kind, _ in seen] == ["image_edit.partial_image"] * 2 + ["image_edit.completed"]
    assert seen[0][1] not in {data for _, data in seen[1:]}, "the empty scene comes first"
    assert Image.open(io.BytesIO(seen[-1][1])).size == (1024, 1024)


async def test_what_it_cannot_do_names_models_that_can(here: Here) -> None:
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.images.edit(model=SKETCH, image=("v.png", VASE), prompt="Turn it into an oil painting")
    assert caught.value.code == "beyond_model"
    assert caught.value.param == "prompt"
    assert "oil painting" in caught.value.message
    assert "can: choose it instead." in caught.value.message
    assert await here.services.images.library.recent() == []


async def test_broken_bytes_are_refused_before_anything_is_kept(here: Here) -> None:
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.images.edit(model=SKETCH, image=("b.png", BOTTLE[:3000]), prompt="black and white")
    assert caught.value.code == "invalid_image_file"
    assert await here.spent() == 0


def test_a_tool_edits_files_from_the_command_line_with_and_without_a_server(tmp_path: Path) -> None:
    for name, data in (("bottle", BOTTLE), ("vase", VASE)):
        (tmp_path / f"{name}.png").write_bytes(data)
    files = [word for name in ("bottle", "vase") for word in ("--input", f"photos=@{tmp_path / name}.png")]
    Server(tmp_path / "data").command("tool", "new", "Remove the background of product photos")
    for out in (tmp_path / "alone", tmp_path / "served"):
        with serving(tmp_path / "data") if out.name == "served" else nullcontext(Server(tmp_path / "data")) as server:
            answer = server.command("tool", "run", "cut-outs", *files, "--out", str(out))
        assert "Charged: free" in answer.stdout
        made = [Image.open(io.BytesIO(path.read_bytes())).convert("RGBA") for path in sorted(out.glob("*.png"))]
        assert [picture.size for picture in made] == [(640, 480), (512, 512)], "in the order of the files"
        assert all(picture.getpixel((4, 4)) == (0, 0, 0, 0) for picture in made)
