"""A markup through the API: it reaches the models that take one, and whatever else is refused before anything is sent."""

from __future__ import annotations

import base64
import io
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
from openai.types.images_response import ImagesResponse
from PIL import ExifTags, Image, ImageChops, ImageOps

from journeys.gateway import Here
from journeys.test_batch import EDITS, begin, finished, results
from openai_spec import conforms
from pochoir.domain.images import ImageRequest, Incoming, Size
from pochoir.features.metering.tokens import input_patch_tokens
from pochoir.infra.blobs import name_of
from pochoir.infra.credentials import Credentials
from pochoir.infra.sniff import check_image
from pochoir.infra.xmp import SOURCE_TYPES

MODEL = "gpt-image-2.5-flare"
PROMPT = "Do what the red notes say, and take the notes away"
SIZE = (600, 400)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


PHOTO = encoded(Image.new("RGB", SIZE, "grey"))


def layer(size: tuple[int, int] = SIZE, at: int = 10) -> bytes:
    image = Image.new("RGBA", size)
    image.paste((255, 0, 0, 255), (at, 10, at + 5, 20))
    return encoded(image)


def data_url(data: bytes) -> dict[str, str]:
    return {"image_url": f"data:image/png;base64,{base64.b64encode(data).decode()}"}


async def edit(here: Here, **more: Any) -> ImagesResponse:
    """With the official client; file objects without a name go as octet streams."""
    given: dict[str, Any] = {"model": MODEL, "prompt": PROMPT, "size": "1024x1024", "quality": "low", **more}
    given = {name: io.BytesIO(value) if isinstance(value, bytes) else value for name, value in given.items()}
    async with here.client() as client:
        answer: ImagesResponse = await client.images.edit(**{"image": io.BytesIO(PHOTO), **given})
        return answer


async def post(here: Here, path: str, **body: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(f"{here.url}/v1/{path}", **body) as response:
        return response.status, await response.json()


# -- what works ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [MODEL, f"{MODEL}-2026-09-08", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare"])
async def test_it_goes_along_is_named_in_the_provenance_and_charged_as_billed(here: Here, model: str) -> None:
    answer = await edit(here, model=model, markup=layer())
    conforms(answer.model_dump(exclude_none=True), "ImagesResponse")
    [image, sent] = here.upstream.seen[0].files
    assert (image[0], sent[:3], sent[3]) == ("image", ("markup", "markup.png", "image/png"), layer())
    [made] = await here.services.images.library.recent(1)
    assert (made.provenance["markup"], made.provenance["mask"]) == (name_of(layer()), None)
    assert answer.usage
    details = answer.usage.input_tokens_details
    assert await here.spent() == details.text_tokens * 5 + details.image_tokens * 8 + answer.usage.output_tokens * 30


async def test_it_is_held_in_the_budget_as_one_image_more(here: Here) -> None:
    photo, markup = (check_image(data, 1 << 20, 1 << 20) for data in (PHOTO, layer()))
    plain = ImageRequest(MODEL, PROMPT, references=(photo,))
    prepare = here.services.images.prepare
    without, marked = (
        await prepare(plain),
        await prepare(ImageRequest(MODEL, PROMPT, references=(photo,), markup=markup)),
    )
    planned = await prepare(ImageRequest(MODEL, PROMPT), incoming=Incoming(1, markup=True))
    assert planned.quote.usage.image_in == 2 * input_patch_tokens(Size(1024, 1024))
    assert marked.quote.usage.image_in - without.quote.usage.image_in == input_patch_tokens(Size(*SIZE))


async def test_it_lies_on_a_photo_as_the_photo_is_shown(here: Here) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    photo = encoded(Image.new("RGB", SIZE), "JPEG", exif=exif)
    await edit(here, image=photo, markup=layer(SIZE[::-1]))
    with pytest.raises(openai.BadRequestError, match="the image 400x600"):
        await edit(here, image=photo, markup=layer(SIZE))
    assert len(here.upstream.seen) == 1


@pytest.mark.parametrize("orientation", [6, 8])
async def test_a_mask_lies_on_a_photo_as_the_photo_is_shown_too(here: Here, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = Image.new("RGB", SIZE, "white")
    stored.paste("red", (0, 0, SIZE[0] // 2, SIZE[1]))
    photo = encoded(stored, "PNG", exif=exif)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB")
    spot = (40, 60, 160, 180)
    mask = Image.new("RGBA", shown.size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), spot)
    asked = {"model": "pochoir-sketch", "prompt": "add a black cat", "image": photo, "size": "auto", "quality": "auto"}
    answer = await edit(here, **asked, mask=encoded(mask))
    assert answer.data
    made = Image.open(io.BytesIO(base64.b64decode(answer.data[0].b64_json or ""))).convert("RGB")
    changed = ImageChops.difference(made, shown).getbbox()
    assert changed is not None
    assert (min(changed[0], spot[0]), min(changed[1], spot[1])) == spot[:2]
    assert (max(changed[2], spot[2]), max(changed[3], spot[3])) == spot[2:]
    with pytest.raises(openai.BadRequestError, match="Make them the same width and height"):
        await edit(here, **asked, mask=encoded(mask.resize((30, 40))))


@pytest.mark.parametrize("orientation", [3, 6])
async def test_a_provider_gets_a_photo_and_its_mask_upright(here: Here, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    photo = encoded(Image.new("RGB", (300, 200), "red"), "JPEG", exif=exif)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).size
    for size in {shown, (300, 200)}:
        answer = await edit(here, model="gpt-image-2", image=photo, mask=encoded(Image.new("RGBA", size, (0, 0, 0, 0))))
        assert answer.model_extra is not None
        assert "turned upright" in answer.model_extra["pochoir"]["notes"][0]
        sent = {name: Image.open(io.BytesIO(data)) for name, _, _, data in here.upstream.seen[-1].files}
        assert {name: (image.size, image.getexif().get(ExifTags.Base.Orientation)) for name, image in sent.items()} == {
            "image": (shown, None),
            "mask": (shown, None),
        }


async def test_a_photo_that_is_turned_upright_keeps_the_manifest_that_it_came_with(here: Here, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    taken = {"action": "c2pa.created", "digitalSourceType": f"{SOURCE_TYPES}digitalCapture"}
    claim = {
        "claim_generator_info": [{"name": "Camera", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [taken]}}],
    }
    plain = encoded(Image.new("RGB", (300, 200), "red"), "JPEG", exif=exif)
    photo = Credentials(tmp_path / "camera").sign(plain, "image/jpeg", claim)
    mask = encoded(Image.new("RGBA", (200, 300)))
    library = here.services.images.library
    for more in ({}, {"mask": mask}):
        answer = await edit(here, model="gpt-image-2", image=photo, **more)
        assert answer.model_extra is not None
        made = await library.artifact(answer.model_extra["pochoir"]["images"][0])
        assert [await library.bytes_of(item["blob"]) for item in made.provenance["ingredients"]] == [photo]
    first, layer = [check_image(data, 1 << 24, 1 << 24) for data in (photo, mask)]
    asked = ImageRequest("gpt-image-2", PROMPT, size=Size(1024, 1024), quality="low", references=(first,), mask=layer)
    ready = await here.services.images.deferred.ready(asked, key="line")
    assert [await library.bytes_of(item["blob"]) for item in ready.signed] == [photo]


async def test_it_lies_on_the_first_of_several_images(here: Here) -> None:
    other = encoded(Image.new("RGB", (64, 64)))
    await edit(here, image=[io.BytesIO(PHOTO), io.BytesIO(other)], markup=layer())
    assert [entry[0] for entry in here.upstream.seen[0].files] == ["image[]", "image[]", "markup"]


async def test_a_stream_takes_one_too(here: Here) -> None:
    async with here.client() as client:
        stream = await client.images.edit(
            model=MODEL, prompt=PROMPT, image=PHOTO, markup=layer(), stream=True, partial_images=1
        )
        kinds = [event.type async for event in stream]
    assert kinds == ["image_edit.partial_image", "image_edit.completed"]
    assert here.upstream.seen[0].files[1][0] == "markup"


@pytest.mark.parametrize("form", ["data URL", "image kept here", "uploaded file"])
async def test_by_json_in_the_masks_form(here: Here, form: str) -> None:
    markup = data_url(layer())
    if form == "image kept here":
        markup = {"file_id": (await here.services.images.library.upload(layer())).id}
    elif form == "uploaded file":
        async with here.client() as client:
            file = await client.files.create(file=("notes.png", layer()), purpose="vision")
        markup = {"file_id": file.id}
    body = {"model": MODEL, "prompt": PROMPT, "images": [data_url(PHOTO)], "markup": markup, "mask": None}
    status, answer = await post(here, "images/edits", json=body)
    assert status == 200, answer
    conforms(answer, "ImagesResponse")
    assert [entry[0] for entry in here.upstream.seen[0].files] == ["image", "markup"]
    assert here.upstream.seen[0].files[1][3] == layer()


async def test_another_markup_is_another_request(here: Here) -> None:
    once = partial(edit, here, extra_headers={"Idempotency-Key": "one"})
    first = await once(markup=layer())
    assert (await once(markup=layer())).data == first.data
    for other in ({"markup": layer(at=99)}, {}, {"mask": layer()}):
        with pytest.raises(openai.ConflictError):
            await once(**other)
    cached = partial(edit, here, extra_body={"cache": True})
    for markup in (layer(), layer(), layer(at=99)):
        await cached(markup=markup)
    await cached()
    assert len(here.upstream.seen) == 1 + 3


async def test_lines_of_a_batch_take_one(here: Here) -> None:
    asked = {"model": "gpt-image-2.6-flare", "prompt": PROMPT, "size": "1024x1024", "images": [data_url(PHOTO)]}
    lines = {
        "good": {**asked, "markup": data_url(layer())},
        "opaque": {**asked, "markup": data_url(PHOTO)},
        "other model": {**asked, "model": "gpt-image-2", "markup": data_url(layer())},
        "both": {**asked, "markup": data_url(layer()), "mask": data_url(layer())},
    }
    async with here.client() as client:
        batch = await finished(client, await begin(client, EDITS, lines))
        good, bad = await results(client, batch.output_file_id), await results(client, batch.error_file_id)
    assert (list(good), list(bad)) == (["good"], ["opaque", "other model", "both"])
    assert {row["response"]["body"]["error"]["param"] for row in bad.values()} == {"markup"}
    assert [entry[0] for seen in here.upstream.seen for entry in seen.files] == ["image", "markup"]


# -- what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        ({"model": "gpt-image-2", "markup": layer()}, "invalid_value", "takes no markup"),
        ({"model": "gpt-image-1-mini", "markup": layer()}, "invalid_value", "takes no markup"),
        ({"model": "pochoir-sketch", "markup": layer()}, "invalid_value", "takes no markup"),
        ({"markup": PHOTO}, "invalid_image_file", "no transparent pixels"),
        ({"markup": encoded(Image.new("RGBA", SIZE, "red"))}, "invalid_image_file", "no transparent pixels"),
        ({"markup": encoded(Image.new("RGBA", SIZE), "WEBP")}, "invalid_image_file", "as PNG"),
        ({"markup": layer((400, 600))}, "invalid_value", "same width and height"),
        ({"markup": b"hello"}, "invalid_image_file", "not an image"),
        ({"markup": layer(), "mask": layer()}, "invalid_value", "Send one of them"),
    ],
)
async def test_a_markup_that_will_not_do(here: Here, more: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(openai.BadRequestError, match=says) as caught:
        await edit(here, **more)
    assert (caught.value.code, caught.value.param) == (code, "markup")
    assert (here.upstream.seen, await here.spent()) == ([], 0)


@pytest.mark.parametrize("name", ["mask", "markup"])
async def test_one_of_each_and_as_a_file(here: Here, name: str) -> None:
    def form(*layers: bytes | str) -> aiohttp.FormData:
        data = aiohttp.FormData({"model": MODEL, "prompt": PROMPT})
        data.add_field("image", PHOTO, filename="a.png")
        for given in layers:
            if isinstance(given, str):
                data.add_field(name, given)
            else:
                data.add_field(name, given, filename="b.png")
        return data

    for data, says in ((form(layer(), layer()), "more than once"), (form("a text"), "must be a file")):
        status, answer = await post(here, "images/edits", data=data)
        assert (status, answer["error"]["param"], answer["error"]["code"]) == (400, name, "invalid_type")
        assert says in answer["error"]["message"]
    body = {"model": MODEL, "prompt": PROMPT, "images": [data_url(PHOTO)], name: [data_url(layer())] * 2}
    status, answer = await post(here, "images/edits", json=body)
    assert (status, answer["error"]["param"], answer["error"]["code"]) == (400, name, "invalid_type")
    assert here.upstream.seen == []


@pytest.mark.parametrize("name", ["mask", "markup"])
async def test_without_an_image_it_belongs_to_nothing(here: Here, name: str) -> None:
    body = {"model": MODEL, "prompt": PROMPT, name: data_url(layer())}
    status, answer = await post(here, "images/generations", json=body)
    assert (status, answer["error"]["param"], answer["error"]["code"]) == (400, name, "unknown_parameter")
    assert answer["error"]["message"].endswith("Send both to /v1/images/edits.")
    status, answer = await post(here, "images/edits", json={**body, "images": []})
    assert (status, answer["error"]["param"]) == (400, "images")


async def test_no_model_steps_in_that_would_pass_over_the_notes(here: Here) -> None:
    here.upstream.faults.append("429")
    with pytest.raises(openai.RateLimitError):
        await edit(here, markup=layer(), extra_body={"fallback": "pochoir-sketch"})
    here.upstream.faults.append("429")
    answer = await edit(here, markup=layer(), extra_body={"fallback": "pochoir-sketch, gpt-image-2.6-flare"})
    assert answer.model_dump()["pochoir"]["model"] == "gpt-image-2.6-flare"
    assert here.upstream.seen[-1].files[1][0] == "markup"
