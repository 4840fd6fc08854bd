"""An engine of your own, whole: paints one colour that the prompt names. Run me: python examples/engine.py

To add it to Pochoir, put the class into src/pochoir/engines/swatch.py and its line into engines/registry.py.
See docs/howto/add-an-engine.md.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

from PIL import Image, ImageColor

from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines.base import Credentials, Engine, EngineInfo, PartialImage


class SwatchEngine:
    """Free, needs no key, and makes the same image every time."""

    info = EngineInfo(id="swatch", title="Colour swatches", paid=False)

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        size = request.size or Size(512, 512)
        data = await asyncio.to_thread(_paint, _colour(request.prompt), size)
        image = GeneratedImage(data, "image/png", size)
        return ImageResult(
            images=(image,) * request.n,
            usage=Usage(images=request.n),
            snapshot=request.snapshot or request.model,
            size=size,
            output_format="png",
        )

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        yield await self.generate(request, credentials)

    async def check(self, credentials: Credentials) -> str:
        return "Colour swatches are ready."

    async def close(self) -> None:
        """There is nothing to give back."""


def create() -> SwatchEngine:
    return SwatchEngine()


def _colour(prompt: str) -> tuple[int, ...]:
    for word in prompt.lower().replace(",", " ").split():
        if word in ImageColor.colormap:
            return ImageColor.getrgb(word)
    raise InvalidValue("No colour is named in the prompt. Name one, such as teal or salmon.", param="prompt")


def _paint(colour: tuple[int, ...], size: Size) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (size.width, size.height), colour).save(out, "PNG")
    return out.getvalue()


async def main() -> None:
    engine: Engine = create()
    result = await engine.generate(ImageRequest("swatch-1", "a teal square", size=Size(64, 64)), Credentials())
    print(f"{result.snapshot} made {len(result.images)} image of {result.size}, {len(result.images[0].data)} bytes")
    try:
        await engine.generate(ImageRequest("swatch-1", "something nice"), Credentials())
    except InvalidValue as error:
        print("a prompt without a colour is told:", error.message)
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
