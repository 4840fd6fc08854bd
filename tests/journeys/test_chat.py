"""`/v1/chat/completions` with the official client: image models answer with images, other names are handed on."""

from __future__ import annotations

import base64
from typing import Any

import openai
import pytest

from journeys.gateway import Here
from openai_spec import conforms
from pochoir.openai_api import chat
from upstream.language_model import LanguageModel
from upstream.server import picture

MODEL = "gpt-image-1-mini"
WORDS = "A fox in the snow"
SAID = [{"role": "user", "content": "x"}]


def client_of(here: Here) -> Any:
    """The official client, without its types, which know no images."""
    return here.client()


def data_of(image: dict[str, Any]) -> bytes:
    head, _, text = image["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    return base64.b64decode(text)


async def ask(here: Here, content: Any, earlier: tuple[Any, ...] = (), **more: Any) -> Any:
    messages = [*earlier, {"role": "user", "content": content}]
    async with client_of(here) as client:
        answer = await client.chat.completions.create(model=MODEL, messages=messages, **more)
    conforms(answer.model_dump(mode="json", exclude_unset=True), "CreateChatCompletionResponse")
    return answer


async def test_an_image_model_answers_with_an_image(here: Here) -> None:
    extra = {"modalities": ["image", "text"], "image_config": {"size": "1024x1024", "quality": "low"}}
    answer = await ask(here, WORDS, extra_body=extra)
    [image] = answer.choices[0].message.images
    assert data_of(image) == picture((1024, 1024))
    assert answer.usage.completion_tokens == 272
    assert here.upstream.seen[0].fields["prompt"] == WORDS
    assert await here.spent() > 0


async def test_images_go_in_and_an_answer_that_is_sent_back_is_changed(here: Here) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture((64, 64))).decode()
    parts = [{"type": "text", "text": "Make it night"}, {"type": "image_url", "image_url": {"url": url}}]
    first = await ask(here, parts)
    back = {"role": "assistant", "content": "", "images": first.choices[0].message.images}
    await ask(here, "Now a hat", ({"role": "user", "content": "Make it night"}, back))
    assert [seen.files[0][3] for seen in here.upstream.seen] == [picture((64, 64)), data_of(back["images"][0])]


async def test_a_photo_that_was_sent_before_the_last_message_is_changed(here: Here) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture((64, 64))).decode()
    photo = {
        "role": "user",
        "content": [{"type": "text", "text": "My dog"}, {"type": "image_url", "image_url": {"url": url}}],
    }
    await ask(here, "Make it blue", (photo, {"role": "assistant", "content": "A nice dog."}))
    assert [file[3] for file in here.upstream.seen[0].files] == [picture((64, 64))]


async def test_a_stream_carries_the_image_in_a_delta(here: Here) -> None:
    async with client_of(here) as client:
        stream = await client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": WORDS}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    for chunk in chunks:
        conforms(chunk.model_dump(mode="json", exclude_unset=True), "CreateChatCompletionStreamResponse")
    images = [image for chunk in chunks if chunk.choices for image in getattr(chunk.choices[0].delta, "images", [])]
    assert data_of(images[0]) == picture((1024, 1024))
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens > 0


@pytest.mark.parametrize(
    ("config", "size"),
    [
        ({"aspect_ratio": "16:9"}, "1536x1024"),
        ({"aspect_ratio": "2:3", "image_size": "2K"}, "1024x1536"),
        ({"image_size": "1K"}, "1024x1024"),
        ({"aspect_ratio": "auto"}, "1024x1024"),
        ({"aspect_ratio": "9:16", "size": "1024x1024"}, "1024x1024"),
    ],
)
async def test_a_shape_is_the_nearest_size_of_the_model(here: Here, config: dict[str, str], size: str) -> None:
    await ask(here, WORDS, extra_body={"image_config": config})
    assert here.upstream.seen[0].fields["size"] == size


async def test_the_same_key_draws_once(here: Here) -> None:
    first = await ask(here, WORDS, extra_headers={"Idempotency-Key": "one"})
    spent = await here.spent()
    second = await ask(here, WORDS, extra_headers={"Idempotency-Key": "one"})
    assert first.choices[0].message.images == second.choices[0].message.images
    assert len(here.upstream.seen) == 1
    assert await here.spent() == spent > 0


async def test_what_fails_early_in_a_stream_has_its_status(here: Here) -> None:
    here.upstream.faults.append("429")
    messages = [{"role": "user", "content": WORDS}]
    async with client_of(here) as client:
        with pytest.raises(openai.RateLimitError):
            await client.chat.completions.create(model=MODEL, messages=messages, stream=True)


async def test_what_fails_late_in_a_stream_is_raised_by_the_client(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "PATIENCE", 0)
    here.upstream.faults.append("moderation")
    messages = [{"role": "user", "content": WORDS}]
    async with client_of(here) as client:
        stream = await client.chat.completions.create(model=MODEL, messages=messages, stream=True)
        with pytest.raises(openai.APIError) as caught:
            [chunk async for chunk in stream]
    assert caught.value.code == "moderation_blocked"


async def test_a_language_models_stream_comes_through(here: Here, language: LanguageModel) -> None:
    async with client_of(here) as client:
        stream = await client.chat.completions.create(
            model="gpt-5", messages=[{"role": "user", "content": "Hi you"}], stream=True
        )
        chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "You said: Hi you "
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_a_language_models_stream_that_breaks_off_ends_in_words(here: Here, language: LanguageModel) -> None:
    language.breaks = True
    async with client_of(here) as client:
        stream = await client.chat.completions.create(
            model="gpt-5", messages=[{"role": "user", "content": "Hi you"}], stream=True
        )
        with pytest.raises(openai.APIError) as caught:
            [chunk async for chunk in stream]
    assert "broke off" in caught.value.message


async def test_other_names_reach_the_connected_language_model(here: Here) -> None:
    async with client_of(here) as client:
        with pytest.raises(openai.NotFoundError, match="settings page"):
            await client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])
        async with LanguageModel().running() as model:
            settings = {"base_url": model.base_url, "model": "talker"}
            await here.services.connections.save("language_model", "", settings, None)
            answer = await client.chat.completions.create(
                model="gpt-5", messages=[{"role": "user", "content": "Hi"}], temperature=0.3
            )
            model.status = 429
            with pytest.raises(openai.RateLimitError):
                await client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])
    assert answer.choices[0].message.content == "You said: Hi"
    assert (model.seen[0]["model"], model.seen[0]["temperature"]) == ("talker", 0.3)
    assert here.upstream.seen == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": MODEL}, "messages"),
        ({"model": MODEL, "messages": []}, "messages"),
        ({"model": MODEL, "messages": [{"role": "user", "content": ""}]}, "messages"),
        ({"model": MODEL, "messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": "x"}]}, "model"),
        ({"model": MODEL, "messages": SAID, "image_config": {"size": "7x7"}}, "size"),
        ({"model": MODEL, "messages": SAID, "image_config": {"aspect_ratio": "wide"}}, "image_config.aspect_ratio"),
        ({"model": MODEL, "messages": SAID, "image_config": {"image_size": "9K"}}, "image_config.image_size"),
        ({"model": MODEL, "messages": SAID, "modalities": ["text"]}, "modalities"),
        ({"model": MODEL, "messages": [{"role": "assistant", "images": "x"}, *SAID]}, "messages"),
    ],
)
async def test_what_cannot_be_answered_is_refused(here: Here, body: dict[str, Any], param: str) -> None:
    async with client_of(here) as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.post("/chat/completions", body=body, cast_to=object)
    assert caught.value.param == param
    assert here.upstream.seen == []


@pytest.mark.parametrize("more", [{}, {"model": "gpt-4o"}])
async def test_azures_deployment_is_the_model_whatever_the_body_says(here: Here, more: dict[str, str]) -> None:
    base = f"{here.url}/openai/deployments"
    asked = {"messages": [{"role": "user", "content": "A fox"}], **more}
    async with here.client() as client:
        answer = await client._client.post(f"{base}/gpt-image-1-mini/chat/completions?api-version=1", json=asked)
        words = await client._client.post(f"{base}/pochoir-words/embeddings", json={"input": "A fox", **more})
    assert answer.json()["model"] == "gpt-image-1-mini"
    assert [len(choice["message"]["images"]) for choice in answer.json()["choices"]] == [1]
    assert words.json()["model"] == "pochoir-words"
