"""The stand-in's HTTP side. It records what it was sent, refuses what OpenAI refuses, and can misbehave on request."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web
from PIL import Image, ImageOps

from upstream import pricing
from upstream.faults import KEY, Fault
from upstream.loopback import listening
from upstream.own_batches import OwnBatches

LIVE = {
    "gpt-image-1-mini": "low",
    "gpt-image-1.5": "low high",
    "gpt-image-1.5-2025-12-16": "low high",
    "gpt-image-2": "",
    "gpt-image-2-2026-04-21": "",
    "gpt-image-2.5-flare": "",
    "gpt-image-2.5-flare-2026-09-08": "",
    "gpt-image-2.5-sunburst": "",
    "gpt-image-2.6-flare": "",
}
"""Models served, and the input fidelities that each takes."""
JSON_EDIT = {"images": list, "mask": dict, "markup": dict, "moderation": str}
COMMON = {
    "prompt": str,
    "model": str,
    "n": int,
    "size": str,
    "quality": str,
    "background": str,
    "output_format": str,
    "output_compression": int,
    "user": str,
    "safety_identifier": str,
    "stream": bool,
    "partial_images": int,
}
ENUMS = {
    "quality": ("auto", "low", "medium", "high"),
    "background": ("auto", "opaque", "transparent"),
    "output_format": ("png", "jpeg", "webp"),
    "moderation": ("auto", "low"),
    "input_fidelity": ("low", "high"),
}


@dataclass
class Seen:
    """One request as it came in."""

    route: str
    fields: dict[str, Any]
    files: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    """Part name, file name, media type, bytes."""
    content_type: str = ""


class Upstream:
    """`faults` holds how the next requests go wrong, first first; each word is handled in `_misbehave`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.usages: list[dict[str, Any]] = []
        """What was billed for each plain answer."""
        self.faults: deque[str] = deque()
        self.came = asyncio.Event()
        """Set when the first request stands in `seen`."""
        self.base_url = ""
        self.batches = OwnBatches(self._answered)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Upstream]:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_post("/v1/images/generations", self._images)
        app.router.add_post("/v1/images/edits", self._images)
        app.router.add_get("/v1/models", self._models)
        self.batches.add_to(app)
        async with listening(app, cancels=True) as origin:
            self.base_url = f"{origin}/v1"
            yield self

    def _answered(self, route: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The answer to one line of a batch. Raises Fault."""
        seen = Seen(route, fields, content_type="application/json")
        self.seen.append(seen)
        content = _answer(seen, _check(seen))
        self.usages.append(content["usage"])
        return content

    async def _models(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            fault = Fault(401, "invalid_api_key", "Incorrect API key provided.")
            return web.json_response(fault.body, status=401)
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "openai"} for name in [*LIVE, "gpt-5"]]
        return web.json_response({"object": "list", "data": data})

    async def _images(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.headers.get("Authorization") != f"Bearer {KEY}":
                raise Fault(401, "invalid_api_key", "Incorrect API key provided.")
            seen = await _read(request)
            self.seen.append(seen)
            self.came.set()
            word = self.faults.popleft() if self.faults else ""
            if answer := await self._misbehave(request, word):
                return answer
            asked = _check(seen)
            if word == "other shape":
                asked["size"] = "1024x1024"
            elif word == "other format":
                asked["output_format"] = "jpeg"
            if asked.get("stream"):
                return await _stream(request, seen, asked, word)
            content = _answer(seen, asked, usage=word != "no usage")
            if word == "damaged":
                for item in content["data"]:
                    item["b64_json"] = base64.b64encode(damaged(base64.b64decode(item["b64_json"]))).decode()
            self.usages.append(content.get("usage", {}))
            return _pretty(content)
        except Fault as fault:
            return web.json_response(fault.body, status=fault.status, headers=fault.headers)

    async def _misbehave(self, request: web.Request, word: str) -> web.StreamResponse | None:
        if word.startswith("slow "):
            await asyncio.sleep(float(word[5:]))
        elif word == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        elif word == "half a body":
            response = web.StreamResponse(headers={"Content-Length": "100000", "Content-Type": "application/json"})
            await response.prepare(request)
            await response.write(b'{"created": 1, "data": [{"b64_json": "iVBORw0KGgo')
            assert request.transport is not None
            request.transport.close()
            return response
        elif word == "web page":
            return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
        elif word == "no image":
            return _pretty({"created": 1, "data": [{"b64_json": base64.b64encode(b"hello there").decode()}]})
        elif word == "not base64":
            return _pretty({"created": 1, "data": [{"b64_json": "%%% this is no base64 %%%"}]})
        elif word in FAULTS:
            raise FAULTS[word]
        return None


FAULTS = {
    "429": Fault(
        429,
        "rate_limit_exceeded",
        "Rate limit reached for images per minute.",
        type="requests",
        headers={"retry-after": "12"},
    ),
    "429 ms": Fault(429, "rate_limit_exceeded", "Slow down.", headers={"retry-after-ms": "250", "retry-after": "1"}),
    "quota": Fault(429, "insufficient_quota", "You exceeded your current quota.", type="insufficient_quota"),
    "billing": Fault(400, "billing_hard_limit_reached", "Billing hard limit has been reached."),
    "500": Fault(500, None, "The server had an error.", type="server_error"),
    "504": Fault(504, None, "Gateway timeout.", type="server_error"),
    "unverified": Fault(403, None, "Your organization must be verified to use this model."),
    "moderation": Fault(
        400,
        "moderation_blocked",
        "Your request was rejected by the safety system.",
        type="image_generation_user_error",
        moderation_details={"moderation_stage": "input", "categories": ["violence"]},
    ),
    "redirect": Fault(302, None, "Moved.", headers={"location": "http://127.0.0.1:9/elsewhere"}),
}


async def _read(request: web.Request) -> Seen:
    route = request.path.removeprefix("/v1/")
    seen = Seen(route, {}, content_type=request.content_type)
    if request.content_type == "application/json":
        seen.fields = await request.json()
        return seen
    if not route.endswith("edits"):
        raise Fault(400, None, "Send application/json.")
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        assert part.name is not None
        if part.filename is not None:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            seen.files.append((part.name, part.filename, mime, bytes(await part.read())))
        else:
            seen.fields[part.name] = await part.text()
    return seen


def _check(seen: Seen) -> dict[str, Any]:
    """Refuse what OpenAI refuses; returns the fields with their types."""
    edits = seen.route.endswith("edits")
    form = seen.content_type != "application/json"
    known: dict[str, Any] = dict(COMMON)
    if edits:
        known |= {"input_fidelity": str} | ({} if form else JSON_EDIT)
    else:
        known |= {"moderation": str}
    asked: dict[str, Any] = {}
    for name, given in seen.fields.items():
        if name not in known:
            raise Fault(400, "unknown_parameter", f"Unknown parameter: '{name}'.", name)
        kind = known[name]
        value = json.loads(given) if form and kind is not str else given
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Fault(400, "invalid_type", f"Invalid type for '{name}'.", name)
        if name in ENUMS and value not in ENUMS[name]:
            raise Fault(400, "invalid_value", f"Invalid value: '{value}'. Supported values are: {ENUMS[name]}.", name)
        asked[name] = value
    _check_values(seen, asked)
    if edits:
        _check_images(seen, asked)
    return asked


def _check_values(seen: Seen, asked: dict[str, Any]) -> None:
    model = asked.get("model")
    if model not in LIVE:
        raise Fault(404, "model_not_found", f"The model '{model}' does not exist.")
    if not asked.get("prompt"):
        raise Fault(400, "missing_required_parameter", "Missing required parameter: 'prompt'.", "prompt")
    if len(asked["prompt"]) > 32_000:
        raise Fault(400, "string_above_max_length", "Invalid 'prompt': string too long.", "prompt")
    if not 1 <= asked.get("n", 1) <= 10:
        raise Fault(400, "integer_above_max_value", "Invalid 'n': integer above maximum value.", "n")
    fidelity = asked.get("input_fidelity")
    if fidelity and fidelity not in LIVE[str(model)].split():
        raise Fault(400, "unknown_parameter", "Unknown parameter: 'input_fidelity'.", "input_fidelity")
    size = asked.get("size", "auto")
    if size == "auto":
        return
    width, _, height = size.partition("x")
    free = str(model).startswith("gpt-image-2")
    good = (int(width) % 16 == int(height) % 16 == 0) if free else (int(width), int(height)) in pricing.TABLE["low"]
    if not good:
        raise Fault(400, "invalid_value", f"Invalid value: '{size}'.", "size")


def _check_images(seen: Seen, asked: dict[str, Any]) -> None:
    if seen.content_type == "application/json":
        given = [("image[]", reference) for reference in asked.get("images", [])]
        given += [(name, asked[name]) for name in ("mask", "markup") if name in asked]
        for number, (name, reference) in enumerate(given):
            head, _, text = reference["image_url"].partition(",")
            mime = head.removeprefix("data:").removesuffix(";base64")
            seen.files.append((name, f"{number}", mime, base64.b64decode(text, validate=True)))
    images = [entry for entry in seen.files if entry[0] in {"image", "image[]"}]
    if not images:
        raise Fault(400, "missing_required_parameter", "Missing required parameter: 'image'.", "image")
    if len(images) > 1 and any(entry[0] == "image" for entry in images):
        raise Fault(400, "invalid_type", "Duplicate parameter: 'image'. Use 'image[]'.", "image")
    for name, _, mime, data in seen.files:
        if name not in {"image", "image[]", "mask", "markup"}:
            raise Fault(400, "unknown_parameter", f"Unknown parameter: '{name}'.", name)
        kind = Image.open(io.BytesIO(data)).format
        if mime not in {"image/png", "image/jpeg", "image/webp"}:
            raise Fault(400, None, f"Invalid file '{name}': unsupported mimetype ('{mime}').", "image")
        if mime != f"image/{str(kind).lower()}":
            raise Fault(400, "invalid_image_file", "The file is not what it claims to be.", name)
    _check_layers(seen, str(asked["model"]), Image.open(io.BytesIO(images[0][3])))


def _check_layers(seen: Seen, model: str, first: Image.Image) -> None:
    layers = [(name, Image.open(io.BytesIO(data))) for name, _, _, data in seen.files if name in {"mask", "markup"}]
    if len(layers) > len({name for name, _ in layers}):
        raise Fault(400, "invalid_type", f"Duplicate parameter: '{layers[0][0]}'.", layers[0][0])
    if len(layers) > 1:
        raise Fault(400, "invalid_value", "Only one of 'mask' and 'markup' can be given.", "markup")
    for name, layer in layers:
        if name == "markup":
            _check_markup(layer, model, first)
        elif layer.format != "PNG" or layer.mode != "RGBA" or layer.size != first.size:
            raise Fault(400, "invalid_value", "Invalid mask: alpha and the image's size are needed.", "mask")


def _check_markup(markup: Image.Image, model: str, first: Image.Image) -> None:
    """What the reference of `images.edit` in openai for Python 3.54.0 says of it."""
    if not model.startswith(("gpt-image-2.5", "gpt-image-2.6")):
        raise Fault(400, "unknown_parameter", "Unknown parameter: 'markup'.", "markup")
    if markup.format != "PNG":
        raise Fault(400, "invalid_image_file", "Invalid markup: it must be a PNG.", "markup")
    if markup.size != ImageOps.exif_transpose(first).size:
        raise Fault(400, "invalid_value", "Invalid markup: it must match the image after orientation.", "markup")
    if markup.convert("RGBA").getchannel("A").getextrema()[0] == 255:
        raise Fault(400, "invalid_value", "Invalid markup: it has no transparent pixels.", "markup")


def picture(size: tuple[int, int], kind: str = "png", colour: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (colour * 60 % 256, 99, 150)).save(out, kind)
    return out.getvalue()


def damaged(png: bytes) -> bytes:
    """The PNG with its header and its chunks whole, and with pixels that nobody can unpack."""
    at = png.index(b"IDAT")
    end = at + 4 + int.from_bytes(png[at - 4 : at], "big")
    chunk = b"IDAT" + bytes(end - at - 4)
    return png[:at] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + png[end + 4 :]


def _answer(seen: Seen, asked: dict[str, Any], *, usage: bool = True) -> dict[str, Any]:
    size = asked.get("size", "auto")
    width, height = (1024, 1024) if size == "auto" else map(int, size.split("x"))
    quality = asked.get("quality", "auto").replace("auto", "medium")
    kind, count = asked.get("output_format", "png"), asked.get("n", 1)
    data = [{"b64_json": base64.b64encode(picture((width, height), kind, number)).decode()} for number in range(count)]
    text = pricing.text_tokens(asked["prompt"])
    images = sum(
        pricing.input_tokens(Image.open(io.BytesIO(content)).size, asked.get("input_fidelity"))
        for name, _, _, content in seen.files
        if name.startswith("image")
    )
    out = pricing.output_tokens(asked["model"], quality, (width, height)) * count
    answer: dict[str, Any] = {
        "created": 1_795_435_200,
        "background": asked.get("background", "auto").replace("auto", "opaque"),
        "data": data,
        "output_format": kind,
        "quality": quality,
        "size": f"{width}x{height}",
    }
    if usage:
        answer["usage"] = {
            "input_tokens": text + images,
            "input_tokens_details": {"image_tokens": images, "text_tokens": text},
            "output_tokens": out,
            "total_tokens": text + images + out,
        }
    return answer


def _pretty(answer: dict[str, Any]) -> web.Response:
    """OpenAI indents its answers."""
    return web.Response(text=json.dumps(answer, indent=2), content_type="application/json")


async def _stream(request: web.Request, seen: Seen, asked: dict[str, Any], word: str) -> web.StreamResponse:
    kind = "image_edit" if seen.route.endswith("edits") else "image_generation"
    answer = _answer(seen, asked)
    partials = asked.get("partial_images", 0)
    answer["usage"]["output_tokens"] += pricing.PARTIAL * partials
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    shared = {
        "created_at": answer["created"],
        "size": asked.get("size", "auto"),
        "quality": asked.get("quality", "auto"),
        "background": asked.get("background", "auto"),
        "output_format": answer["output_format"],
    }
    for index in range(partials):
        image = base64.b64encode(picture((64, 64), colour=index)).decode()
        event = {"type": f"{kind}.partial_image", "b64_json": image, "partial_image_index": index, **shared}
        await _send(response, event)
        if word == "stream drop":
            assert request.transport is not None
            request.transport.close()
            return response
    if word == "stream error":
        await _send(response, {"type": "error", "error": FAULTS["moderation"].body["error"]})
        return response
    if word == "stream bare error":
        image = base64.b64encode(picture((64, 64))).decode()
        await _send(response, {"type": "error", "error": None, "b64_json": image})
        return response
    event = {
        "type": f"{kind}.completed",
        "b64_json": answer["data"][0]["b64_json"],
        "usage": answer["usage"],
        **shared,
    }
    if word == "stream null error":
        event["error"] = None
    await _send(response, event, "" if word == "stream without end" else "\n\n")
    if word == "stream cut":
        await asyncio.sleep(0.05)  # else what was sent goes with the connection
        assert request.transport is not None
        request.transport.abort()
    return response


async def _send(response: web.StreamResponse, event: dict[str, Any], end: str = "\n\n") -> None:
    await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}{end}".encode())
