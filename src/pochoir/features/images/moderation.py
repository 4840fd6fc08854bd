"""What may be drawn, as a choice of the installation or of a key: the provider decides, or it is looked at here before.

A check comes before the attempt is written down and before money is reserved: what it refuses was never asked. When it
cannot be made, nothing is drawn either.
"""

from __future__ import annotations

import asyncio
import base64
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol, cast, get_args

import orjson

from pochoir.domain.errors import InvalidValue, Refused, Unavailable
from pochoir.domain.images import GeneratedImage, ImageInput, ImageRequest
from pochoir.engines.base import Credentials
from pochoir.features.images import store
from pochoir.infra.addresses import address_problem
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.extras import install

Mode = Literal["off", "provider", "endpoint", "local"]
MODES: Mapping[Mode, str] = {
    "off": "Nothing is checked here; programs may ask the provider to be lenient",
    "provider": "The provider's own, never lenient",
    "endpoint": "Checked first by the connected moderation endpoint",
    "local": "Checked first by the classifier on this machine",
}
KIND = "moderation"
INSTALL = install("moderation")
ALL = "all"
"""Of a connection's setting `images`: also what a model made; `yes`: what goes in; empty: the prompt only."""
SECONDS = 30.0
RETRIES = (0.5, 2.0)
"""Seconds of pause before an image that was made is looked at again."""
OFFENSIVE = 0.9
"""From this probability on the local classifier's word counts."""
SPAN = 20
"""Words that the local classifier looks at by themselves; every half of them it begins anew."""
STRICTER = "Lenient moderation is not allowed here; the provider's usual one was asked for."
_CHOICE = "moderation"


class Keys(Protocol):
    """What moderation needs of the connections service."""

    async def credentials(self, engine: str, name: str | None = None) -> Credentials | None: ...


class Moderation:
    """`classify` gives for each text the probability that it is offensive; None uses the optional package."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        keys: Keys,
        classify: Callable[[Sequence[str]], Sequence[float]] | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._classify = classify
        self._seconds = seconds
        self._modes: dict[str, Mode | None] = {}

    @property
    def installed(self) -> bool:
        """Whether the local classifier can be used."""
        return self._classify is not None or importlib.util.find_spec("profanity_check") is not None

    async def chosen(self, api_key: str | None = None) -> Mode | None:
        """What the installation, or a key, chose; None where nothing was. Read once: one process serves a data folder."""
        name = f"{_CHOICE}:{api_key}" if api_key else _CHOICE
        if name not in self._modes:
            async with self._db.reading() as conn:
                found = await store.choice(conn, name)
            self._modes[name] = found["mode"] if found else None
        return self._modes[name]

    async def mode(self, api_key: str | None = None) -> Mode:
        """What holds for a request: the key's choice, else the installation's."""
        own = await self.chosen(api_key) if api_key else None
        return own or await self.chosen() or "off"

    async def choose(self, mode: str, api_key: str | None = None) -> None:
        """Set it; an empty one for a key means the installation's. Raises InvalidValue, and Unavailable without package."""
        if mode not in get_args(Mode) and not (api_key and not mode):
            raise InvalidValue(f"Moderation can be {', '.join(MODES)}. Choose one.", param="moderation")
        if mode == "local" and not self.installed:
            raise InvalidValue(f"The local classifier is not installed. Run: {INSTALL}", param="moderation")
        if mode == "endpoint" and await self._keys.credentials(KIND) is None:
            raise InvalidValue("No moderation endpoint is connected. Connect one under Settings.", param="moderation")
        name = f"{_CHOICE}:{api_key}" if api_key else _CHOICE
        async with self._db.transaction() as conn:
            await store.set_choice(conn, name, {"mode": mode or None}, self._clock.stamp())
        self._modes[name] = cast("Mode", mode) if mode else None

    async def check(self, request: ImageRequest, api_key: str | None = None) -> tuple[ImageRequest, tuple[str, ...]]:
        """The request as it may be sent, and what was changed. Raises Refused, or Unavailable when nobody can look."""
        mode = await self.mode(api_key)
        if mode == "provider" and request.moderation == "low":
            return replace(request, moderation="auto"), (STRICTER,)
        if mode == "endpoint":
            await self._ask(request)
        elif mode == "local":
            await self._look(request.prompt)
        return request, ()

    async def looks_at_results(self, api_key: str | None = None) -> bool:
        """Whether what a model made is looked at before it is kept and given out."""
        if await self.mode(api_key) != "endpoint":
            return False
        found = await self._keys.credentials(KIND)
        return found is not None and found.settings.get("images", "") == ALL

    async def look_at(self, images: Sequence[GeneratedImage], api_key: str | None = None) -> None:
        """Raises Refused for images that must not be kept. They are paid for, so one that nobody could look at is, too."""
        if not await self.looks_at_results(api_key):
            return
        found = await self._keys.credentials(KIND)
        assert found is not None
        for image in images:
            asked = _asked(found, [_image_part(image)])
            try:
                flagged = await self._verdict(found, asked)
            except Unavailable as error:
                raise Refused(
                    "The image was made and charged, but the moderation endpoint could not look at it, so it was not kept. "
                    "See what is wrong with the endpoint before you ask again.",
                    stage="output",
                    source="endpoint",
                    code="moderation_unavailable",
                ) from error
            if flagged is not None:
                raise Refused(
                    f"The moderation endpoint of this workspace blocked the image that was made{_named(flagged)}. It was "
                    "charged and not kept. Change the words or the images.",
                    categories=flagged,
                    stage="output",
                    source="endpoint",
                )

    async def test(self) -> str:
        """Ask the endpoint about something harmless. A sentence for the page; raises Unavailable."""
        try:
            await self._ask(ImageRequest("", "A red kite over the sea"))
        except Refused as error:
            raise Unavailable("The endpoint answers, but blocks a red kite over the sea. Check its model.") from error
        return "The endpoint answers. It let a red kite over the sea pass."

    async def _look(self, prompt: str) -> None:
        worst = await asyncio.to_thread(self._worst, _pieces(prompt))
        if worst >= OFFENSIVE:
            raise Refused(
                f"The classifier of this workspace blocked the prompt: offensive language ({worst:.0%} sure). Change the "
                "words.",
                categories=("offensive",),
                source="local",
            )

    def _worst(self, parts: Sequence[str]) -> float:
        """The first use of the package takes two seconds: it loads its model."""
        return max((self._classify or _package())(parts))

    async def _ask(self, request: ImageRequest) -> None:
        found = await self._keys.credentials(KIND)
        if found is None or not found.base_url:
            raise _unavailable("No moderation endpoint is connected. Connect one under Settings.")
        flagged = _flagged(await self._post(found, _asked(found, _input(request, found.settings.get("images", "")))))
        if flagged is not None:
            raise Refused(
                f"The moderation endpoint of this workspace blocked this{_named(flagged)}. Change the words or the images.",
                categories=flagged,
                source="endpoint",
            )

    async def _verdict(self, found: Credentials, asked: Mapping[str, Any]) -> tuple[str, ...] | None:
        """What was found, asked a few times: money was spent on what is looked at."""
        for pause in RETRIES:
            try:
                return _flagged(await self._post(found, asked))
            except Unavailable:
                await asyncio.sleep(pause)
        return _flagged(await self._post(found, asked))

    async def _post(self, found: Credentials, asked: Mapping[str, Any]) -> Any:
        import aiohttp

        headers = {"Content-Type": "application/json"}
        if found.key:
            headers["Authorization"] = f"Bearer {found.key}"
        url = f"{(found.base_url or '').rstrip('/')}/moderations"
        if problem := address_problem(url):
            raise _unavailable(f"The moderation endpoint cannot be asked. {problem}")
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._seconds)) as session,
                session.post(url, data=orjson.dumps(asked), headers=headers, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    raise _unavailable(f"The moderation endpoint answered with HTTP {response.status}.")
                return orjson.loads(await response.read())
        except (TimeoutError, aiohttp.ClientError, orjson.JSONDecodeError) as error:
            raise _unavailable("The moderation endpoint cannot be reached, or its answer cannot be read.") from error


def _asked(found: Credentials, what: Any) -> dict[str, Any]:
    model = found.settings.get("model")
    return {"input": what, "model": model} if model else {"input": what}


def _input(request: ImageRequest, images: str) -> Any:
    """The prompt; with images where the endpoint takes them, as OpenAI's omni-moderation does."""
    if not images or not request.references:
        return request.prompt
    given = (*request.references, *((request.markup,) if request.markup else ()))
    return [{"type": "text", "text": request.prompt}, *(_image_part(image) for image in given)]


def _image_part(image: ImageInput | GeneratedImage) -> dict[str, Any]:
    link = f"data:{image.mime};base64,{base64.b64encode(image.data).decode()}"
    return {"type": "image_url", "image_url": {"url": link}}


def _named(categories: Sequence[str]) -> str:
    return f": {', '.join(categories)}" if categories else ""


def _flagged(answer: Any) -> tuple[str, ...] | None:
    """The categories of what was found; None when nothing was. Raises Unavailable for what is no such answer."""
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not results or not all(_is_result(item) for item in results):
        raise _unavailable("The moderation endpoint's answer cannot be read.")
    bad = [item for item in results if item["flagged"]]
    if not bad:
        return None
    found = [item.get("categories") for item in bad]
    return tuple(dict.fromkeys(name for item in found if isinstance(item, dict) for name, hit in item.items() if hit))


def _is_result(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("flagged"), bool)


def _pieces(prompt: str) -> list[str]:
    """The whole text, its lines, and its words a few at a time: a short insult does not hide in a long description."""
    words = prompt.split()
    spans = (" ".join(words[at : at + SPAN]) for at in range(0, len(words), SPAN // 2))
    return list(dict.fromkeys([prompt, *(line for line in prompt.splitlines() if line.strip()), *spans]))


def _package() -> Callable[[Sequence[str]], Sequence[float]]:
    try:
        from profanity_check import predict_prob
    except ImportError as error:
        raise _unavailable(f"The local classifier is not installed. Run: {INSTALL}") from error
    return lambda texts: [float(value) for value in predict_prob(list(texts))]


def _unavailable(sentence: str) -> Unavailable:
    return Unavailable(
        f"{sentence} Nothing is drawn without the check; try again, or choose another moderation under Settings.",
        code="moderation_unavailable",
    )
