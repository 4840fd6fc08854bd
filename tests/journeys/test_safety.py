"""Safe by default, seen from outside: a real server on loopback and on the network, a real browser, hostile requests."""

from __future__ import annotations

import base64
import http.client
import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from journeys.every_page import visit_all
from journeys.serving import POCHOIR, Server, browsing, serving

PASSWORD = "correct horse battery"
HOSTILE = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><script>document.title="owned"</script></svg>'


def ask(link: str, path: str, data: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(link + path, data, named)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def test_on_loopback_foreign_names_and_pages_are_refused_everywhere(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        body = b'{"prompt": "a kite", "size": "64x64"}'
        typed = {"content_type": "application/json"}
        for path, data in (("/", None), ("/api/tools", None), ("/v1/models", None), ("/v1/images/generations", body)):
            assert ask(server.link, path, data, **typed)[0] == 200
            assert ask(server.link, path, data, host="evil.example", **typed)[0] == 403
            assert ask(server.link, path, data, origin="https://evil.example", **typed)[0] == 403
        assert ask(server.link, "/healthz")[0] == 200
        form = b"monthly=5"
        plain = {"content_type": "application/x-www-form-urlencoded"}
        assert ask(server.link, "/usage/budget", form, **plain)[0] == 403
        assert ask(server.link, "/usage/budget", form + b"&_csrf_token=guessed", **plain)[0] == 403
        assert json.loads(server.command("ledger", "--json").stdout)


def test_every_page_keeps_to_its_own_policy(tmp_path: Path) -> None:
    """No page needs what its content security policy forbids: the browser's console stays silent on all of them."""
    faults: list[str] = []

    def watched(page: Page) -> Page:
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: faults.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        return page

    with serving(tmp_path) as server, browsing() as browser:
        page = watched(browser.new_page())
        page.goto(server.link)
        page.get_by_label("What should your tool do?").fill("Two posters of a kite, 64x64")
        page.get_by_role("button", name="Build it").click()
        page.wait_for_url("**/studio/*")
        studio = page.url
        page.get_by_role("button", name="Create tool").click()
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.locator("#run")).to_have_attribute("data-state", "succeeded", timeout=60_000)

        def visit(path: str) -> list[str]:
            answer = page.goto(server.link + path)
            assert answer is not None
            assert answer.status == 200, path
            policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
            assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'"), path
            assert answer.headers["x-content-type-options"] == "nosniff"
            found: list[str] = page.locator("a[href]").evaluate_all("all => all.map(one => one.getAttribute('href'))")
            return found

        left = visit_all(server.link, ["/", page.url, studio, "/login"], visit)
        assert page.goto(f"{server.link}/nowhere").status == 404  # type: ignore[union-attr]
    assert left == set(), "no link leads to these pages"
    assert [fault for fault in faults if "/nowhere" not in fault] == []


def test_a_hostile_drawing_never_runs(tmp_path: Path) -> None:
    """Drawings do not go in; those that come out are downloads, and their links are sandboxed."""
    body = json.dumps({"prompt": "a kite", "size": "64x64", "output_format": "svg", "response_format": "url"}).encode()
    with serving(tmp_path) as server, browsing() as browser:
        status, _, told = ask(
            server.link,
            "/v1/images/edits",
            json.dumps({"prompt": "x", "images": [{"image_url": _data_url(HOSTILE)}]}).encode(),
            content_type="application/json",
        )
        assert (status, json.loads(told)["error"]["code"]) == (400, "invalid_image_file")
        status, _, told = ask(server.link, "/v1/images/generations", body, content_type="application/json")
        assert status == 200
        link = json.loads(told)["data"][0]["url"]
        status, headers, _ = ask("", link)
        assert (status, headers["content-type"], headers["x-content-type-options"]) == (200, "image/svg+xml", "nosniff")
        assert headers["content-security-policy"].startswith("sandbox")
        page = browser.new_page()
        page.goto(link)
        assert page.title() != "owned"

        page.goto(server.link)
        token = page.locator("input[name=_csrf_token]").first.input_value()
        for name, kind in (("a.svg", "image/svg+xml"), ("a.png", "image/png"), ("a.html", "text/html")):
            sent = page.request.post(
                f"{server.link}/images/upload",
                headers={"x-csrf-token": token},
                multipart={"file": {"name": name, "mimeType": kind, "buffer": HOSTILE}},
            )
            assert sent.status == 400, name
            assert sent.json()["problem"].endswith(".")
        assert page.goto(f"{server.link}/images") is not None
        assert page.locator("main img").count() == 1, "only what was drawn here is kept"


def _data_url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "opened",
    [
        {"POCHOIR_HOST": "0.0.0.0"},
        {"POCHOIR_HOSTS": "pochoir.example.com"},
        {"POCHOIR_SECURE_COOKIES": "1"},
        {"POCHOIR_PROXIES": "10.0.0.5"},
    ],
)
def test_nobody_comes_in_from_elsewhere_without_an_owner(tmp_path: Path, opened: dict[str, str]) -> None:
    done = Server(tmp_path, opened).command("serve", "--port", "0", check=False)
    assert done.returncode == 2
    assert "pochoir owner create" in done.stderr


def make_owner(folder: Path) -> None:
    made = subprocess.run(
        [str(POCHOIR), "owner", "create", "--email", "ada@example.com", "--name", "Ada", "--data", str(folder)],
        env=Server(folder).environment, input=f"{PASSWORD}\n", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert PASSWORD not in made.stdout + made.stderr


def test_behind_a_proxy_on_this_machine_everybody_logs_in(tmp_path: Path) -> None:
    make_owner(tmp_path)
    outside = {"host": "pochoir.example.com", "x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https"}
    with serving(tmp_path, {"POCHOIR_HOSTS": "Pochoir.example.com:443", "POCHOIR_SECURE_COOKIES": "on"}) as server:
        assert b'name="password"' in ask(server.link, "/settings", None, **outside)[2]
        assert ask(server.link, "/api/tools", None, **outside)[0] == 401
        assert ask(server.link, "/v1/models", None, **outside)[0] == 401
        assert b'name="password"' in ask(server.link, "/settings")[2]
    with serving(tmp_path) as server:
        for path in ("/settings", "/api/tools", "/v1/models"):
            status, _, told = ask(server.link, path, x_forwarded_for="203.0.113.9")
            assert (status, b"POCHOIR_HOSTS" in told) == (403, True)


def test_a_named_proxy_is_believed_when_it_says_who_asks(tmp_path: Path) -> None:
    make_owner(tmp_path)

    with serving(tmp_path, {"POCHOIR_HOST": "0.0.0.0", "POCHOIR_PROXIES": "127.0.0.2"}) as server:
        port = int(server.link.rpartition(":")[2])
        _, headers, page = ask(f"http://127.0.0.1:{port}", "/login")
        token = re.search(rb'csrf_token" value="(\w+)"', page)
        assert token
        csrf, visit = token[1].decode(), headers["set-cookie"].partition(";")[0]

        def log_in(source: str, client: str, password: str) -> int:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
            given = {"email": "ada@example.com", "password": password, "_csrf_token": csrf}
            sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": visit, "X-Forwarded-For": client}
            connection.request("POST", "/login", urllib.parse.urlencode(given), sent)
            status = connection.getresponse().status
            connection.close()
            return status

        named = [log_in("127.0.0.2", f"198.51.100.{number}", "wrong") for number in range(11)]
        assert (named, log_in("127.0.0.2", "203.0.113.7", PASSWORD)) == ([401] * 11, 303)
        others = [log_in("127.0.0.3", f"198.51.100.{number}", "wrong") for number in range(11)]
        assert others == [401] * 10 + [429], "anybody else is counted as one, whatever they say"


def test_on_the_network_everybody_logs_in_and_programs_need_keys(tmp_path: Path) -> None:
    make_owner(tmp_path)
    with serving(tmp_path, {"POCHOIR_HOST": "0.0.0.0"}) as server, browsing() as browser:
        link = server.link.replace("0.0.0.0", "127.0.0.1")
        status, _, told = ask(link, "/v1/models")
        assert (status, json.loads(told)["error"]["code"]) == (401, "invalid_api_key")
        status, _, told = ask(link, "/v1/models", authorization="Bearer pk_guessed")
        assert status == 401
        assert json.loads(told)["error"].keys() == {"message", "type", "param", "code"}
        assert ask(link, "/api/tools")[0] == 401
        assert ask(link, "/healthz")[0] == 200

        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{link}/usage")
        assert re.search(r"/login\?next=", page.url)
        page.get_by_label("E-mail").fill("ada@example.com")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        wrong = page.get_by_role("alert").inner_text()
        page.get_by_label("E-mail").fill("nobody@example.com")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        assert page.get_by_role("alert").inner_text() == wrong, "whether an address is known is not told"
        page.get_by_label("E-mail").fill("ada@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Usage")).to_be_visible()
        [session] = [cookie for cookie in context.cookies() if "session" in cookie["name"]]
        assert (session["httpOnly"], session["sameSite"]) == (True, "Lax")

        page.goto(f"{link}/settings")
        page.get_by_placeholder("What it is for, e.g. shop importer").fill("importer")
        page.get_by_role("button", name="Make a key").click()
        secret = page.locator(".secret code").inner_text()
        assert ask(link, "/v1/models", authorization=f"Bearer {secret}")[0] == 200
        page.goto(f"{link}/settings")
        page.get_by_text("Revoke", exact=True).click()
        page.get_by_role("button", name="Yes, revoke it").click()
        expect(page.get_by_text("No keys yet.")).to_be_visible()
        assert ask(link, "/v1/models", authorization=f"Bearer {secret}")[0] == 401

        page.get_by_role("button", name="Log out").click()
        page.goto(f"{link}/usage")
        assert "/login" in page.url

        form = {"email": "ada@example.com", "_csrf_token": page.locator("input[name=_csrf_token]").first.input_value()}
        guesses = [page.request.post(f"{link}/login", form={**form, "password": f"guess {n}"}) for n in range(11)]
        assert [guess.status for guess in guesses] == [401] * 10 + [429]
        assert "Try again in 10 minutes." in guesses[-1].text()
        assert not any("session" in cookie["name"] for cookie in context.cookies())
