"""A tool's form: what was typed is kept, what was emptied stays empty, and an earlier run fills in what still fits."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pochoir.features.tools import rows
from pochoir.features.tools.text import from_text
from unit.browsing import Browser

FORM = """
title: Postcards
model: pochoir-sketch
inputs:
- {key: what, label: What}
- {key: note, label: Note, required: false, default: with snow}
- {key: colours, label: Colours, type: choice, several: true, required: false,
   choices: [{value: red}, {value: blue}], default: [red, blue]}
- {key: photo, label: Photo, type: image, required: false}
- {key: row, label: Row, type: table_row, required: false, help: Who gets it.}
steps:
- {id: shot, type: generate_image, with: {prompt: '{{ inputs.what }} {{ inputs.note }}', size: 256x256}}
outputs:
- {key: images, label: Images, value: '{{ steps.shot.images }}'}
"""
NOTHING = {"note": "", "colours": "", "photo": "", "row": ""}
"""What a browser sends for those fields when they are emptied."""


def field_of(page: str, key: str) -> str:
    """The control of a field, with what stands in it."""
    found = re.search(rf'<(?:textarea|input)[^>]*id="in-{key}"[^>]*>(?:[^<]*</textarea>)?', page)
    assert found
    return found[0]


def problems(page: str) -> list[tuple[str, str]]:
    """The keys of the fields at which something is said, and what."""
    parts = re.split(r'(?=<div class="field"|<fieldset class="field")', page)
    return [
        (name[1], said[1])
        for part in parts
        if (said := re.search(r'class="field-problem"[^>]*>([^<]*)<', part))
        and (name := re.search(r' name="(\w+)"', part))
    ]


async def inputs_of_run(browser: Browser, where: str) -> Any:
    return (await browser.services.runs.get(where.rpartition("/")[2])).inputs


async def test_what_was_emptied_stays_empty_and_what_was_not_sent_is_the_default(browser: Browser) -> None:
    name = await browser.tool(FORM)
    page = await browser.get(f"/tools/{name}")
    for key in ("colours", "photo"):
        assert f'<input type="hidden" name="{key}" value="">' in page, "a browser sends nothing else when it is emptied"
    where = await browser.run(name, {"what": "a fox", **NOTHING})
    emptied: dict[str, Any] = {"what": "a fox", "note": "", "colours": [], "photo": None, "row": None}
    assert await inputs_of_run(browser, where) == emptied
    again = await browser.get(f"/tools/{name}?run={where.rpartition('/')[2]}")
    assert 'value=""' in field_of(again, "note")
    assert "checked" not in again
    answer = await browser.client.post(f"/api/tools/{name}/runs", json={"inputs": {"what": "a fox"}})
    assert answer.json()["inputs"] == {**emptied, "note": "with snow", "colours": ["red", "blue"]}


@pytest.mark.parametrize("what", ["", "  "])
async def test_a_field_that_is_needed_still_says_that_it_is_empty(browser: Browser, what: str) -> None:
    name = await browser.tool(FORM.replace("label: What", "label: What, default: a fox"))
    await browser.get(f"/tools/{name}")
    page = await browser.send(f"/tools/{name}/run", {"what": what, **NOTHING}, status=400)
    assert problems(page) == [("what", "What is empty. Fill it in.")]


async def test_a_file_that_is_no_image_is_told_at_its_field_and_empties_nothing(browser: Browser) -> None:
    name = await browser.tool(FORM)
    await browser.get(f"/tools/{name}")
    fields = {"_csrf_token": browser.token, "what": "a fox & <friends>", "note": "in spring"}
    answer = await browser.client.post(
        f"/tools/{name}/run", data=fields, files={"photo": ("x.png", b"no image", "image/png")}
    )
    assert answer.status_code == 400
    assert 'value="a fox &amp; &lt;friends&gt;"' in field_of(answer.text, "what")
    assert 'value="in spring"' in field_of(answer.text, "note")
    [(key, said)] = problems(answer.text)
    assert key == "photo"
    assert said.endswith(".")
    assert "The run was not started" not in answer.text


async def test_a_run_is_repeated_with_what_the_tool_still_asks_for(browser: Browser) -> None:
    name = await browser.tool(FORM)
    where = await browser.run(name, {"what": "a fox", "note": "in spring", "colours": "red", "row": "name: Tom"})
    spec = FORM.replace("- {key: note, label: Note, required: false, default: with snow}\n", "")
    spec = (
        spec.replace(" {{ inputs.note }}", "")
        .replace("{value: red}", "{value: green}")
        .replace("[red, blue]", "[blue]")
    )
    spec = spec.replace("inputs:\n", "inputs:\n- {key: city, label: City, default: Rome}\n", 1)
    await browser.services.tools.change(name, from_text(spec))
    page = await browser.get(f"/tools/{name}?run={where.rpartition('/')[2]}")
    assert 'value="a fox"' in field_of(page, "what")
    assert 'value="Rome"' in field_of(page, "city")
    assert ">name: Tom</textarea>" in field_of(page, "row")
    assert re.findall(r'value="(\w+)" checked', page) == ["blue"], "what was chosen is no choice any more"
    assert "1 image" in page
    assert "has no input" not in page


@pytest.mark.parametrize("text", ["name: Tom\r\ncity: Rome: the city\r\n", '{"name": "Tom", "city": "Rome: the city"}'])
async def test_a_row_is_written_as_lines_or_as_json(browser: Browser, text: str) -> None:
    name = await browser.tool(FORM.replace("{{ inputs.note }}", "{{ inputs.row.name }}"))
    page = await browser.get(f"/tools/{name}")
    assert "Who gets it. One column a line, such as name: Tom, or a JSON object." in page
    where = await browser.run(name, {"what": "a fox", **NOTHING, "row": text})
    assert (await inputs_of_run(browser, where))["row"] == {"name": "Tom", "city": "Rome: the city"}


@pytest.mark.parametrize("text", ["Tom", "name: Tom\nname: Tim", ": Tom", '{"name": ', "{" * 100_000])
async def test_a_text_that_is_no_row_is_told_at_its_field_and_kept(browser: Browser, text: str) -> None:
    name = await browser.tool(FORM)
    await browser.get(f"/tools/{name}")
    page = await browser.send(f"/tools/{name}/run", {"what": "a fox", "row": text}, status=400)
    [(key, said)] = problems(page)
    assert key == "row"
    assert said.endswith(f"no row of a table. {rows.HOW}")
    assert text[:40].replace('"', "&#34;") in field_of(page, "row")


@pytest.mark.parametrize(
    "row",
    [
        {"name": "Tom", "city": "Rome: the city"},
        {"name": "", "a b": "c"},
        {"age": 5, "tags": ["a"]},
        {"note": "two\nlines"},
        {" name": "Tom "},
        {"a: b": "c"},
        {"{": "}"},
        {},
    ],
)
def test_a_row_reads_back_as_it_is_shown(row: dict[str, Any]) -> None:
    assert rows.from_text(rows.to_text(row)) == row
