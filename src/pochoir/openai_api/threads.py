"""`/v1/threads` and their messages: create, look, list, modify, delete, as OpenAI's own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from pochoir.openai_api import thread_asked as asked
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES, read_json
from pochoir.openai_api.files import list_data
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.lists import json_answer, read_page
from pochoir.openai_api.thread_data import message_data, thread_data
from pochoir.web.deps import services


async def create(request: Request, caller: Caller) -> Response:
    here = services(request)
    given = asked.known(await read_json(request, MAX_JSON_WITH_IMAGES), asked.THREAD)
    messages = await asked.read_messages(here, given.get("messages", []), "messages")
    thread = await here.assistants.threads.create(asked.metadata_of(given) or {}, messages)
    return json_answer(thread_data(thread), caller)


async def one(request: Request, caller: Caller) -> Response:
    return json_answer(
        thread_data(await services(request).assistants.threads.thread(request.path_params["thread"])), caller
    )


async def modify(request: Request, caller: Caller) -> Response:
    given = await read_json(request)
    asked.known(given, asked.THREAD - {"messages"})
    threads = services(request).assistants.threads
    thread = await threads.change(request.path_params["thread"], asked.metadata_of(given))
    return json_answer(thread_data(thread), caller)


async def delete(request: Request, caller: Caller) -> Response:
    thread_id = request.path_params["thread"]
    await services(request).assistants.threads.delete(thread_id)
    return json_answer({"id": thread_id, "object": "thread.deleted", "deleted": True}, caller)


# -- messages ----------------------------------------------------------------------------------------------------------


async def add(request: Request, caller: Caller) -> Response:
    here, thread_id = services(request), request.path_params["thread"]
    await here.assistants.threads.thread(thread_id)
    message = await asked.read_message(here, await read_json(request, MAX_JSON_WITH_IMAGES))
    [added] = await here.assistants.threads.add(thread_id, [message])
    return json_answer(message_data(added), caller)


async def list_messages(request: Request, caller: Caller) -> Response:
    run = request.query_params.get("run_id") or None
    page = await services(request).assistants.threads.page(request.path_params["thread"], read_page(request), run)
    return json_answer(list_data([message_data(item) for item in page.items], more=page.more), caller)


async def message(request: Request, caller: Caller) -> Response:
    ids = request.path_params
    found = await services(request).assistants.threads.message(ids["thread"], ids["message"])
    return json_answer(message_data(found), caller)


async def modify_message(request: Request, caller: Caller) -> Response:
    given, ids = await read_json(request), request.path_params
    asked.known(given, {"metadata"})
    threads = services(request).assistants.threads
    changed = await threads.change_message(ids["thread"], ids["message"], asked.metadata_of(given))
    return json_answer(message_data(changed), caller)


async def delete_message(request: Request, caller: Caller) -> Response:
    ids = request.path_params
    await services(request).assistants.threads.delete_message(ids["thread"], ids["message"])
    return json_answer({"id": ids["message"], "object": "thread.message.deleted", "deleted": True}, caller)
