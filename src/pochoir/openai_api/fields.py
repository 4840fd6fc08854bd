"""Fields of an images request: OpenAI's own, checked one by one, to an ImageRequest. Others are the model's business.

What a given model can do is checked by the images service; here stand the rules that hold for every model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pochoir.domain.errors import InvalidRequest, InvalidValue, UnknownParameter
from pochoir.domain.images import MAX_PROMPT, ImageInput, ImageRequest, Size
from pochoir.features.images.fallback import BY_RULE, Fallback
from pochoir.features.images.written import IDENTIFIERS

DEFAULT_MODEL = "pochoir-sketch"
MAX_SEED = 2**63 - 1
MAX_FALLBACKS = 3
MAX_DEPTH = 64
"""Lists and objects that may stand in one another. Much deeper ones can be read, but not written down again."""
MAX_LEVELS = 4
"""Objects that may stand in one another in a form's field, as `svg[model]` writes one."""
_WHOLE = re.compile(r"-?[0-9]{1,19}")
"""A whole number of no more digits than MAX_SEED has."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What every value of a field must hold to. `values` are the only ones allowed; bounds are for numbers and lengths."""

    kind: type[Any]
    low: int | None = None
    high: int | None = None
    values: tuple[str, ...] = ()


RULES: Mapping[str, Rule] = {
    "prompt": Rule(str, high=MAX_PROMPT),
    "model": Rule(str, low=1, high=200),
    "n": Rule(int, 1, 10),
    "size": Rule(str, low=1, high=20),
    "quality": Rule(str, low=1, high=40),
    "background": Rule(str, values=("auto", "opaque", "transparent")),
    "output_format": Rule(str, values=("png", "jpeg", "webp", "gif", "svg")),
    "output_compression": Rule(int, 0, 100),
    "moderation": Rule(str, values=("auto", "low")),
    "input_fidelity": Rule(str, values=("low", "high")),
    "seed": Rule(int, 0, MAX_SEED),
    "strict_mask": Rule(bool),
    "cache": Rule(bool),
    "stream": Rule(bool),
    "partial_images": Rule(int, 0, 3),
    "response_format": Rule(str, values=("b64_json", "url")),
    "fallback": Rule(str, high=620),
    "fallback_even_if_charged": Rule(bool),
    "user": Rule(str, high=512),
    "safety_identifier": Rule(str, high=512),
}
LAYERS = ("mask", "markup")
"""What lies on the first image of an edit, and is as large."""
_OWN = frozenset(RULES) - IDENTIFIERS
_NAMES = {str: "a string", int: "an integer", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asked for, checked. `stream` and `partial_images` say how the answer is to come."""

    request: ImageRequest
    stream: bool = False
    partial_images: int = 0
    cache: bool = False
    """The same request may be answered with what was made for it before."""
    as_url: bool = False
    """Links in the place of base64."""
    fallback: Fallback | None = BY_RULE
    """Which other models may answer; None for none, whatever the team's rules say."""


def read_fields(
    given: Mapping[str, Any],
    *,
    references: tuple[ImageInput, ...] = (),
    mask: ImageInput | None = None,
    markup: ImageInput | None = None,
) -> Asked:
    """Check every field and build the request. Null counts as absent, `auto` as the model's own choice.

    Raises InvalidValue with OpenAI's code and the field's name, InvalidRequest for what is nested too deeply.
    """
    fields = _present(given)
    for name, value in fields.items():
        if name in RULES:
            check(name, value, RULES[name])
    if "prompt" not in fields:
        raise InvalidValue(
            "The field 'prompt' is missing. Say in it what the image should show.",
            param="prompt",
            code="missing_required_parameter",
        )
    for name in LAYERS:
        if name in fields:
            raise UnknownParameter(
                f"A {name} lies on an image, and none goes in here. Send both to /v1/images/edits.", param=name
            )
    chosen = {name: None if fields.get(name) == "auto" else fields.get(name) for name in _OWN}
    size = chosen["size"]
    request = ImageRequest(
        model=chosen["model"] or DEFAULT_MODEL,
        prompt=fields["prompt"],
        n=chosen["n"] or 1,
        size=Size.parse(size) if size else None,
        quality=chosen["quality"],
        background=chosen["background"],
        output_format=chosen["output_format"],
        output_compression=chosen["output_compression"],
        references=references,
        mask=mask,
        markup=markup,
        strict_mask=bool(chosen["strict_mask"]),
        input_fidelity=chosen["input_fidelity"],
        moderation=chosen["moderation"],
        seed=chosen["seed"],
        options={name: value for name, value in fields.items() if name not in _OWN},
    )
    as_url = (chosen["response_format"] or _default_form(request.model)) == "url"
    if chosen["response_format"] == "url" and chosen["stream"]:
        raise InvalidValue("A stream carries images as base64. Leave 'response_format' out.", param="response_format")
    stream = bool(chosen["stream"])
    return Asked(
        request,
        stream,
        chosen["partial_images"] or 0,
        bool(chosen["cache"]),
        as_url and not stream,
        _fallback(fields.get("fallback"), even_if_charged=bool(chosen["fallback_even_if_charged"])),
    )


def _present(given: Mapping[str, Any]) -> dict[str, Any]:
    check_depth(given)
    fields = {name: value for name, value in given.items() if value is not None}
    if isinstance(names := fields.get("fallback"), list) and all(isinstance(name, str) for name in names):
        fields["fallback"] = ",".join(names)
    return fields


def _fallback(names: str | None, *, even_if_charged: bool) -> Fallback | None:
    """The request's own list of models; the team's rules where it says nothing, none at all for `none`."""
    if names is None:
        return BY_RULE
    models = tuple(part for name in names.split(",") if (part := name.strip()))
    if models in ((), ("none",)):
        return None
    if len(models) > MAX_FALLBACKS:
        raise InvalidValue(f"'fallback' names at most {MAX_FALLBACKS} models. Leave some out.", param="fallback")
    return Fallback(models, even_if_charged)


def with_headers(asked: Asked, headers: Mapping[str, str]) -> Asked:
    """What stands in `x-pochoir-fallback` wins over the body: many clients add headers more easily than fields."""
    names = headers.get("x-pochoir-fallback")
    if names is None:
        return asked
    check("x-pochoir-fallback", names, RULES["fallback"])
    charged = headers.get("x-pochoir-fallback-even-if-charged", "").strip().lower() == "true"
    return replace(asked, fallback=_fallback(names, even_if_charged=charged))


def _default_form(model: str) -> str:
    """DALL-E answered with links unless told otherwise; clients of its time, which still send its name, rely on it."""
    return "url" if model.startswith("dall-e-") else "b64_json"


def check_depth(data: Any) -> None:
    """Raise InvalidRequest for what is nested too deeply."""
    if _deeper(data, MAX_DEPTH):
        raise InvalidRequest(
            f"The JSON is nested more than {MAX_DEPTH} levels deep. Send it with fewer levels.", code="invalid_json"
        )


def _deeper(data: Any, levels: int) -> bool:
    if not isinstance(data, Mapping | list):
        return False
    inside = data.values() if isinstance(data, Mapping) else data
    return levels == 0 or any(_deeper(item, levels - 1) for item in inside)


def check(name: str, value: Any, rule: Rule) -> None:
    """Raise InvalidValue when the value breaks the field's rule."""
    if not isinstance(value, rule.kind) or (rule.kind is int and isinstance(value, bool)):
        raise InvalidValue(
            f"'{name}' must be {_NAMES[rule.kind]}, not {_shown(value)}. Change it.", param=name, code="invalid_type"
        )
    if rule.values and value not in rule.values:
        raise InvalidValue(
            f"'{name}' cannot be {_shown(value)}. Choose {' or '.join(repr(choice) for choice in rule.values)}.",
            param=name,
        )
    if isinstance(value, bool) or rule.values:
        return
    number: int = value if rule.kind is int else len(str(value))
    unit = "" if rule.kind is int else " characters"
    word = "integer" if rule.kind is int else "string"
    measure = "value" if rule.kind is int else "length"
    if rule.high is not None and number > rule.high:
        raise InvalidValue(
            f"'{name}' is {number:,}{unit}; at most {rule.high:,} are allowed. Make it smaller.",
            param=name,
            code=f"{word}_above_max_{measure}",
        )
    if rule.low is not None and number < rule.low:
        raise InvalidValue(
            f"'{name}' is {number:,}{unit}; at least {rule.low:,} is needed. Make it larger or leave it out.",
            param=name,
            code=f"{word}_below_min_{measure}",
        )


def from_form(values: Mapping[str, str]) -> dict[str, Any]:
    """Form fields with their types: numbers and booleans come as text, objects as `svg[model]`.

    What does not read as its type is left as it is, for `check` to complain about.
    """
    fields: dict[str, Any] = {}
    for name, text in values.items():
        outer, *inner = name.replace("]", "").split("[")
        if "\0" in name or "\0" in text:
            raise InvalidValue(
                "A field of the form holds a NUL character, which cannot be stored. Leave it out.",
                param=outer[:80],
            )
        if len(inner) > MAX_LEVELS:
            raise InvalidValue(
                f"A part of the form, '{outer[:80]}', is nested more than {MAX_LEVELS} levels deep. Send it with fewer "
                "levels.",
                param=outer[:80],
            )
        place = fields
        *path, last = outer, *inner
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise _twice(outer)
        if last in place:
            raise _twice(outer)
        place[last] = _typed(outer, text) if not inner else text
    return fields


def _twice(name: str) -> InvalidValue:
    return InvalidValue(f"'{name[:80]}' is given in two ways. Send it once.", param=name[:80], code="invalid_type")


def _typed(name: str, text: str) -> Any:
    rule = RULES.get(name)
    if rule is None:
        return _number(text)
    if rule.kind is int and _WHOLE.fullmatch(text.strip()):
        return int(text)
    if rule.kind is bool and text.strip().lower() in {"true", "false"}:
        return text.strip().lower() == "true"
    return text


def _number(text: str) -> Any:
    """A field that only some models take: what looks like a whole number is one."""
    return int(text) if len(text) < 19 and text.isdecimal() else text


def _shown(value: Any) -> str:
    return repr(value)[:80]
