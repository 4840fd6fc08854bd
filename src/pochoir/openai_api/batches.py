"""`/v1/batches`: begin, look, list, cancel, as OpenAI's own."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pochoir.domain.errors import InvalidValue
from pochoir.features.batches.batch import Batch, ByProvider
from pochoir.openai_api.bodies import read_json
from pochoir.openai_api.files import list_data, read_life, read_limit, unix
from pochoir.openai_api.images import idempotency_key
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.lines import ENDPOINTS
from pochoir.web.deps import services

WINDOW = "24h"
MAX_PAGE, USUAL_PAGE = 100, 20
_FIELDS = {"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after", "provider_batch"}
_TIMES = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


async def create(request: Request, caller: Caller) -> Response:
    given = {name: value for name, value in (await read_json(request)).items() if value is not None}
    if unknown := sorted(set(given) - _FIELDS):
        raise InvalidValue(
            f"'{unknown[0][:80]}' is not known here. Leave it out.", param=unknown[0][:80], code="unknown_parameter"
        )
    for name in ("input_file_id", "endpoint", "completion_window"):
        _text(given, name)
    if given["endpoint"] not in ENDPOINTS:
        raise InvalidValue(
            f"A batch cannot ask '{given['endpoint'][:80]}'. Choose {' or '.join(ENDPOINTS)}.", param="endpoint"
        )
    if given["completion_window"] != WINDOW:
        raise InvalidValue(
            f"'completion_window' can be '{WINDOW}' only. Change it; most batches are done much earlier.",
            param="completion_window",
        )
    batch = await services(request).batches.create(
        given["endpoint"],
        given["input_file_id"],
        metadata=read_metadata(given.get("metadata", {})),
        output_seconds=read_life(given.get("output_expires_after"), "output_expires_after"),
        key=idempotency_key(request, caller),
        api_key=caller.api_key,
        provider=_provider(given.get("provider_batch")),
    )
    return _json(batch_data(batch), caller)


def _provider(given: Any) -> ByProvider:
    """Our own field: true wants the provider's batch price for every request, false wants it for none."""
    if given is not None and not isinstance(given, bool):
        raise InvalidValue(
            "'provider_batch' can be true or false. Change it, or leave it out.",
            param="provider_batch",
            code="invalid_type",
        )
    return "auto" if given is None else "only" if given else "no"


def _text(given: dict[str, Any], name: str) -> None:
    if name not in given:
        raise InvalidValue(f"The field '{name}' is missing. Add it.", param=name, code="missing_required_parameter")
    if not isinstance(given[name], str):
        raise InvalidValue(f"'{name}' must be a string. Change it.", param=name, code="invalid_type")


def read_metadata(given: Any) -> dict[str, str]:
    """An object of texts. Raises InvalidValue."""
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise InvalidValue(
            "'metadata' must be an object that holds texts. Change it.", param="metadata", code="invalid_type"
        )
    return given


async def list_batches(request: Request, caller: Caller) -> Response:
    query = request.query_params
    found = await services(request).batches.page(
        after=query.get("after") or None, limit=read_limit(query.get("limit"), USUAL_PAGE, MAX_PAGE)
    )
    return _json(list_data([batch_data(batch) for batch in found.batches], more=found.more), caller)


async def one_batch(request: Request, caller: Caller) -> Response:
    return _json(batch_data(await services(request).batches.batch(request.path_params["batch"])), caller)


async def cancel(request: Request, caller: Caller) -> Response:
    return _json(batch_data(await services(request).batches.cancel(request.path_params["batch"])), caller)


def batch_data(batch: Batch) -> dict[str, Any]:
    """A batch as OpenAI's schema has it: what is not there yet is left out. `pochoir` says what it has cost."""
    data: dict[str, Any] = {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "input_file_id": batch.input_file,
        "completion_window": WINDOW,
        "status": batch.state,
        "created_at": unix(batch.created),
        "expires_at": unix(batch.expires),
        **{f"{name}_at": unix(batch.times[name]) for name in _TIMES if name in batch.times},
        "request_counts": {"total": batch.total, "completed": batch.completed, "failed": batch.failed},
        "usage": {
            "input_tokens": batch.input_tokens,
            "input_tokens_details": {"cached_tokens": batch.cached_tokens},
            "output_tokens": batch.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": batch.input_tokens + batch.output_tokens,
        },
        "metadata": dict(batch.metadata),
        "pochoir": {"charge_microusd": batch.charged_microusd, "in_provider_batches": batch.handed},
    }
    if batch.model:
        data["model"] = batch.model
    if batch.errors:
        data["errors"] = {"object": "list", "data": [dict(error) for error in batch.errors]}
    if batch.finished:
        files = {"output_file_id": batch.output_file, "error_file_id": batch.error_file}
        data |= {name: file_id for name, file_id in files.items() if file_id is not None}
    return data


def _json(data: dict[str, Any], caller: Caller) -> Response:
    return Response(orjson.dumps(data), headers={"x-request-id": caller.request_id}, media_type="application/json")
