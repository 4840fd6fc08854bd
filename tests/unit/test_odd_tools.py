"""Values that nobody means, in tools and their runs: each is refused in a sentence, none breaks the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unit.browsing import SPEC, Browser

ODD = """
title: Odd
model: pochoir-sketch
inputs:
- {key: what, label: What, default: a kite}
- {key: number, label: Number, type: number, required: false}
- {key: row, label: Row, type: table_row, required: false}
- {key: photo, label: Photo, type: image, required: false}
steps:
- {id: shot, type: generate_image, with: {prompt: '{{ inputs.what }}', size: 256x256}}
outputs:
- {key: images, label: Images, value: '{{ steps.shot.images }}'}
"""


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


async def asked(browser: Browser, body: str) -> tuple[int, dict[str, Any]]:
    """The API's answer to a run that is asked for with this body."""
    name = await browser.tool(ODD)
    headers = {"content-type": "application/json"}
    answer = await browser.client.post(f"/api/tools/{name}/runs", content=body.encode(), headers=headers)
    assert await browser.services.runs.recent() == []
    return answer.status_code, answer.json()["error"]


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ('{"row": {"a": 1000000000000000000000000000000}}', "Row: it holds a number as large as this"),
        (f'{{"row": {{"a": {nested(300)}}}}}', "Row: it holds more than 64 levels"),
        (r'{"row": {"\ud800": 1}}', "Row: it holds half a character in a name"),
        ('{"row": {"a": NaN}}', "Row: it holds inf or nan"),
        (r'{"what": "\ud800"}', "What: it holds half a character"),
        (r'{"what": "a\u0000b"}', "What: it holds a NUL character"),
        ('{"number": "1e9999999"}', "Number: this number cannot be used"),
        ('{"number": "-1e9999999"}', "Number: this number cannot be used"),
        (r'{"photo": {"artifact": "\ud800"}}', "Photo: it holds half a character"),
    ],
)
async def test_an_odd_input_is_told_at_its_field(browser: Browser, inputs: str, says: str) -> None:
    status, error = await asked(browser, f'{{"inputs": {inputs}}}')
    assert (status, error["param"]) == (400, next(iter(json.loads(inputs))))
    assert error["message"].startswith(says)
    assert error["message"].endswith(".")


@pytest.mark.parametrize("number", [2**63, 10**30])
async def test_a_version_that_no_tool_has_is_not_there(browser: Browser, number: int) -> None:
    status, error = await asked(browser, f'{{"inputs": {{}}, "version": {number}}}')
    assert (status, error["message"]) == (404, f"The tool 'odd' has no version {number}. It has 1 to 1.")
    for path in (f"versions/{number}", f"versions?old={number}", "versions?old=-5"):
        assert "It has 1 to 1." in await browser.get(f"/tools/odd/{path}", status=404)


VALUES = {
    "bytes": "!!binary gIGC",
    "half a character": r'"\ud800"',
    "a NUL": r'"a\0b"',
    "levels": nested(260),
    "a large number": "100000000000000000000",
    "nan": ".nan",
    "a set": "!!set {a, b}",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
async def test_what_cannot_be_stored_is_refused_in_a_spec(browser: Browser, value: str) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}/edit")
    spec = SPEC.replace("steps:", f"steps:\n- {{id: v, type: set_value, with: {{value: {value}}}}}")
    for path, field in (("yaml", "text"), ("take", "spec")):
        page = await browser.send(f"/tools/{name}/{path}", {field: spec}, status=400)
        assert "steps.1.with" in page
        assert "which cannot be stored. Change it." in page
    assert (await browser.services.tools.tool(name)).current == 1


@pytest.mark.parametrize(("field", "value"), [("n", "9" * 5_000), ("size", "9" * 5_000 + "x1"), ("n", "²")])
async def test_an_odd_part_of_the_form_is_no_error_of_the_server(browser: Browser, field: str, value: str) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}/edit")
    page = await browser.send(f"/tools/{name}/form", {f"step-shots-{field}": value}, status=400)
    assert value[:100] in page


async def test_a_value_that_grows_too_large_is_refused_before_the_run(browser: Browser) -> None:
    square = "- {id: big, type: set_value, with: {value: '{{ inputs.p * inputs.p }}'}}"
    spec = ODD.replace("inputs:", "inputs:\n- {key: p, label: P, type: number}", 1)
    name = await browser.tool(spec.replace("steps:", f"steps:\n{square}", 1))
    answer = await browser.client.post(f"/api/tools/{name}/runs", json={"inputs": {"p": 900_000_000_000}})
    assert answer.status_code == 400
    assert "it gives a number as large as this, which cannot be stored" in answer.json()["error"]["message"]


async def test_an_odd_page_of_the_ledger_is_no_error_of_the_server(browser: Browser) -> None:
    assert "before does not fit" in await browser.get(f"/usage?before={10**20}", status=400)
