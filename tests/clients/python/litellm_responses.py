"""LiteLLM as a client of responses, and of a chat with an image model."""

import litellm
from shared import BASE, EDITOR, PROMPT, of_base64, say

there = {"api_base": BASE, "api_key": "anything", "num_retries": 0, "max_retries": 0}
tool = {"type": "image_generation", "model": EDITOR, "size": "1024x1024", "quality": "low"}
first = litellm.responses(model="openai/gpt-5", input=PROMPT, tools=[tool], **there)
events = list(litellm.responses(model="openai/gpt-5", input=PROMPT, tools=[tool], stream=True, **there))
chat = litellm.completion(
    model=f"openai/{EDITOR}", messages=[{"role": "user", "content": PROMPT}], modalities=["image", "text"], **there
)
say(
    {
        "made": of_base64(first.output[0].result),
        "last": str(getattr(events[-1].type, "value", events[-1].type)),
        "chat": of_base64(chat.choices[0].message.images[0]["image_url"]["url"].partition(",")[2]),
    }
)
