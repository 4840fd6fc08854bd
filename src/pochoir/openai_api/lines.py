"""The lines of a batch: requests as the images routes take them, and results files as OpenAI writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import pybase64

from pochoir.domain.errors import InvalidValue, PochoirError
from pochoir.domain.money import Usage
from pochoir.engines.base import BatchReply
from pochoir.features.batches.batch import Answer, Outcome
from pochoir.features.files.service import FilesService
from pochoir.features.images.artifact import Made, Payer
from pochoir.features.images.deferred import Ready
from pochoir.features.images.service import ImagesService
from pochoir.features.metering.service import MeteringService
from pochoir.infra.clock import Clock
from pochoir.openai_api import answers
from pochoir.openai_api.envelope import error_data
from pochoir.openai_api.fields import DEFAULT_MODEL, LAYERS, Asked, read_fields
from pochoir.openai_api.making import make, without_identifiers
from pochoir.openai_api.references import MAX_IMAGES, Stored, read_edit_fields

EDITS = "/v1/images/edits"
ENDPOINTS = ("/v1/images/generations", EDITS)
"""The routes whose requests a batch may hold."""


class ImageLines:
    """Answers lines along the images' one path. Holds to `features.batches.batch.Lines`."""

    def __init__(self, images: ImagesService, metering: MeteringService, files: FilesService, clock: Clock) -> None:
        self._images = images
        self._metering = metering
        self._stored = Stored(images.library, files)
        self._clock = clock

    async def answer(self, endpoint: str, body: Mapping[str, Any], key: str, api_key: str | None) -> Answer:
        """Raises the domain errors; InvalidValue for what a line cannot have: a stream, links, the cache."""
        asked = await self._asked(endpoint, body)
        made = await make(self._images, asked, key, payer=Payer(api_key) if api_key else None)
        return await self._answer(made)

    async def ready(self, endpoint: str, body: Mapping[str, Any], key: str, api_key: str | None) -> Ready | None:
        if not await self._images.deferred.takes(str(body.get("model") or DEFAULT_MODEL)):
            return None  # before the images that it names are fetched
        asked = await self._asked(endpoint, body)
        if asked.fallback is not None and asked.fallback.models:
            return None
        payer = Payer(api_key) if api_key else None
        return await without_identifiers(
            asked, lambda plain: self._images.deferred.ready(plain.request, key=key, payer=payer)
        )

    async def finished(self, key: str, reply: BatchReply) -> Answer:
        return await self._answer(await self._images.deferred.finish(key, reply))

    def named(self, endpoint: str, body: Mapping[str, Any]) -> Iterable[str]:
        if endpoint != EDITS:
            return []
        images = body.get("images")
        items = [*(images[:MAX_IMAGES] if isinstance(images, list) else ()), *(body.get(name) for name in LAYERS)]
        ids = [item.get("file_id") for item in items if isinstance(item, dict)]
        return [name for name in ids if isinstance(name, str)]

    async def _asked(self, endpoint: str, body: Mapping[str, Any]) -> Asked:
        if endpoint == EDITS:
            sent = await read_edit_fields(dict(body), self._stored)
            asked = read_fields(sent.fields, references=sent.references, mask=sent.mask, markup=sent.markup)
        else:
            asked = read_fields(body)
        if asked.stream:
            raise InvalidValue("A batch has no streams. Leave 'stream' out.", param="stream")
        if asked.cache:
            raise InvalidValue(
                "The cache answers single requests only; a line would be drawn and charged all the same. Leave 'cache' "
                "out, or send the request by itself.",
                param="cache",
            )
        if body.get("response_format") == "url":
            raise InvalidValue(
                "A batch carries images as base64: links would have ended before you read them. Leave "
                "'response_format' out.",
                param="response_format",
            )
        return asked

    async def _answer(self, made: Made) -> Answer:
        charged = await self._metering.charged(made.attempt) if made.replayed else made.charge.total
        facts = answers.facts(made)
        facts["pochoir"] |= {"charge_microusd": charged, "replayed": False}
        words = [image.revised_prompt for image in made.result.images]
        created = int(self._clock.now().timestamp())
        return Answer(
            200,
            {"created": created, "words": words, "rest": facts},
            tuple(artifact.id for artifact in made.artifacts),
            made.result.usage if made.result.usage_reported else Usage(),
            charged,
        )

    def refusal(self, error: PochoirError) -> Answer:
        return Answer(error.status, error_data(error))

    def written(self, outcome: Outcome, images: Sequence[bytes]) -> Iterable[bytes | memoryview]:
        """OpenAI's line: an answer with its status, or the reason why there is none."""
        head = orjson.dumps({"id": f"batch_{outcome.request}", "custom_id": outcome.custom_id})[:-1]
        if outcome.status is None:
            error = {"code": outcome.code, "message": outcome.message}
            yield head + b',"response":null,"error":' + orjson.dumps(error) + b"}\n"
            return
        yield head + b',"response":{"status_code":%d,"request_id":"%b","body":' % (
            outcome.status,
            outcome.request.encode(),
        )
        body = outcome.body
        if images:
            data = [("b64_json", pybase64.b64encode(image)) for image in images]
            yield from answers.assembled(body["created"], data, body["words"], body["rest"])
        else:
            yield orjson.dumps(body)
        yield b'},"error":null}\n'
