"""Forms as people use them in a browser: images that are on their way, double presses, sessions that end, small screens."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from journeys.serving import Server, browsing, serving

COLLAGE = """
pochoir: 1
title: Collage
model: pochoir-sketch
inputs:
- {key: photos, label: Photos, type: images}
steps:
- id: make
  type: edit_image
  with: {prompt: "A collage of these photos", images: "{{ inputs.photos }}", size: 256x256}
outputs:
- {key: images, label: Images, value: "{{ steps.make.images }}"}
"""

POSTCARD = """
pochoir: 1
title: Postcard
model: pochoir-sketch
inputs:
- {key: what, label: What, default: a kite}
steps:
- id: make
  type: generate_image
  with: {prompt: "{{ inputs.what }}", size: 256x256}
outputs:
- {key: images, label: Images, value: "{{ steps.make.images }}"}
"""

ASKING = POSTCARD.replace("Postcard", "Asking").replace(
    "outputs:",
    "- {id: fine, type: ask_approval, with: {question: 'Are these fine?', images: '{{ steps.make.images }}'}}\noutputs:",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A server with the tools `collage`, `postcard` and `asking`, and a browser to use it."""

    server: Server
    browser: Browser

    def page(self, path: str, width: int = 1280, height: int = 800) -> Page:
        page = self.browser.new_page(
            base_url=self.server.link, viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        page.goto(path)
        return page


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("by-hand")
    with serving(folder / "data") as server:
        for name, spec in (("collage", COLLAGE), ("postcard", POSTCARD), ("asking", ASKING)):
            (folder / f"{name}.yaml").write_text(spec)
            server.command("tool", "add", str(folder / f"{name}.yaml"))
        with browsing() as browser:
            yield Place(server, browser)


def photo(name: str) -> FilePayload:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (len(name) * 20, 90, 40)).save(data, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": data.getvalue()}


def hold_uploads(page: Page) -> list[Route]:
    """The uploads of a page, as it sends them one after the other: each waits until it is told to go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/images/upload", hold)
    return held


def test_a_run_waits_for_the_images_that_are_on_their_way(place: Place) -> None:
    page = place.page("/tools/collage")
    held = hold_uploads(page)
    button = page.locator("#run-form button.btn-wide")
    with page.expect_request("**/images/upload"):
        page.locator("input[type=file]").set_input_files([photo("a.png"), photo("bb.png")])
    button.click()
    expect(button).to_have_text("Waits for 2 images")
    with page.expect_request("**/images/upload"):
        held.pop().continue_()
    expect(button).to_have_text("Waits for 1 image")
    held.pop().continue_()
    page.wait_for_url("**/runs/run_*")
    expect(page.locator(".run-facts .mini")).to_have_count(2)


def test_a_run_does_not_start_without_an_image_that_did_not_arrive(place: Place) -> None:
    page = place.page("/tools/collage")
    held = hold_uploads(page)
    button = page.locator("#run-form button.btn-wide")
    with page.expect_request("**/images/upload"):
        page.locator("input[type=file]").set_input_files([photo("a.png")])
    button.click()
    expect(button).to_have_text("Waits for 1 image")
    held.pop().abort()
    expect(page.locator("[data-upload-say]")).to_have_text("a.png: The server did not answer. Try again.")
    expect(button).to_have_text("Run")
    assert page.url.endswith("/tools/collage")


def test_one_bad_file_keeps_no_other_back(place: Place) -> None:
    page = place.page("/tools/collage")
    bad: list[FilePayload] = [{"name": name, "mimeType": "image/png", "buffer": b"none"} for name in ("x.png", "y.png")]
    page.locator("input[type=file]").set_input_files([photo("a.png"), bad[0], photo("bb.png"), bad[1]])
    expect(page.locator("[data-upload-say]")).to_contain_text("y.png: ")
    expect(page.locator("[data-upload-say]")).to_contain_text("x.png: ")
    expect(page.locator(".upload-item img")).to_have_count(2)
    assert [item.get_attribute("alt") for item in page.locator(".upload-item img").all()] == ["a.png", "bb.png"]

    page.get_by_label("Take a.png out").press("Enter")
    expect(page.locator("input[type=file]")).to_be_focused()


def test_a_refused_image_says_why(place: Place) -> None:
    page = place.page("/tools/collage")
    page.context.clear_cookies()
    page.locator("input[type=file]").set_input_files([photo("a.png")])
    expect(page.locator("[data-upload-say]")).to_contain_text("Reload the page")
    page.route("**/images/upload", lambda route: route.fulfill(status=413, body="<html>", content_type="text/html"))
    page.locator("input[type=file]").set_input_files([photo("a.png")])
    expect(page.locator("[data-upload-say]")).to_contain_text("larger than the server takes")


COUNT = """() => {
  window.went = 0;
  addEventListener("submit", (event) => {
    window.went += !event.defaultPrevented;
    event.preventDefault();
  });
}"""


@pytest.mark.parametrize(
    ("path", "name", "times"),
    [("/settings", "Make a key", 1), ("/usage", "Set the limit", 1), ("/compare", "Compare", 2)],
)
def test_a_form_that_changes_something_is_sent_once(place: Place, path: str, name: str, times: int) -> None:
    page = place.page(path)
    for field in page.locator("input[required]:visible").all():
        field.fill("shop")
    for field in page.locator("select[required]").all():
        field.select_option(index=1)
    page.evaluate(COUNT)
    page.get_by_role("button", name=name).dblclick()
    assert page.evaluate("window.went") == times


def test_the_boxes_to_tick_images_are_seen_with_mouse_and_keyboard(place: Place) -> None:
    place.server.command("generate", "a fox", "--size", "128x128", "-o", str(place.server.data / "fox.png"))
    page = place.page("/images")
    box = page.locator(".pick-box").first
    expect(box).to_have_css("opacity", "0")
    page.locator(".pick").first.hover()
    expect(box).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    expect(box).to_have_css("opacity", "0")
    box.locator("input").focus()
    expect(box).to_have_css("opacity", "1")


def drafted(place: Place, width: int = 1280, height: int = 800) -> Page:
    page = place.page("/", width, height)
    page.get_by_label("What should your tool do?").fill("Four square icons of a lighthouse, with a choice of season")
    page.get_by_role("button", name="Build it").click()
    page.wait_for_url("**/studio/*")
    return page


def test_what_is_changed_in_the_studio_changes_what_can_be_chosen(place: Place) -> None:
    page = drafted(place)
    sizes = page.locator("select[id^=step-][id$=-size] option")
    expect(sizes.filter(has_text="2048 × 2048")).to_have_count(1)
    page.get_by_label("Model").select_option("gpt-image-1-mini")
    expect(page.locator("#quote")).to_contain_text("$")
    expect(sizes).to_have_count(4)

    rows = page.locator(".input-row")
    page.get_by_role("button", name="Add a field").click()
    added = rows.last
    added.get_by_label("Name of the field").fill("Mood")
    expect(page.locator("#quote")).to_contain_text("“Mood” is not used yet.")
    added.get_by_label("Take this field out").press("Enter")
    expect(page.locator("#quote")).not_to_contain_text("Mood")
    expect(rows.last.get_by_label("Take this field out")).to_be_focused()


def test_after_a_test_of_a_connection_the_button_has_the_focus(place: Place) -> None:
    page = place.page("/settings")
    box = page.locator("#openai")
    box.get_by_text("Connect", exact=True).click()
    box.locator("input[name=key]").fill("sk-x")
    box.locator("input[name=base_url]").fill("http://127.0.0.1:9/v1")
    box.get_by_role("button", name="Save").click()
    button = box.get_by_role("button", name="Test")
    button.press("Enter")
    expect(box.locator(".test-answer")).to_contain_text("nothing answers at 127.0.0.1, port 9")
    expect(button).to_be_focused()


def test_a_run_page_says_that_the_server_is_gone(place: Place) -> None:
    page = place.page("/tools/asking")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/runs/run_*")
    expect(page.get_by_role("heading", name="Are these fine?")).to_be_visible()
    lost = page.get_by_text("No connection to the server.")
    expect(lost).to_be_hidden()
    for cut in (lambda route: route.abort(), lambda route: route.fulfill(status=502, body="<p>Bad gateway</p>")):
        page.route("**/live", cut)
        expect(lost).to_be_visible()
        expect(page.get_by_role("heading", name="Are these fine?")).to_be_visible()
        page.unroute("**/live")
        expect(lost).to_be_hidden()


PHONE = {"width": 390, "height": 700}
SEEN = """element => {
  const box = element.getBoundingClientRect();
  return document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)?.closest("button") === element;
}"""
CLEAR = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const at = document.activeElement;
  if (at === document.body || at.closest(".nav, .top, .run-box, .skip") || box.width < 3) return true;
  const bars = [...document.querySelectorAll(".nav, .run-box")].map((bar) => bar.getBoundingClientRect());
  return bars.every((bar) => box.bottom <= bar.top + 1 || box.top >= bar.bottom - 1);
}"""


def test_on_a_phone_the_price_and_its_button_stay_in_sight(place: Place) -> None:
    page = drafted(place, **PHONE)
    for part in (0, 0.3, 0.6):
        page.evaluate("part => scrollTo(0, part * document.body.scrollHeight)", part)
        expect(page.locator("#quote")).to_be_in_viewport(ratio=0.9)
        assert page.get_by_role("button", name="Create tool").evaluate(SEEN), f"after {part} of the page"


@pytest.mark.parametrize("path", ["/settings", "/models", "/tools/postcard", "draft"])
def test_on_a_phone_no_bar_hides_what_has_the_focus(place: Place, path: str) -> None:
    page = drafted(place, **PHONE) if path == "draft" else place.page(path, **PHONE)
    for _ in range(30):
        page.keyboard.press("Tab")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate(CLEAR), page.evaluate("document.activeElement.outerHTML")


def test_who_is_logged_out_while_typing_logs_in_elsewhere_and_goes_on(place: Place, tmp_path: Path) -> None:
    owner = {"email": "ada@example.com", "password": "correct horse"}
    (tmp_path / "postcard.yaml").write_text(POSTCARD)
    server = Server(tmp_path / "data", {"POCHOIR_HOST": "0.0.0.0", "POCHOIR_HOSTS": "127.0.0.1"})
    server.command("owner", "create", "--email", owner["email"], "--name", "Ada", "--password", owner["password"])
    server.command("tool", "add", str(tmp_path / "postcard.yaml"))
    server.start()
    link = server.link.replace("0.0.0.0", "127.0.0.1")

    def log_in(page: Page) -> None:
        page.get_by_label("E-mail").fill(owner["email"])
        page.get_by_label("Password").fill(owner["password"])
        page.get_by_role("button", name="Log in").click()

    try:
        page = place.browser.new_context(base_url=link).new_page()
        page.goto("/tools/postcard?run=")
        log_in(page)
        expect(page).to_have_url(f"{link}/tools/postcard?run=")
        page.context.clear_cookies(name="pochoir_session")
        page.get_by_label("What").fill("Half a page of text")
        expect(page.locator("#session")).to_contain_text("You were logged out")
        with page.context.expect_page() as tab:
            page.get_by_role("link", name="Log in in another tab").click()
        log_in(tab.value)
        expect(tab.value).to_have_url(f"{link}/tools/postcard?run=")
        page.evaluate("dispatchEvent(new Event('focus'))")
        expect(page.locator("#session")).to_contain_text("You are logged in again")
        page.get_by_role("button", name="Run", exact=True).click()
        page.wait_for_url("**/runs/run_*")
        expect(page.locator(".run-facts")).to_contain_text("Half a page of text")
    finally:
        server.stop()
