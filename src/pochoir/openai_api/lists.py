"""Pages of lists as OpenAI's clients ask for them: `limit`, `order`, `after`, `before`; and plain JSON answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pochoir.domain.errors import InvalidValue
from pochoir.features.assistants.assistant import Asked
from pochoir.openai_api.files import read_limit
from pochoir.openai_api.keys import Caller

MAX_PAGE, USUAL_PAGE = 100, 20


def read_page(request: Request) -> Asked:
    """Which piece of a list is asked for, newest first unless asked otherwise. Raises InvalidValue."""
    query = request.query_params
    order = query.get("order") or "desc"
    if order not in {"asc", "desc"}:
        raise InvalidValue("'order' can be 'asc' or 'desc'. Change it.", param="order")
    limit = read_limit(query.get("limit"), USUAL_PAGE, MAX_PAGE)
    return Asked(query.get("after") or None, query.get("before") or None, limit, order == "desc")


def json_answer(body: Mapping[str, Any], caller: Caller, **headers: str) -> Response:
    told = {"x-request-id": caller.request_id, **headers}
    return Response(orjson.dumps(body), headers=told, media_type="application/json")
