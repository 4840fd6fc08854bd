"""The catalogue and the money on the command line: figures as JSON, tables that a person can read."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pochoir
from pochoir.commands import catalog
from pochoir.domain.errors import InvalidValue, ModelNotFound
from pochoir.domain.money import Charge, MicroUSD, QuoteLine, Usage
from pochoir.features.catalog.cards import load_cards
from pochoir.features.catalog.directory import DirectoryQuery
from pochoir.features.catalog.service import CatalogService
from pochoir.features.metering.service import MeteringService, NewEntry
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

CARDS = load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")


@pytest.fixture
def services(db: Database, clock: Clock) -> Any:
    """The two services that these commands ask, real ones."""
    return SimpleNamespace(db=db, clock=clock, catalog=CatalogService(CARDS), metering=MeteringService(db, clock))


async def test_models(services: Any) -> None:
    rows = await catalog.models(services)
    assert len(rows) == len(CARDS)
    assert len(await catalog.models(services, DirectoryQuery(status="shut down"))) < len(rows)
    json.dumps(rows)
    lines = catalog.models_lines(rows)
    assert any("gpt-image-1-mini" in line and "in 8 days" in line for line in lines)
    assert catalog.models_lines([], "zzzz") == ["No model fits 'zzzz'. Leave the words out to see all."]


async def test_compare(services: Any) -> None:
    found = await catalog.compare(services, "gpt-image-1", "gpt-image-1-mini")
    json.dumps(found)
    assert found["month"]["total_microusd"][0] > found["month"]["total_microusd"][1] > 8_448_000
    text = "\n".join(catalog.compare_lines(found))
    assert "GPT Image 1 vs GPT Image 1 mini" in text
    assert "None" not in text
    with pytest.raises(ModelNotFound):
        await catalog.compare(services, "gpt-image-1", "nothing-like-it")


async def test_a_comparison_says_how_sure_its_figures_are(services: Any) -> None:
    found = await catalog.compare(services, "gpt-image-1-mini", "dall-e-3")
    assert (found["month"]["exact"], found["month"]["partial"]) == ([False, True], [False, False])
    lines = catalog.compare_lines(found)
    place = lines.index("1,000 images a month, 1024x1024, medium quality where there is one")
    assert lines[place + 1].startswith("- GPT Image 1 mini: about $")
    assert lines[place + 2].startswith("- DALL-E 3: $")
    assert lines[place + 3].startswith("  Quality medium becomes")
    assert lines[place + 4] == "  Shut down on 12 May 2026; this was its last price."


async def test_cost(services: Any) -> None:
    found = await catalog.cost(services, "gpt-image-1-mini", size="1024x1024", quality="high", images=100)
    output = next(line for line in found["lines"] if line["label"] == "Images out")
    assert (output["amount_microusd"], output["exact"]) == (4160 * 8 * 100, True)
    assert found["total_microusd"] == sum(line["amount_microusd"] for line in found["lines"])
    half = await catalog.cost(services, "gpt-image-1-mini", size="1024x1024", quality="high", images=100, batch=True)
    assert half["total_microusd"] * 2 == found["total_microusd"]
    assert "an estimate" in "\n".join(catalog.cost_lines(found))
    assert "1 December 2026" in found["notes"][0]
    assert (await catalog.cost(services, "pochoir-sketch"))["total_microusd"] == 0


@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("gpt-image-1", {"size": "7x7"}),
        ("gpt-image-1", {"size": "large"}),
        ("gpt-image-1", {"quality": "superb"}),
        ("gpt-image-1", {"images": 0}),
        ("gpt-image-1", {"references": -1}),
        ("gpt-image-1", {"references": 17}),
        ("gpt-image-1", {"images": 10_000_001}),
        ("gpt-image-1", {"images": 10**26}),
        ("gpt-image-1", {"references": 10**26}),
        ("dall-e-3", {"batch": True}),
    ],
)
async def test_what_cannot_be_priced_is_refused(services: Any, model: str, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        await catalog.cost(services, model, **given)


async def test_ledger(services: Any) -> None:
    assert catalog.ledger_lines(await catalog.ledger(services)) == ["The ledger is empty: no image has been made yet."]
    charge = Charge((), Usage(images=1), "price since 2026-01-01 (a list)")
    await services.metering.book(
        NewEntry("k", charge, MicroUSD(5), "m", None, "cli", None, None, 1, estimated=False, note="")
    )
    found = await catalog.ledger(services)
    json.dumps(found.rows)
    assert found.rows[0]["quoted_microusd"] == 5
    assert catalog.ledger_lines(found)[-1] == "Total: free"


async def test_the_total_is_that_of_all_charges_although_only_the_newest_are_shown(services: Any) -> None:
    def charge(amount: int) -> Charge:
        line = QuoteLine("Images out", 1, Decimal(amount), MicroUSD(amount), exact=True)
        return Charge((line,), Usage(images=1), "price since 2026-01-01 (a list)")

    async def book(first: int, last: int) -> None:
        async with services.db.transaction():
            for number in range(first, last):
                await services.metering.book(
                    NewEntry(
                        f"k{number}", charge(10_000), MicroUSD(0), "m", None, "cli", None, None, 1, estimated=False
                    )
                )

    await book(0, 200)
    whole = catalog.ledger_lines(await catalog.ledger(services))
    assert (len(whole), whole[-1]) == (202, "Total: $2.00")
    await book(200, 250)
    found = await catalog.ledger(services)
    assert [len(found.rows), found.rows[0]["key"]] == [200, "k249"]
    assert catalog.ledger_lines(found)[-2:] == [
        "These are the newest 200 charges; the page Usage has those before them.",
        "Total of all: $2.50",
    ]
