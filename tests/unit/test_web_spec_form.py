"""The form over a spec: what it shows it changes, what it does not show stays."""

from __future__ import annotations

import pytest
from starlette.datastructures import FormData

from pochoir.domain.errors import InvalidSpec
from pochoir.domain.tools import Guess, Spec
from pochoir.features.tools import diff
from pochoir.web import spec_form

SPEC = Spec.model_validate(
    {
        "pochoir": 1,
        "title": "Shots",
        "model": "pochoir-sketch",
        "inputs": [
            {"key": "product", "label": "Product", "sample": "a sneaker"},
            {
                "key": "season",
                "label": "Season",
                "type": "choice",
                "choices": [{"value": "warm light", "label": "Summer"}, {"value": "snow"}],
                "default": "snow",
            },
            {"key": "count", "label": "How many", "type": "number", "default": 3, "minimum": 1, "maximum": 8},
        ],
        "steps": [
            {
                "id": "each",
                "type": "repeat",
                "over": "{{ [1, 2] }}",
                "as": "item",
                "steps": [
                    {
                        "id": "shot",
                        "type": "generate_image",
                        "with": {"prompt": "{{ inputs.product }}", "n": "{{ inputs.count }}", "size": "1024x1024"},
                    }
                ],
            }
        ],
        "outputs": [{"key": "images", "label": "Images", "value": "{{ steps.each.images }}"}],
        "limits": {"repeat_after_crash": 2},
    }
)


def form_of(spec: Spec, **changes: str) -> FormData:
    """The form as the page sends it when nothing is touched, with changes."""
    items = [("title", spec.title), ("summary", spec.summary), ("model", spec.model), ("rows", "yes")]
    for number, field in enumerate(spec.inputs):
        default = "" if field.default is None else str(field.default)
        items += [
            ("row", str(number)),
            (f"input-{number}-key", field.key),
            (f"input-{number}-label", field.label),
            (f"input-{number}-type", field.type),
            (f"input-{number}-default", default),
            (f"input-{number}-choices", spec_form.choice_lines(field.choices)),
        ]
        if field.required:
            items.append((f"input-{number}-required", "on"))
    for part in spec_form.image_parts(spec):
        items += [
            (f"step-{part.path}-{name}", part.value(name))
            for name in ("prompt", "size", "quality")
            if not (part.is_template(name) and name != "prompt")
        ]
    kept = [(name, changes.pop(name, value)) for name, value in items]
    return FormData([*kept, *changes.items()])


def test_an_untouched_form_changes_nothing() -> None:
    assert diff.lines(SPEC, spec_form.apply_form(SPEC, form_of(SPEC))) == []


def test_what_the_form_shows_is_changed_and_nothing_else() -> None:
    changes = {"title": "Sneakers", "step-each.shot-size": "1536x1024", "step-each.shot-quality": "high"}
    new = spec_form.apply_form(SPEC, form_of(SPEC, **changes))
    assert diff.lines(SPEC, new) == [
        "title: Shots → Sneakers",
        "steps.each.steps.shot.with.size: 1024x1024 → 1536x1024",
        "steps.each.steps.shot.with.quality: nothing → high",
    ]
    assert new.limits.repeat_after_crash == 2


def test_a_new_field_gets_a_key_of_its_own_and_keeps_it_when_sent_again() -> None:
    more = {
        "input-3-key": "",
        "input-3-label": "Product",
        "input-3-type": "choice",
        "input-3-choices": "Red = bright red\nblue\n",
    }
    form = FormData([*form_of(SPEC, **more).multi_items(), ("row", "3")])
    new = spec_form.apply_form(SPEC, form)
    assert [field.key for field in new.inputs] == ["product", "season", "count", "product_2"]
    assert [(item.value, item.label) for item in new.inputs[3].choices] == [("bright red", "Red"), ("blue", None)]
    assert spec_form.apply_form(new, form) == new


def test_a_choice_of_several_reads_its_start_as_a_list() -> None:
    changes = {"input-1-several": "on", "input-1-default": "snow, warm light"}
    new = spec_form.apply_form(SPEC, form_of(SPEC, **changes))
    assert new.inputs[1].several
    assert new.inputs[1].default == ["snow", "warm light"]
    assert diff.lines(new, spec_form.apply_form(new, form_of(SPEC, **changes))) == []


def test_a_field_that_is_taken_out_is_gone() -> None:
    items = [(name, value) for name, value in form_of(SPEC).multi_items() if (name, value) != ("row", "1")]
    assert [field.key for field in spec_form.apply_form(SPEC, FormData(items)).inputs] == ["product", "count"]


def test_a_changed_kind_drops_what_only_the_old_kind_has() -> None:
    new = spec_form.apply_form(SPEC, form_of(SPEC, **{"input-2-type": "text"}))
    assert new.inputs[2].minimum is None
    assert new.inputs[2].default == "3"


def test_an_input_that_nothing_uses_is_found() -> None:
    assert [field.key for field in spec_form.unused_inputs(SPEC)] == ["season"]


def test_an_empty_title_is_refused_in_words() -> None:
    with pytest.raises(InvalidSpec) as error:
        spec_form.apply_form(SPEC, form_of(SPEC, title=" "))
    assert error.value.problems == ("The title is empty. Write one.",)


def test_parameters_that_come_from_the_form_are_known() -> None:
    [part] = spec_form.image_parts(SPEC)
    assert part.path == "each.shot"
    assert part.from_input("n") == "count"
    assert part.from_input("size") == ""
    assert part.is_template("prompt")


def test_what_is_missing_is_told_before_what_is_assumed() -> None:
    guesses = (
        Guess(kind="assumed", where="inputs.product", text="a"),
        Guess(kind="missing", where="inputs.product", text="b"),
    )
    found = spec_form.guess_for(guesses, "inputs.product")
    assert found is not None
    assert found.text == "b"
    assert spec_form.guess_for(guesses, "title") is None


@pytest.mark.parametrize(
    ("label", "taken", "key"),
    [
        ("Product name", (), "product_name"),
        ("Product name", ("product_name",), "product_name_2"),
        ("Größe", (), "gr_e"),
        ("2nd line", (), "field_2nd_line"),
        ("日本", (), "field"),
    ],
)
def test_keys_are_made_from_labels(label: str, taken: tuple[str, ...], key: str) -> None:
    assert spec_form.new_key(label, taken) == key
