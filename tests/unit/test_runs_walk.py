"""The order of steps: scope, conditions, repeats, and what is refused. No database and no engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest

from pochoir.domain.errors import InvalidRequest, InvalidValue
from pochoir.domain.tools import Step
from pochoir.features.runs.plain import packed, plain, unpacked
from pochoir.features.runs.walk import MAX_ITEMS, Place, Round, Walk, truth
from pochoir.steps.base import Params, StepType
from pochoir.steps.registry import load


class Log:
    """A visitor that writes down what it saw; a value gives itself, images give their prompt."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, str]] = []

    async def do(self, place: Place, kind: StepType, params: Params) -> Mapping[str, Any]:
        self.seen.append((place.ordinal, place.path, kind.id))
        data = params.model_dump()
        if "value" in kind.outputs:
            return {"value": data["value"]}
        return {"images": [{"artifact": data["prompt"]}], "image": {"artifact": data["prompt"]}}

    async def rounds(
        self, place: Place, items: Sequence[Any], scope: Mapping[str, Any], go: Callable[[int, Any], Awaitable[Round]]
    ) -> Sequence[Round]:
        return [await go(number, item) for number, item in enumerate(items, start=1)]

    async def skip(self, place: Place) -> None:
        self.seen.append((place.ordinal, place.path, "skipped"))

    async def fail(self, place: Place, error: InvalidRequest) -> None:
        self.seen.append((place.ordinal, place.path, "failed"))


async def go(*steps: dict[str, Any], **scope: Any) -> tuple[dict[str, Any], list[tuple[int, str, str]]]:
    log = Log()
    done = await Walk(load().types, log).through([Step.model_validate(step) for step in steps], scope)
    return done, log.seen


def value(step_id: str, what: Any, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "set_value", "with": {"value": what}, **more}


async def test_later_steps_see_earlier_ones_as_they_are() -> None:
    done, _ = await go(
        value("a", [1, {"b": 2}]), value("c", "{{ steps.a.value }}"), value("d", "{{ steps.a.value[1].b }}")
    )
    assert done["c"]["value"] == [1, {"b": 2}]
    assert done["d"]["value"] == 2


async def test_a_skipped_step_gives_empty_outputs() -> None:
    done, seen = await go(
        {"id": "a", "type": "generate_image", "when": "{{ inputs.more }}", "with": {"prompt": "x"}},
        {"id": "r", "type": "repeat", "when": "no", "over": "{{ inputs.list }}", "steps": [value("x", 1)]},
        inputs={"more": False, "list": [1]},
    )
    assert done == {"a": {"images": [], "image": None}, "r": {"items": [], "images": [], "image": None}}
    assert [entry[1:] for entry in seen] == [("a", "skipped"), ("r", "skipped")]


async def test_repeats_nest_and_their_paths_count_from_one() -> None:
    inner = {
        "id": "in",
        "type": "repeat",
        "over": "{{ inputs.sizes }}",
        "as": "size",
        "steps": [{"id": "shot", "type": "generate_image", "with": {"prompt": "{{ season }} {{ size }}"}}],
    }
    outer = {"id": "out", "type": "repeat", "over": "{{ inputs.seasons }}", "as": "season", "steps": [inner]}
    done, seen = await go(outer, inputs={"seasons": ["spring", "fall"], "sizes": ["S", "L"]})
    assert [path for _, path, _ in seen] == [
        "out[1].in[1].shot",
        "out[1].in[2].shot",
        "out[2].in[1].shot",
        "out[2].in[2].shot",
    ]
    assert [image["artifact"] for image in done["out"]["images"]] == ["spring S", "spring L", "fall S", "fall L"]
    assert done["out"]["items"][1]["in"]["items"][0]["shot"]["image"] == {"artifact": "fall S"}
    assert [ordinal for ordinal, _, _ in seen] == sorted(ordinal for ordinal, _, _ in seen)


@pytest.mark.parametrize(
    ("over", "items"), [("red, blue", ["red", "blue"]), ("one\ntwo\n", ["one", "two"]), ("", []), (None, []), ([], [])]
)
async def test_a_list_may_be_written_as_a_text(over: Any, items: list[str]) -> None:
    each = {"id": "r", "type": "repeat", "over": "{{ inputs.list }}", "steps": [value("x", "{{ item }}")]}
    done, _ = await go(each, inputs={"list": over})
    assert [round_["x"]["value"] for round_ in done["r"]["items"]] == items


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"id": "r", "type": "repeat", "over": "{{ inputs.number }}", "steps": []}, "is no list"),
        ({"id": "r", "type": "repeat", "over": "{{ inputs.long }}", "steps": []}, f"{MAX_ITEMS} is the most"),
        ({"id": "r", "type": "conjure"}, "Choose from ask_approval"),
        (value("v", "{{ steps.later.value }}"), "has no value here"),
        (value("v", 1, when="{{ inputs.nothing }}"), "has no value here"),
        ({"id": "g", "type": "generate_image", "with": {"prompt": "x", "n": 11}}, "it must be 10 or less"),
    ],
)
async def test_what_cannot_be_done_is_said_at_its_place(step: dict[str, Any], words: str) -> None:
    log = Log()
    scope = {"inputs": {"number": 3, "long": ["x"] * (MAX_ITEMS + 1)}}
    with pytest.raises(InvalidRequest, match=words):
        await Walk(load().types, log).through([Step.model_validate(step)], scope)
    assert [entry[1:] for entry in log.seen] == [(step["id"], "failed")]


@pytest.mark.parametrize("word", ["", "no", "False", " off ", "0", "none", 0, None, [], False])
def test_what_counts_as_no(word: object) -> None:
    assert not truth(word)


@pytest.mark.parametrize("word", ["yes", "true", "x", 1, [0], True])
def test_what_counts_as_yes(word: object) -> None:
    assert truth(word)


def test_typed_values_become_plain_json() -> None:
    given = {"n": Decimal(3), "f": Decimal("0.1"), "list": (1, {"d": Decimal("2.0")})}
    assert plain(given) == {"n": 3, "f": "0.1", "list": [1, {"d": 2}]}


def test_long_numbers_become_texts_where_json_ends() -> None:
    assert plain([2**63, Decimal(2**63), -(2**63), 2**63 - 1]) == [str(2**63), str(2**63), str(-(2**63)), 2**63 - 1]


@pytest.mark.parametrize(
    "value",
    [
        {"n": Decimal(3), "f": Decimal("1.250"), "list": [1, {"d": Decimal("-0.1")}], "text": "2.5", "yes": True},
        [date(2026, 11, 29), 10**30, -(2**63), None, 0.5],
        {"$decimal": "what a tool wrote"},
        {"$object": {"$date": Decimal(1)}, "other": 1},
    ],
)
def test_what_is_packed_for_the_journal_comes_back_the_same(value: Any) -> None:
    back = unpacked(orjson.loads(orjson.dumps(packed(value))))
    assert back == value
    assert repr(back) == repr(value), "types included"


def test_what_an_earlier_version_wrote_comes_back_as_it_is() -> None:
    written = {"steps": {"half": {"value": "1.25"}, "shots": {"images": [{"artifact": "img_1"}]}}, "item": 3}
    assert unpacked(written) == written


async def test_a_fault_of_a_parameter_names_the_field() -> None:
    with pytest.raises(InvalidValue) as caught:
        await go({"id": "g", "type": "generate_image", "with": {"prompt": "{{ inputs.words }}"}}, inputs={"words": ""})
    assert caught.value.param == "prompt"
