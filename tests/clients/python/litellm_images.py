"""LiteLLM as a client: generation, edits of one image (always sent as `image[]`) and of two with a mask, a refusal."""

import io

import litellm
from shared import BASE, EDITOR, IMAGE, MASK, MODEL, PROMPT, of_base64, say

there = {"api_base": BASE, "api_key": "anything", "num_retries": 0, "max_retries": 0}
made = litellm.image_generation(model=f"openai/{MODEL}", prompt=PROMPT, size="1024x1024", quality="low", n=2, **there)


def file(data):
    opened = io.BytesIO(data)
    opened.name = "a.png"
    return opened


asked = {"model": f"openai/{EDITOR}", "prompt": PROMPT, "size": "1024x1024"}
changed = litellm.image_edit(image=[file(IMAGE)], **asked, **there)
several = litellm.image_edit(image=[file(IMAGE), file(IMAGE)], mask=file(MASK), **asked, **there)
try:
    litellm.image_generation(model=f"openai/{MODEL}", prompt=PROMPT, size="7x7", **there)
    refused = ""
except litellm.BadRequestError as error:
    refused = type(error).__name__
say(
    {
        "made": [of_base64(item.b64_json) for item in made.data],
        "changed": of_base64(changed.data[0].b64_json),
        "several": of_base64(several.data[0].b64_json),
        "refused": refused,
    }
)
