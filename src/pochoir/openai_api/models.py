"""`GET /v1/models` and `/v1/models/{id}`: the models that can be asked for here, as OpenAI lists them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pochoir.domain.catalog import Card
from pochoir.openai_api.keys import Caller
from pochoir.web.deps import services


async def list_models(request: Request, caller: Caller) -> Response:
    """Those that are ready: installed, with a key where one is needed, not shut down."""
    here = services(request)
    today = here.clock.today()
    data = []
    for card in await here.catalog.cards():
        if card.engines and card.status(today) != "shut down" and (await here.images.readiness(card)).ready:
            data.append(_model(card, today))
    return _json({"object": "list", "data": data}, caller)


async def one_model(request: Request, caller: Caller) -> Response:
    """A model by id, alias or snapshot. Raises ModelNotFound."""
    here = services(request)
    today = here.clock.today()
    resolved = await here.catalog.resolve(request.path_params["model"], today)
    return _json(_model(resolved.card, today), caller)


def _model(card: Card, today: date) -> dict[str, Any]:
    born = datetime.combine(card.released, time(), tzinfo=UTC) if card.released else None
    return {
        "id": card.id,
        "object": "model",
        "created": int(born.timestamp()) if born else 0,
        "owned_by": card.provider,
        "shutdown_date": card.shutdown.isoformat() if card.shutdown else None,
        "status": card.status(today),
    }


def _json(data: dict[str, Any], caller: Caller) -> Response:
    return Response(orjson.dumps(data), headers={"x-request-id": caller.request_id}, media_type="application/json")
