"""OpenAI's images wire, both ways and pure: requests to bodies, answers to images without parsing the pictures.

`Dialect` holds what differs between servers that speak it. Facts: OpenAI's API reference and the servers' own pages.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import orjson
import pybase64

from pochoir.domain.errors import EngineError, InvalidValue
from pochoir.domain.images import Background, GeneratedImage, ImageInput, ImageRequest, ImageResult
from pochoir.domain.money import Usage
from pochoir.engines.outcome import UNSEEN, differences, format_of
from pochoir.infra.sniff import sniff

MAX_DATA_URL = 20_971_520
"""Characters of one data URL that OpenAI's JSON edits take."""

B64 = "b64_json"
_MARK = "pochoir-picture-"
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of server differs from OpenAI: data, not code.

    `drop`: fields never sent. `rename`: our field or option -> theirs. `response_format`: sent when not empty.
    `image_fields`: the part's name for one image and for several. `markup`: it does not pass over one. `split`: `n` images
    are asked for one by one. `native_tag`: the tag inside a prompt that the server obeys; it is removed from what people
    write, and carries `native` (our option -> path in the tag's JSON).
    """

    id: str
    title: str
    drop: frozenset[str] = frozenset()
    rename: Mapping[str, str] = field(default_factory=dict)
    response_format: str = ""
    image_fields: tuple[str, str] = ("image", "image[]")
    mask_field: str = "mask"
    markup: bool = False
    split: bool = False
    native_tag: str = ""
    native: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


OPENAI = Dialect("openai", "OpenAI", drop=frozenset({"seed"}), markup=True)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a multipart body."""

    name: str
    filename: str
    image: ImageInput


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it goes out: the route below the base URL, fields, and files (then it is multipart, else JSON)."""

    route: str
    fields: Mapping[str, Any]
    parts: tuple[Part, ...] = ()


def call_of(
    request: ImageRequest, dialect: Dialect = OPENAI, *, partial_images: int | None = None, as_json: bool = False
) -> Call:
    """The call that asks for this request; with `partial_images` it asks for a stream. `as_json`: without files.

    Raises InvalidValue for a markup that the server would pass over.
    """
    if request.markup is not None and not dialect.markup:
        raise InvalidValue(f"{dialect.title} takes no markup. Leave it out, or choose another model.", param="markup")
    fields = _fields(request, dialect)
    if partial_images is not None:
        fields |= {"stream": True, "partial_images": partial_images}
    if not request.references:
        return Call("images/generations", fields)
    if request.input_fidelity is not None and "input_fidelity" not in dialect.drop:
        fields["input_fidelity"] = request.input_fidelity
    if as_json or "moderation" in fields:  # the multipart form has no such field, the JSON one does
        return Call("images/edits", fields | _references_as_json(request))
    one, several = dialect.image_fields
    name = one if len(request.references) == 1 else several
    parts = [
        Part(name, f"image-{number}.{_EXTENSIONS[image.mime]}", image)
        for number, image in enumerate(request.references, 1)
    ]
    if request.mask is not None:
        parts.append(Part(dialect.mask_field, f"mask.{_EXTENSIONS[request.mask.mime]}", request.mask))
    if request.markup is not None:
        parts.append(Part("markup", "markup.png", request.markup))
    return Call("images/edits", fields, tuple(parts))


def _fields(request: ImageRequest, dialect: Dialect) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "model": request.snapshot or request.model,
        "prompt": _without_tag(request.prompt, dialect.native_tag),
        "n": request.n,
        "size": str(request.size) if request.size else None,
        "quality": request.quality,
        "background": request.background,
        "output_format": request.output_format,
        "output_compression": request.output_compression,
        "moderation": request.moderation,
        "seed": request.seed,
        "response_format": dialect.response_format or None,
        **request.options,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    native = {name: asked.pop(name) for name in dialect.native if name in asked}
    if native:
        asked["prompt"] += f" <{dialect.native_tag}>{_nested(native, dialect.native)}</{dialect.native_tag}>"
    return {dialect.rename.get(name, name): value for name, value in asked.items() if name not in dialect.drop}


def _without_tag(prompt: str, tag: str) -> str:
    """What people write never reaches a server as a command: its tag is taken out, opened, closed or nested."""
    if not tag:
        return prompt
    pattern = re.compile(rf"<\s*/?\s*{tag}\b[^>]*>?", re.IGNORECASE)
    whole = re.compile(rf"<\s*{tag}\b[^>]*>.*?<\s*/\s*{tag}\s*>", re.IGNORECASE | re.DOTALL)
    while True:
        cleaned = pattern.sub(" ", whole.sub(" ", prompt))
        if cleaned == prompt:
            return prompt.strip()
        prompt = cleaned


def _nested(values: Mapping[str, Any], paths: Mapping[str, tuple[str, ...]]) -> str:
    data: dict[str, Any] = {}
    for name, value in values.items():
        place = data
        for key in paths[name][:-1]:
            place = place.setdefault(key, {})
        place[paths[name][-1]] = value
    return orjson.dumps(data).decode().replace("<", "\\u003c")


def _references_as_json(request: ImageRequest) -> dict[str, Any]:
    fields: dict[str, Any] = {"images": [{"image_url": data_url(image)} for image in request.references]}
    for name, layer in (("mask", request.mask), ("markup", request.markup)):
        if layer is not None:
            fields[name] = {"image_url": data_url(layer)}
    return fields


def data_url(image: ImageInput) -> str:
    return f"data:{image.mime};base64,{pybase64.b64encode_as_string(image.data)}"


# -- answers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer taken apart: `head` is its JSON with a mark in place of each picture, `pictures` the base64 slices."""

    head: Mapping[str, Any]
    pictures: tuple[memoryview, ...]
    items: tuple[Mapping[str, Any], ...] = ()

    def base64_of(self, item: Mapping[str, Any], name: str = B64) -> memoryview | bytes | None:
        """The picture of one item of `data` (or of a stream's event), still in base64."""
        text = item.get(name)
        if not isinstance(text, str) or not text:
            return None
        if text.startswith(_MARK):
            return self.pictures[int(text[len(_MARK) :])] or None
        return text.encode()


@cache
def _picture(name: str) -> re.Pattern[bytes]:
    return re.compile(rb'"%b"\s*:\s*"' % name.encode())


def take_apart(body: bytes, name: str = B64) -> Answer | None:
    """Find the pictures, the values of `name`, without parsing them, parse the small rest; None when it is no object."""
    pictures: list[memoryview] = []
    rest: list[bytes | memoryview] = []
    at, view, escaped = 0, memoryview(body), False
    pattern = _picture(name)
    while match := pattern.search(body, at):
        end = body.find(b'"', match.end())
        if end < 0:
            return None
        rest += [view[at : match.end()], f"{_MARK}{len(pictures)}".encode()]
        escaped = escaped or body.find(b"\\", match.end(), end) >= 0
        pictures.append(view[match.end() : end])
        at = end
    rest.append(view[at:])
    try:
        head = orjson.loads(body if escaped else b"".join(rest))  # a server that escapes slashes: the slow way
    except orjson.JSONDecodeError:
        return None
    return _answer(head, tuple(pictures)) if isinstance(head, dict) else None


def inside(answer: Answer, part: Any) -> Answer:
    """A part of an answer as an answer of its own: an empty one when it is no object."""
    return _answer(part if isinstance(part, dict) else {}, answer.pictures)


def _answer(head: Mapping[str, Any], pictures: tuple[memoryview, ...]) -> Answer:
    data = head.get("data")
    items = tuple(item for item in data if isinstance(item, dict)) if isinstance(data, list) else ()
    return Answer(head, pictures, items)


def decode(picture: memoryview | bytes, title: str) -> bytes:
    """Base64 to bytes, strictly."""
    try:
        return pybase64.b64decode(picture, validate=True)
    except (binascii.Error, ValueError) as error:
        raise unreadable(title) from error


def image_of(data: bytes, title: str, item: Mapping[str, Any], b64: memoryview | bytes | None) -> GeneratedImage:
    found = sniff(data)
    if found is None:
        raise unreadable(title)
    seed = item.get("seed")
    return GeneratedImage(
        data=data,
        mime=found[0],
        size=found[1],
        revised_prompt=str(item.get("revised_prompt") or ""),
        seed=seed if isinstance(seed, int) else None,
        b64=b64,
    )


def unreadable(title: str) -> EngineError:
    return EngineError(
        f"{title} answered with something that is no image. It may have charged the request. Try again later.",
        may_have_been_charged=True,
    )


def whole_result(
    request: ImageRequest, answer: Answer | None, title: str, references: int | None = None
) -> ImageResult:
    """A whole answer's images; `references` as in `result_of`. Raises EngineError when there is none in it."""
    if answer is None:
        raise unreadable(title)
    images = []
    for item in answer.items:
        b64 = answer.base64_of(item)
        if b64 is not None:
            images.append(image_of(decode(b64, title), title, item, b64))
    if not images:
        raise unreadable(title)
    return result_of(request, answer.head, tuple(images), references)


def result_of(
    request: ImageRequest,
    head: Mapping[str, Any],
    images: tuple[GeneratedImage, ...],
    references: int | None = None,
    dialect: Dialect = OPENAI,
) -> ImageResult:
    """Images and the answer's own words (quality, background, usage) to a result; `auto` counts as not said.

    `references`: how many images went in, where the request does not hold them any more.
    """
    references = len(request.references) if references is None else references
    usage = usage_of(head.get("usage"), len(images), references)
    model = head.get("model")
    return ImageResult(
        images=images,
        usage=usage or Usage(images=len(images), references=references),
        snapshot=model if isinstance(model, str) and model else request.snapshot or request.model,
        size=images[0].size,
        quality=_said(head, "quality"),
        background=cast("Background | None", _said(head, "background")),
        output_format=format_of(images[0].mime),
        notes=_notes(request, head, images, dialect),
        usage_reported=usage is not None,
    )


def _said(head: Mapping[str, Any], name: str) -> str | None:
    value = head.get(name)
    return value if isinstance(value, str) and value and value != "auto" else None


def _notes(
    request: ImageRequest, head: Mapping[str, Any], images: tuple[GeneratedImage, ...], dialect: Dialect
) -> tuple[str, ...]:
    notes = []
    if len(images) < request.n:
        notes.append(f"{len(images)} of {request.n} images came back; the provider held the others back.")
    notes += differences(request, images, dialect.title, [name for name in UNSEEN if name in dialect.drop])
    svg = head.get("svg_usage")
    if isinstance(svg, dict):
        notes.append(
            f"The drawing's author model {svg.get('model', '')} used {svg.get('input_tokens', 0)} tokens in and "
            f"{svg.get('output_tokens', 0)} out, billed by the provider and not part of this charge."
        )
    return tuple(notes)


def usage_of(data: Any, images: int, references: int) -> Usage | None:
    """The answer's usage object as raw amounts; None when there is none, or nothing in it.

    Without details, input counts as text (as images when images went in: the dearer reading) and output as images.
    """
    if not isinstance(data, dict):
        return None
    given, made = _count(data, "input_tokens"), _count(data, "output_tokens")
    if not given and not made:
        return None
    into, out = data.get("input_tokens_details"), data.get("output_tokens_details")
    if isinstance(into, dict) and (_count(into, "text_tokens") or _count(into, "image_tokens")):
        text_in, image_in = _count(into, "text_tokens"), _count(into, "image_tokens")
    else:
        text_in, image_in = (0, given) if references else (given, 0)
    text_out = _count(out, "text_tokens") if isinstance(out, dict) else 0
    image_out = _count(out, "image_tokens") if isinstance(out, dict) else 0
    if not text_out and not image_out:
        image_out = made
    return Usage(
        text_in=text_in, image_in=image_in, text_out=text_out, image_out=image_out, images=images, references=references
    )


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and value > 0 else 0
