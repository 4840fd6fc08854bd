"""The fault table: how a provider can fail, what the caller then sees, what was charged, and whether clients ask again.

    python -m bench.faults

A real `pochoir serve` with the tests' stand-in for OpenAI behind it; each row is one request, asked once. A key that was
used (`Idempotency-Key`) is sent again at the end of each row, to see whether the provider is asked twice. The table is
printed as it stands in docs/howto/api.md.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from journeys.serving import Server, running_upstream, serving
from upstream.server import KEY, Upstream

FAULTS = {
    "": "none: the image comes",
    "429": "429, come back in 12 seconds",
    "quota": "429, the account's quota is used up",
    "billing": "400, the account's hard limit is reached",
    "unverified": "403, the organisation is not verified",
    "moderation": "400, refused by moderation",
    "500": "500",
    "504": "504",
    "drop": "the connection breaks before an answer",
    "half a body": "the connection breaks in the middle of the answer",
    "web page": "200 with a web page",
    "no image": "200 with bytes that are no image",
    "not base64": "200 with broken base64",
    "no usage": "200 without usage",
    "redirect": "a redirect to elsewhere",
}
"""The stand-in's words, and what they mean."""
HEAD = ("fault at the provider", "status", "code", "charged here", "attempt", "clients ask again", "same key again")


@dataclass(frozen=True)
class Told:
    status: int
    code: str
    again: bool
    """Whether OpenAI's clients would repeat the request by themselves (openai-python 3.54: 408, 409, 429 and 5xx,
    unless `x-should-retry` says otherwise)."""


def ask(server: Server, key: str) -> Told:
    body = json.dumps({"model": "gpt-image-2", "prompt": "A fox", "size": "1024x1024", "quality": "low"}).encode()
    headers = {"content-type": "application/json", "authorization": "Bearer x", "idempotency-key": key}
    request = urllib.request.Request(f"{server.link}/v1/images/generations", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Told(answer.status, "", False)
    except urllib.error.HTTPError as error:
        with error:
            code = str(json.load(error)["error"]["code"] or "")
            wish = error.headers.get("x-should-retry")
        again = wish != "false" and (error.code in {408, 409, 429} or error.code >= 500)
        return Told(error.code, code, again)


def rows(server: Server, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{server.data / 'pochoir.sqlite'}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def row(server: Server, upstream: Upstream, word: str, meaning: str) -> tuple[str, ...]:
    before = rows(server, "SELECT COALESCE(SUM(amount_microusd), 0) FROM ledger")[0][0]
    upstream.faults.extend([word] if word else [])
    told = ask(server, f"key-{word}")
    charged = rows(server, "SELECT COALESCE(SUM(amount_microusd), 0) FROM ledger")[0][0] - before
    state = rows(server, "SELECT state FROM attempts ORDER BY started DESC, id DESC LIMIT 1")[0][0]
    asked = len(upstream.seen)
    second = ask(server, f"key-{word}")
    if len(upstream.seen) > asked:
        repeated = "asked anew"
    elif second.status == 200:
        repeated = "the same image"
    else:
        repeated = f"{second.status} {second.code}"
    money = f"${charged / 1_000_000:.6f}" if charged else "nothing"
    states = {"stored": "stored", "unknown": "may have been charged", "failed": "failed"}
    return (
        meaning, str(told.status), told.code and f"`{told.code}`", money, states[state],
        "yes" if told.again else "no", repeated,
    )  # fmt: skip


def table() -> str:
    with running_upstream() as upstream, tempfile.TemporaryDirectory(prefix="pochoir-faults-") as folder:
        environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": upstream.base_url}
        found = []
        for number, (word, meaning) in enumerate(FAULTS.items()):
            # A server for each: after "slow down" the same one would rightly wait.
            with serving(Path(folder) / str(number), environment) as server:
                found.append(row(server, upstream, word, meaning))
    lines = [HEAD, tuple("---" for _ in HEAD), *found]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> int:
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
