"""Any server that speaks OpenAI's images API: vLLM-Omni, SGLang, stable-diffusion.cpp, OpenVINO, LocalAI and others.

What differs between them is the table DIALECTS. None of them reports usage, and none is invented here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

from pochoir.domain.errors import EngineError, EngineNotReady, PochoirError
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult
from pochoir.engines import openai_wire as wire
from pochoir.engines.base import (
    CredentialField,
    Credentials,
    EngineInfo,
    PartialImage,
    pace_fields,
    steps_of,
    steps_problem,
)
from pochoir.engines.openai_errors import error_of
from pochoir.engines.openai_transport import Transport
from pochoir.engines.openai_wire import Dialect
from pochoir.engines.outcome import together

_STEPS = ("steps", "num_inference_steps")
"""Names of one thing: cards of known models use either, the card of an unknown one the second."""
FETCHES = 3
"""Tries to fetch a finished picture, which costs nothing."""
FETCH_WAIT = 0.4
"""Seconds before the second try, and twice that before the third."""
_DIFFUSION = {"steps": "num_inference_steps", "guidance": "guidance_scale"}
_OPENAI_ONLY = frozenset({"background", "moderation", "user", "safety_identifier", "input_fidelity"})

GENERIC = "generic"

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        dialect.id: dialect
        for dialect in (
            Dialect(GENERIC, "The server", response_format="b64_json", markup=True),
            Dialect(
                "vllm_omni",
                "The vLLM-Omni server",
                drop=_OPENAI_ONLY | {"quality"},
                rename=_DIFFUSION,
                response_format="b64_json",
                image_fields=("image", "image"),
                mask_field="mask_image",
                split=True,
            ),
            Dialect(
                "sglang",
                "The SGLang server",
                drop=_OPENAI_ONLY | {"quality"},  # its `quality` names sampling levels of its own
                rename=_DIFFUSION,
                response_format="b64_json",
                split=True,
            ),
            Dialect(
                "sd_server",
                "The stable-diffusion.cpp server",
                drop=_OPENAI_ONLY | {"quality", "response_format"},
                image_fields=("image[]", "image[]"),
                split=True,
                native_tag="sd_cpp_extra_args",
                native=MappingProxyType(
                    {
                        "seed": ("seed",),
                        "negative_prompt": ("negative_prompt",),
                        "steps": ("sample_params", "sample_steps"),
                        "num_inference_steps": ("sample_params", "sample_steps"),
                        "guidance": ("sample_params", "guidance", "txt_cfg"),
                        "guidance_scale": ("sample_params", "guidance", "txt_cfg"),
                    }
                ),
            ),
            Dialect(
                "openvino",
                "The OpenVINO model server",
                drop=_OPENAI_ONLY | {"quality", "output_format", "output_compression"},
                rename={**_DIFFUSION, "seed": "rng_seed"},
                response_format="b64_json",
                image_fields=("image", "image"),
                split=True,
            ),
            Dialect(
                "localai",
                "The LocalAI server",
                drop=_OPENAI_ONLY | {"quality", "output_format", "output_compression"},
                rename={"steps": "step", "num_inference_steps": "step"},
                response_format="b64_json",
            ),
        )
    }
)

INFO = EngineInfo(
    id="openai_compatible",
    title="A server of your own",
    paid=True,
    needs=(
        CredentialField("base_url", "Address", help="For example http://localhost:8000/v1; OpenVINO's ends in /v3."),
        CredentialField("key", "Key", secret=True, required=False, help="Only if the server asks for one."),
        CredentialField(
            "models",
            "Models",
            help="One a line: the server's name, or name = the id of the catalogue's card that it is.",
        ),
        CredentialField(
            "server",
            "Kind of server",
            required=False,
            help="Each takes fields under names of its own.",
            choices=(
                ("", "Any other"),
                *((name, dialect.title.removeprefix("The ")) for name, dialect in DIALECTS.items() if name != GENERIC),
            ),
        ),
        CredentialField(
            "steps",
            "Steps by quality",
            required=False,
            help="What low, medium and high mean here, for example low=4, medium=20, high=50.",
            check=steps_problem,
        ),
        *pace_fields(),
    ),
)


class OpenAICompatibleEngine:
    """One instance for all connected servers. It cannot know whether a server charges, so it counts as paid."""

    info = INFO

    def __init__(self, timeout: float = INFO.timeout, fetch_wait: float = FETCH_WAIT) -> None:
        self._transport = Transport(INFO.title, timeout)
        self._fetch_wait = fetch_wait

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        dialect = _dialect(credentials)
        request = _steps(request, credentials)
        if not dialect.split or request.n == 1:
            return await self._once(request, credentials, dialect)
        return await self._one_by_one(request, credentials, dialect)

    async def _one_by_one(self, request: ImageRequest, credentials: Credentials, dialect: Dialect) -> ImageResult:
        """`request.n` calls. Once one has given an image, a later one that fails ends it, and what came back is kept."""
        results: list[ImageResult] = []
        errors: list[PochoirError] = []
        for number in range(request.n):
            one = replace(request, n=1, seed=None if request.seed is None else request.seed + number)
            try:
                results.append(await self._once(one, credentials, dialect))
            except PochoirError as error:
                if not results:
                    raise
                errors.append(error)
                break
        return together(request.n, results, errors)

    async def _once(self, request: ImageRequest, credentials: Credentials, dialect: Dialect) -> ImageResult:
        base = _base(credentials)
        reply = await self._transport.post(base, credentials.key, wire.call_of(request, dialect))
        if reply.status != 200:
            raise error_of(reply.status, reply.headers, reply.body, dialect.title, "on the settings page")
        answer = wire.take_apart(reply.body)
        if answer is None:
            raise wire.unreadable(dialect.title)
        images = [await self._image(item, answer, credentials, dialect) for item in answer.items]
        if not images:
            raise wire.unreadable(dialect.title)
        return wire.result_of(request, answer.head, tuple(images), dialect=dialect)

    async def _image(
        self, item: Mapping[str, object], answer: wire.Answer, credentials: Credentials, dialect: Dialect
    ) -> GeneratedImage:
        b64 = answer.base64_of(item)
        if b64 is not None:
            return wire.image_of(wire.decode(b64, dialect.title), dialect.title, item, b64)
        url = item.get("url")
        if not isinstance(url, str) or not url:
            raise wire.unreadable(dialect.title)
        if url.startswith("data:"):
            text = url.partition(",")[2].encode()
            return wire.image_of(wire.decode(text, dialect.title), dialect.title, item, None)
        return wire.image_of(await self._fetch(url, credentials, dialect), dialect.title, item, None)

    async def _fetch(self, url: str, credentials: Credentials, dialect: Dialect) -> bytes:
        """The bytes behind a result's address, which may be relative. The key goes to the server itself only."""
        base = _base(credentials)
        whole = urljoin(base + "/", url)
        there, here = urlsplit(whole), urlsplit(base)
        if there.scheme not in {"http", "https"}:
            raise wire.unreadable(dialect.title)
        same = (there.scheme, there.netloc) == (here.scheme, here.netloc)
        why = ""
        for attempt in range(FETCHES):
            await asyncio.sleep(self._fetch_wait * attempt)
            try:
                reply = await self._transport.get(whole, credentials.key if same else None)
            except EngineError:
                why = "no answer"
                continue
            if reply.status == 200:
                return reply.body
            why = f"HTTP {reply.status}"
        raise EngineError(
            f"{dialect.title} made the image, but it could not be fetched ({why}). It may have charged the request. "
            "See that its addresses can be reached from here, then try again.",
            may_have_been_charged=True,
        )

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        yield await self.generate(request, credentials)

    async def check(self, credentials: Credentials) -> str:
        dialect = _dialect(credentials)
        reply = await self._transport.get(f"{_base(credentials)}/models", credentials.key)
        if reply.status == 404:
            return f"{dialect.title} answers, but has no list of models. Try an image to be sure."
        if reply.status != 200:
            raise error_of(reply.status, reply.headers, reply.body, dialect.title, "on the settings page")
        answer = wire.take_apart(reply.body)
        names = [str(item.get("id", "")) for item in answer.items] if answer else []
        return f"{dialect.title} answers. " + (
            f"It offers {', '.join(names[:20])}." if names else "It lists no models."
        )

    async def close(self) -> None:
        await self._transport.close()


def create() -> OpenAICompatibleEngine:
    return OpenAICompatibleEngine()


def _base(credentials: Credentials) -> str:
    if not credentials.base_url:
        raise EngineNotReady("The server's address is missing. Enter it on the settings page.", code="needs_key")
    return credentials.base_url.rstrip("/")


def _dialect(credentials: Credentials) -> Dialect:
    name = credentials.settings.get("server") or GENERIC
    if name not in DIALECTS:
        raise EngineNotReady(f"'{name[:40]}' is no kind of server. Choose another one on the settings page.")
    return DIALECTS[name]


def _steps(request: ImageRequest, credentials: Credentials) -> ImageRequest:
    """Turn the quality into the steps that the connection says it means; an explicit number of steps wins."""
    levels = steps_of(credentials.settings.get("steps", ""))
    if request.quality not in levels:
        return request
    asked = any(name in request.options for name in _STEPS)
    options = request.options if asked else {"steps": levels[request.quality], **request.options}
    return replace(request, quality=None, options=options)
