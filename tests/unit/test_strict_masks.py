"""Strict masks on pictures whose every pixel is known."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

import pochoir
from pochoir.domain.errors import EngineError, InvalidValue
from pochoir.domain.images import GeneratedImage, ImageInput, ImageRequest, Size
from pochoir.features.catalog.cards import load_cards
from pochoir.features.images import masks

CARD = next(
    card for card in load_cards(Path(pochoir.__file__).parent / "features/catalog/cards") if card.id == "gpt-image-2"
)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def given(image: Image.Image) -> ImageInput:
    return ImageInput(png(image), "image/png", Size(*image.size))


def noise(mode: str, size: tuple[int, int] = (192, 128)) -> Image.Image:
    """Every pixel differs from its neighbours, so any resampling or compression shows."""
    return Image.frombytes(mode, size, bytes((i * 7919 >> 3) & 255 for i in range(size[0] * size[1] * len(mode))))


def hole(size: tuple[int, int] = (192, 128)) -> Image.Image:
    """A mask that lets the right half change; a third of the protected part is half transparent."""
    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 1), (0, 0, size[0] // 3, size[1]))
    mask.paste((0, 0, 0, 0), (size[0] // 2, 0, *size))
    return mask


def answer(size: tuple[int, int] = (192, 128), mime: str = "image/png") -> GeneratedImage:
    out = io.BytesIO()
    Image.new("RGB", size, (250, 10, 10)).save(out, mime.partition("/")[2].upper())
    return GeneratedImage(out.getvalue(), mime, Size(*size))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("mime", ["image/png", "image/webp", "image/jpeg"])
@pytest.mark.parametrize("size", [(192, 128), (384, 256), (1536, 1024)])
def test_the_protected_half_is_the_originals_pixel_for_pixel(mode: str, mime: str, size: tuple[int, int]) -> None:
    before = noise(mode)
    kept = masks.keep(answer(size, mime), given(before), given(hole()))
    after = Image.open(io.BytesIO(kept.data))
    assert (kept.size, after.size) == (Size(192, 128), (192, 128))
    left = (0, 0, 96, 128)
    difference = ImageChops.difference(after.convert("RGBA").crop(left), before.convert("RGBA").crop(left))
    assert difference.getbbox(alpha_only=False) is None
    assert kept.mime == ("image/webp" if mime == "image/webp" else "image/png")
    assert kept.b64 is None


def test_the_editable_half_is_the_answers_but_for_a_soft_seam() -> None:
    kept = masks.keep(answer(), given(noise("RGB")), given(hole()))
    after = Image.open(io.BytesIO(kept.data)).convert("RGB")
    assert after.crop((102, 0, 192, 128)).getcolors() == [(90 * 128, (250, 10, 10))]


def test_an_answer_of_another_shape_is_not_bent_into_place() -> None:
    with pytest.raises(EngineError, match="1024x1024, another shape than the image's 192x128") as caught:
        masks.keep(answer((1024, 1024)), given(noise("RGB")), given(hole()))
    assert caught.value.may_have_been_charged


def test_what_cannot_be_kept_is_refused_before_it_is_asked() -> None:
    request = ImageRequest("gpt-image-2", "x", references=(given(noise("RGB")),), mask=given(hole()), strict_mask=True)
    assert masks.fitted(request, CARD).size == Size(1536, 1024)
    for change, param in (
        ({"mask": None}, "strict_mask"),
        ({"references": ()}, "strict_mask"),
        ({"size": Size(1024, 1024)}, "size"),
        ({"output_format": "jpeg"}, "output_format"),
        ({"output_compression": 80}, "output_compression"),
    ):
        with pytest.raises(InvalidValue) as caught:
            masks.fitted(replace(request, **change), CARD)
        assert caught.value.param == param
        assert caught.value.message.endswith((".", "out."))
