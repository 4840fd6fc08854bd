"""LiteLLM as a client: generation, an edit (always sent as `image[]`), and a refusal."""

import io

import litellm
from shared import BASE, EDITOR, IMAGE, MODEL, PROMPT, of_base64, say

there = {"api_base": BASE, "api_key": "anything", "num_retries": 0, "max_retries": 0}
made = litellm.image_generation(model=f"openai/{MODEL}", prompt=PROMPT, size="1024x1024", quality="low", n=2, **there)
file = io.BytesIO(IMAGE)
file.name = "a.png"
changed = litellm.image_edit(model=f"openai/{EDITOR}", image=[file], prompt=PROMPT, size="1024x1024", **there)
try:
    litellm.image_generation(model=f"openai/{MODEL}", prompt=PROMPT, size="7x7", **there)
    refused = ""
except litellm.BadRequestError as error:
    refused = type(error).__name__
say(
    {
        "made": [of_base64(item.b64_json) for item in made.data],
        "changed": of_base64(changed.data[0].b64_json),
        "refused": refused,
    }
)
