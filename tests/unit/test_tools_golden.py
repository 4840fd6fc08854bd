"""Whole drafts, word for word. Rewrite them with POCHOIR_GOLDEN=write and read the difference before it is kept."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
import yaml

import pochoir
from pochoir.domain.tools import MAX_CHOICES, Draft
from pochoir.features.catalog.cards import load_cards
from pochoir.features.tools.builders import FirstModel
from pochoir.features.tools.rules.builder import TOO_MUCH, RulesBuilder
from pochoir.features.tools.validation import check
from pochoir.steps import registry

GOLDEN = Path(__file__).parents[1] / "golden/tools"
KINDS = registry.load().types
CARDS = {card.id: card for card in load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")}
RULES = RulesBuilder(
    CARDS, KINDS, FirstModel(CARDS["pochoir-sketch"], CARDS["gpt-image-2"], ready=False), lambda: date(2026, 11, 23)
)
DESCRIPTIONS = {
    "product-shots": "Three square product shots of our new sneaker on a pastel background",
    "post-and-banner": "An Instagram post and a wide banner for our summer sale, with a choice of colour",
    "app-icon": "A flat app icon for a note-taking app, transparent background, four variants",
    "seasons": "The same shop window in spring, summer, autumn and winter, landscape, high quality",
    "new-background": "Put my product photo on a marble table in morning light",
    "storyboard": "A storyboard of six wide frames for a short story that I type in",
    "schedule": "Every Monday at 9am make a LinkedIn post about {topic} and send it to Slack, as webp, ask me before",
    "german": "Drei quadratische Produktfotos von unserem neuen Turnschuh auf pastellfarbenem Hintergrund, hohe Qualität",
    "spanish": "Cuatro iconos para una app de notas con fondo transparente, y poder elegir el color",
    "chinese": "请生成四张方形的新款运动鞋的产品图，白色背景，高质量",
    "vague": "make me something nice",
}


def as_text(draft: Draft) -> str:
    data = {**draft.model_dump(mode="json", exclude={"spec"}), "spec": draft.spec.as_data()}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_draft(name: str) -> None:
    draft = RULES.draft(DESCRIPTIONS[name])
    check(draft.spec, KINDS)
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("POCHOIR_GOLDEN") == "write":
        path.write_text(as_text(draft), encoding="utf-8")
    assert as_text(draft) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }} {% for x in y %} {# no #} shots",
        "{" * 300 + "%}" * 100,
        "[" * 500,
        "a" * 20_000,
        "\x00\x1f\x02 icons",
        "🦊🦊🦊",
        "999999999 images of 0x0 size 99999x99999",
        "of of of for for with with in on at",
        "“”''\"\"«»",
    ],
)
def test_any_text_gives_a_draft_that_can_run(text: str) -> None:
    check(RULES.draft(text).spec, KINDS)


def test_more_choices_than_a_field_has_are_cut_and_that_is_said() -> None:
    colours = ", ".join(f"colour{number}" for number in range(300))
    draft = RULES.draft(f"Product shots with a choice of background: {colours}")
    check(draft.spec, KINDS)
    field = next(field for field in draft.spec.inputs if field.type == "choice")
    assert [choice.value for choice in field.choices] == [f"colour{number}" for number in range(MAX_CHOICES)]
    assert draft.left_out == ("Background has 300 choices; the first 200 are offered.",)


@pytest.mark.parametrize(
    "text",
    [
        "A poster of " + " ".join(f"[thing{number}]" for number in range(60)),
        "Icons in " + ", ".join(f"{size}x{size}" for size in range(1000, 1080)),
        f'Shots with the watermark "{"x" * 300}"',
    ],
    ids=["60 fields", "80 sizes", "a long watermark"],
)
def test_more_than_a_tool_can_hold_becomes_the_prompt_and_that_is_said(text: str) -> None:
    draft = RULES.draft(text)
    check(draft.spec, KINDS)
    [step] = draft.spec.steps
    assert text in step.params["prompt"]
    assert TOO_MUCH in draft.left_out
