"""The providers that have batches of their own, as stand-ins: what is asked of them, and what they bill."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from journeys.gateway import Here
from upstream import google
from upstream.faults import KEY
from upstream.server import Upstream


class OpenAIThere:
    """`edits`: the model that images are edited with. `variables`: how its settings' names begin."""

    model, edits, quality = "gpt-image-2", "gpt-image-1-mini", "low"
    key, variables = KEY, "OPENAI"

    def __init__(self, server: Upstream) -> None:
        self.server = server
        self.own = server.batches

    def at_batch_price(self) -> int:
        """What was billed, at half the price, in micro-dollars: $2.50 a million tokens in and $15 out."""
        tokens = [(use["input_tokens"], use["output_tokens"]) for use in self.server.usages]
        return sum((given * 5 + 1) // 2 + made * 15 for given, made in tokens)

    def kinds_of_images(self) -> list[str]:
        """Of those that went in with the first request."""
        return [file[2] for file in self.server.seen[0].files]

    def input_files(self) -> set[str]:
        """The input files of all batches."""
        return {batch["input_file_id"] for batch in self.own.batches.values()}


class GoogleThere:
    """As OpenAIThere."""

    model, edits, quality = "gemini-3.1-flash-image", "gemini-3.1-flash-image", "1K"
    key, variables = google.KEY, "GEMINI"

    def __init__(self, server: google.Google) -> None:
        self.server = server
        self.own = server.batches

    def at_batch_price(self) -> int:
        """$0.25 a million tokens in, $1.50 for words and $30 for images out."""
        prices = {"TEXT": Decimal("1.5"), "IMAGE": Decimal(30)}
        total = 0
        for use in self.server.usages:
            given = [item["tokenCount"] * Decimal("0.25") for item in use["promptTokensDetails"]]
            made = [item["tokenCount"] * prices[item["modality"]] for item in use["candidatesTokensDetails"]]
            total += sum(int(amount.quantize(Decimal(1), ROUND_HALF_UP)) for amount in (*given, *made))
        return total

    def kinds_of_images(self) -> list[str]:
        parts = self.server.seen[0]["contents"][0]["parts"]
        return [part["inlineData"]["mimeType"] for part in parts if "inlineData" in part]

    def input_files(self) -> set[str]:
        return {batch["metadata"]["inputConfig"]["fileName"] for batch in self.own.batches.values()}


There = OpenAIThere | GoogleThere


@asynccontextmanager
async def openai_there() -> AsyncIterator[There]:
    async with Upstream().running() as server:
        yield OpenAIThere(server)


@asynccontextmanager
async def google_there() -> AsyncIterator[There]:
    async with google.Google().running() as server:
        yield GoogleThere(server)


@asynccontextmanager
async def google_connected(here: Here) -> AsyncIterator[GoogleThere]:
    async with google.Google().running() as server:
        server.batches.open = True
        await here.services.connections.save("google", "", {"base_url": server.base_url}, google.KEY)
        yield GoogleThere(server)


PROVIDERS = {"openai": openai_there, "google": google_there}


def bodies(there: There, count: int = 4, **more: Any) -> dict[str, Any]:
    asked = {"model": there.model, "size": "1024x1024", "quality": there.quality, **more}
    return {f"fox-{number}": {**asked, "prompt": f"Fox number {number}"} for number in range(count)}
