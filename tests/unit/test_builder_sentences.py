"""What the offline builder makes of everyday sentences that it once read wrong, or not at all."""
# ruff: noqa: E501 - sentences read better in long lines

from __future__ import annotations

from typing import Any

import pytest

from pochoir.domain.tools import Draft
from pochoir.pages.home import EXAMPLES
from unit.test_builder_descriptions import RULES


def draft(text: str) -> Draft:
    return RULES.draft(text)


def inputs(made: Draft) -> dict[str, str]:
    return {item.key: item.type for item in made.spec.inputs}


def steps(made: Draft) -> list[dict[str, Any]]:
    return [step.model_dump(by_alias=True) for step in made.spec.steps]


def test_every_choice_that_is_named_becomes_an_input() -> None:
    made = draft("Posts for our café: choose the season and the drink")
    assert inputs(made) == {"topic": "text", "season": "choice", "drink": "text"}
    assert "{{ inputs.drink }}" in steps(made)[0]["with"]["prompt"]


def test_a_style_to_choose_names_no_job() -> None:
    made = draft("Avatars for our team, with a style to choose (comic, watercolour, photo)")
    assert made.job == "portrait"
    [style] = [item for item in made.spec.inputs if item.type == "choice"]
    assert (style.key, [choice.value for choice in style.choices]) == ("style", ["comic", "watercolour", "photo"])


def prompts(made: Draft) -> list[str]:
    found = [inner for step in steps(made) for inner in (step.get("steps") or [step])]
    return [step["with"]["prompt"] for step in found if step["type"] == "generate_image"]


def test_what_the_front_suggests_is_read_whole() -> None:
    assert {title: prompts(draft(text)) for title, text in EXAMPLES} == {
        "Product shots": ["Product shot of {{ inputs.product }} on a {{ inputs.background }} background"],
        "App icon": ["Flat app icon of {{ inputs.subject }}, in bold colours"],
        "Seasonal set": ["{{ inputs.subject }} in {{ season }}"],
        "Campaign": [
            "A square post for {{ inputs.topic }}. Colour: {{ inputs.colour }}",
            "A banner for {{ inputs.topic }}. Colour: {{ inputs.colour }}",
        ],
        "Avatars": ["Round avatar of {{ inputs.person }} in different colours"],
        "Posters": ["Portrait travel poster of {{ inputs.event }} at sunset"],
    }


@pytest.mark.parametrize(
    "text", ["Product post in two sizes: square and story", "Werbebild in zwei Formaten: Quadrat und Story"]
)
def test_every_size_is_made(text: str) -> None:
    made = steps(draft(text))
    assert [step["with"]["size"] for step in made] == ["1024x1024", "1024x1536"]
    assert "tory" not in made[0]["with"]["prompt"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("I run a small bakery and I need pictures of my cakes", "Cakes"),
        ("make me something nice", "Images"),
        ("a picture of a red bicycle", "Red bicycle"),
    ],
)
def test_titles_are_names(text: str, title: str) -> None:
    assert draft(text).spec.title == title


def test_text_that_is_written_on_the_thing_is_asked_for() -> None:
    made = draft("Pictures of my cakes with the name of the cake written on it")
    assert inputs(made)["text"] == "text"


@pytest.mark.parametrize(
    "text",
    ["Remove the background of my product photo", "Hintergrund entfernen", "détourer une photo de produit", "quita el fondo", "scontornare una foto", "remova o fundo", "verwijder de achtergrond", "usuń tło", "背景を透過にする", "去除背景"],
)  # fmt: skip
def test_a_cut_out_asks_for_no_background(text: str) -> None:
    made = draft(text)
    assert inputs(made) == {"photo": "image"}
    assert steps(made)[0]["with"]["background"] == "transparent"


def test_several_photos_are_cut_out_one_by_one() -> None:
    [each] = steps(draft("Remove the background of product photos"))
    assert (each["type"], each["over"]) == ("repeat", "{{ inputs.photos }}")
    assert each["steps"][0]["with"]["images"] == "{{ photo }}"


def test_a_collage_takes_all_photos_at_once() -> None:
    made = draft("A collage of four photos")
    assert inputs(made) == {"photos": "images"}
    assert steps(made)[0]["with"] | {"images": "{{ inputs.photos }}", "n": 1} == steps(made)[0]["with"]


def test_a_logo_goes_in_beside_the_photo() -> None:
    made = draft("Put our logo on a product photo")
    assert inputs(made) == {"photo": "image", "logo": "image"}
    assert steps(made)[0]["with"]["images"] == "{{ [inputs.photo, inputs.logo] }}"


def test_a_photo_that_is_turned_into_something_goes_in() -> None:
    made = draft("Turn a photo of my pet into a sticker")
    assert (made.job, inputs(made)) == ("stickers", {"photo": "image"})


def test_a_background_that_is_replaced_is_still_asked_for() -> None:
    made = draft("Remove the background and put it on a beach")
    [background] = [item for item in made.spec.inputs if item.key == "background"]
    assert background.default == "a beach"
