"""What a model can do: refused in words for programs, mapped by stated rules for tools whose model was switched."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pochoir.domain.catalog import Abilities, Card, FreeSizes
from pochoir.domain.errors import InvalidRequest, InvalidValue, UnknownParameter
from pochoir.domain.images import ImageInput, ImageRequest, Size
from pochoir.features.images.abilities import adapt, check, nearest_size, settle

FIXED = Card(
    id="fixed",
    name="Fixed",
    provider="P",
    family="f",
    summary="A model with fixed sizes.",
    abilities=Abilities(
        text_to_image=True,
        edit=True,
        mask="no",
        max_references=2,
        transparency=False,
        sizes=("1024x1024", "1024x1536", "1536x1024"),
        default_size="1024x1024",
        qualities=("low", "medium", "high"),
        default_quality="medium",
        formats=("png", "jpeg"),
        max_images=4,
        max_prompt=100,
        seeds=False,
    ),
)
FREE = FIXED.model_copy(
    update={
        "id": "free",
        "name": "Free",
        "abilities": FIXED.abilities.model_copy(
            update={
                "free_sizes": FreeSizes(
                    multiple=16, max_edge=3840, max_ratio=Decimal(3), min_pixels=655_360, max_pixels=8_294_400
                ),
                "mask": "hint",
                "markup": True,
                "seeds": True,
                "transparency": True,
                "formats": ("png", "webp"),
            }
        ),
    }
)
TIERED = FIXED.model_copy(
    update={
        "id": "tiered",
        "name": "Tiered",
        "abilities": FIXED.abilities.model_copy(
            update={
                "sizes": ("1024x1024", "2048x2048", "4096x4096", "1264x848"),
                "qualities": ("1K", "2K", "4K"),
                "default_quality": "1K",
                "edits_keep_size": True,
                "options": ("aspect_ratio",),
            }
        ),
    }
)
PLAIN = ImageRequest(model="fixed", prompt="a red apple")
PICTURE = ImageInput(b"x", "image/png", Size(64, 64))


@pytest.mark.parametrize(
    ("changes", "param", "says"),
    [
        ({"prompt": "  "}, "prompt", "empty"),
        ({"prompt": "x" * 101}, "prompt", "101"),
        ({"prompt": "a\0fox"}, "prompt", "NUL"),
        ({"prompt": "a \udcff fox"}, "prompt", "half a character"),
        ({"n": 5}, "n", "1 to 4"),
        ({"n": 0}, "n", "1 to 4"),
        ({"size": Size(512, 512)}, "size", "1024x1024, 1024x1536 or 1536x1024"),
        ({"quality": "ultra"}, "quality", "low, medium or high"),
        ({"output_format": "webp"}, "output_format", "png or jpeg"),
        ({"background": "transparent"}, "background", "transparent"),
        ({"output_compression": 50, "output_format": "png"}, "output_compression", "jpeg"),
        ({"output_compression": 150, "output_format": "jpeg"}, "output_compression", "0 to 100"),
        ({"references": (PICTURE,) * 3}, "image", "up to 2"),
        ({"mask": PICTURE}, "mask", "needs the image"),
        ({"mask": PICTURE, "references": (PICTURE,)}, "mask", "takes no mask"),
        ({"markup": PICTURE}, "markup", "needs the image"),
        ({"markup": PICTURE, "references": (PICTURE,)}, "markup", "takes no markup"),
        ({"input_fidelity": "high"}, "input_fidelity", "Leave it out"),
        ({"seed": 1}, "seed", "seed"),
        ({"options": {"style": "vivid"}}, "style", "style"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(changes: dict[str, Any], param: str, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says) as error:
        check(FIXED, replace(PLAIN, **changes))
    assert error.value.param == param
    assert error.value.message.rstrip().endswith(".")


def test_a_markup_stands_in_the_place_of_a_mask() -> None:
    check(FREE, replace(PLAIN, references=(PICTURE,), markup=PICTURE))
    with pytest.raises(InvalidValue, match="Send one of them"):
        check(FREE, replace(PLAIN, references=(PICTURE,), markup=PICTURE, mask=PICTURE))


def test_transparent_needs_a_format_that_has_it() -> None:
    with pytest.raises(InvalidValue, match="png or webp"):
        check(
            FREE.model_copy(update={"abilities": FREE.abilities.model_copy(update={"formats": ("png", "jpeg")})}),
            replace(PLAIN, background="transparent", output_format="jpeg"),
        )


@pytest.mark.parametrize(
    ("size", "fits"),
    [((1024, 1024), True), ((1280, 720), True), ((1000, 1000), False), ((3840, 1024), False), ((512, 512), False)],
)
def test_free_sizes_obey_their_rule(size: tuple[int, int], fits: bool) -> None:
    request = replace(PLAIN, size=Size(*size))
    if fits:
        check(FREE, request)
    else:
        with pytest.raises(InvalidValue):
            check(FREE, request)


def test_settle_fills_defaults_only_where_open() -> None:
    settled = settle(FIXED, replace(PLAIN, quality="high"))
    assert (settled.size, settled.quality, settled.output_format) == (Size(1024, 1024), "high", "png")


def test_where_qualities_are_sizes_an_open_one_follows_the_size() -> None:
    for size, tier in (("2048x2048", "2K"), ("4096x4096", "4K"), ("1264x848", "1K"), (None, "1K")):
        asked = replace(PLAIN, size=Size.parse(size) if size else None)
        check(TIERED, asked)
        assert settle(TIERED, asked).quality == tier


def test_a_size_of_another_quality_is_refused_with_the_one_that_fits() -> None:
    with pytest.raises(InvalidValue, match=r"Ask for 4096x4096, or leave 'quality' out\.$") as caught:
        check(TIERED, replace(PLAIN, size=Size(2048, 2048), quality="4K"))
    assert caught.value.param == "size"
    check(TIERED, replace(PLAIN, size=Size(1264, 848), quality="2K"))
    mapped, notes = adapt(TIERED, replace(PLAIN, size=Size(2048, 2048), quality="4K"))
    assert (mapped.size, notes) == (
        Size(4096, 4096),
        ("Size 2048x2048 becomes 4096x4096: that is Tiered's quality 4K.",),
    )
    check(TIERED, mapped)


def test_a_quality_of_another_kind_leaves_the_choice_to_the_size() -> None:
    mapped, notes = adapt(TIERED, replace(PLAIN, size=Size(2048, 2048), quality="high"))
    assert (mapped.quality, notes) == (None, ("Tiered has no quality like 'high'; it is left out.",))
    assert settle(TIERED, mapped).quality == "2K"


def test_a_shape_or_an_edit_leaves_the_size_open() -> None:
    for asked in (replace(PLAIN, options={"aspect_ratio": "16:9"}), replace(PLAIN, references=(PICTURE,))):
        settled = settle(TIERED, asked)
        assert (settled.size, settled.quality) == (None, "1K")


def test_adapt_says_every_mapping() -> None:
    asked = replace(
        PLAIN,
        size=Size(1920, 1080),
        quality="max",
        output_format="webp",
        background="transparent",
        seed=3,
        input_fidelity="high",
        options={"style": "vivid"},
    )
    mapped, notes = adapt(FIXED, asked)
    assert (mapped.size, mapped.quality, mapped.output_format) == (Size(1536, 1024), "high", "png")
    assert (mapped.background, mapped.seed, mapped.input_fidelity, dict(mapped.options)) == (None, None, None, {})
    assert len(notes) == 7
    check(FIXED, mapped)


@pytest.mark.parametrize(
    ("changes", "notes"),
    [
        ({"size": Size(1920, 1080)}, 1),
        ({"quality": "max"}, 1),
        ({"output_format": "webp"}, 1),
        ({"output_format": "webp", "output_compression": 40}, 2),
        ({"background": "transparent"}, 1),
        ({"seed": 3}, 1),
        ({"input_fidelity": "high"}, 1),
        ({"options": {"style": "vivid"}}, 1),
    ],
)
def test_adapt_has_one_sentence_for_each_field_that_it_changes(changes: dict[str, Any], notes: int) -> None:
    asked = replace(PLAIN, **changes)
    mapped, told = adapt(FIXED, asked)
    changed = [
        field.name for field in fields(ImageRequest) if getattr(mapped, field.name) != getattr(asked, field.name)
    ]
    assert sorted(changed) == sorted(changes)
    assert len(told) == notes
    assert all(note.endswith(".") for note in told)


def test_adapt_leaves_alone_what_fits() -> None:
    asked = replace(PLAIN, size=Size(1024, 1536), quality="low")
    assert adapt(FIXED, asked) == (asked, ())


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_nearest_size_can_always_be_made(width: int, height: int) -> None:
    for card in (FIXED, FREE):
        size = nearest_size(card.abilities, Size(width, height))
        assert size is not None
        check(card, replace(PLAIN, size=size))


def test_unknown_options_have_their_own_error() -> None:
    with pytest.raises(UnknownParameter):
        check(FIXED, replace(PLAIN, options={"frame_count": 3}))
