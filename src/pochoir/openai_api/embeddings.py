"""`/v1/embeddings`: texts as vectors, by the small model of word vectors that also searches the images. Costs nothing."""

from __future__ import annotations

import asyncio
import base64
import math
import struct
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pochoir.domain.errors import InvalidValue, ModelNotFound
from pochoir.infra import meaning
from pochoir.openai_api.bodies import read_json
from pochoir.openai_api.images import for_deployment
from pochoir.openai_api.keys import Caller

MODEL = "pochoir-words"
MAX_TEXTS = 2_048
MAX_TEXT = 32_000
"""Texts a request, as OpenAI's, and characters of one."""
FORMATS = ("float", "base64")
_FIELDS = {"input", "model", "encoding_format", "dimensions", "user"}


async def create(request: Request, caller: Caller) -> Response:
    given = for_deployment(request, await read_json(request, kept=False))
    fields = {name: value for name, value in given.items() if value is not None}
    if unknown := sorted(set(fields) - _FIELDS):
        raise InvalidValue(
            f"'{unknown[0][:80]}' is not known here. Leave it out.", param=unknown[0][:80], code="unknown_parameter"
        )
    texts, size = _texts(fields), _size(fields)
    _check_model(fields)
    encoding = fields.get("encoding_format", "float")
    if encoding not in FORMATS:
        raise InvalidValue(f"'encoding_format' can be {' or '.join(FORMATS)}. Change it.", param="encoding_format")
    body = await asyncio.to_thread(_answer, texts, size, encoding)
    return Response(body, headers={"x-request-id": caller.request_id}, media_type="application/json")


def _answer(texts: list[str], size: int, encoding: str) -> bytes:
    vectors = [_cut(meaning.vector_of(text), size) for text in texts]
    shown = [_base64(vector) if encoding == "base64" else vector for vector in vectors]
    data = [{"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(shown)]
    words = sum(map(meaning.tokens, texts))
    usage = {"prompt_tokens": words, "total_tokens": words}
    return orjson.dumps({"object": "list", "data": data, "model": MODEL, "usage": usage})


def _cut(vector: list[float], size: int) -> list[float]:
    """The weightiest numbers alone, of length 1 together."""
    kept = vector[:size]
    length = math.sqrt(sum(value * value for value in kept)) or 1.0
    return [value / length for value in kept]


def _base64(vector: list[float]) -> str:
    """Numbers of four bytes each, the lowest first, as OpenAI writes them."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _check_model(fields: Mapping[str, Any]) -> None:
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        raise InvalidValue(f"The field 'model' is missing. Use '{MODEL}'.", param="model")
    if model != MODEL:
        raise ModelNotFound(
            f"There is no model '{model[:80]}' for embeddings here. Use '{MODEL}', or ask its provider itself.",
            param="model",
        )


def _texts(fields: Mapping[str, Any]) -> list[str]:
    given = fields.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise InvalidValue(
            "'input' must be a text or a list of texts; numbers of tokens are not taken. Send the texts.",
            param="input",
            code="invalid_type",
        )
    if len(texts) > MAX_TEXTS:
        raise InvalidValue(f"'input' can hold {MAX_TEXTS:,} texts. Send them in several requests.", param="input")
    if any(not text or len(text) > MAX_TEXT for text in texts):
        raise InvalidValue(
            f"A text must have 1 to {MAX_TEXT:,} characters. Leave out empty ones, cut long ones.", param="input"
        )
    return texts


def _size(fields: Mapping[str, Any]) -> int:
    size = fields.get("dimensions", meaning.SIZE)
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= meaning.SIZE:
        raise InvalidValue(f"'dimensions' can be a number from 1 to {meaning.SIZE}. Change it.", param="dimensions")
    return size
