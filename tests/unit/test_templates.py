"""Templates: what they give, what they refuse, and that hostile ones reach nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pochoir.domain.errors import InvalidRequest, InvalidSpec
from pochoir.features.tools.filters import MAX_OUTPUT
from pochoir.features.tools.templates import references, render

SCOPE: dict[str, Any] = {
    "inputs": {"product": "shoe", "n": 3, "list": ["a", "b"], "none": None, "yes": True, "price": Decimal("1.50")},
    "steps": {"each": {"items": [{"make": {}}], "images": [{"artifact": "art_1"}, {"artifact": "art_2"}]}},
}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("no template", "no template"),
        ("{{ inputs.product }}", "shoe"),
        (" {{ inputs.n }} ", 3),
        ("{{ steps.each.images }}", [{"artifact": "art_1"}, {"artifact": "art_2"}]),
        ("{{ steps.each.items }}", [{"make": {}}]),
        ("{{ steps.each.images[0].artifact }}", "art_1"),
        ("{{ steps.each.images[:1] }}", [{"artifact": "art_1"}]),
        ("{{ [1, 2, 3] }}", [1, 2, 3]),
        ("A {{ inputs.product | upper }} for {{ inputs.price }}", "A SHOE for 1.50"),
        ("{{ inputs.list | join(' + ') }}", "a + b"),
        ("all: {{ inputs.list }}, {{ inputs.none }}{{ inputs.yes }}", "all: a, b, yes"),
        ("{{ inputs.gone | default('x') }}", "x"),
        ("{{ inputs.none | default('x') }}", "x"),
        ("{% if inputs.n > 2 %}many{% else %}few{% endif %}", "many"),
        ("{{ 'big' if inputs.n > 5 else 'small' }}", "small"),
        ("{{ inputs.n * 2 + 1 }}", 7),
        ("{{ 2.345 | round(2) }}", Decimal("2.35")),
        ("{{ inputs.product | replace('s', 'S') | title | trim }}", "Shoe"),
        ("{{ 'one two three' | truncate(9) }}", "one two…"),
        ("{{ inputs.list | length }}", 2),
        ("{{ inputs.list | first }}{{ inputs.list | last }}", "ab"),
        ("{{ inputs.gone is defined }}", False),
    ],
)
def test_render(template: str, value: Any) -> None:
    assert render(template, SCOPE) == value


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ inputs['__class__'].__init__ }}",
        "{{ inputs.product.upper() }}",
        "{{ inputs | attr('__class__') }}",
        "{{ range(1000000000) }}",
        "{{ lipsum() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% for a in inputs.list %}{{ a }}{% endfor %}",
        "{% import 'os' as os %}",
        "{% include '/etc/passwd' %}",
        "{% extends 'x' %}",
        "{% macro m() %}{{ m() }}{% endmacro %}",
        "{% set x = 1 %}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'a' ~ 'b' }}",
        "{{ inputs.list | map('upper') }}",
        "{{ inputs.product | format(**inputs) }}",
        "{{ inputs.product | join(*inputs.list) }}",
        "{{ 99999999999999999999 }}",
        "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
        "{{ " + "not " * 200 + "1 }}",
        "{{ " + "1+" * 5_000 + "1 }}",
        "{{ inputs.product ",
        "{% if %}",
        "{{ inputs.product }}" * 5_000,
    ],
)
def test_hostile_or_broken_templates_are_refused_before_anything_runs(template: str) -> None:
    with pytest.raises(InvalidSpec) as error:
        render(template, SCOPE)
    assert error.value.problems[0].endswith(".")


@pytest.mark.parametrize(
    "template",
    [
        "{{ inputs.gone }}",
        "x {{ inputs.gone }}",
        "{{ nothing }}",
        "{{ inputs.product.upper }}",
        "{{ inputs.list.append }}",
        "{{ 'a' * 1000000000 }}",
        "{{ inputs.list * 1000000 }}",
        "{{ 1 / 0 }}",
        "{{ inputs.product - 1 }}",
        "{{ inputs.product | round }}",
        "{{ inputs.n | length }}",
        "{{ inputs.gone + 1 }}",
    ],
)
def test_what_cannot_be_worked_out_is_said(template: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        render(template, SCOPE)
    assert not isinstance(error.value, InvalidSpec)


@pytest.mark.parametrize(
    "template",
    [
        "{{ inputs.long }}{{ inputs.long }}",
        "{{ inputs.long + inputs.long }}",
        "{{ inputs.long | replace('a', 'bbbbbbbbbb') }}",
        "{{ inputs.many | join(inputs.long) }}",
        "{{ inputs.many | join('x') }} {{ inputs.many }}{{ inputs.many }}{{ inputs.many }}",
    ],
)
def test_output_is_bounded(template: str) -> None:
    scope = {"inputs": {"long": "a" * (MAX_OUTPUT - 10), "many": ["abc"] * 4_000}}
    with pytest.raises(InvalidRequest, match="more than 32,000 characters"):
        render(template, scope)


def test_a_template_changes_nothing_in_its_scope() -> None:
    before = repr(SCOPE)
    for template in ("{{ inputs.list | first }}", "{{ steps.each.images }}", "{{ inputs }}"):
        render(template, SCOPE)
    assert repr(SCOPE) == before


def test_references_are_found_wherever_they_stand() -> None:
    found = references("{{ inputs.a | default(inputs['b']) }}{% if steps.x.images[0] %}{{ item }}{% endif %}")
    assert found == [("inputs", "a"), ("inputs", "b"), ("steps", "x", "images", "0"), ("item",)]
