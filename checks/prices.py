"""Compare the cards with public price data: `python -m checks.prices [--litellm FILE_OR_WHEEL]`.

genai-prices is read as installed; LiteLLM's price map from a file, an installed copy (never imported) or its wheel.
Prints one line per model and field that differs; exit code 1 when a difference has no reason in KNOWN.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from pochoir.domain.catalog import Card, Price

CARDS = Path(__file__).parent.parent / "src/pochoir/features/catalog/cards"
MAP = "litellm/model_prices_and_context_window_backup.json"
MILLION = Decimal(1_000_000)
Row = Mapping[str, Any]
Fact = tuple[str, Decimal | date | None, Decimal | date]
"""A field's name, what the card says, what the data set says."""

KNOWN: dict[tuple[str, str, str], str] = {}
"""(data set, card, field) -> why the card is right although the data set says something else."""

PREFIXES = {
    "OpenAI": "",
    "Google": "gemini/",
    "xAI": "xai/",
    "Recraft": "recraft/",
    "Stability AI": "stability/",
    "Black Forest Labs": "black_forest_labs/",
    "Alibaba": "dashscope/",
    "Meta": "meta/",
    "Microsoft": "azure_ai/",
    "Runway": "runwayml/",
    "Amazon": "",
}
"""How LiteLLM's keys begin for a provider's own prices."""
KEYS = {"flux-1-dev": "flux-dev"}
"""Cards whose id is not the name that LiteLLM uses after the prefix."""
SELLERS = {
    ("fal.ai", "imagen-4.0-generate-001"): "fal_ai/fal-ai/imagen4/preview",
    ("fal.ai", "imagen-4.0-fast-generate-001"): "fal_ai/fal-ai/imagen4/preview/fast",
    ("fal.ai", "imagen-4.0-ultra-generate-001"): "fal_ai/fal-ai/imagen4/preview/ultra",
    ("fal.ai", "flux-1-schnell"): "fal_ai/fal-ai/flux/schnell",
    ("Tencent Cloud", "seedream-5.0-pro"): "tencent/seedream-image-v5.0-pro",
    ("Tencent Cloud", "seedream-5.0-lite"): "tencent/seedream-image-v5.0-lite",
}
"""(seller, card) -> LiteLLM's key."""

LITELLM_TOKENS = {
    "text_in": "input_cost_per_token",
    "cached_text_in": "cache_read_input_token_cost",
    "image_in": "input_cost_per_image_token",
    "cached_image_in": "cache_read_input_image_token_cost",
    "text_out": "output_cost_per_token",
    "image_out": "output_cost_per_image_token",
}
GENAI_TOKENS = {
    "text_in": "input_mtok",
    "cached_text_in": "cache_read_mtok",
    "image_in": "input_image_mtok",
    "cached_image_in": "cache_image_read_mtok",
    "text_out": "output_mtok",
    "image_out": "output_image_mtok",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a card says and what a data set says; None where it says nothing."""

    data_set: str
    card: str
    field: str
    ours: Decimal | date | None
    theirs: Decimal | date

    @property
    def reason(self) -> str:
        return KNOWN.get((self.data_set, self.card, self.field), "")

    def __str__(self) -> str:
        ours = "nothing" if self.ours is None else written(self.ours)
        why = f" (known: {self.reason})" if self.reason else ""
        return f"{self.card}: {self.field} is {ours} on the card, {written(self.theirs)} in {self.data_set}{why}"


def written(value: Decimal | date) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value.isoformat()


@dataclass(frozen=True, slots=True)
class Compared:
    """The outcome for one data set."""

    data_set: str
    models: int
    fields: int
    differences: tuple[Difference, ...]


def read_cards(folder: Path) -> tuple[Card, ...]:
    """Every card of the catalogue, with what its file says for all of them."""
    cards = []
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        shared = {key: data[key] for key in ("family", "provider", "sources")}
        cards += [Card.model_validate({**shared, **model}) for model in data["models"]]
    return tuple(cards)


def compare(data_set: str, rows: Iterable[tuple[str, Iterable[Fact]]]) -> Compared:
    """Compare facts, model by model. A model without facts counts as not in the data set."""
    models = fields = 0
    differences: list[Difference] = []
    for card, facts in rows:
        seen = [Difference(data_set, card, field, ours, theirs) for field, ours, theirs in facts]
        models += bool(seen)
        fields += len(seen)
        differences += [difference for difference in seen if difference.ours != difference.theirs]
    return Compared(data_set, models, fields, tuple(differences))


# ------------------------------------------------------------------ LiteLLM


def litellm_facts(card: Card, rows: Mapping[str, Row], day: date) -> Iterator[Fact]:
    """What LiteLLM's map says of a card. Per-image prices stand under two names there: see `per_image`."""
    key = f"{PREFIXES.get(card.provider, '?')}{KEYS.get(card.id, card.id)}"
    upstream = f"{PREFIXES.get(card.provider, '?')}{card.upstream}"
    own = rows.get(key) or rows.get(upstream)
    if own is not None:
        if ended := own.get("deprecation_date"):
            yield "shutdown", card.shutdown, date.fromisoformat(ended)
        price = card.price_on(day)
        if price is not None and price.seller is None:
            yield from price_facts(price, own)
    for listed in card.list_prices:
        width, _, height = listed.size.partition("x")
        if row := rows.get(f"{listed.quality}/{width}-x-{height}/{card.id}"):
            yield f"list price {listed.quality} {listed.size}", listed.usd, per_image(row) or Decimal(0)
    for price in card.prices:
        if price.seller and (row := rows.get(SELLERS.get((price.seller, card.id), ""))):
            yield from price_facts(price, row, f"{price.seller}: ")


def price_facts(price: Price, row: Row, seller: str = "") -> Iterator[Fact]:
    if price.tokens is not None:
        for ours, theirs in LITELLM_TOKENS.items():
            if theirs in row:
                yield f"{seller}{ours}", getattr(price.tokens, ours), row[theirs] * MILLION
            if price.batch is not None and f"{theirs}_batches" in row:
                yield f"{seller}batch {ours}", getattr(price.batch, ours), row[f"{theirs}_batches"] * MILLION
    if price.per_image and (usd := per_image(row)) is not None:
        whole = [each.usd for each in price.per_image if each.quality is None and each.size is None]
        if whole:
            yield f"{seller}per image", whole[0], usd


def per_image(row: Row) -> Decimal | None:
    """The price of an image that comes out. LiteLLM's older rows name it `input_cost_per_image`."""
    usd = row.get("output_cost_per_image", row.get("input_cost_per_image"))
    return None if usd is None else Decimal(usd)


def litellm_map(given: Path | None) -> dict[str, Row]:
    """The price map: from a JSON file, a wheel, the installed package's files, or a wheel that pip downloads."""
    if given is None:
        given = installed_map()
    if given is not None:
        return parse(given)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "litellm"]
        subprocess.run(command, check=True)
        return parse(next(Path(folder).glob("*.whl")))


def installed_map() -> Path | None:
    """The map of an installed LiteLLM, found without importing it."""
    try:
        path = Path(str(distribution("litellm").locate_file(MAP)))
    except PackageNotFoundError:
        return None
    return path if path.exists() else None


def parse(path: Path) -> dict[str, Row]:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            text = wheel.read(MAP).decode()
    else:
        text = path.read_text(encoding="utf-8")
    rows: dict[str, Row] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return rows


# ------------------------------------------------------------------ genai-prices


def genai_facts(card: Card, day: date) -> Iterator[Fact]:
    """What genai-prices says of a card. Where it has no price of image output, its plain output price is just that."""
    from genai_prices.data import providers
    from genai_prices.types import ModelPrice

    price = card.price_on(day)
    if price is None or price.tokens is None or price.seller is not None:
        return
    for provider in providers:
        if provider.id != card.provider.lower():
            continue
        model = next((model for model in provider.models if model.is_match(card.id)), None)
        if model is None:
            continue
        theirs = model.prices
        if not isinstance(theirs, ModelPrice):
            theirs = theirs[-1].prices
        found = {name: getattr(theirs, attribute) for name, attribute in GENAI_TOKENS.items()}
        if found["image_out"] is None:
            found["image_out"], found["text_out"] = found["text_out"], None
        for name, value in found.items():
            if value is not None:
                yield name, getattr(price.tokens, name), Decimal(value)


# ------------------------------------------------------------------ the command


def report(outcomes: Iterable[Compared], cards: int, known: Iterable[tuple[str, str, str]] = KNOWN) -> int:
    """Print what was found; 1 when something differs without a reason, or a reason is no longer needed."""
    unexpected, met = 0, set()
    for outcome in outcomes:
        for difference in outcome.differences:
            print(difference)
            met.add((difference.data_set, difference.card, difference.field))
        new = sum(not difference.reason for difference in outcome.differences)
        unexpected += new
        print(
            f"{outcome.data_set}: {outcome.models} of {cards} cards, {outcome.fields} fields compared, "
            f"{len(outcome.differences)} differ, {new} without a reason."
        )
    stale = [entry for entry in known if entry not in met]
    for entry in stale:
        print(f"{entry[1]}: {entry[2]} agrees with {entry[0]} now. Remove its line from KNOWN in checks/prices.py.")
    return 1 if unexpected or stale else 0


def main(arguments: list[str] | None = None, day: date | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m checks.prices", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--litellm", type=Path, metavar="FILE", help="LiteLLM's price map: a JSON file or its wheel")
    given = parser.parse_args(arguments)
    cards, today = read_cards(CARDS), day or date.today()
    rows = litellm_map(given.litellm)
    outcomes = [
        compare("genai-prices", ((card.id, genai_facts(card, today)) for card in cards)),
        compare("LiteLLM", ((card.id, litellm_facts(card, rows, today)) for card in cards)),
    ]
    return report(outcomes, len(cards))


if __name__ == "__main__":
    sys.exit(main())
