"""Requests for responses and chats, read: what each field becomes, and that no JSON whatever breaks the reading."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pochoir
from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidValue, PochoirError
from pochoir.domain.images import ImageInput
from pochoir.features.catalog.cards import load_cards
from pochoir.features.conversations.service import Line
from pochoir.infra.sniff import check_image
from pochoir.openai_api import chat_asked, responses_asked
from pochoir.openai_api.references import Stored
from pochoir.openai_api.responses_asked import Wanted
from upstream.server import picture

CARDS = {card.id: card for card in load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")}
PICTURE = picture((64, 64))
URL = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
OTHER = picture((48, 48))
OTHER_URL = "data:image/png;base64," + base64.b64encode(OTHER).decode()
IMAGE = check_image(PICTURE, 1 << 20, 1 << 20)
TOOL = {"type": "image_generation"}


class Shelf(Stored):
    """One stored image, `img_known`."""

    def __init__(self) -> None:
        super().__init__(cast("Any", None), cast("Any", None))

    async def image(self, file_id: str, where: str) -> ImageInput:
        if file_id != "img_known":
            raise InvalidValue("There is no such image. Send another id.", param=where)
        return IMAGE


async def drawn(call: str) -> str | None:
    return "img_known" if call == "ig_known" else None


def read(**fields: Any) -> Wanted:
    return asyncio.run(responses_asked.read({"model": "gpt-5", **fields}, Shelf(), drawn))


def read_chat(model: str = "gpt-image-1-mini", **fields: Any) -> Any:
    card: Card = CARDS[model]
    return asyncio.run(chat_asked.read({"model": model, **fields}, Shelf(), card)).request


# -- responses -------------------------------------------------------------------------------------------------------


def test_a_text_is_what_the_user_says() -> None:
    wanted = read(input="A fox", instructions="Be kind.", metadata={"a": "b"}, temperature=0.2)
    assert wanted.said.talk == [Line("user", "A fox")]
    assert (wanted.tool, wanted.forced, wanted.stream, wanted.store, wanted.previous) == (
        None,
        False,
        False,
        True,
        None,
    )
    assert wanted.options == {"temperature": 0.2}
    assert (wanted.echo["instructions"], wanted.echo["metadata"]) == ("Be kind.", {"a": "b"})


def test_messages_keep_their_order_and_their_images() -> None:
    parts = [
        {"type": "input_text", "text": "One"},
        {"type": "input_image", "image_url": URL},
        {"type": "input_text", "text": "Two"},
        {"type": "input_image", "file_id": "img_known"},
    ]
    answer = [{"type": "output_text", "text": "Yes", "annotations": []}]
    wanted = read(
        input=[
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": parts},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": answer},
            {"type": "reasoning", "id": "rs_1", "summary": []},
        ]
    )
    assert wanted.said.talk == [
        Line("system", "Be kind."),
        Line("user", "One\nTwo", ("", "img_known")),
        Line("assistant", "Yes"),
    ]
    assert [(sent.id, sent.image.data) for sent in wanted.said.images] == [("", PICTURE), ("img_known", PICTURE)]
    assert not wanted.said.named


@pytest.mark.parametrize(
    ("call", "known"),
    [
        ({"type": "image_generation_call", "id": "ig_known", "revised_prompt": "A red fox"}, "img_known"),
        ({"type": "item_reference", "id": "ig_known"}, "img_known"),
        ({"type": "image_generation_call", "id": "ig_other", "result": URL.partition(",")[2]}, ""),
    ],
)
def test_an_earlier_call_is_an_image(call: dict[str, Any], known: str) -> None:
    wanted = read(input=[call, {"role": "user", "content": "More"}])
    assert [sent.id for sent in wanted.said.images] == [known]
    assert wanted.said.named
    assert wanted.said.talk[0].drawn == call.get("revised_prompt", "an image")


@pytest.mark.parametrize(
    ("choice", "tool", "forced"),
    [
        ("auto", True, False),
        ("none", False, False),
        ("required", True, True),
        ({"type": "image_generation"}, True, True),
    ],
)
def test_who_may_draw(choice: Any, tool: bool, forced: bool) -> None:
    wanted = read(input="x", tools=[TOOL], tool_choice=choice)
    assert (wanted.tool is not None, wanted.forced) == (tool, forced)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": 7}, "input"),
        ({"input": [7]}, "input[0]"),
        ({"input": [{"type": ["message"]}]}, "input[0]"),
        ({"input": [{"role": "user", "content": 7}]}, "input[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
        ({"input": [{"type": "image_generation_call", "id": "ig_x"}]}, "input[0].id"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": URL}] * 17}]}, "input[0]"),
        ({"input": "x", "instructions": 7}, "instructions"),
        ({"input": "x", "model": 7}, "model"),
        ({"input": "x", "stream": "yes"}, "stream"),
        ({"input": "x", "store": 1}, "store"),
        ({"input": "x", "tools": {}}, "tools"),
        ({"input": "x", "tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"input": "x", "tools": [TOOL, {**TOOL, "n": 2}]}, "tools[1].n"),
        ({"input": "x", "tools": [{**TOOL, "action": ["edit"]}]}, "tools[0].action"),
        ({"input": "x", "tools": [{**TOOL, "input_image_mask": {}}]}, "tools[0].input_image_mask"),
        ({"input": "x", "tools": [{**TOOL, "input_image_mask": {"image_url": URL}}]}, "mask"),
        ({"input": "x", "tool_choice": "required"}, "tool_choice"),
        ({"input": "x", "tool_choice": {"type": "function", "name": "f"}}, "tool_choice"),
        ({"input": "x", "metadata": {"a": 1}}, "metadata"),
        ({"input": "x", "metadata": {"a": "b" * 513}}, "metadata"),
        ({"input": "x", "instructions": "b" * 400_001}, "instructions"),
        ({"input": "x", "model": "b" * 201}, "model"),
        ({"input": "x", "temperature": 2.1}, "temperature"),
        ({"input": "x", "top_p": -0.1}, "top_p"),
        ({"input": "x", "max_output_tokens": 0}, "max_output_tokens"),
        ({"input": [{"role": "user", "content": "x"}] * 10_001}, "input"),
        ({"input": "x", "temperature": "hot"}, "temperature"),
        ({"input": "x", "max_output_tokens": 1.5}, "max_output_tokens"),
        ({"input": "x", "text": {"format": {"type": "json_object"}}}, "text.format"),
        ({"input": "x", "conversation": "conv_1"}, "conversation"),
        ({"input": "x", "prompt": {"id": "p"}}, "prompt"),
        ({"input": "x", "background": True}, "background"),
    ],
)
def test_what_does_not_fit_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(PochoirError) as caught:
        read(**fields)
    assert caught.value.param == param
    assert caught.value.message.endswith(".")
    assert 400 <= caught.value.status < 500


# -- chats -----------------------------------------------------------------------------------------------------------


def test_the_last_user_speaks() -> None:
    said = [
        {"role": "user", "content": "A fox"},
        {"role": "assistant", "content": "Here."},
        {"role": "user", "content": "A hen"},
    ]
    asked = read_chat(messages=said, temperature=0.3, quality="low", image_config={"background": "opaque"})
    assert (asked.prompt, asked.quality, asked.background, asked.references) == ("A hen", "low", "opaque", ())


def test_images_come_from_the_message_or_else_from_the_last_answer() -> None:
    image = {"type": "image_url", "image_url": {"url": URL}}
    back = {"role": "assistant", "content": "", "images": [image]}
    only_text = {"role": "user", "content": "More"}
    both = {"role": "user", "content": [{"type": "text", "text": "More"}, image, image]}
    assert [len(read_chat(messages=[back, last]).references) for last in (only_text, both)] == [1, 2]


def test_images_of_the_latest_message_that_has_some_are_changed() -> None:
    one, two = ({"type": "image_url", "image_url": {"url": url}} for url in (URL, OTHER_URL))
    sent = {"role": "user", "content": [{"type": "text", "text": "My dog"}, one]}
    nice = {"role": "assistant", "content": "Nice."}
    shown = {"role": "assistant", "content": [{"type": "text", "text": "Here."}, two]}
    more = {"role": "user", "content": "Make it blue"}
    talks = ([sent, nice, more], [shown, more], [sent, shown, more], [shown, sent, nice, more], [sent, more, nice])
    found = [[image.data for image in read_chat(messages=talk).references] for talk in talks]
    assert found == [[PICTURE], [OTHER], [OTHER], [PICTURE], [PICTURE]]
    broken = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,x"}}]}
    with pytest.raises(PochoirError) as caught:
        read_chat(messages=[broken, nice, more])
    assert caught.value.param == "messages[0].content.image_url"


@pytest.mark.parametrize(
    ("model", "config", "size"),
    [
        ("gpt-image-1-mini", {"aspect_ratio": "21:9"}, "1536x1024"),
        ("gpt-image-2", {"aspect_ratio": "16:9"}, "1360x768"),
        ("gpt-image-2", {"aspect_ratio": "1:1", "image_size": "2K"}, "2048x2048"),
        ("gpt-image-2", {"image_size": "4K"}, "2864x2864"),
        ("pochoir-sketch", {"aspect_ratio": "3:2", "image_size": "0.5K"}, "624x416"),
    ],
)
def test_a_shape_becomes_the_nearest_size(model: str, config: dict[str, str], size: str) -> None:
    asked = read_chat(model, messages=[{"role": "user", "content": "x"}], image_config=config)
    assert str(asked.size) == size


@pytest.mark.parametrize(
    ("config", "size", "quality"),
    [
        ({"aspect_ratio": "16:9", "image_size": "2K"}, "1376x768", "2K"),
        ({"aspect_ratio": "16:9", "image_size": "4K", "quality": "1K"}, "1376x768", "1K"),
        ({"image_size": "0.5K"}, "512x512", "512"),
        ({"aspect_ratio": "16:9"}, "1376x768", None),
    ],
)
def test_where_quality_says_how_large_an_image_comes_the_image_size_is_the_quality(
    config: dict[str, str], size: str, quality: str | None
) -> None:
    words = [{"role": "user", "content": "x"}]
    asked = read_chat("gemini-3.1-flash-image", messages=words, image_config=config)
    assert (str(asked.size), asked.quality) == (size, quality)


# -- anything --------------------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    [
        "", "x", "user", "message", "input_text", "input_image", "text", "image_url", "image_generation", "ig_known",
        "image_generation_call", "item_reference", "img_known", "16:9", "4K", "auto", "required", "edit", URL, "\0",
    ]
)  # fmt: skip
_NAMES = st.sampled_from(
    [
        "type", "role", "content", "text", "image_url", "url", "file_id", "id", "result", "tools", "tool_choice", "action",
        "input_image_mask", "metadata", "format", "size", "n", "quality", "aspect_ratio", "image_size", "images", "stream",
    ]
)  # fmt: skip
_PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _WORDS)
_ANY = st.recursive(
    _PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=4)),
    max_leaves=12,
)
_TOP = st.sampled_from(
    ["input", "tools", "tool_choice", "instructions", "metadata", "text", "previous_response_id", "stream", "top_p"]
)
_CHAT = st.sampled_from(["messages", "image_config", "modalities", "n", "size", "seed", "stream"])


def status_of(reading: Callable[[], Any]) -> int:
    try:
        reading()
    except PochoirError as error:
        return error.status
    return 200


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_TOP, _ANY, max_size=5))
def test_no_request_for_a_response_breaks_the_reading(fields: dict[str, Any]) -> None:
    assert 200 <= status_of(lambda: read(**fields)) < 500


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_CHAT, _ANY, max_size=4))
def test_no_chat_breaks_the_reading(fields: dict[str, Any]) -> None:
    assert 200 <= status_of(lambda: read_chat(**fields)) < 500
