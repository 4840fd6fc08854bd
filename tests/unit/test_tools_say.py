"""Edit by saying: what is said is changed, in four languages; what is not understood is said and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pochoir
from pochoir.domain.tools import Spec
from pochoir.features.catalog.cards import load_cards
from pochoir.features.tools.contract import Change
from pochoir.features.tools.rules.models import names_of
from pochoir.features.tools.say.say import say
from pochoir.features.tools.validation import check
from pochoir.steps import registry

KINDS = registry.load().types
MODELS = names_of(load_cards(Path(pochoir.__file__).parent / "features/catalog/cards"))
SPEC = Spec.model_validate(
    {
        "title": "Shots",
        "model": "pochoir-sketch",
        "inputs": [
            {"key": "product", "label": "Product", "default": "a shoe"},
            {"key": "mood", "label": "Mood", "type": "choice", "choices": [{"value": "calm"}], "default": "calm"},
        ],
        "steps": [
            {
                "id": "make",
                "type": "generate_image",
                "with": {
                    "prompt": "A photo of {{ inputs.product }}. Mood: {{ inputs.mood }}",
                    "n": 2,
                    "size": "1536x1024",
                },
            }
        ],
        "outputs": [{"key": "images", "label": "Images", "value": "{{ steps.make.images }}"}],
    }
)


def said(text: str) -> Change:
    change = say(SPEC, text, MODELS, KINDS)
    check(change.spec, KINDS)
    return change


def params(change: Change) -> dict[str, Any]:
    return change.spec.steps[0].params


SETTINGS = [
    ("make it square", "size", "1024x1024"),
    ("mach es quadratisch", "size", "1024x1024"),
    ("fais-le en format carré", "size", "1024x1024"),
    ("hazlo cuadrado", "size", "1024x1024"),
    ("portrait format please", "size", "1024x1536"),
    ("1200x800", "size", "1200x800"),
    ("four images", "n", 4),
    ("vier Bilder", "n", 4),
    ("quatre images", "n", 4),
    ("cuatro imágenes", "n", 4),
    ("make 5", "n", 5),
    ("high quality", "quality", "high"),
    ("hohe Qualität", "quality", "high"),
    ("haute qualité", "quality", "high"),
    ("alta calidad", "quality", "high"),
    ("transparent background", "background", "transparent"),
    ("mit transparentem Hintergrund", "background", "transparent"),
    ("as webp", "format", "webp"),
    ("leave out any text", "negative", "text"),
]


@pytest.mark.parametrize(("text", "name", "value"), SETTINGS)
def test_settings(text: str, name: str, value: Any) -> None:
    change = said(text)
    assert params(change)[name] == value
    assert change.not_understood == ()
    assert [line.partition(":")[0] for line in change.lines] == [f"steps.make.with.{name}"]


def test_more_choices_than_a_field_has_are_cut_and_that_is_said() -> None:
    change = said("add a choice of x: " + ",".join(map(str, range(300))))
    assert len(change.spec.inputs[-1].choices) == 200
    assert change.sentences[-1].endswith("X has 300 choices; the first 200 are offered.")


def test_more_fields_than_a_tool_has_are_not_taken() -> None:
    change = said("add " + " ".join(f"[n{number}]" for number in range(50)))
    assert change.spec == SPEC
    assert "cannot be done" in change.not_understood[0]


def test_several_changes_at_once() -> None:
    change = said("make it square, add a choice of season, four images")
    assert change.not_understood == ()
    assert (params(change)["size"], params(change)["n"]) == ("1024x1024", 4)
    season = change.spec.inputs[-1]
    assert [choice.value for choice in season.choices] == ["spring", "summer", "autumn", "winter"]
    assert f"{{{{ inputs.{season.key} }}}}" in params(change)["prompt"]
    assert len(change.lines) == 4


def test_the_model() -> None:
    assert said("use gpt-image-2").lines == ("model: pochoir-sketch → gpt-image-2",)
    assert said("nimm GPT Image 2").spec.model == "gpt-image-2"


@pytest.mark.parametrize(
    "text", ["remove the mood field", "entferne das Feld Mood", "supprime le champ mood", "quita el campo mood"]
)
def test_an_input_is_removed_and_its_mentions_with_it(text: str) -> None:
    change = said(text)
    assert [item.key for item in change.spec.inputs] == ["product"]
    assert params(change)["prompt"] == "A photo of {{ inputs.product }}"


def test_an_input_that_a_sentence_needs_leaves_its_default() -> None:
    assert params(said("remove product"))["prompt"] == "A photo of a shoe. Mood: {{ inputs.mood }}"


def test_rename() -> None:
    change = said("rename product to item")
    assert (change.spec.inputs[0].key, change.spec.inputs[0].label) == ("product", "Item")
    assert said("call it Shoe shots").spec.title == "Shoe shots"


def test_watermark_and_approval_come_and_go() -> None:
    change = said("add a watermark 'ACME' and ask me before")
    assert [step.type for step in change.spec.steps] == ["generate_image", "transform_image", "ask_approval"]
    assert change.spec.steps[1].params["text"] == "ACME"
    assert change.spec.outputs[0].value == "{{ steps.watermark.images }}"
    back = say(change.spec, "remove the watermark, no approval", MODELS, KINDS)
    check(back.spec, KINDS)
    assert back.spec.steps == SPEC.steps
    assert back.spec.outputs == SPEC.outputs


def test_style_goes_into_the_prompt() -> None:
    assert params(said("in watercolour style"))["prompt"].endswith("In watercolour style")


@pytest.mark.parametrize("text", ["dance with me", "blorp", "remove the unicorn field", "rename nothing to something"])
def test_what_is_not_understood_changes_nothing(text: str) -> None:
    change = said(text)
    assert (change.spec, change.lines) == (SPEC, ())
    assert len(change.not_understood) == 1


def test_templates_cannot_be_said() -> None:
    change = said("add “{{ inputs.secret }} {% for x in y %}” to the prompt")
    assert "{%" not in params(change)["prompt"]
