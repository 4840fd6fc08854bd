"""The published JSON Schema of a tool's spec, with the parameters of every step type that is registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pochoir.domain.tools import Spec
from pochoir.features.tools.validation import REPEAT
from pochoir.steps.base import StepType

SCHEMA_ID = "/schemas/tool-1.json"
_TEMPLATE = {"type": "string", "pattern": r"\{[{%]", "description": "A template, worked out in each run."}


def json_schema(steps: Mapping[str, StepType]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a spec; served at /schemas/tool-1.json."""
    schema = Spec.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    step = definitions["Step"]
    step["properties"]["type"]["enum"] = [*steps, REPEAT]
    step["allOf"] = [_case(kind) for kind in steps.values()]
    step["allOf"].append(
        {
            "if": {"properties": {"type": {"const": REPEAT}}, "required": ["type"]},
            "then": {"required": ["over", "steps"]},
        }
    )
    for kind in steps.values():
        params = kind.params.model_json_schema(by_alias=True)
        for name, inner in params.pop("$defs", {}).items():
            definitions[f"{kind.id}.{name}"] = _moved(inner, kind.id)
        definitions[f"with.{kind.id}"] = _params(_moved(params, kind.id), kind)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": "A Pochoir tool",
    }


def _case(kind: StepType) -> dict[str, Any]:
    then: dict[str, Any] = {"properties": {"with": {"$ref": f"#/$defs/with.{kind.id}"}}}
    if any(field.is_required() for field in kind.params.model_fields.values()):
        then["required"] = ["with"]
    return {"if": {"properties": {"type": {"const": kind.id}}, "required": ["type"]}, "then": then}


def _params(schema: dict[str, Any], kind: StepType) -> dict[str, Any]:
    """Every parameter may be a template instead of its value; numbers may be written as texts."""
    properties = {
        name: {
            **{key: value for key, value in part.items() if key in {"title", "description"}},
            "anyOf": [{key: value for key, value in part.items() if key not in {"title", "description"}}, _TEMPLATE],
        }
        for name, part in schema.get("properties", {}).items()
    }
    return {**schema, "title": kind.title, "description": kind.help, "properties": properties}


def _moved(value: Any, kind: str) -> Any:
    """The same schema with its references pointing at definitions named after the step type."""
    if isinstance(value, dict):
        if isinstance(value.get("items"), dict):
            value = {**value, "items": {"anyOf": [value["items"], _TEMPLATE]}}
        return {
            key: f"#/$defs/{kind}.{item.removeprefix('#/$defs/')}" if key == "$ref" else _moved(item, kind)
            for key, item in value.items()
        }
    return [_moved(item, kind) for item in value] if isinstance(value, list) else value
