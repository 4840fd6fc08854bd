"""OpenAI's own client, waiting and asynchronous, plain and in Azure mode: the same work four times."""

import asyncio
import inspect
import io
import json
import time

import openai
from shared import BASE, EDITOR, IMAGE, MASK, MODEL, PROMPT, of_base64, say

ROOT = BASE.removesuffix("/v1")
SIZE = "1024x1024"
AZURE = {"azure_endpoint": ROOT, "api_version": "2025-04-01-preview"}
CLIENTS = {
    "plain": (openai.OpenAI, openai.AsyncOpenAI, {"base_url": BASE}),
    "azure": (openai.AzureOpenAI, openai.AsyncAzureOpenAI, AZURE),
}


def file(data, name="a.png"):
    opened = io.BytesIO(data)
    opened.name = name
    return opened


async def got(value):
    """The waiting client has it, the other one gives something to wait for."""
    return await value if inspect.isawaitable(value) else value


async def events(stream):
    stream = await got(stream)
    if hasattr(stream, "__aiter__"):
        return [event.type async for event in stream]
    return [event.type for event in stream]


async def refusal(call):
    try:
        await got(call())
    except openai.APIStatusError as error:
        return [type(error).__name__, error.code]
    return None


async def batch(client):
    body = {"model": MODEL, "prompt": PROMPT, "size": SIZE, "quality": "low"}
    line = {"custom_id": "good", "method": "POST", "url": "/v1/images/generations", "body": body}
    sent = await got(client.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch"))
    begun = {"endpoint": "/v1/images/generations", "completion_window": "24h", "input_file_id": sent.id}
    found = await got(client.batches.create(**begun, extra_body={"provider_batch": False}))
    until = time.monotonic() + 60
    while found.status not in {"completed", "failed"} and time.monotonic() < until:
        await asyncio.sleep(0.05)
        found = await got(client.batches.retrieve(found.id))
    row = json.loads((await got(client.files.content(found.output_file_id))).content)
    return of_base64(row["response"]["body"]["data"][0]["b64_json"])


async def all_of_it(client):
    images = client.images
    made = await got(images.generate(model=MODEL, prompt=PROMPT, size=SIZE, quality="low", n=2))
    one = await got(images.edit(model=EDITOR, prompt=PROMPT, size=SIZE, image=file(IMAGE)))
    several = await got(
        images.edit(
            model=EDITOR,
            prompt=PROMPT,
            size=SIZE,
            image=[file(IMAGE), file(IMAGE, "b.png")],
            mask=file(MASK, "m.png"),
        )
    )
    streamed = images.generate(model=EDITOR, prompt=PROMPT, size=SIZE, stream=True, partial_images=2)
    return {
        "made": [of_base64(item.b64_json) for item in made.data],
        "one": of_base64(one.data[0].b64_json),
        "several": of_base64(several.data[0].b64_json),
        "events": await events(streamed),
        "batch": await batch(client),
        "refused": await refusal(lambda: images.generate(model=MODEL, prompt=PROMPT, size="7x7")),
        "dead": await refusal(lambda: images.generate(model="dall-e-2", prompt=PROMPT)),
    }


async def main():
    said = {}
    for name, (waiting, other, where) in CLIENTS.items():
        for way, kind in (("sync", waiting), ("async", other)):
            said[f"{name} {way}"] = await all_of_it(kind(api_key="anything", max_retries=0, **where))
    say(said)


asyncio.run(main())
