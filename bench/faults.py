"""The fault table: how a provider can fail, what the caller then sees, what was charged, and whether clients ask again.

    python -m bench.faults

A real `pochoir serve` with the tests' stand-ins for OpenAI and for a moderation endpoint behind it; each row is one
request, asked once. A key that was used (`Idempotency-Key`) is sent again at the end of each row, to see whether the
provider is asked twice. The table is printed as it stands in docs/howto/api.md.
"""

from __future__ import annotations

import http.cookiejar
import json
import re
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from journeys.serving import Server, running_moderator, running_upstream, serving
from upstream.faults import KEY
from upstream.moderation import KEY as MODERATOR_KEY
from upstream.moderation import Moderator
from upstream.server import Upstream

FREE = "pochoir-sketch"


@dataclass(frozen=True)
class Setting:
    """Where a row is played."""

    server: Server
    upstream: Upstream
    moderator: Moderator


@dataclass(frozen=True)
class Case:
    """A row: what it means, the stand-in's words for how the next requests fail, what is sent, what comes before.

    `before` gives the key to send, if it made one.
    """

    meaning: str
    faults: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Setting], str | None] = lambda _: None


def failed_five_times(setting: Setting) -> None:
    setting.upstream.faults.extend(["500"] * 5)
    for number in range(5):
        ask(setting.server, f"before-{number}", {}, "x")


def moderated(setting: Setting) -> None:
    fields = {"base_url": setting.moderator.base_url, "key": MODERATOR_KEY}
    press(setting.server, "/settings/connections/moderation", fields)
    press(setting.server, "/settings/images/moderation", {"moderation": "endpoint"})


def moderator_is_away(setting: Setting) -> None:
    moderated(setting)
    setting.moderator.fault = "500"


def one_request_a_minute(setting: Setting) -> str:
    secret = limited(setting.server, {"requests_per_minute": "1"})
    ask(setting.server, "before", {"model": FREE}, secret)
    return secret


def a_cent_a_month(setting: Setting) -> str:
    secret = limited(setting.server, {"monthly": "0.01"})
    ask(setting.server, "before", {}, secret)
    return secret


FALLBACK = {"fallback": FREE}
BOTH = {**FALLBACK, "fallback_even_if_charged": True}
CASES = (
    Case("none: the image comes"),
    Case("429, come back in 12 seconds", ("429",)),
    Case("429, the account's quota is used up", ("quota",)),
    Case("400, the account's hard limit is reached", ("billing",)),
    Case("403, the organisation is not verified", ("unverified",)),
    Case("400, refused by moderation", ("moderation",)),
    Case("500", ("500",)),
    Case("504", ("504",)),
    Case("the connection breaks before an answer", ("drop",)),
    Case("the connection breaks in the middle of the answer", ("half a body",)),
    Case("200 with a web page", ("web page",)),
    Case("200 with bytes that are no image", ("no image",)),
    Case("200 with broken base64", ("not base64",)),
    Case("200 without usage", ("no usage",)),
    Case("a redirect to elsewhere", ("redirect",)),
    Case("any, after five failures in a row", before=failed_five_times),
    Case("the same, with a `fallback`", fields=FALLBACK, before=failed_five_times),
    Case("429, the quota is used up, with a `fallback`", ("quota",), FALLBACK),
    Case("400, refused by moderation, with a `fallback`", ("moderation",), FALLBACK),
    Case("500, with a `fallback`", ("500",), FALLBACK),
    Case("500, with a `fallback` even if charged", ("500",), BOTH),
    Case("none; the moderation endpoint blocks the prompt", fields={"prompt": "A dagger"}, before=moderated),
    Case("none; the moderation endpoint is broken", before=moderator_is_away),
    Case("none; the key's requests of this minute are used up", before=one_request_a_minute),
    Case("none; the key's dollars of this month are used up", before=a_cent_a_month),
)
HEAD = (
    "fault at the provider", "status", "code", "answered by", "charged here", "attempts", "clients ask again",
    "same key again",
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    status: int
    code: str
    model: str
    again: bool
    """Whether OpenAI's clients would repeat the request by themselves (openai-python 3.54: 408, 409, 429 and 5xx,
    unless `x-should-retry` says otherwise)."""


def ask(server: Server, key: str, fields: Mapping[str, Any], secret: str) -> Told:
    plain = {"model": "gpt-image-2", "prompt": "A fox", "size": "1024x1024", "quality": "low"}
    body = json.dumps({**plain, **fields}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {secret}", "idempotency-key": key}
    request = urllib.request.Request(f"{server.link}/v1/images/generations", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            json.load(answer)  # it is whole when its image is stored and charged
            return Told(answer.status, "", answer.headers["x-pochoir-model"], False)
    except urllib.error.HTTPError as error:
        with error:
            code = str(json.load(error)["error"]["code"] or "")
            wish = error.headers.get("x-should-retry")
        again = wish != "false" and (error.code in {408, 409, 429} or error.code >= 500)
        return Told(error.code, code, "", again)


def press(server: Server, path: str, fields: Mapping[str, str]) -> str:
    """Send a form of the settings pages as a browser does; gives the page that comes."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with opener.open(f"{server.link}/settings", timeout=20) as page:
        found = re.search(r'name="_csrf_token" value="([^"]+)"', page.read().decode())
    assert found is not None
    data = urllib.parse.urlencode({**fields, "_csrf_token": found[1]}).encode()
    with opener.open(f"{server.link}{path}", data, timeout=20) as page:
        return str(page.read().decode())


def limited(server: Server, limits: Mapping[str, str]) -> str:
    """The secret of a new key with limits."""
    page = press(server, "/settings/keys", {"name": "bench"})
    secret, key_id = re.search(r"pk_[\w-]{20,}", page), re.search(r"/settings/keys/(key_\w+)/limits", page)
    assert secret is not None
    assert key_id is not None
    press(server, f"/settings/keys/{key_id[1]}/limits", limits)
    return secret[0]


def rows(server: Server, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{server.data / 'pochoir.sqlite'}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


STATES = {"stored": "stored", "unknown": "may have been charged", "failed": "failed"}


def row(setting: Setting, case: Case) -> tuple[str, ...]:
    server, upstream = setting.server, setting.upstream
    secret = case.before(setting) or "x"
    before = rows(server, "SELECT COALESCE(SUM(amount_microusd), 0) FROM ledger")[0][0]
    tried = rows(server, "SELECT COUNT(*) FROM attempts")[0][0]
    upstream.faults.extend(case.faults)
    told = ask(server, "key", case.fields, secret)
    charged = rows(server, "SELECT COALESCE(SUM(amount_microusd), 0) FROM ledger")[0][0] - before
    states = [state for (state,) in rows(server, "SELECT state FROM attempts ORDER BY started, id")[tried:]]
    asked = len(upstream.seen)
    second = ask(server, "key", case.fields, secret)
    if len(upstream.seen) > asked:
        repeated = "asked anew"
    elif second.status == 200:
        repeated = "the same image"
    else:
        repeated = f"{second.status} {second.code}"
    money = f"${charged / 1_000_000:.6f}" if charged else "nothing"
    return (
        case.meaning, str(told.status), told.code and f"`{told.code}`", told.model and f"`{told.model}`", money,
        ", ".join(STATES[state] for state in states) or "none", "yes" if told.again else "no", repeated,
    )  # fmt: skip


def table() -> str:
    found = []
    with tempfile.TemporaryDirectory(prefix="pochoir-faults-") as folder:
        for number, case in enumerate(CASES):
            # A server for each: after "slow down" the same one would rightly wait.
            with running_upstream() as upstream, running_moderator() as moderator:
                environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": upstream.base_url}
                with serving(Path(folder) / str(number), environment) as server:
                    found.append(row(Setting(server, upstream, moderator), case))
    lines = [HEAD, tuple("---" for _ in HEAD), *found]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> int:
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
