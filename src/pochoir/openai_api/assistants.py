"""`/v1/assistants`: create, look, list, modify, delete, as OpenAI's own. An assistant here draws."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pochoir.domain.errors import InvalidValue
from pochoir.features.assistants.assistant import Assistant
from pochoir.features.services import Services
from pochoir.openai_api import thread_asked as asked
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES, read_json
from pochoir.openai_api.files import list_data
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.lists import json_answer, read_page
from pochoir.openai_api.thread_data import assistant_data
from pochoir.web.deps import services


async def create(request: Request, caller: Caller) -> Response:
    here = services(request)
    given = await read_json(request, MAX_JSON_WITH_IMAGES)
    fields = await _fields(here, given, None)
    if "model" not in fields:
        raise InvalidValue(
            "The field 'model' is missing. Name an image model.", param="model", code="missing_required_parameter"
        )
    return json_answer(assistant_data(await here.assistants.create(fields)), caller)


async def list_assistants(request: Request, caller: Caller) -> Response:
    found = await services(request).assistants.page(read_page(request))
    return json_answer(list_data([assistant_data(item) for item in found.items], more=found.more), caller)


async def one(request: Request, caller: Caller) -> Response:
    found = await services(request).assistants.assistant(request.path_params["assistant"])
    return json_answer(assistant_data(found), caller)


async def modify(request: Request, caller: Caller) -> Response:
    here, assistant_id = services(request), request.path_params["assistant"]
    before = await here.assistants.assistant(assistant_id)
    fields = await _fields(here, await read_json(request, MAX_JSON_WITH_IMAGES), before)
    return json_answer(assistant_data(await here.assistants.change(assistant_id, fields)), caller)


async def delete(request: Request, caller: Caller) -> Response:
    assistant_id = request.path_params["assistant"]
    await services(request).assistants.delete(assistant_id)
    return json_answer({"id": assistant_id, "object": "assistant.deleted", "deleted": True}, caller)


async def _fields(here: Services, given: dict[str, Any], before: Assistant | None) -> dict[str, Any]:
    """The assistant's fields that are given. Null empties a text; elsewhere it counts as absent."""
    there = asked.known(given, asked.ASSISTANT)
    fields: dict[str, Any] = {name: given[name] for name in ("name", "description", "instructions") if name in given}
    if "model" in there:
        fields["model"] = there["model"]
    if "tools" in there:
        fields["tools"] = await asked.read_tools(here, there["tools"])
    if (metadata := asked.metadata_of(given)) is not None:
        fields["metadata"] = metadata
    if options := asked.options_of(there):
        fields["options"] = {**(before.options if before is not None else {}), **options}
    if "model" in fields or ("tools" in fields and before is not None):
        tools = fields.get("tools", before.tools if before is not None else ())
        await asked.check_model(here, fields.get("model") or (before.model if before is not None else ""), tools)
    return fields
