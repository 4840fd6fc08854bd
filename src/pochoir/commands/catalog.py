"""`pochoir models | compare | cost | ledger`: the catalogue and the money on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import ImageRequest, Incoming, Size
from pochoir.domain.money import MicroUSD, dollars
from pochoir.features.catalog.compare import Head
from pochoir.features.catalog.compare import compare as compare_cards
from pochoir.features.catalog.directory import DirectoryQuery
from pochoir.features.catalog.facts import status_words
from pochoir.features.images.abilities import check
from pochoir.features.images.month import MOST_IMAGES, MOST_REFERENCES, side_of
from pochoir.features.metering import pricing

if TYPE_CHECKING:
    from pochoir.features.services import Services

CHARGES = 200
"""Rows of the ledger that are shown at once."""


class Ledger(NamedTuple):
    """The newest charges, the total of all, and whether there are older ones."""

    rows: list[dict[str, Any]]
    total: MicroUSD
    older: bool


async def models(services: Services, query: DirectoryQuery | None = None) -> list[dict[str, Any]]:
    """The models that fit a query. Prices are micro-dollars an image, null where not known."""
    today = services.clock.today()
    found = (await services.catalog.directory(today, pricing)).search(query or DirectoryQuery())
    return [
        {
            "id": row.card.id,
            "name": row.card.name,
            "provider": row.card.provider,
            "status": row.status,
            "status_words": status_words(row.card, today),
            "released": row.card.released and row.card.released.isoformat(),
            "shutdown": row.card.shutdown and row.card.shutdown.isoformat(),
            "successors": list(row.card.successors),
            "open_weights": row.card.open_weights,
            "from_microusd": row.price_from,
            "square_medium_microusd": row.price,
            "score": None if row.score is None else str(row.score),
            "price": row.from_words,
        }
        for row in found
    ]


def models_lines(rows: Sequence[Mapping[str, Any]], text: str = "") -> list[str]:
    if not rows:
        return [f"No model fits '{text}'. Leave the words out to see all."]
    return _table(
        ("model", "provider", "price", "status"),
        [(row["id"], row["provider"], row["price"], row["status_words"]) for row in rows],
    )


async def compare(services: Services, a: str, b: str) -> dict[str, Any]:
    """Two models side by side, with every section of the page."""
    first, second = await services.catalog.card(a), await services.catalog.card(b)
    today = services.clock.today()
    found = compare_cards(first, second, today, pricing)
    work = pricing.Work(1000, Size(1024, 1024), "medium")
    sides = [side_of(card, work, today) for card in (first, second)]
    return {
        "title": found.title,
        "intro": found.intro,
        "models": [_head(found.a), _head(found.b)],
        "specs": [{"label": spec.label, "a": spec.a.text, "b": spec.b.text} for spec in found.specs],
        "differences": [{"fact": item.fact, "practice": item.practice} for item in found.differences],
        "use_either": [{"title": part.title, "text": part.text} for part in found.either],
        "questions": [{"question": item.question, "answer": item.answer} for item in found.questions],
        "month": {
            "images": work.images,
            "size": str(work.size),
            "quality": work.quality,
            "total_microusd": [side.total for side in sides],
            "exact": [side.quote.exact for side in sides],
            "partial": [side.partial for side in sides],
            "unknown": [side.quote.unknown for side in sides],
            "notes": [
                [*side.notes, *([f"{status_words(side.card, today)}; this was its last price."] if side.gone else [])]
                for side in sides
            ],
        },
    }


def compare_lines(data: Mapping[str, Any]) -> list[str]:
    """The comparison for a terminal."""
    left, right = data["models"]
    lines = [data["title"], data["intro"], ""]
    warnings = [model["warning"] for model in (left, right) if model["warning"]]
    lines += [*warnings, ""] if warnings else []
    specs = [(spec["label"], spec["a"], spec["b"]) for spec in data["specs"]]
    lines += _table(("", left["name"], right["name"]), specs)
    lines += ["", "How they differ"]
    for item in data["differences"]:
        lines += [f"- {item['fact']}", f"  {item['practice']}"]
    for model in (left, right):
        lines += ["", f"Strengths of {model['name']}"]
        for strength in model["strengths"]:
            lines += [f"- {strength['title']}", *(f"    {point}" for point in strength["points"])]
    work = data["month"]
    lines += ["", f"{work['images']:,} images a month, {work['size']}, {work['quality']} quality where there is one"]
    for side, model in enumerate((left, right)):
        lines.append(f"- {model['name']}: {_month_figure(work, side)}")
        lines += [f"  {note}" for note in work["notes"][side]]
    for part in data["use_either"]:
        lines += ["", part["title"], part["text"]]
    for item in data["questions"]:
        lines += ["", item["question"], item["answer"]]
    return lines


def _month_figure(month: Mapping[str, Any], side: int) -> str:
    """What a month costs on one of the two, with how sure it is; why it is not known where it is not."""
    total = month["total_microusd"][side]
    if total is None:
        return str(month["unknown"][side])
    about = "at least " if month["partial"][side] else "" if month["exact"][side] else "about "
    return about + dollars(total, places=2)


async def cost(
    services: Services,
    model: str,
    *,
    size: str = "auto",
    quality: str = "auto",
    images: int = 1,
    references: int = 0,
    batch: bool = False,
) -> dict[str, Any]:
    """What images cost, in micro-dollars. A model that is shut down is priced as on its last days, and a note says so.

    Raises InvalidValue where the model cannot do what is asked, or no price of it is known.
    """
    if not 1 <= images <= MOST_IMAGES:
        raise InvalidValue(
            f"{images:,} is not a number of images that can be priced. Enter 1 to {MOST_IMAGES:,}.", param="--images"
        )
    if not 0 <= references <= MOST_REFERENCES:
        raise InvalidValue(f"No model takes {references:,} images. Enter 0 to {MOST_REFERENCES}.", param="--references")
    card, today = await services.catalog.card(model), services.clock.today()
    wanted = None if size == "auto" else Size.parse(size)
    grade = None if quality == "auto" else quality
    work = pricing.Work(images, wanted, grade, references, batch)
    check(card, ImageRequest(card.id, work.prompt, size=wanted, quality=grade), Incoming(references))
    quote = pricing.month(card, work, today)
    if quote.unknown:
        raise InvalidValue(quote.unknown, param="--model")
    status = card.status(today)
    return {
        "model": card.id,
        "images": images,
        "size": size,
        "quality": quality,
        "references": references,
        "batch": batch,
        "total_microusd": quote.total,
        "estimated_microusd": quote.estimated,
        "exact": quote.exact,
        "basis": quote.basis,
        "usage": quote.usage.as_dict(),
        "lines": [
            {
                "label": line.label,
                "units": line.units,
                "unit_microusd": str(line.unit_microusd),
                "amount_microusd": line.amount,
                "exact": line.exact,
                "note": line.note,
            }
            for line in quote.lines
        ],
        "notes": [f"{card.name}: {status_words(card, today)}."] if status in {"shut down", "deprecated"} else [],
    }


def cost_lines(data: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            line["label"],
            f"{line['units']:,}",
            dollars(line["amount_microusd"]),
            "exact" if line["exact"] else f"estimate: {line['note']}",
        )
        for line in data["lines"]
    ]
    part = "" if data["exact"] else f", of which {dollars(data['estimated_microusd'])} is an estimate"
    total = f"Total: {dollars(data['total_microusd'])}{part}"
    return [*(_table(("part", "units", "amount", ""), rows) if rows else []), total, data["basis"], *data["notes"]]


async def ledger(services: Services) -> Ledger:
    """The newest charges, and what all of them come to."""
    entries = await services.metering.entries(limit=CHARGES + 1)
    rows = [
        {
            "id": entry.id,
            "key": entry.key,
            "at": entry.at,
            "amount_microusd": entry.amount,
            "quoted_microusd": entry.quoted,
            "model": entry.model,
            "snapshot": entry.snapshot,
            "asker": entry.asker,
            "run": entry.run,
            "path": entry.path,
            "images": entry.images,
            "usage": dict(entry.usage),
            "lines": [dict(line) for line in entry.lines],
            "basis": entry.basis,
            "estimated": entry.estimated,
            "note": entry.note,
        }
        for entry in entries[:CHARGES]
    ]
    return Ledger(rows, await services.metering.total(), older=len(entries) > CHARGES)


def ledger_lines(found: Ledger) -> list[str]:
    if not found.rows:
        return ["The ledger is empty: no image has been made yet."]
    table = _table(
        ("when", "model", "images", "charged", "quoted", "asked by"),
        [
            (
                row["at"][:19].replace("T", " "),
                row["model"],
                str(row["images"]),
                dollars(row["amount_microusd"]),
                dollars(row["quoted_microusd"]),
                row["run"] or row["asker"],
            )
            for row in found.rows
        ],
    )
    older = [f"These are the newest {CHARGES} charges; the page Usage has those before them."] if found.older else []
    return [*table, *older, f"Total{' of all' if older else ''}: {dollars(found.total)}"]


def _head(head: Head) -> dict[str, Any]:
    return {
        "id": head.card.id,
        "name": head.card.name,
        "provider": head.card.provider,
        "summary": head.card.summary,
        "status": head.status,
        "warning": head.warning,
        "successors": list(head.card.successors),
        "strengths": [{"title": side.title, "points": list(side.points)} for side in head.strengths],
    }


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], widest: int = 44) -> list[str]:
    """Columns padded to their widest cell, at most `widest`; longer cells push the rest of their line."""
    widths = [min(widest, max(len(row[column]) for row in (titles, *rows))) for column in range(len(titles))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (titles, *rows)
    ]
