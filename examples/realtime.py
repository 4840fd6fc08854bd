"""A realtime session from the command line: each text is drawn, and every image goes on from the one before.

    python examples/realtime.py "A fox in the snow" "Give it a red scarf"

Needs `pip install "openai[realtime]"`, and a server: POCHOIR_URL is the link that `make serve` prints, POCHOIR_MODEL an
image model (at first the built-in one), POCHOIR_KEY a key where one is needed. The images are written to this folder.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from pathlib import Path

from openai import AsyncOpenAI


async def main(texts: list[str]) -> None:
    client = AsyncOpenAI(
        base_url=os.environ.get("POCHOIR_URL", "http://127.0.0.1:8300") + "/v1",
        api_key=os.environ.get("POCHOIR_KEY", "none"),
    )
    async with client.realtime.connect(model=os.environ.get("POCHOIR_MODEL", "pochoir-sketch")) as session:
        for number, text in enumerate(texts, 1):
            content = [{"type": "input_text", "text": text}]
            await session.conversation.item.create(item={"type": "message", "role": "user", "content": content})
            await session.response.create()
            async for event in session:
                if event.type == "error":
                    sys.exit(event.error.message)
                if event.type == "response.output_item.done" and event.item.type == "image_generation_call":
                    save(event.item, number)
                if event.type == "response.done":
                    if event.response.status != "completed":
                        sys.exit(event.response.status_details.error.message)
                    break


def save(item, number: int) -> None:
    if item.result:
        path = Path(f"realtime-{number}.{item.output_format}")
        path.write_bytes(base64.b64decode(item.result))
        print(f"{path}: {item.size}, by {item.pochoir['model']}, {item.pochoir['charge_microusd'] / 1e6:.4f} dollars")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["A fox in the snow"]))
