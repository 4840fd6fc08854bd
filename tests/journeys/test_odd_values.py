"""Values that no client means, sent to the API's face: each is refused in a sentence, none breaks the server."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from journeys.gateway import Here
from upstream.server import picture

EDITS, FILES = "images/edits", "files"


async def sent(here: Here, path: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """The status and the JSON answer."""
    async with aiohttp.ClientSession() as session, session.post(f"{here.url}/v1/{path}", **options) as answer:
        return answer.status, await answer.json()


def form(fields: dict[str, str], file: str) -> aiohttp.FormData:
    data = aiohttp.FormData(fields, quote_fields=False)
    data.add_field(file, picture((64, 64)), filename="a.png")
    return data


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", "--5"),
        ("n", "9" * 5_000),
        ("n", "-" + "9" * 19),
        ("partial_images", "²"),
        ("svg" + "[a]" * 600, "x"),
        ("n" + "[a]" * 3, "1"),
    ],
    ids=["two signs", "5,000 digits", "a long minus", "a raised digit", "600 levels", "an object"],
)
@pytest.mark.parametrize("path", [EDITS, FILES])
async def test_a_forms_odd_field_is_refused_by_its_name(here: Here, path: str, field: str, value: str) -> None:
    usual = {"prompt": "A fox", "model": "gpt-image-2.6-flare"} if path == EDITS else {"purpose": "vision"}
    body = form({**usual, field: value}, "image" if path == EDITS else "file")
    status, answer = await sent(here, path, data=body)
    assert (status, answer["error"]["param"]) == (400, field.partition("[")[0])
    assert answer["error"]["message"].endswith(".")
    assert here.upstream.seen == []
