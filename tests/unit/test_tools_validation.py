"""Each fault of a spec gets a sentence that starts with where it is; good specs pass the published schema too."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from pochoir.domain.errors import InvalidRequest, InvalidSpec
from pochoir.domain.tools import Spec
from pochoir.features.tools.schema import json_schema
from pochoir.features.tools.text import from_data, from_text, to_yaml
from pochoir.features.tools.validation import check, inputs_of, problems
from pochoir.steps import registry

KINDS = registry.load().types
GOOD: dict[str, Any] = {
    "pochoir": 1,
    "title": "Product shots",
    "model": "pochoir-sketch",
    "inputs": [
        {"key": "product", "label": "Product", "default": "a shoe"},
        {"key": "season", "label": "Season", "type": "choice", "choices": [{"value": "summer"}, {"value": "winter"}]},
        {"key": "count", "label": "How many", "type": "number", "minimum": 1, "maximum": 4, "default": 2},
        {"key": "names", "label": "Names", "type": "long_text", "required": False},
    ],
    "steps": [
        {"id": "make", "type": "generate_image", "with": {"prompt": "{{ inputs.product }}", "n": "{{ inputs.count }}"}},
        {
            "id": "each",
            "type": "repeat",
            "over": "{{ inputs.names }}",
            "as": "name",
            "steps": [{"id": "card", "type": "generate_image", "with": {"prompt": "A card for {{ name }}"}}],
        },
        {
            "id": "mark",
            "type": "transform_image",
            "with": {
                "images": ["{{ steps.make.images }}", "{{ steps.each.images }}"],
                "operation": "watermark",
                "text": "A",
            },
        },
    ],
    "outputs": [{"key": "images", "label": "Images", "value": "{{ steps.mark.images }}"}],
}


def changed(*path: str | int, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(GOOD)
    place: Any = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return data


def test_a_good_spec_passes_rules_and_schema_and_survives_yaml() -> None:
    spec = Spec.model_validate(GOOD)
    check(spec, KINDS)
    schema = json_schema(KINDS)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(GOOD, schema)
    assert from_text(to_yaml(spec)) == spec


WITH = ("steps", 0, "with")
FAULTS = [
    (("inputs", 1, "key"), "product", "Input 'product': the key is used twice"),
    (("inputs", 1, "choices"), [], "Input 'season': a choice needs choices"),
    (("inputs", 1, "default"), "autumn", "Input 'season': its default does not fit"),
    (("inputs", 2, "default"), 9, "Input 'count': its default does not fit"),
    (("inputs", 2, "minimum"), 5, "Input 'count': the minimum 5 is above"),
    (("inputs", 0, "several"), True, "Input 'product': only a choice"),
    (("steps", 0, "type"), "draw", "Step 'make': there is no step type 'draw'"),
    (("steps", 2, "id"), "make", "Step 'make': the id is used twice"),
    (("steps", 0, "with"), {}, "Step 'make': Prompt ('prompt') is empty"),
    ((*WITH, "n"), 0, "Step 'make': How many ('n')"),
    ((*WITH, "size"), "huge", "Step 'make': Size ('size')"),
    ((*WITH, "colour"), "red", "Step 'make': 'colour' is nothing"),
    ((*WITH, "colour"), "{{ inputs.product }}", "Step 'make': 'colour' is nothing"),
    ((*WITH, "prompt"), "{{ inputs.nothing }}", "Step 'make': it uses the input 'nothing'"),
    ((*WITH, "prompt"), "{{ steps.nothing.images }}", "Step 'make': it uses the step 'nothing'"),
    ((*WITH, "prompt"), "{{ steps.make.images }}", "Step 'make': it uses its own result"),
    ((*WITH, "prompt"), "{{ steps.each.images }}", "Step 'make': it uses the step 'each', which comes later"),
    ((*WITH, "prompt"), "{{ steps.mark.images }}", "Step 'make': it and the step 'mark' wait for each other"),
    ((*WITH, "prompt"), "{{ secrets.key }}", "Step 'make': it uses the name 'secrets'"),
    ((*WITH, "prompt"), "{{ ''.__class__ }}", "Step 'make': The template"),
    (("steps", 0, "over"), "{{ inputs.names }}", "Step 'make': only a repeat"),
    (("steps", 1, "over"), None, "Step 'each': a repeat needs 'over'"),
    (("steps", 1, "steps"), [], "Step 'each': a repeat needs steps"),
    (("steps", 1, "as"), "inputs", "Step 'each': its variable"),
    (("steps", 2, "with", "images"), "{{ steps.make.sounds }}", "Step 'mark': step 'make' has no output 'sounds'"),
    (("steps", 2, "when"), "{{ inputs.gone }}", "Step 'mark': it uses the input 'gone'"),
    (("outputs", 0, "value"), "{{ steps.card.images }}", "Output 'images': it uses the step 'card', which is inside"),
]


@pytest.mark.parametrize(("path", "value", "start"), FAULTS, ids=[start for _, _, start in FAULTS])
def test_each_fault_is_told_where_it_is(path: tuple[str | int, ...], value: Any, start: str) -> None:
    spec = Spec.model_validate(changed(*path, value=value))
    found = problems(spec, KINDS)
    assert any(problem.startswith(start) for problem in found), found
    assert all(problem.endswith(".") for problem in found)
    with pytest.raises(InvalidSpec):
        check(spec, KINDS)


@pytest.mark.parametrize(
    ("levels", "faults"), [(3, []), (4, ["Step 'each_4': repeats are nested deeper than 3. Use fewer."])]
)
def test_repeats_nest_as_deep_as_is_said(levels: int, faults: list[str]) -> None:
    step: dict[str, Any] = {"id": "card", "type": "generate_image", "with": {"prompt": "A card"}}
    for level in range(levels, 0, -1):
        step = {"id": f"each_{level}", "type": "repeat", "over": "{{ [1, 2] }}", "as": f"v{level}", "steps": [step]}
    output = {"key": "images", "label": "Images", "value": "{{ steps.each_1.images }}"}
    assert problems(Spec.model_validate({**GOOD, "steps": [step], "outputs": [output]}), KINDS) == faults


def test_the_schema_refuses_a_wrong_step() -> None:
    schema = json_schema(KINDS)
    for data in (changed(*WITH, "n", value=0), changed("steps", 0, "type", value="draw"), changed("title", value="")):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(data, schema)


def test_inputs_are_typed_and_defaults_filled_in() -> None:
    spec = Spec.model_validate(GOOD)
    assert inputs_of(spec, {"season": "Winter", "count": "3"}) == {
        "product": "a shoe",
        "season": "winter",
        "count": 3,
        "names": "",
    }
    assert inputs_of(spec, {"season": "winter", "count": "1,5"})["count"] == Decimal("1.5")
    assert inputs_of(spec, {"season": "winter", "count": "1,0005"})["count"] == Decimal("1.0005")


@pytest.mark.parametrize("given", ["", " ", None, []])
def test_what_was_emptied_stays_empty_where_nothing_is_needed(given: Any) -> None:
    spec = Spec.model_validate(changed("inputs", 3, value={**GOOD["inputs"][3], "default": "Ada"}))
    assert inputs_of(spec, {"season": "winter"})["names"] == "Ada"
    assert inputs_of(spec, {"season": "winter", "names": given})["names"] == ""


def test_a_field_that_is_needed_does_not_take_its_default_for_an_empty_text() -> None:
    spec = Spec.model_validate(GOOD)
    assert inputs_of(spec, {"season": "winter", "product": None})["product"] == "a shoe"
    with pytest.raises(InvalidRequest, match=r"Product is empty\. Fill it in\."):
        inputs_of(spec, {"season": "winter", "product": " "})


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("number", "1,000", "'1,000' can be read in two ways. Write 1000 or 1."),
        ("number", "-2,500", "'-2,500' can be read in two ways. Write -2500 or -2.5."),
        ("number", "100,000", "'100,000' can be read in two ways. Write 100000 or 100."),
        ("number", "1,000,000", "'1,000,000' is not a number. Write one in digits."),
        ("date", "2026-11-2399 nonsense", "'2026-11-2399 nonsense' is not a day. Write it as 2026-11-23."),
        ("date", "2026-11-23T10:00", "'2026-11-23T10:00' is not a day. Write it as 2026-11-23."),
    ],
)
def test_what_may_mean_something_else_is_not_guessed(kind: str, given: str, said: str) -> None:
    spec = Spec.model_validate({**GOOD, "inputs": [{"key": "a", "label": "A", "type": kind}]})
    with pytest.raises(InvalidRequest) as error:
        inputs_of(spec, {"a": given})
    assert error.value.message == f"A: {said}"


@pytest.mark.parametrize(("given", "value"), [("0,125", "0.125"), ("1000,125", "1000.125"), ("12,5", "12.5")])
def test_a_comma_is_taken_where_it_can_mean_one_thing_only(given: str, value: str) -> None:
    spec = Spec.model_validate({**GOOD, "inputs": [{"key": "a", "label": "A", "type": "number"}]})
    assert inputs_of(spec, {"a": given})["a"] == Decimal(value)


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "season"),
        ({"season": "spring"}, "season"),
        ({"season": "winter", "count": 5}, "count"),
        ({"season": "winter", "count": "many"}, "count"),
        ({"season": "winter", "count": "NaN"}, "count"),
        ({"season": "winter", "count": True}, "count"),
        ({"season": "winter", "product": "x" * 5_000}, "product"),
        ({"season": "winter", "product": ["x"]}, "product"),
        ({"season": "winter", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_input_names_its_field(given: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        inputs_of(Spec.model_validate(GOOD), given)
    assert error.value.param == param
    assert error.value.message.endswith(".")


TYPES = [
    ("boolean", "ja", True),
    ("boolean", False, False),
    ("date", "2026-11-23", "2026-11-23"),
    ("image", "art_1", {"artifact": "art_1"}),
    ("image", {"artifact": "art_1", "extra": 1}, {"artifact": "art_1"}),
    ("images", [{"artifact": "a"}, "b"], [{"artifact": "a"}, {"artifact": "b"}]),
    ("table_row", {"name": "x"}, {"name": "x"}),
    ("table_row", "name: x", {"name": "x"}),
]


@pytest.mark.parametrize(("kind", "given", "value"), TYPES)
def test_types(kind: str, given: Any, value: Any) -> None:
    spec = Spec.model_validate({**GOOD, "inputs": [{"key": "a", "label": "A", "type": kind}]})
    assert inputs_of(spec, {"a": given}) == {"a": value}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("boolean", "perhaps"),
        ("date", "31.11."),
        ("image", {}),
        ("images", ["a"] * 17),
        ("table_row", "x"),
        ("image", None),
    ],
)
def test_wrong_types(kind: str, given: Any) -> None:
    spec = Spec.model_validate({**GOOD, "inputs": [{"key": "a", "label": "A", "type": kind}]})
    with pytest.raises(InvalidRequest):
        inputs_of(spec, {"a": given})


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("inputs", 1, "choices"),
            [{"value": str(n)} for n in range(300)],
            "inputs.2.choices: it has more than 200 items",
        ),
        (("inputs", 0, "label"), "", "The label of inputs.1 is empty. Write one."),
        (
            ("inputs", 0, "key"),
            "A b",
            "inputs.1.key: it must be small letters, digits and underscores, at most 40, with",
        ),
        (("inputs", 0, "colour"), "red", "inputs.1.colour: nothing of this name belongs here"),
        (("inputs", 0, "type"), "colour", "inputs.1.type: it must be 'text', 'long_text', 'number', "),
        (("inputs", 0, "required"), "perhaps", "inputs.1.required: true or false is needed here"),
        (("inputs", 2, "minimum"), "few", "inputs.3.minimum: a number is needed here"),
        (("steps",), "none", "steps: a list is needed here"),
        (("steps", 0, "with"), [], "steps.1.with: an object with names and values is needed here"),
        (("limits",), {"repeat_after_crash": 9}, "limits.repeat_after_crash: it must be 5 or less"),
    ],
)
def test_a_fault_of_shape_is_told_in_plain_words(path: tuple[str | int, ...], value: Any, said: str) -> None:
    with pytest.raises(InvalidSpec) as error:
        from_data(changed(*path, value=value))
    assert error.value.problems[0].startswith(said)
    assert error.value.problems[0].endswith((". Change it.", ". Write one."))


@pytest.mark.parametrize(
    "text", ["a: &a [1]\nb: *a", "a: [", "- 1", "pochoir: 2", "x" * 300_000, "!!python/object:os.system {}", "\x00"]
)
def test_bad_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidSpec):
        from_text(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[" * 5_000, "nested too deeply. Write it with fewer levels."),
        ("", "It has no keys such as title, model and steps. Write them."),
        ("some words", "It has no keys such as title, model and steps. Write them."),
    ],
)
def test_what_is_no_spec_at_all_is_said_in_our_words(text: str, told: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        from_text(text)
    assert refused.value.message.endswith(told)
