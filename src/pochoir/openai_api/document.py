"""The OpenAPI description of this face: its routes, what they take and answer, and every status they may end in.

Fields of images come from the rules that check them. Azure's addresses name the same routes and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pochoir.features.accounts.passes import LONGEST
from pochoir.features.files.file import UPLOADED
from pochoir.infra import meaning
from pochoir.openai_api import embeddings, thread_document
from pochoir.openai_api.fields import DEFAULT_MODEL, LAYERS, MAX_FALLBACKS, RULES, Rule
from pochoir.openai_api.files import MAX_PAGE
from pochoir.openai_api.lines import ENDPOINTS
from pochoir.openai_api.references import MAX_IMAGES
from pochoir.openai_api.responses_asked import TOOL_FIELDS
from pochoir.web.document import ERRORS, Schema, answers, body, json_of, operation, query, ref

STREAM = "text/event-stream"
_SIZE = r"^(auto|[1-9]\d{1,4}x[1-9]\d{1,4})$"
_RATIO = r"^[1-9]\d{0,2}:[1-9]\d{0,2}$"
_TYPES = {str: "string", int: "integer", bool: "boolean"}
_MORE: Mapping[str, Schema] = {
    "model": {"default": DEFAULT_MODEL, "examples": [DEFAULT_MODEL]},
    "size": {"pattern": _SIZE, "examples": ["1024x1024", "1536x1024", "auto"]},
    "prompt": {"minLength": 1, "examples": ["A red kite over the sea"]},
    "quality": {"examples": ["low", "medium", "high", "auto"]},
}
"""What is known of a field besides its rule."""


def _field(name: str, rule: Rule) -> Schema:
    found: Schema = {"type": [_TYPES[rule.kind], "null"]}
    if rule.values:
        found["enum"] = [*dict.fromkeys((*rule.values, "auto")), None]
        return found
    if rule.low is not None:
        found["minLength" if rule.kind is str else "minimum"] = rule.low
    if rule.high is not None:
        found["maxLength" if rule.kind is str else "maximum"] = rule.high
    return {**found, **_MORE.get(name, {})}


def _fields(names: frozenset[str] | None = None) -> dict[str, Schema]:
    return _own({name: _field(name, rule) for name, rule in RULES.items() if names is None or name in names})


def _own(found: dict[str, Schema]) -> dict[str, Schema]:
    """Fields that take a list as well."""
    if "fallback" in found:
        text = found["fallback"]
        found["fallback"] = {"anyOf": [text, {"type": "array", "items": {"type": "string"}, "maxItems": MAX_FALLBACKS}]}
    return found


def _object(properties: Mapping[str, Schema], *required: str, **more: Any) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(required), **more}


_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FREE: Schema = {"type": "object"}
_BYTES: Schema = {"type": "string", "format": "binary"}
_REFERENCE = _object({"image_url": _TEXT, "file_id": _TEXT}, description="Exactly one of the two.")
_LIFE = _object(
    {"anchor": {"const": "created_at"}, "seconds": {"type": "integer", "minimum": 3600, "maximum": 2_592_000}},
    "anchor",
    "seconds",
)
_METADATA: Schema = {
    "type": "object",
    "additionalProperties": {"type": "string", "maxLength": 512},
    "maxProperties": 16,
}
_POCHOIR = _object(
    {
        "model": _TEXT,
        "snapshot": _TEXT,
        "images": {"type": "array", "items": _TEXT},
        "charge_microusd": _COUNT,
        "replayed": {"type": "boolean"},
        "notes": {"type": "array", "items": _TEXT},
    },
    "model",
    "notes",
    description="What really answered, what it cost, and what was mapped on the way.",
)


def _list(of: str) -> Schema:
    items = {"type": "array", "items": ref(of)}
    return _object({"object": {"const": "list"}, "data": items, "has_more": {"type": "boolean"}}, "object", "data")


def _edit(name: str, one: Schema) -> Schema:
    """An edit's body: `name` is the field of the images that go in, each of them `one`."""
    images = {name: {"type": "array", "items": one, "maxItems": MAX_IMAGES}}
    return _object({**_fields(), **images, **dict.fromkeys(LAYERS, one)}, "prompt", name)


def schemas() -> dict[str, Schema]:
    image = _object({"b64_json": _TEXT, "url": _TEXT, "revised_prompt": _TEXT})
    thing = {"id": _TEXT, "created_at": _COUNT}
    return {
        "ImageRequest": _object(_fields(), "prompt"),
        "ImageEdit": _edit("images", _REFERENCE),
        "ImageEditForm": _edit("image", _BYTES),
        "Images": _object(
            {"created": _COUNT, "data": {"type": "array", "items": image}, "usage": _FREE, "pochoir": _POCHOIR},
            "created",
            "data",
            "pochoir",
        ),
        "Model": _object({"id": _TEXT, "object": {"const": "model"}, "created": _COUNT, "owned_by": _TEXT}, "id"),
        "File": _object({**thing, "object": {"const": "file"}, "bytes": _COUNT, "filename": _TEXT}, "id", "bytes"),
        "Upload": _object(
            {"file": _BYTES, "purpose": {"enum": sorted(UPLOADED)}, "expires_after": _LIFE}, "file", "purpose"
        ),
        "Batch": _object({**thing, "object": {"const": "batch"}, "status": _TEXT, "pochoir": _FREE}, "id", "status"),
        "BatchRequest": _object(
            {
                "input_file_id": _TEXT,
                "endpoint": {"enum": list(ENDPOINTS)},
                "completion_window": {"const": "24h"},
                "metadata": _METADATA,
                "provider_batch": {"type": ["boolean", "null"]},
                "output_expires_after": _LIFE,
            },
            "input_file_id",
            "endpoint",
            "completion_window",
        ),
        "EmbeddingsRequest": _embeddings(),
        "Embeddings": _object({"data": {"type": "array"}, "usage": _FREE}, "data", "usage"),
        "ChatRequest": _chat(),
        "Chat": _object({"id": _TEXT, "object": _TEXT, "choices": {"type": "array", "items": _FREE}}, "id", "choices"),
        "ResponseRequest": _response(),
        "Response": _object({**thing, "output": {"type": "array", "items": _FREE}, "status": _TEXT}, "id", "output"),
        "Items": _object({"object": {"const": "list"}, "data": {"type": "array", "items": _FREE}}, "object", "data"),
        "SecretRequest": _secret(),
        "Secret": _object({"value": _TEXT, "expires_at": _COUNT, "session": _FREE}, "value", "expires_at", "session"),
        "Deleted": _object({"id": _TEXT, "deleted": {"const": True}}, "id", "deleted"),
    }


def _chat() -> Schema:
    part = {
        "oneOf": [
            _object({"type": {"const": "text"}, "text": _TEXT}, "type", "text"),
            _object({"type": {"const": "image_url"}, "image_url": _object({"url": _TEXT}, "url")}, "type", "image_url"),
        ]
    }
    message = _object(
        {
            "role": {"enum": ["user", "assistant", "system", "developer"]},
            "content": {"oneOf": [_TEXT, {"type": "array", "items": part}]},
        },
        "role",
        "content",
    )
    return _object(
        {
            "model": {**_TEXT, "minLength": 1, "examples": [DEFAULT_MODEL]},
            "messages": {
                "type": "array",
                "items": message,
                "minItems": 1,
                "examples": [[{"role": "user", "content": "A red kite over the sea"}]],
            },
            "modalities": {"type": "array", "items": {"enum": ["image", "text"]}},
            "image_config": _object(
                {
                    "aspect_ratio": {"type": "string", "pattern": _RATIO},
                    "size": _field("size", RULES["size"]),
                }
            ),
            "stream": {"type": "boolean"},
        },
        "model",
        "messages",
    )


def _tool(names: frozenset[str]) -> Schema:
    own: dict[str, Schema] = {
        "type": {"const": "image_generation"},
        "action": {"enum": ["auto", "generate", "edit"]},
    }
    return _object({**own, **_fields(names)}, "type", additionalProperties=False)


def _response() -> Schema:
    tool = _tool(TOOL_FIELDS)
    return _object(
        {
            "model": {**_TEXT, "examples": [DEFAULT_MODEL]},
            "input": {**_TEXT, "minLength": 1, "examples": ["A red kite over the sea"]},
            "instructions": _TEXT,
            "tools": {"type": "array", "items": tool, "maxItems": 1},
            "tool_choice": {"enum": ["auto", "none", "required"]},
            "stream": {"type": "boolean"},
            "store": {"type": "boolean"},
            "previous_response_id": _TEXT,
            "metadata": _METADATA,
            "temperature": {"type": "number"},
        },
        "input",
    )


def _embeddings() -> Schema:
    text: Schema = {
        **_TEXT,
        "minLength": 1,
        "maxLength": embeddings.MAX_TEXT,
        "examples": ["A red kite over the sea"],
    }
    return _object(
        {
            "input": {
                "oneOf": [text, {"type": "array", "items": text, "minItems": 1, "maxItems": embeddings.MAX_TEXTS}]
            },
            "model": {"const": embeddings.MODEL},
            "encoding_format": {"enum": list(embeddings.FORMATS)},
            "dimensions": {"type": "integer", "minimum": 1, "maximum": meaning.SIZE},
        },
        "input",
        "model",
        additionalProperties=False,
    )


def _secret() -> Schema:
    seconds: Schema = {"type": "integer", "minimum": 10, "maximum": LONGEST}
    life = _object({"anchor": {"const": "created_at"}, "seconds": seconds})
    session = _object(
        {
            "type": {"const": "realtime"},
            "model": {**_TEXT, "minLength": 1, "maxLength": 200, "examples": [DEFAULT_MODEL]},
            "instructions": {**_TEXT, "maxLength": 1_000},
            "output_modalities": {"enum": [["text"], ["text", "image"]]},
        },
        "type",
        additionalProperties=False,
    )
    return _object({"expires_after": life, "session": session}, additionalProperties=False)


def paths() -> dict[str, Any]:
    """Every route below `/v1`."""
    limit = query("limit", {"type": "integer", "minimum": 1, "maximum": 100})
    many = query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE})
    after, order = query("after", _TEXT), query("order", {"enum": ["asc", "desc"]})
    purpose = query("purpose", _TEXT)
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255}}

    def streamed(name: str) -> Schema:
        return {**json_of(name), STREAM: {"schema": _FREE}}

    made = answers(streamed("Images"))
    raw = answers({"application/octet-stream": {"schema": _BYTES}})
    edit = {**json_of("ImageEdit"), "multipart/form-data": {"schema": ref("ImageEditForm")}}
    upload = {"multipart/form-data": {"schema": ref("Upload")}}

    def get(sentence: str, name: str, *parameters: Schema) -> Schema:
        return operation("images API", sentence, answers(json_of(name)), parameters)

    def post(sentence: str, content: Schema | None, told: Schema, *parameters: Schema) -> Schema:
        return operation("images API", sentence, told, parameters, body(content) if content else None)

    files = operation("images API", "The bytes of a file.", raw)
    secret = post("Let a browser open a session.", json_of("SecretRequest"), answers(json_of("Secret")))
    vectors = post("Texts as vectors.", json_of("EmbeddingsRequest"), answers(json_of("Embeddings")))
    return {
        "/v1/images/generations": {"post": post("Make images from words.", json_of("ImageRequest"), made, key)},
        "/v1/images/edits": {"post": post("Make images from images and words.", edit, made, key)},
        "/v1/models": {"get": get("The models that are ready here.", "Models")},
        "/v1/models/{model}": {"get": get("One model, by id, alias or snapshot.", "Model")},
        "/v1/files": {
            "get": get("List files.", "Files", after, many, order, purpose),
            "post": post("Upload a file.", upload, answers(json_of("File"))),
        },
        "/v1/files/{file}": {
            "get": get("Look at a file.", "File"),
            "delete": get("Delete a file.", "Deleted"),
        },
        "/v1/files/{file}/content": {"get": files},
        "/v1/batches": {
            "get": get("List batches.", "Batches", after, limit),
            "post": post("Begin a batch.", json_of("BatchRequest"), answers(json_of("Batch")), key),
        },
        "/v1/batches/{batch}": {"get": get("Look at a batch.", "Batch")},
        "/v1/batches/{batch}/cancel": {"post": post("Begin no more lines.", None, answers(json_of("Batch")))},
        "/v1/chat/completions": {
            "post": post("Answer a chat with images.", json_of("ChatRequest"), answers(streamed("Chat")), key)
        },
        "/v1/embeddings": {"post": vectors},
        "/v1/responses": {
            "post": post("Answer with an image.", json_of("ResponseRequest"), answers(streamed("Response")), key)
        },
        "/v1/realtime/client_secrets": {"post": secret},
        "/v1/responses/{response}": {
            "get": get("A stored response.", "Response"),
            "delete": get("Delete a response.", "Deleted"),
        },
        "/v1/responses/{response}/input_items": {"get": get("What went in.", "Items", after, limit, order)},
    }


def described() -> dict[str, Any]:
    """Paths and schemas of this face, for the application's document."""
    lists = {"Models": _list("Model"), "Files": _list("File"), "Batches": _list("Batch")}
    threads = thread_document.schemas(_tool(TOOL_FIELDS - {"partial_images"}), _METADATA)
    whole = {**schemas(), **lists, **threads, "Error": ERRORS}
    return {"paths": {**paths(), **thread_document.paths()}, "schemas": whole}
