"""What the stand-in refuses with: OpenAI's error envelope."""

from __future__ import annotations

from typing import Any

KEY = "sk-right"


class Fault(Exception):
    def __init__(self, status: int, code: str | None, message: str, param: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = more.pop("headers", {})
        self.body = {
            "error": {
                "message": message,
                "type": more.pop("type", "invalid_request_error"),
                "param": param,
                "code": code,
                **more,
            }
        }
