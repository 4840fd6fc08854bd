"""Quote before, charge after, a month ahead: one calculation, usage x the price in force that day. Pure.

Rounding happens once a line, half up to a whole micro-dollar. A part that the provider decides (how long the prompt is
in tokens, how an image is cut into patches) is an estimate and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pochoir.domain.catalog import Card, Price, Source, TokenPrices
from pochoir.domain.images import ImageRequest, Size
from pochoir.domain.money import Charge, Quote, QuoteLine, Usage, micro_usd
from pochoir.features.catalog.words import day
from pochoir.features.metering import tokens

SQUARE = Size(1024, 1024)
_MEGAPIXEL = 1_000_000
UNSIZED = "counted as one megapixel each, as their sizes are not known yet"
_HERE = Source(key="here", title="A model on this machine", seen=date(2026, 11, 23))
_FREE = Price(start=date(2000, 1, 1), kind="free", source="here")
_PARTS = (
    ("text_in", "Prompt"),
    ("cached_text_in", "Prompt, cached"),
    ("image_in", "Images in"),
    ("cached_image_in", "Images in, cached"),
    ("text_out", "Text out"),
    ("image_out", "Images out"),
)


@dataclass(frozen=True, slots=True)
class Work:
    """What a team makes in a month: images of one size and quality, `references` images going in for each, as batch."""

    images: int
    size: Size | None = None
    quality: str | None = None
    references: int = 0
    batch: bool = False
    prompt: str = "A photo of our product on a plain background with soft light, seen from the front, in our colours."


@dataclass(frozen=True, slots=True)
class _Ask:
    """One image's choices, settled, with what had to be assumed."""

    size: Size
    quality: str
    assumed: str


def quote(
    card: Card,
    request: ImageRequest,
    day: date,
    *,
    reference_sizes: Sequence[Size | None] = (),
    partial_images: int = 0,
    batch: bool = False,
) -> Quote:
    """The price of a request on a day, before it is sent. `reference_sizes`: None where a size is not known yet."""
    price = card.price_on(day)
    if price is None:
        return Quote(card.id, (), Usage(), "", unknown=f"No price of {card.name} is known. Check its provider's page.")
    if batch and (problem := _no_batch(card, price)):
        return Quote(card.id, (), Usage(), _basis(card, price), unknown=problem)
    ask = _settled(card, request)
    if price.kind == "token":
        return _token_quote(card, request, price, ask, reference_sizes, partial_images, batch)
    usage = Usage(images=request.n, references=len(reference_sizes) * request.n)
    if price.kind == "megapixel":
        usage = replace(
            usage, reference_megapixels=request.n * sum(_megapixels(size or SQUARE) for size in reference_sizes)
        )
    lines, unknown = _flat_lines(card, price, usage, ask, batch, UNSIZED if None in reference_sizes else "")
    return Quote(card.id, lines, usage, _basis(card, price), unknown=unknown)


def made_here(card: Card) -> Card:
    """The card of a model that this machine runs itself: what a seller takes for it is not charged."""
    return card.model_copy(update={"prices": (_FREE,), "sources": (*card.sources, _HERE)})


def charge(
    card: Card,
    usage: Usage,
    day: date,
    *,
    batch: bool = False,
    quote: Quote | None = None,
    quality: str | None = None,
    size: Size | None = None,
) -> Charge:
    """What is booked: the usage that was reported x the price in force on the day.

    Where a provider bills by the picture, `quality` and `size` choose the price, and a usage without images is the
    quote's; how large the images are that went in is the quote's too. A model without a known price is charged nothing,
    and the charge says why.
    """
    price = card.price_on(day)
    if price is None:
        return Charge((), usage, "", unknown=f"No price of {card.name} was known on {day}.")
    if price.kind == "token":
        return Charge(_token_lines(price, usage, batch, exact=True), usage, _basis(card, price))
    if not usage.images and quote is not None:
        usage = replace(usage, images=quote.usage.images, references=quote.usage.references)
    if price.kind == "megapixel" and usage.references:
        usage = replace(usage, reference_megapixels=_megapixels_in(usage, quote))
    ask = _settled(card, ImageRequest(card.id, "", size=size, quality=quality))
    lines, unknown = _flat_lines(card, price, usage, ask, batch)
    return Charge(tuple(replace(line, exact=True) for line in lines), usage, _basis(card, price), unknown)


def month(card: Card, work: Work, day: date) -> Quote:
    """What a month of work costs: the quote of one image of it, times the images."""
    one = ImageRequest(card.id, work.prompt, size=work.size, quality=work.quality)
    single = quote(card, one, day, reference_sizes=[work.size or SQUARE] * work.references, batch=work.batch)
    lines = tuple(
        replace(line, units=line.units * work.images, amount=micro_usd(line.unit_microusd * line.units * work.images))
        for line in single.lines
    )
    return replace(single, lines=lines, usage=single.usage.times(work.images))


def image_price(card: Card, day: date, quality: str | None = None, size: Size | None = None) -> Quote:
    """The output alone of one image: what directories call "per image"."""
    bare = month(card, Work(1, size or SQUARE, quality), day)
    kept = tuple(line for line in bare.lines if line.label.startswith("Images out"))
    return replace(bare, lines=kept)


def _settled(card: Card, request: ImageRequest) -> _Ask:
    can, assumed = card.abilities, []
    told = request.quality or (can.quality_for(request.size) if request.size else None)
    quality = told or (can.default_quality if can.default_quality != "auto" else None)
    if told is None and can.qualities:
        quality = quality or ("medium" if "medium" in can.qualities else can.qualities[0])
        assumed.append(f"quality {quality}")
    size = request.size
    if size is None:
        default = can.default_size if can.default_size not in {None, "auto"} else None
        size = Size.parse(default) if default else SQUARE
        assumed.append(f"size {size}")
    return _Ask(size, quality or "", " and ".join(assumed))


def _token_quote(
    card: Card,
    request: ImageRequest,
    price: Price,
    ask: _Ask,
    reference_sizes: Sequence[Size | None],
    partial_images: int,
    batch: bool,
) -> Quote:
    rules, basis = card.tokens, _basis(card, price)
    out = tokens.output_tokens(rules, ask.quality, ask.size) if rules else None
    if rules is None or out is None:
        level = f" at quality {ask.quality}" if ask.quality else ""
        return Quote(
            card.id,
            (),
            Usage(),
            basis,
            unknown=f"How many tokens an image{level} costs on {card.name} is not published.",
        )
    notes_in: list[str] = []
    image_in = 0
    for size in reference_sizes:
        found = tokens.input_tokens(rules, size, request.input_fidelity)
        if found is None:
            notes_in.append("how the provider counts images in is not published")
            continue
        image_in += found[0]
        notes_in += [found[1]] if found[1] else []
    usage = Usage(
        text_in=tokens.text_tokens(request.prompt) + rules.prompt_overhead,
        image_in=image_in,
        image_out=out[0] + partial_images * rules.partial_image,
        images=1,
        references=len(reference_sizes),
    ).times(request.n)
    lines = []
    for line in _token_lines(price, usage, batch, exact=True):
        note = {
            "Prompt": "counted by a rule of thumb, not by the tokenizer",
            "Images in": "; ".join(dict.fromkeys(notes_in)),
            "Images out": out[1] or (f"{ask.assumed}, unless the model chooses another" if ask.assumed else ""),
        }.get(line.label, "")
        lines.append(replace(line, exact=not note, note=note))
    return Quote(card.id, tuple(lines), usage, basis)


def _token_lines(price: Price, usage: Usage, batch: bool, *, exact: bool) -> tuple[QuoteLine, ...]:
    rates, factor = price.tokens or TokenPrices(), Decimal(1)
    if batch:
        rates, factor = (price.batch, Decimal(1)) if price.batch else (rates, price.batch_factor or Decimal(1))
    lines = []
    for name, label in _PARTS:
        units, rate = getattr(usage, name), getattr(rates, name)
        if rate is None and name.startswith("cached_"):
            rate = getattr(rates, name.removeprefix("cached_"))
        if units and rate is not None:
            lines.append(QuoteLine(label, units, rate * factor, micro_usd(units * rate * factor), exact))
    return tuple(lines)


def _flat_lines(
    card: Card, price: Price, usage: Usage, ask: _Ask, batch: bool, unsized: str = ""
) -> tuple[tuple[QuoteLine, ...], str]:
    if price.kind == "free":
        return (), ""
    factor = (price.batch_factor or Decimal(1)) if batch else Decimal(1)
    if price.kind == "image":
        each, note = _per_image(price, ask)
        per_reference, references, unsized = price.per_reference, usage.references, ""
    else:
        each, note = _per_output_megapixels(price, ask)
        per_reference, references = price.reference_megapixel, usage.reference_megapixels
    if each is None:
        return (), f"No price of {card.name} for {ask.quality or 'this quality'} at {ask.size} is known."
    lines = [_line("Images out", usage.images, each * factor, note or (ask.assumed and f"for {ask.assumed}"))]
    if usage.references:
        note = (
            unsized
            if per_reference is not None
            else "what images in cost is not published; nothing is counted for them"
        )
        lines.append(_line("Images in", references, (per_reference or Decimal(0)) * factor, note))
    return tuple(lines), ""


def _line(label: str, units: int, usd: Decimal, note: str) -> QuoteLine:
    unit = usd * 1_000_000
    return QuoteLine(label, units, unit, micro_usd(unit * units), not note, note)


def _per_image(price: Price, ask: _Ask) -> tuple[Decimal | None, str]:
    """The listed price for quality and size, the most particular first; else the nearest size of that quality."""
    rows = [row for row in price.per_image if row.quality in (None, ask.quality)]
    for row in sorted(rows, key=lambda row: (row.size is None, row.quality is None)):
        if row.size in (None, str(ask.size)):
            return row.usd, ""
    sized = [(Size.parse(row.size), row.usd) for row in rows if row.size and "x" in row.size]
    if not sized:
        return (rows[0].usd, "the price list has no such size") if rows else (None, "")
    nearest, usd = min(sized, key=lambda pair: abs(pair[0].pixels - ask.size.pixels))
    return usd, f"{ask.size} is not in the price list; {nearest} is taken for it"


def _per_output_megapixels(price: Price, ask: _Ask) -> tuple[Decimal | None, str]:
    """`first_megapixel` and `next_megapixel` for each begun one after it (a megapixel is 1,000,000 pixels)."""
    if price.first_megapixel is None:
        return None, ""
    further = _megapixels(ask.size) - 1
    if further and price.next_megapixel is None:
        return price.first_megapixel, "what further megapixels cost is not known"
    return price.first_megapixel + further * (price.next_megapixel or 0), ""


def _megapixels(size: Size) -> int:
    """Begun ones; a square of 1024 counts as one."""
    return 1 if size.pixels <= SQUARE.pixels else -(-size.pixels // _MEGAPIXEL)


def _megapixels_in(usage: Usage, quote: Quote | None) -> int:
    """The quote's for as many images as went in: each image that was made had all of them."""
    if quote is None or not quote.usage.references:
        return usage.references
    return quote.usage.reference_megapixels * usage.references // quote.usage.references


def _no_batch(card: Card, price: Price) -> str:
    if price.kind == "free" or price.batch or price.batch_factor is not None:
        return ""
    return f"{card.name} has no batch price. Ask for the price without batch."


def _basis(card: Card, price: Price) -> str:
    source = card.source(price.source)
    seller = f", sold by {price.seller}" if price.seller else ""
    return f"price since {day(price.start)}{seller} ({source.title if source else price.source})"
