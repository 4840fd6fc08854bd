"""The descriptions are whole and fair, and their scorer tells a right draft from a wrong one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from fixtures.descriptions.score import FOLDER, JOBS, LANGUAGES, Case, Check, Expect, fits, judge, load, score
from pochoir.domain.images import Size
from pochoir.steps.registry import STEPS

HALVES = ("open", "held")
EVERY = [case for half in HALVES for case in load(half)]
ALL_OUT = [{"key": "images", "label": "Images", "value": "{{ steps.room.images }}"}]

STAGING: dict[str, Any] = {
    "job": "interior",
    "guesses": [{"kind": "understood", "where": "steps.room.with.n", "text": "Three images in each run."}],
    "left_out": ["Sending by email is not available yet.", "Adding rows to Airtable is not available yet."],
    "spec": {
        "pochoir": 1,
        "title": "Furnish a room",
        "model": "pochoir-sketch",
        "inputs": [
            {"key": "photo", "label": "Photo of the room", "type": "image"},
            {"key": "room", "label": "Kind of room", "type": "choice", "choices": [{"value": "kitchen"}]},
            {
                "key": "furniture",
                "label": "Furnishing style",
                "type": "choice",
                "choices": [{"value": name} for name in ("Scandinavian", "mid-century", "industrial", "classic")],
            },
        ],
        "steps": [
            {
                "id": "room",
                "type": "edit_image",
                "with": {
                    "prompt": "Furnish this {{ inputs.room }}, {{ inputs.furniture }}. Keep windows, walls and floor.",
                    "negative": "people",
                    "images": "{{ inputs.photo }}",
                    "n": 3,
                    "size": "1536x1024",
                    "quality": "high",
                },
            },
            {"id": "ask", "type": "ask_approval", "with": {"question": "Are these fine?"}},
            {
                "id": "mark",
                "type": "transform_image",
                "with": {"images": "{{ steps.room.images }}", "operation": "watermark", "text": "Casa Linda"},
            },
        ],
        "outputs": [{"key": "images", "label": "Images", "value": "{{ steps.mark.images }}"}],
    },
}
WRONG: dict[str, Any] = {
    "job": "icons",
    "spec": {
        "title": "Icons",
        "model": "gpt-image-1",
        "steps": [{"id": "room", "type": "generate_image", "with": {"prompt": "Airtable at Baker Street", "n": 14}}],
        "outputs": ALL_OUT,
    },
}


def case(name: str) -> Case:
    return next(one for one in EVERY if one.id == name)


def misses(checks: list[Check]) -> list[str]:
    return [check.property for check in checks if not check.right]


def draft(*steps: dict[str, Any], inputs: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    spec = {"title": "A tool", "model": "pochoir-sketch", "inputs": inputs or [], "steps": steps, "outputs": ALL_OUT}
    return {"spec": spec, **more}


def image(**params: Any) -> dict[str, Any]:
    return {"id": "room", "type": "generate_image", "with": {"prompt": "A lake", **params}}


def found(expect: dict[str, Any], data: dict[str, Any] | None) -> list[bool]:
    one = Case(id="one", language="en", tags=("clear",), text="A lake", expect=Expect.model_validate(expect))
    return [check.right for check in judge(one, data)]


def test_the_halves_are_whole() -> None:
    sizes = [len(load(half)) for half in HALVES]
    assert min(sizes) >= 32
    assert abs(sizes[0] - sizes[1]) <= 2
    assert not [name for name, times in Counter(one.id for one in EVERY).items() if times > 1]
    assert not [text for text, times in Counter(one.text for one in EVERY).items() if times > 1]
    for half in HALVES:
        assert len({one.language for one in load(half)}) >= 7
    assert {one.expect.language == (one.language,) for one in EVERY if one.language != "en"} == {True}


def test_the_halves_have_the_same_mix() -> None:
    tags = [Counter(tag for one in load(half) for tag in one.tags) for half in HALVES]
    for tag in ("clear", "vague", "trap", "image-in", "left-out", "repeated", "transparent", "injection", "not-images"):
        assert abs(tags[0][tag] - tags[1][tag]) <= 2, tag
        assert tags[0][tag] > 0, tag
    english = [sum(one.language == "en" for one in load(half)) for half in HALVES]
    assert abs(english[0] - english[1]) <= 2
    assert 0.55 * len(EVERY) <= sum(english) <= 0.65 * len(EVERY)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
def test_what_a_case_expects_can_be_had(one: Case) -> None:
    wanted = one.expect
    assert set(wanted.job or ()) <= JOBS
    assert {kind for kinds in wanted.steps for kind in kinds} <= {*STEPS, "repeat"}
    assert set(wanted.quality or ()) <= {"low", "medium", "high"}
    assert set(wanted.format or ()) <= {"png", "jpeg", "webp"}
    assert not set(wanted.count or ()) & set(wanted.count_not)
    assert wanted.text_language is None or wanted.text_language in LANGUAGES
    for name in (*(wanted.size or ()), *wanted.sizes):
        assert isinstance(fits(Size(64, 64), name), bool)


def test_every_job_is_explained_and_asked_for() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert not [job for job in JOBS if f"| `{job}` |" not in readme]
    assert not JOBS - {job for one in EVERY for job in one.expect.job or ()}


def test_every_property_is_explained() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert not [name for name in Expect.model_fields if f"`{name}`" not in readme]


def test_a_right_draft_has_full_marks() -> None:
    one = case("long-staging")
    figures = score([one], {one.text: STAGING}.get)
    assert misses(judge(one, STAGING)) == []
    assert (figures.properties.ratio, figures.cases.ratio, figures.misses) == (1.0, 1.0, [])
    assert str(figures.cases) == "1/1 (100.0%)"
    assert figures.by_language["en"].of == figures.by_tag["long"].of == figures.properties.of


def test_a_wrong_draft_has_low_marks() -> None:
    one = case("long-staging")
    figures = score([one], {one.text: WRONG}.get)
    assert figures.properties.ratio < 0.1
    assert figures.cases.right == 0
    assert {name for name, _ in figures.misses} == {"long-staging"}


def test_the_same_wrong_draft_for_every_text_has_low_marks() -> None:
    figures = score(EVERY, lambda _text: WRONG)
    assert figures.properties.ratio < 0.3
    assert figures.cases.ratio == 0
    assert set(figures.by_language) == {one.language for one in EVERY}
    assert any(line.startswith("  language ja: ") for line in figures.lines())


@pytest.mark.parametrize(
    ("path", "value", "missed"),
    [
        (("spec", "steps", 0, "with", "n"), 4, ["count", "count_not"]),
        (("spec", "steps", 0, "with", "size"), "1024x1536", ["size"]),
        (("spec", "steps", 0, "with", "quality"), "medium", ["quality"]),
        (("spec", "steps", 0, "with", "negative"), "", ["prompt_contains"]),
        (("spec", "steps", 0, "type"), "generate_image", ["steps"]),
        (("spec", "steps", 2, "with", "text"), "Pochoir", ["watermark"]),
        (("spec", "inputs", 1, "type"), "text", ["inputs"]),
        (("spec", "inputs", 0, "type"), "images", ["inputs", "image_in"]),
        (("left_out",), ["Sending by email is not available yet."], ["left_out"]),
        (("job",), "poster", ["job"]),
    ],
)
def test_one_fault_costs_its_own_property(path: tuple[str | int, ...], value: Any, missed: list[str]) -> None:
    assert sorted(misses(judge(case("long-staging"), _changed(STAGING, path, value)))) == sorted(missed)


def _changed(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(data, list):
        return [_changed(item, path[1:], value) if place == path[0] else item for place, item in enumerate(data)]
    return {**data, path[0]: _changed(data.get(path[0]), path[1:], value)}


SEASONS = {"id": "year", "type": "repeat", "over": "{{ ['spring', 'autumn'] }}", "as": "season", "steps": [image(n=4)]}
SHAPE = [{"key": "shape", "label": "Shape", "type": "choice", "choices": [{"value": "512x512"}, {"value": "640x480"}]}]
MANY = [{"key": "many", "label": "How many", "type": "number", "default": 3}]


@pytest.mark.parametrize(
    ("expect", "data", "right"),
    [
        ({"count": 4}, draft(SEASONS), True),
        ({"count": 8}, draft(SEASONS), True),
        ({"count": 2}, draft(SEASONS), False),
        ({"prompt_contains": ["autumn"]}, draft(SEASONS), True),
        ({"count": 3}, draft(image(n="{{ inputs.many }}"), inputs=MANY), True),
        ({"count": "input"}, draft(image(n="{{ inputs.many }}"), inputs=MANY), True),
        ({"count": "input"}, draft(image(n=3), inputs=MANY), False),
        ({"count": 12, "count_or_said": ["twelve"]}, draft(image(n=10), left_out=["Twelve are too many."]), True),
        ({"count": 12, "count_or_said": ["twelve"]}, draft(image(n=10)), False),
        ({"size": "square"}, draft(image(size="{{ inputs.shape }}"), inputs=SHAPE), True),
        ({"size": "4:3"}, draft(image(size="{{ inputs.shape }}"), inputs=SHAPE), False),
        ({"sizes": ["square", "4:3"]}, draft(image(size="{{ inputs.shape }}"), inputs=SHAPE), True),
        ({"size": "square"}, draft(image()), False),
        ({"transparent": True}, draft(image(background="transparent")), True),
        ({"transparent": False}, draft(image(background="transparent")), False),
        ({"format": "jpeg"}, draft(image(format="jpg")), True),
        ({"format": "jpeg"}, draft(image()), False),
        ({"model": None}, draft(image()), True),
        ({"model": "gpt-image-2"}, draft(image()), False),
        ({"text_on_image": "A lake"}, draft(image()), True),
        ({"text_on_image": "a Lake"}, draft(image()), False),
        ({"text_language": "fr"}, draft(image(prompt="Texte en français")), True),
        ({"text_language": "fr"}, draft(image()), False),
        ({"templates_lack": ["config"]}, draft(image(prompt="{{ config.x }}")), False),
        ({"templates_lack": ["config"]}, draft(image(prompt="{{ config.__class__ }}")), False),
        ({"templates_lack": ["config"]}, draft(image(prompt="{{ inputs.config }}")), True),
        ({"templates_lack": ["config"]}, draft(image(prompt="{{ '{{ config' }} is what was said")), True),
        ({"missing": True}, draft(image(), guesses=[{"kind": "missing", "where": "inputs", "text": "What?"}]), True),
        ({"missing": True}, draft(image(), guesses=[{"kind": "assumed", "where": "inputs", "text": "What?"}]), False),
        ({"refuse": True}, draft(image()), False),
        ({"refuse": True}, draft(image(), left_out=["This is no image tool."]), True),
        ({"refuse": True}, None, True),
        ({"count": 1}, None, False),
        ({"no_inputs": ["shape"]}, draft(image(), inputs=SHAPE), False),
        ({"no_steps": ["edit_image"]}, draft(image()), True),
        ({"said": [["lac", "lake"]]}, draft(image(), left_out=["No lake."]), True),
        ({"left_out_lacks": ["lake"]}, draft(image(), left_out=["No lake."]), False),
        ({"language": "pt"}, draft(image(), language="pt-BR"), True),
        ({"job": "mood_board"}, draft(image(), job="mood-board"), True),
    ],
)
def test_each_property(expect: dict[str, Any], data: dict[str, Any] | None, right: bool) -> None:
    assert found(expect, data) == [right]


def test_only_what_the_outputs_show_may_be_counted() -> None:
    second = {"id": "last", "type": "edit_image", "with": {"prompt": "Brighter", "images": "{{ steps.room.images }}"}}
    data = draft(image(n=5), second)
    data["spec"]["outputs"] = [{"key": "images", "label": "Images", "value": "{{ steps.last.images }}"}]
    assert found({"count": 1}, data) == [True]
    assert found({"count": 5}, data) == [False]
