"""The stand-in's files and batches: as strict as OpenAI's, half the price, and troubled on request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import BodyPartReader, web

from upstream.batches import ProviderBatches
from upstream.faults import KEY, Fault

ENDPOINTS = ("/v1/images/generations", "/v1/images/edits")
MAX_LINES = 50_000


class OwnBatches(ProviderBatches):
    """`answer(route, fields)` makes the body of one line's answer, or raises Fault.

    `left`: prompts that batches do not come to.
    """

    def __init__(self, answer: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
        super().__init__()
        self.left: set[str] = set()
        self._answer = answer

    def add_to(self, app: web.Application) -> None:
        for method, path, handler in (
            ("POST", "/v1/files", self._upload),
            ("GET", "/v1/files/{file}/content", self._content),
            ("DELETE", "/v1/files/{file}", self._delete),
            ("POST", "/v1/batches", self._submit),
            ("GET", "/v1/batches", self._list),
            ("GET", "/v1/batches/{batch}", self._look),
            ("POST", "/v1/batches/{batch}/cancel", self._cancel),
        ):
            app.router.add_route(method, path, self._guarded(handler))

    def _guarded(self, handler: Any) -> Any:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if not self.open:
                    raise Fault(404, None, f"Invalid URL ({request.method} {request.path})")
                if request.headers.get("Authorization") != f"Bearer {KEY}":
                    raise Fault(401, "invalid_api_key", "Incorrect API key provided.")
                answer: web.StreamResponse = await handler(request)
            except Fault as fault:
                return web.json_response(fault.body, status=fault.status)
            return answer

        return guarded

    # -- files -------------------------------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.Response:
        await self._happens("upload")
        fields: dict[str, bytes] = {}
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            fields[str(part.name)] = bytes(await part.read())
        if self._trouble("upload 500"):
            raise Fault(500, None, "The server had an error.")
        if fields.get("purpose") != b"batch":
            raise Fault(400, "invalid_value", "Invalid value for 'purpose'.", "purpose")
        if unknown := set(fields) - {"purpose", "file", "expires_after[anchor]", "expires_after[seconds]"}:
            raise Fault(400, "unknown_parameter", f"Unknown parameter: '{min(unknown)}'.", min(unknown))
        if not 3600 <= int(fields.get("expires_after[seconds]", b"3600")) <= 2_592_000:
            raise Fault(400, "invalid_value", "Invalid expiry.", "expires_after")
        file = f"file-{len(self.files)}-in"
        self.files[file] = fields["file"]
        await self._happens("uploaded")
        return web.json_response({"id": file, "object": "file", "bytes": len(fields["file"]), "purpose": "batch"})

    async def _content(self, request: web.Request) -> web.StreamResponse:
        data = self.files.get(request.match_info["file"])
        if data is None:
            raise Fault(404, None, "No such File object.")
        breaks = self._trouble("half a file")
        response = web.StreamResponse(headers={"Content-Length": str(len(data))})
        await response.prepare(request)
        await response.write(data[: len(data) // 3])
        await self._happens("read")
        await response.write(data[len(data) // 3 : len(data) * 2 // 3])
        if breaks:
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(data[len(data) * 2 // 3 :])
        return response

    async def _delete(self, request: web.Request) -> web.Response:
        if self.files.pop(request.match_info["file"], None) is None:
            raise Fault(404, None, "No such File object.")
        return web.json_response({"id": request.match_info["file"], "object": "file", "deleted": True})

    # -- batches -----------------------------------------------------------------------------------------------------

    async def _submit(self, request: web.Request) -> web.Response:
        await self._happens("submit")
        if self._trouble("submit 500"):
            raise Fault(500, None, "The server had an error.")
        asked = await request.json()
        if unknown := set(asked) - {"input_file_id", "endpoint", "completion_window", "metadata"}:
            raise Fault(400, "unknown_parameter", f"Unknown parameter: '{min(unknown)}'.", min(unknown))
        if asked.get("input_file_id") not in self.files:
            raise Fault(400, "invalid_value", "No such File object.", "input_file_id")
        if asked.get("endpoint") not in ENDPOINTS or asked.get("completion_window") != "24h":
            raise Fault(400, "invalid_value", "Invalid value.", "endpoint")
        pairs = asked.get("metadata") or {}
        if len(pairs) > 16 or any(len(name) > 64 or len(text) > 512 for name, text in pairs.items()):
            raise Fault(400, "invalid_value", "Invalid metadata.", "metadata")
        name = f"batch_{len(self.batches)}"
        self.batches[name] = {**asked, "id": name, "object": "batch", "status": "validating", "created_at": 1}
        await self._happens("submitted")
        if self._trouble("submit lost"):
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(self.batches[name])

    async def _list(self, request: web.Request) -> web.Response:
        limit = int(request.query.get("limit", "20"))
        if not 1 <= limit <= 100:
            raise Fault(400, "invalid_value", "Invalid limit.", "limit")
        names = list(reversed(self.batches))
        after = request.query.get("after")
        names = names[names.index(after) + 1 :] if after else names
        data = [self.batches[name] for name in names[:limit]]
        return web.json_response({"object": "list", "data": data, "has_more": len(names) > limit})

    async def _look(self, request: web.Request) -> web.Response:
        await self._happens("look")
        if self._trouble("look 500"):
            raise Fault(500, None, "The server had an error.")
        batch = self._batch(request)
        self._seen[batch["id"]] += 1
        if batch["status"] == "validating":
            self._validate(batch)
        elif batch["status"] == "in_progress" and self._seen[batch["id"]] >= self.looks:
            self._work(batch, "expired" if self.left else "completed")
        elif batch["status"] == "cancelling":
            self._work(batch, "cancelled")
        return web.json_response(batch)

    async def _cancel(self, request: web.Request) -> web.Response:
        batch = self._batch(request)
        if batch["status"] not in {"validating", "in_progress"}:
            raise Fault(409, None, f"Cannot cancel a batch with status '{batch['status']}'.")
        self._validate(batch)
        batch["status"] = "cancelling"
        return web.json_response(batch)

    def _batch(self, request: web.Request) -> dict[str, Any]:
        batch = self.batches.get(request.match_info["batch"])
        if batch is None:
            raise Fault(404, None, "No such Batch object.")
        return batch

    def _lines(self, batch: dict[str, Any]) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines() if line.strip()]

    def _validate(self, batch: dict[str, Any]) -> None:
        """As OpenAI: custom_ids of their own, one endpoint, one model, not too many lines."""
        lines, problem = self._lines(batch), self.failing
        if not problem and not 1 <= len(lines) <= MAX_LINES:
            problem = "The batch has no lines, or too many."
        if not problem and len({line["custom_id"] for line in lines}) < len(lines):
            problem = "The custom_id for this request is a duplicate of another request."
        if not problem and {line["url"] for line in lines} != {batch["endpoint"]}:
            problem = "The URL provided for this request does not match the batch endpoint."
        if not problem and len({line["body"].get("model") for line in lines}) > 1:
            problem = "The provided model does not match the model of other requests."
        if not problem and any(set(line) != {"custom_id", "method", "url", "body"} for line in lines):
            problem = "A line has unknown fields."
        self.failing = ""
        batch["status"] = "failed" if problem else "in_progress"
        if problem:
            error = {"code": "token_limit_exceeded", "message": problem, "param": None, "line": None}
            batch["errors"] = {"object": "list", "data": [error]}

    def _work(self, batch: dict[str, Any], to: str) -> None:
        """Answer every line, or those it comes to; a line asks for its image only once."""
        good, bad, lines = list[str](), list[str](), self._lines(batch)
        left = {line["custom_id"] for line in lines[len(lines) // 2 :]} if to == "cancelled" else self.left
        for number, line in enumerate(lines):
            head = {"id": f"batch_req_{number}", "custom_id": line["custom_id"]}
            if line["custom_id"] in left or line["body"]["prompt"] in left:
                error = {"code": f"batch_{to}", "message": "This request could not be executed."}
                bad.append(json.dumps({**head, "response": None, "error": error}))
                continue
            status, body = self._answered(batch, line)
            answer = {"status_code": status, "request_id": f"req_{number}", "body": body}
            (good if status == 200 else bad).append(json.dumps({**head, "response": answer, "error": None}))
        batch["status"] = to
        for name, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                batch[name] = f"{batch['id']}-{name}"
                self.files[batch[name]] = "\n".join(rows).encode()

    def _answered(self, batch: dict[str, Any], line: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            if line["body"]["prompt"] in self.refused:
                raise Fault(400, "moderation_blocked", "Your request was rejected by the safety system.")
            body = self._answer(batch["endpoint"].removeprefix("/v1/"), line["body"])
        except Fault as fault:
            return fault.status, fault.body
        self.billed[line["body"]["prompt"]] += 1
        return 200, body
