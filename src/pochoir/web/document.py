"""The application's OpenAPI document: what FastAPI knows of the workspace's API, with the other faces' parts added.

It is served at /openapi.json, and held against a running server by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI

Schema = dict[str, Any]
STATUSES: Mapping[str, str] = {
    "400": "Something in the request is wrong; the message says what to change.",
    "401": "A key is needed, or it is unknown or revoked.",
    "402": "The workspace's budget does not allow it.",
    "404": "There is no such thing, or the model is unknown or was shut down.",
    "409": "It clashes with what is there.",
    "413": "Too large.",
    "429": "A limit is reached: the key's or the provider's. `retry-after` says when to come back.",
    "502": "The provider failed. `x-should-retry` is false where it may have charged the request.",
    "503": "It cannot be done here just now: no key, no engine, or the provider is paused.",
    "504": "The provider did not answer in time.",
    "507": "The disk is full.",
}
"""Every status that an error may have."""
_OPTIONAL: Schema = {"type": ["string", "null"]}
ERRORS: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "code", "param"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": _OPTIONAL,
                "code": _OPTIONAL,
            },
        }
    },
}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def json_of(name: str) -> Schema:
    """Content: JSON of a schema."""
    return {"application/json": {"schema": ref(name)}}


def answers(content: Schema, status: str = "200") -> Schema:
    """What a route answers when it works, and every way in which it may not."""
    return {status: {"description": "It worked.", "content": content}, **errors()}


def errors() -> Schema:
    return {status: {"description": said, "content": json_of("Error")} for status, said in STATUSES.items()}


def body(content: Schema) -> Schema:
    return {"required": True, "content": content}


def query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}


def operation(
    tag: str, summary: str, responses: Schema, parameters: Sequence[Schema] = (), request: Schema | None = None
) -> Schema:
    found: Schema = {"tags": [tag], "summary": summary, "responses": responses, "parameters": list(parameters)}
    return {**found, "requestBody": request} if request is not None else found


def describe(app: FastAPI, parts: Callable[[], Mapping[str, Any]]) -> None:
    """Let the application's document hold `parts` (paths and schemas) too, made when it is first asked for."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = plain()
        more = parts()
        for path in document["paths"].values():
            for known in path.values():
                known["responses"].pop("422", None)
                known["responses"] |= errors()
        for path, methods in more["paths"].items():
            names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
            ids = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
            document["paths"][path] = {**methods, "parameters": ids}
        kept = document.setdefault("components", {}).setdefault("schemas", {})
        kept |= more["schemas"]
        for gone in ("HTTPValidationError", "ValidationError"):
            kept.pop(gone, None)
        return document

    app.openapi = whole  # type: ignore[method-assign]
