"""The stand-in's files and batches: Google's, at half the price, and troubled on request.

Built on the references of `media.upload`, `models.batchGenerateContent` and `batches`, and on operations and results files
that were seen from Google. Where these are silent (a cancelled batch) it gives as little as the reference lets it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from upstream.batches import ProviderBatches
from upstream.google_errors import error, key_problem

GRANULE = 256 * 1024
KINDS = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main"
DONE = {"BATCH_STATE_SUCCEEDED", "BATCH_STATE_FAILED", "BATCH_STATE_CANCELLED", "BATCH_STATE_EXPIRED"}


class Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class GoogleBatches(ProviderBatches):
    """`answer(model, request)` makes the body of one line's answer, or raises ValueError.

    `broken`: prompts whose line ends with an error. `expires`: the next batch ends without answers. `before_cancelled`:
    how many lines of a batch are answered before it is cancelled, of which only Google's count tells.
    """

    def __init__(self, answer: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
        super().__init__()
        self.broken: dict[str, int] = {}
        self.expires = False
        self.before_cancelled = 0
        self.said: dict[str, Any] | None = None
        """What every look at a batch is answered, instead of how it is."""
        self.page = 2
        """Batches a page of the list, whatever is asked for."""
        self.pages = 0
        """How many pages were read."""
        self.pieces: list[int] = []
        """The sizes of what was uploaded at a time."""
        self._uploads: dict[str, tuple[int, bytearray]] = {}
        self._answer = answer

    def add_to(self, app: web.Application) -> None:
        for method, path, handler in (
            ("POST", "/upload/v1beta/files", self._upload),
            ("GET", "/download/v1beta/files/{call}", self._download),
            ("DELETE", "/v1beta/files/{file}", self._delete),
            ("GET", "/v1beta/batches", self._list),
            ("GET", "/v1beta/batches/{batch}", self._look),
            ("POST", "/v1beta/batches/{batch}", self._cancel),
        ):
            app.router.add_route(method, path, self._guarded(handler))

    def _guarded(self, handler: Any) -> Any:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if problem := key_problem(request):
                return problem
            try:
                if not self.open:
                    raise Refusal(404, "Requested entity was not found.")
                answer: web.StreamResponse = await handler(request)
            except Refusal as refusal:
                return error(refusal.status, KINDS.get(refusal.status, "INTERNAL"), refusal.message)
            return answer

        return guarded

    # -- files -------------------------------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.Response:
        command = request.headers.get("X-Goog-Upload-Command", "")
        if command == "start":
            return await self._start(request)
        if command not in {"upload", "upload, finalize"}:
            raise Refusal(400, "Invalid X-Goog-Upload-Command.")
        total, got = self._uploads.get(request.query.get("upload_id", ""), (-1, bytearray()))
        piece = await request.read()
        last = command.endswith("finalize")
        if int(request.headers["X-Goog-Upload-Offset"]) != len(got):
            raise Refusal(400, "The offset is not where the upload stands.")
        if not last and len(piece) % GRANULE:
            raise Refusal(400, f"All chunks but the last must be multiples of {GRANULE} bytes.")
        got += piece
        self.pieces.append(len(piece))
        if len(got) > total or (last and len(got) != total):
            raise Refusal(400, "The size is not the one that was announced.")
        if not last:
            return web.Response(headers={"X-Goog-Upload-Status": "active"})
        name = f"files/in{len(self.files):010}"
        self.files[name] = bytes(got)
        await self._happens("uploaded")
        file = {"name": name, "mimeType": "application/jsonl", "sizeBytes": str(total), "state": "ACTIVE"}
        return web.json_response({"file": file}, headers={"X-Goog-Upload-Status": "final"})

    async def _start(self, request: web.Request) -> web.Response:
        """The address that is answered is Google's own, as when an agent in between passes the answer on."""
        await self._happens("upload")
        if self._trouble("upload 500"):
            raise Refusal(500, "An internal error has occurred.")
        if request.headers.get("X-Goog-Upload-Protocol") != "resumable":
            raise Refusal(400, "Unknown upload protocol.")
        if request.headers.get("X-Goog-Upload-Header-Content-Type") != "application/jsonl":
            raise Refusal(400, "Unsupported MIME type.")
        _only(await request.json(), "file")
        _only((await request.json())["file"], "displayName", "name", "mimeType")
        upload = f"up{len(self._uploads)}"
        self._uploads[upload] = (int(request.headers["X-Goog-Upload-Header-Content-Length"]), bytearray())
        address = f"https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id={upload}"
        more = {"X-Goog-Upload-Status": "active", "X-Goog-Upload-Chunk-Granularity": str(GRANULE)}
        return web.Response(headers={"X-Goog-Upload-URL": f"{address}&upload_protocol=resumable", **more})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        name, _, verb = request.match_info["call"].partition(":")
        data = self.files.get(f"files/{name}")
        if verb != "download" or request.query.get("alt") != "media" or data is None:
            raise Refusal(404, "Requested entity was not found.")
        if not name.startswith("batch-"):
            raise Refusal(400, "Only generated files can be downloaded.")
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
        name = request.match_info["file"]
        if len(name) > 40:
            what = "DeleteFileRequest.name: File ID (name excluding 'files/')"
            raise Refusal(400, f"* {what} cannot be more than 40 characters.")
        if self.files.pop(f"files/{name}", None) is None:
            raise Refusal(403, f"You do not have permission to access the File {name} or it may not exist.")
        return web.json_response({})

    # -- batches -----------------------------------------------------------------------------------------------------

    async def submit(self, request: web.Request, model: str) -> web.StreamResponse:
        async def handler(request: web.Request) -> web.Response:
            return await self._submit(request, model)

        answer: web.StreamResponse = await self._guarded(handler)(request)
        return answer

    async def _submit(self, request: web.Request, model: str) -> web.Response:
        await self._happens("submit")
        if self._trouble("submit 500"):
            raise Refusal(500, "An internal error has occurred.")
        if self._trouble("submit 429"):
            raise Refusal(429, "You exceeded your current quota, please check your plan and billing details.")
        batch = _only(await request.json(), "batch")["batch"]
        _only(batch, "displayName", "inputConfig", "priority")
        file = _only(batch.get("inputConfig", {}), "fileName").get("fileName")
        if not batch.get("displayName") or file not in self.files:
            raise Refusal(400, "* BatchGenerateContentRequest.batch: a name and an input file are required.")
        name = f"batches/{len(self.batches):036}"
        metadata = {
            "@type": f"{TYPE}.GenerateContentBatch",
            "name": name,
            "model": f"models/{model}",
            "displayName": batch["displayName"],
            "inputConfig": {"fileName": file},
            "createTime": "2026-11-24T20:08:31.015405218Z",
            "batchStats": {"requestCount": str(len(self._lines(file))), "pendingRequestCount": "0"},
            "state": "BATCH_STATE_PENDING",
        }
        self.batches[name] = {"name": name, "metadata": metadata}
        await self._happens("submitted")
        if self._trouble("submit lost"):
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(self.batches[name])

    async def _list(self, request: web.Request) -> web.Response:
        if unknown := set(request.query) - {"pageSize", "pageToken"}:
            raise Refusal(400, f"Unknown name {min(unknown)}.")
        self.pages += 1
        names = list(reversed(self.batches))
        token = request.query.get("pageToken")
        start = int(token.removeprefix("a+/")) if token else 0
        page = {"operations": [self.batches[name] for name in names[start : start + self.page]]}
        if start + self.page < len(names):
            page["nextPageToken"] = f"a+/{start + self.page}"  # type: ignore[assignment]
        return web.json_response(page)

    async def _look(self, request: web.Request) -> web.Response:
        await self._happens("look")
        if self._trouble("look 500"):
            raise Refusal(500, "An internal error has occurred.")
        if self.said is not None:
            return web.json_response(self.said)
        batch = self._batch(request.match_info["batch"])
        name, told = batch["name"], batch["metadata"]
        self._seen[name] += 1
        if told["state"] == "BATCH_STATE_PENDING":
            self._begin(batch)
        elif told["state"] == "BATCH_STATE_RUNNING" and self._seen[name] >= self.looks:
            if self.expires:
                self._end(batch, "EXPIRED", error={"code": 4, "message": "The batch expired."})
            else:
                self._work(batch)
        elif told["state"] == "BATCH_STATE_SUCCEEDED" and not batch.get("done"):
            told["output"] = {"responsesFile": f"files/batch-{name.partition('/')[2]}"}
            self._end(batch, "SUCCEEDED", response={"@type": f"{TYPE}.GenerateContentBatchOutput", **told["output"]})
        return web.json_response(batch)

    async def _cancel(self, request: web.Request) -> web.Response:
        name, _, verb = request.match_info["batch"].partition(":")
        batch = self._batch(name)
        if verb != "cancel" or batch["metadata"]["state"] in DONE:
            raise Refusal(400, "The batch has ended.")
        for line in self._lines(batch["metadata"]["inputConfig"]["fileName"])[: self.before_cancelled]:
            self._answered(batch, line)
        batch["metadata"]["batchStats"]["successfulRequestCount"] = str(self.before_cancelled)
        self._end(batch, "CANCELLED", error={"code": 1, "message": "The operation was cancelled."})
        return web.json_response({})

    def _batch(self, name: str) -> dict[str, Any]:
        batch = self.batches.get(f"batches/{name}")
        if batch is None:
            raise Refusal(404, "Requested entity was not found.")
        return batch

    def _lines(self, file: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files[file].splitlines() if line.strip()]

    def _end(self, batch: dict[str, Any], state: str, **result: dict[str, Any]) -> None:
        batch["metadata"]["state"] = f"BATCH_STATE_{state}"
        batch.update(done=True, **result)

    def _begin(self, batch: dict[str, Any]) -> None:
        lines = self._lines(batch["metadata"]["inputConfig"]["fileName"])
        keys, problem = {line.get("key") for line in lines}, self.failing
        if not problem and (len(keys) < len(lines) or any(set(line) != {"key", "request"} for line in lines)):
            problem = "Every line needs a key of its own and a request."
        self.failing = ""
        batch["metadata"]["state"] = "BATCH_STATE_RUNNING"
        if problem:
            self._end(batch, "FAILED", error={"code": 3, "message": problem})

    def _work(self, batch: dict[str, Any]) -> None:
        """Answer every line. The state tells of it a moment before the file is there."""
        lines = self._lines(batch["metadata"]["inputConfig"]["fileName"])
        rows = [{**self._answered(batch, line), "key": line["key"]} for line in lines]
        good = sum("response" in row for row in rows)
        counts = {"successfulRequestCount": str(good), "failedRequestCount": str(len(rows) - good)}
        batch["metadata"]["batchStats"] |= counts
        batch["metadata"]["state"] = "BATCH_STATE_SUCCEEDED"
        name = f"files/batch-{batch['name'].partition('/')[2]}"
        self.files[name] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    def _answered(self, batch: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
        prompt = line["request"]["contents"][0]["parts"][0]["text"]
        if code := self.broken.get(prompt):
            return {"error": {"code": code, "message": "The model is overloaded."}}
        if prompt in self.refused:
            return {"response": {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {}}}
        try:
            response = self._answer(batch["metadata"]["model"].removeprefix("models/"), line["request"])
        except ValueError as problem:
            return {"error": {"code": 3, "message": str(problem)}}
        self.billed[prompt] += 1
        return {"response": response}


def _only(given: dict[str, Any], *names: str) -> dict[str, Any]:
    """As Google: an unknown name anywhere is an error."""
    if unknown := set(given) - set(names):
        raise Refusal(400, f'Invalid JSON payload received. Unknown name "{min(unknown)}": Cannot find field.')
    return given
