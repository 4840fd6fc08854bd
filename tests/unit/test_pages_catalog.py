"""The catalogue's pages over the real application: directory, one model, any pair, a month of work."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx2
import pytest

from pochoir import bootstrap
from pochoir.config import Settings
from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidValue, ModelNotFound
from pochoir.domain.images import Size
from pochoir.features.catalog.cards import load_cards
from pochoir.features.metering.pricing import Work, image_price, month
from pochoir.features.services import Services
from pochoir.infra.db import migrate
from pochoir.pages.compare import find_pair
from pochoir.web.catalog import price_mark
from pochoir.web.model_facts import rivals, sizes_rule
from pochoir.web.month import months, read_work
from pochoir.web.plots import Line, lines
from pochoir.web.readiness import readiness_of
from pochoir.web.templating import money

CARDS = load_cards(bootstrap.CARDS)
BY_ID = {card.id: card for card in CARDS}
TODAY = date(2026, 11, 23)
HTMX = {"hx-request": "true"}


class Site:
    """The application in this process, on a day that is held."""

    def __init__(self, client: httpx2.AsyncClient, services: Services) -> None:
        self.client = client
        self.services = services

    async def get(self, path: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
        answer = await self.client.get(path, headers=headers or {})
        assert answer.status_code == status, answer.text[-1500:]
        return answer.text


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    settings = Settings(data=tmp_path, environment={"OPENAI_API_KEY": "sk-test"})
    migrate(settings.database_url)
    workspace = bootstrap.assemble(settings)
    monkeypatch.setattr(type(workspace.services.clock), "today", lambda _: TODAY)
    app = bootstrap.build(settings, workspace)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8300") as client:
        yield Site(client, workspace.services)
    await workspace.services.db.close()


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def quality_price(card: Card) -> int:
    """A square at medium, or at the model's own default."""
    can = card.abilities
    level = "medium" if "medium" in can.qualities else can.default_quality
    return image_price(card, TODAY, level if level in can.qualities else None).total


def names(page: str) -> list[str]:
    """The ids of the rows, in their order."""
    return re.findall(r'class="model-name" href="/models/([^"]+)"', page)


async def test_the_directory_opens_with_what_still_runs(site: Site) -> None:
    page = await site.get("/models")
    running = {card.id for card in CARDS if card.status(TODAY) != "shut down"}
    assert set(names(page)) == running
    assert f"{len(running)} of {len(CARDS)} models" in text_of(page)
    everything = await site.get("/models?status=any")
    assert set(names(everything)) == set(BY_ID)
    assert f"{len(CARDS)} models" in text_of(everything)
    gone = await site.get("/models?status=shut+down")
    assert set(names(gone)) == {card.id for card in CARDS if card.status(TODAY) == "shut down"}


async def test_filters_narrow_and_sort(site: Site) -> None:
    able = await site.get("/models?can=edit&can=transparency&provider=OpenAI")
    assert names(able)
    for model_id in names(able):
        can = BY_ID[model_id].abilities
        assert (can.edit, can.transparency, BY_ID[model_id].provider) == (True, True, "OpenAI")
    assert "<option selected>OpenAI</option>" in able
    assert 'value="edit" checked' in able
    cheap = names(await site.get("/models?price=50000&sort=price"))
    assert "z-image-turbo" in cheap
    assert "recraftv4_pro" not in cheap
    usual = [quality_price(BY_ID[name]) for name in cheap]
    assert usual == sorted(usual), "the price that is shown is the one that is sorted by"
    found = names(await site.get("/models?q=recraft+vector"))
    assert found == ["recraftv4_1_vector"]
    newest = names(await site.get("/models?sort=released"))
    released = [BY_ID[name].released for name in newest]
    known = [day for day in released if day is not None]
    assert known == sorted(known, reverse=True)
    assert None not in released[: len(known)], "a model whose release is not known stands last"


async def test_the_list_alone_for_htmx_and_the_whole_without(site: Site) -> None:
    part = await site.get("/models?q=flux", headers=HTMX)
    assert "<html" not in part
    assert names(part) == names(await site.get("/models?q=flux"))


async def test_nothing_found_has_a_way_out_and_a_wrong_filter_says_what_there_is(site: Site) -> None:
    empty = text_of(await site.get("/models?q=unicorn-9000"))
    assert "No model does all of that" in empty
    assert "0 of" in empty
    assert "Choose among" in text_of(await site.get("/models?sort=colour", 400))
    assert "no status" in text_of(await site.get("/models?status=resting", 400))
    assert "Choose among" in text_of(await site.get("/models?can=fly", 400))


async def test_a_choice_is_kept_when_the_filter_hides_it(site: Site) -> None:
    page = await site.get("/models?q=flux&m=gpt-image-2&m=flux-2-pro")
    assert re.search(r'value="flux-2-pro" aria-label="[^"]+" checked', page)
    assert re.search(r'value="gpt-image-2" checked>GPT Image 2', page)


@pytest.mark.parametrize("start", range(4))
async def test_every_model_has_a_page_without_holes(site: Site, start: int) -> None:
    for card in CARDS[start::4]:
        page = text_of(await site.get(f"/models/{card.id}"))
        assert card.name in page
        assert not re.search(r"\b(None|nan|Undefined)\b", page), card.id


async def test_the_page_of_a_dying_model_warns_and_shows_the_trap(site: Site) -> None:
    page = await site.get("/models/gpt-image-1-mini")
    text = text_of(page)
    assert "shuts down on 1 December 2026" in text
    assert "That is in 8 days" in text
    assert 'href="/models/gpt-image-2.6-flare"' in page
    assert "list $0.005" in text
    assert "$0.0022" in text
    assert "The provider's list is $0.0021 to $0.0028 above the bill in every cell" in text.replace("&#39;", "'")
    honest = text_of(await site.get("/models/gpt-image-1"))
    assert "was shut down on 23 October 2026" in honest
    assert "Mind the printed list" not in honest


async def test_a_model_that_runs_here_can_be_tried_and_one_that_needs_a_key_says_where(site: Site) -> None:
    ready = await site.get("/models/pochoir-sketch")
    assert 'action="/studio"' in ready
    assert "Ready to use here" in ready
    server = await site.get("/models/seedream-5.5")
    assert "/settings#openai_compatible" in server


async def test_an_unknown_model_names_near_ids(site: Site) -> None:
    text = text_of(await site.get("/models/gpt-image-1-minni", 404))
    assert "gpt-image-1-mini" in text
    assert "See all models" in text
    assert "gpt-image-2" in text_of(await site.get("/compare/gpt-imgae-2-vs-flux-2-pro", 404))
    assert "Write two ids" in text_of(await site.get("/compare/gpt-image-2", 404))
    assert "cannot be compared with itself" in text_of(await site.get("/compare/gpt-image-2-vs-gpt-image-2", 400))


async def test_the_reference_pair_has_every_section(site: Site) -> None:
    page = await site.get("/compare/gpt-image-1-vs-gpt-image-1-mini")
    text = text_of(page)
    for fact in (
        "GPT Image 1 vs GPT Image 1 mini",
        "OpenAI",
        "$5 / 1M tokens",
        "$2 / 1M tokens",
        "From $0.01088 / image",
        "From $0.002176 / image",
        "60% cheaper",
        "was shut down on 23 October 2026",
        "shuts down on 1 December 2026",
        "How they differ",
        "Strengths side by side",
        "Switch models without rebuilding",
        "Questions answered",
        "Is GPT Image 1 cheaper than GPT Image 1 mini?",
    ):
        assert fact in text, fact
    assert page.index("was shut down on") < page.index('id="glance"'), "the end stands on top"


@pytest.mark.parametrize("start", range(4))
async def test_any_pair_has_a_page(site: Site, start: int) -> None:
    for number in range(start, len(CARDS), 4):
        first, second = CARDS[number], CARDS[(number * 7 + 13) % len(CARDS)]
        if first.id == second.id:
            continue
        text = text_of(await site.get(f"/compare/{first.id}-vs-{second.id}?images=500&references=1"))
        assert first.name in text
        assert not re.search(r"\bNone\b|Undefined", text), (first.id, second.id)


async def test_the_month_is_what_would_be_charged(site: Site) -> None:
    path = "/compare/gpt-image-1-mini-vs-gpt-image-2.json?images=2,500&size=1024x1536&quality=high&batch=on"
    answer = await site.client.get(path)
    totals = {model["id"]: model["total_microusd"] for model in answer.json()["month"]["models"]}
    work = Work(2500, Size(1024, 1536), "high", batch=True)
    assert totals == {name: month(BY_ID[name], work, TODAY).total for name in ("gpt-image-1-mini", "gpt-image-2")}
    part = await site.get(path.replace(".json", ""), headers=HTMX)
    assert "<html" not in part
    assert money(totals["gpt-image-2"], 2) in part
    assert "2,500" in part
    assert "<svg" in part


async def test_a_wrong_number_is_refused_and_the_page_stays(site: Site) -> None:
    for wrong in ("images=many", "images=0", "images=99999999999", "references=17", "size=big"):
        page = text_of(await site.get(f"/compare/gpt-image-2-vs-flux-2-pro?{wrong}", 400))
        assert "A month" in page or "What a month" in page
        assert "Write" in page
    assert "not a number" in await site.get("/compare/gpt-image-2-vs-flux-2-pro?images=x", 400, HTMX)
    assert "not a number" in text_of(await site.get("/compare/gpt-image-2-vs-flux-2-pro.json?images=x", 400))


def test_work_is_read_as_people_write_it() -> None:
    assert read_work({}) == Work(1000)
    given = {"images": " 12,000 ", "size": "1024X1536", "quality": "auto", "references": "2", "batch": "on"}
    assert read_work(given) == Work(12_000, Size(1024, 1536), None, 2, True)
    with pytest.raises(InvalidValue, match="Write 1 to"):
        read_work({"images": "-5"})


def test_a_month_maps_what_a_model_cannot_do_and_says_so() -> None:
    cards = BY_ID["gpt-image-2"], BY_ID["gpt-image-1-mini"]
    ahead = months(cards, Work(100, Size(2048, 2048), "high"), TODAY)
    first, second = ahead.sides
    assert not first.notes
    assert "2048x2048 becomes 1024x1024" in second.notes[0]
    assert second.total == month(cards[1], Work(100, Size(1024, 1024), "high"), TODAY).total
    assert "less a month" in ahead.sentence
    assert [volume for volume, _ in ahead.rows] == sorted({100, 1_000, 10_000, 100_000})


def test_a_month_that_cannot_be_priced_says_why() -> None:
    closed = months((BY_ID["flux-pro-1.1"], BY_ID["gpt-image-2"]), Work(10, references=1), TODAY)
    assert "no images in" in closed.sides[0].quote.unknown
    assert closed.sentence.startswith("Only GPT Image 2 can be priced")
    partial = months((BY_ID["flux-2-klein-4b"], BY_ID["gpt-image-2"]), Work(10, references=2), TODAY).sides[0]
    assert partial.partial
    assert "not published" in partial.notes[-1]
    free = months((BY_ID["pochoir-sketch"], BY_ID["gpt-image-2"]), Work(10), TODAY)
    assert free.sentence.startswith("Pochoir Sketch is free")
    assert free.plot is not None


async def test_a_pair_is_cut_where_both_sides_are_models(site: Site) -> None:
    settings = {"base_url": "http://127.0.0.1:9/v1", "models": "odd-vs-even\nlocal/z = z-image-turbo"}
    await site.services.connections.save("openai_compatible", "studio", settings, None)
    catalog = site.services.catalog
    for first, second in (
        ("studio/odd-vs-even", "gpt-image-2"),
        ("gpt-image-2", "studio/odd-vs-even"),
        ("studio/odd-vs-even", "studio/local/z"),
    ):
        found = await find_pair(catalog, f"{first}-vs-{second}")
        assert [card.id for card in found] == [first, second]
        assert first in await site.get(f"/compare/{first}-vs-{second}")
    with pytest.raises(ModelNotFound, match="no model"):
        await find_pair(catalog, "odd-vs-even-vs-gpt-image-2")
    assert "studio/odd-vs-even" in await site.get("/models")
    assert "odd-vs-even" in await site.get("/models/studio/odd-vs-even")


async def test_readiness_at_once_is_what_each_model_says(site: Site) -> None:
    settings = {"base_url": "http://127.0.0.1:9/v1", "models": "z = z-image-turbo"}
    await site.services.connections.save("openai_compatible", "studio", settings, None)
    cards = await site.services.catalog.cards()
    at_once = await readiness_of(site.services, cards)
    assert at_once == {card.id: await site.services.images.readiness(card) for card in cards}
    assert {"ready", "shut_down", "no_engine"} <= {found.state for found in at_once.values()}


async def test_two_chosen_lead_to_their_comparison(site: Site) -> None:
    answer = await site.client.get("/compare?m=gpt-image-2&m=flux-2-pro")
    assert (answer.status_code, answer.headers["location"]) == (303, "/compare/gpt-image-2-vs-flux-2-pro")
    assert '<option value="gpt-image-2" selected>' in await site.get("/compare?m=gpt-image-2")
    three = await site.get("/compare?m=gpt-image-2&m=flux-2-pro&m=z-image-turbo")
    assert "/compare/flux-2-pro-vs-z-image-turbo" in three
    pairs = re.findall(r'class="example" href="/compare/([^"]+)"', await site.get("/compare"))
    assert pairs
    for pair in pairs:
        await site.get(f"/compare/{pair}")


async def test_rivals_run_and_are_never_the_model_itself(site: Site) -> None:
    page = await site.get("/models/gpt-image-1")
    found = re.findall(r'href="/compare/gpt-image-1-vs-([^"]+)"><span>', page)
    assert len(found) == 6
    for name in found:
        assert BY_ID[name].status(TODAY) != "shut down"
    assert not rivals(BY_ID["gpt-image-2"], ())


def test_the_line_plot_can_be_read_without_seeing_it() -> None:
    plot = lines(
        [Line("A", [(0, 0), (100, 50)]), Line("<B>", [(0, 0), (100, 100)])],
        name="Cost & volume",
        describe="A is half of B",
        mark=50,
        scale=str,
    )
    assert "<title>Cost &amp; volume</title><desc>A is half of B</desc>" in plot
    assert "style=" not in plot
    heights = [float(y) for y in re.findall(r'plot-dot" data-series="\d" cx="[\d.]+" cy="([\d.]+)"', plot)]
    floor, top = 252.0, 30.0
    assert heights == [floor - (floor - top) * 0.25, floor - (floor - top) * 0.5]


def test_price_marks_grow_with_the_price() -> None:
    amounts = [None, 0, 500, 5_000, 50_000, 250_000, 900_000]
    marks = [price_mark(amount) for amount in amounts]
    assert marks[:2] == [0, 0]
    assert marks == sorted(marks)
    assert marks[-1] == 100


def test_the_rule_of_free_sizes_is_a_sentence() -> None:
    rule = sizes_rule(BY_ID["flux-2-pro"])
    assert rule == (
        "Any size where both edges are multiples of 16, no edge is under 64 pixels and it has at most 4,194,304 pixels."
    )
    assert sizes_rule(BY_ID["gpt-image-1"]) == ""


async def test_the_licences_name_every_source_and_piece(site: Site) -> None:
    page = html.unescape(text_of(await site.get("/licences")))
    credits = site.services.catalog.credits()
    for credit in credits:
        assert credit.title in page
        assert " ".join(credit.copyright.split()) in page
    for line in ("Permission is hereby granted, free of charge", "SIL OPEN FONT LICENSE", "UNICODE LICENSE V3"):
        assert line in page
    table = await site.get("/licences.csv")
    assert table.splitlines()[0] == "piece,kind,source,package,version,licence,copyright,home"
    for piece in ("automobile", "sneaker", *list(site.services.catalog.credits()[0].pieces)[:2]):
        assert f"\n{piece}," in table
    assert 'href="/licences"' in await site.get("/models")
