"""Our answers, held against OpenAI's own specification (tests/fixtures/openai)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

SCHEMAS = Path(__file__).parent / "fixtures/openai/schemas.json"

WIDER = {
    (
        "ImagesResponse",
        "size",
    ): "three sizes in August 2026; since gpt-image-2 any size, and the text of November says so",
    ("ImagesResponse", "quality"): "xhigh and max came with gpt-image-2.5 in September 2026",
    ("ImagesResponse", "output_format"): "gif and svg came with gpt-image-2.6 in November 2026",
    ("ImageGenPartialImageEvent", "size"): "as in ImagesResponse",
    ("ImageGenCompletedEvent", "size"): "as in ImagesResponse",
    ("ImageEditPartialImageEvent", "size"): "as in ImagesResponse",
    ("ImageEditCompletedEvent", "size"): "as in ImagesResponse",
    ("AssistantsNamedToolChoice", "type"): "OpenAI's assistants did not draw; ours may be told to, as responses may",
    ("ImageGenPartialImageEvent", "output_format"): "as in ImagesResponse",
    ("ImageGenCompletedEvent", "output_format"): "as in ImagesResponse",
    ("ImageEditPartialImageEvent", "output_format"): "as in ImagesResponse",
    ("ImageEditCompletedEvent", "output_format"): "as in ImagesResponse",
}
"""Where reality is wider than the specification of August 2026, and why: their lists of values are not held against us."""

DRAWS = {"AssistantObject": "tools", "RunObject": "tools"}
"""Lists of tools that may also hold the image tool of responses: OpenAI's assistants did not draw, ours do."""
TOOL = {"type": "object", "required": ["type"], "properties": {"type": {"const": "image_generation"}}}
IMAGES_IN_SESSIONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("RealtimeConversationItem", "anyOf"), "ImageGenToolCall"),
    (("RealtimeSessionCreateResponseGA", "properties", "tools", "items", "oneOf"), "ImageGenTool"),
    (("RealtimeSessionCreateResponseGA", "properties", "tool_choice", "oneOf"), "ToolChoiceTypes"),
)
"""Our extension of realtime sessions, where OpenAI has no images: its own shapes of the Responses API stand there too."""
LIMITS_OF_IMAGES = ("RealtimeServerEventRateLimitsUpdated", "properties", "rate_limits", "items", "properties", "name")
"""Where keys have limits of images as well."""


def _nullable(value: Any) -> Any:
    """`nullable` is OpenAPI 3.0's; in some places it is left over, and means that null is allowed."""
    if isinstance(value, list):
        return [_nullable(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _nullable(item) for name, item in value.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if value.get("nullable") is True else inner


@cache
def specification() -> dict[str, Any]:
    whole: dict[str, Any] = _nullable(json.loads(SCHEMAS.read_text(encoding="utf-8")))
    for (name, field), _ in WIDER.items():
        whole["components"]["schemas"][name]["properties"][field].pop("enum", None)
    for name, field in DRAWS.items():
        whole["components"]["schemas"][name]["properties"][field]["items"]["oneOf"].append(TOOL)
    for path, name in IMAGES_IN_SESSIONS:
        _at(whole, path).append({"$ref": f"#/components/schemas/{name}"})
    _at(whole, LIMITS_OF_IMAGES)["enum"].append("images")
    return whole


def _at(whole: dict[str, Any], path: tuple[str, ...]) -> Any:
    place: Any = whole["components"]["schemas"]
    for step in path:
        place = place[step]
    return place


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **specification()})


def conforms(data: Any, name: str) -> None:
    """Raise AssertionError, with the place and the reason, when the data breaks the schema of that name."""
    error = best_match(_validator(name).iter_errors(data))
    assert error is None, f"{name} at {error.json_path}: {error.message[:300]}"
