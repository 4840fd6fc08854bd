"""The form that asks what a month of work costs, and the plot of the answer. The figures are features/images/month.py's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import Size
from pochoir.domain.money import MicroUSD
from pochoir.features.images.month import MOST_IMAGES, MOST_REFERENCES, Side, at_volume, sentence, short, side_of
from pochoir.features.metering.pricing import Work
from pochoir.web.amounts import read_whole
from pochoir.web.plots import Line, lines, nice_top

VOLUMES = (100, 1_000, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Month:
    """The answer to the form: one side per model, the sentence, the plot and the same figures as rows."""

    work: Work
    sides: tuple[Side, ...]
    sentence: str
    plot: Markup | None
    rows: tuple[tuple[int, tuple[MicroUSD | None, ...]], ...]


def read_work(form: Mapping[str, str]) -> Work:
    """The work from a form or an address. Raises InvalidValue with what to write instead."""
    images = _count(form, "images", 1_000, 1, MOST_IMAGES, "images a month")
    references = _count(form, "references", 0, 0, MOST_REFERENCES, "images that go in for each image")
    size_text = form.get("size", "").strip()
    size = None if size_text in {"", "auto"} else Size.parse(size_text)
    quality = form.get("quality", "").strip()
    return Work(
        images,
        size,
        None if quality in {"", "auto"} else quality,
        references,
        form.get("batch", "") in {"1", "on", "true", "yes"},
    )


def _count(form: Mapping[str, str], name: str, default: int, least: int, most: int, what: str) -> int:
    text = form.get(name, "").strip()
    if not text:
        return default
    count = read_whole(text)
    if count is None or not least <= count <= most:
        raise InvalidValue(f"'{text[:20]}' is not a number of {what}. Write {least} to {most:,}.", param=name)
    return count


def months(cards: Sequence[Card], work: Work, today: date) -> Month:
    """The month on each of the cards."""
    sides = tuple(side_of(card, work, today) for card in cards)
    top = nice_top(work.images * 2)
    volumes = sorted({*(volume for volume in VOLUMES if volume != work.images), work.images})
    rows = tuple((volume, tuple(at_volume(side, work, volume, today) for side in sides)) for volume in volumes)
    drawn = [
        Line(side.card.name, [(0, 0), (top, total)])
        for side in sides
        if (total := at_volume(side, work, top, today)) is not None
    ]
    told = sentence(sides)
    plot = (
        lines(
            drawn,
            name="Cost of a month over the number of images",
            describe=f"At {work.images:,} images a month: {told}",
            mark=work.images,
            scale=short,
        )
        if any(point for line in drawn for _, point in line.points)
        else None
    )
    return Month(work, sides, told, plot, rows)
