"""How two models differ, each difference with what it means in practice. Every sentence is computed from the cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from pochoir.domain.catalog import Card, Score
from pochoir.domain.money import dollars
from pochoir.features.catalog.facts import status_words
from pochoir.features.catalog.pricelist import PriceList, reference
from pochoir.features.catalog.words import count, day, listed, percent, usd

_MANY = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the fact, and what it means in practice."""

    fact: str
    practice: str


def differences(a: Card, b: Card, today: date, prices: PriceList) -> tuple[Difference, ...]:
    """What sets two models apart, the weightiest first."""
    return (
        *_lives(a, b, today),
        *_image_price(a, b, today, prices),
        *_token_prices(a, b, today),
        *one_sided(a, b, today),
        *_amounts(a, b, today),
        *_choices(a, b),
        *_votes(a, b),
        *_ages(a, b),
    )


def better(a: Card, b: Card) -> list[tuple[Score, Score, Card, Card]]:
    """Boards on which both stand: the higher score, the lower one, and their cards."""
    pairs = []
    for mine in a.scores:
        theirs = next((score for score in b.scores if (score.board, score.day) == (mine.board, mine.day)), None)
        if theirs is not None:
            pairs.append((mine, theirs, a, b) if mine.value >= theirs.value else (theirs, mine, b, a))
    return pairs


def expected_share(gap: Decimal) -> Decimal:
    """The share of votes that a gap on a Bradley-Terry board stands for: 1 / (1 + 10^(-gap/400)), as in chess (Elo)."""
    return 1 / (1 + Decimal(10) ** (-gap / 400))


def votes_sentence(high: Score, low: Score, first: Card, second: Card) -> str:
    """`On arena.ai text to image A has 1115 points and B 1105, so people would choose A in 51% (51% to 52%) …`"""
    gap = high.value - low.value
    start = f"On {high.board} ({day(high.day)})"
    if not gap:
        return f"{start} both have {high.value} points: people choose each of them equally often."
    if high.plus_minus is None or low.plus_minus is None:
        margin, spread = None, ""
    else:
        margin = (high.plus_minus**2 + low.plus_minus**2).sqrt()
        spread = f" ({_share(gap - margin)} to {_share(gap + margin)} with the scores' plus-minus)"
    sure = "" if margin is None or gap > margin else " That is too close to call."
    return (
        f"{start} {first.name} has {high.value} points and {second.name} {low.value}, which means that people would "
        f"choose {first.name} in about {_share(gap)} of direct comparisons{spread}.{sure}"
    )


def _share(gap: Decimal) -> str:
    return f"{(expected_share(gap) * 100).quantize(Decimal('0.1'), rounding=ROUND_HALF_UP)}%"


def _lives(a: Card, b: Card, today: date) -> list[Difference]:
    found: list[Difference] = []
    for card, other in ((a, b), (b, a)):
        status = card.status(today)
        if status not in {"shut down", "deprecated"} or (card is b and a.shutdown == b.shutdown):
            continue
        same = other.shutdown == card.shutdown
        later = f"{other.name} is {_lower(status_words(other, today))}" if not other.shutdown else ""
        later = later or f"{other.name} {_lower(status_words(other, today))}"
        after = f" Its provider names {listed(list(card.successors), 'or')} to follow it." if card.successors else ""
        verb = _lower(status_words(card, today))
        if status == "shut down":
            fact = f"{card.name} was {verb}" if not same else f"{a.name} and {b.name} were both {verb}"
            practice = f"Nothing new can be made with {'either' if same else card.name}.{after}"
        else:
            fact = f"{card.name} {verb}" if not same else f"{a.name} and {b.name} shut down on the same day"
            practice = f"What is built on it has to move by {day(card.shutdown or today)}.{after}"
        tail = "" if same or found else f"; {later.replace(' shut down on', ' was shut down on')}"
        found.append(Difference(f"{fact}{tail}.", practice))
    return found


def _image_price(a: Card, b: Card, today: date, prices: PriceList) -> list[Difference]:
    mine, theirs = reference(a, today, prices), reference(b, today, prices)
    if mine.amount is None or theirs.amount is None or mine.amount == theirs.amount:
        return []
    rows = [(mine.amount, mine, a), (theirs.amount, theirs, b)]
    (less, cheap, first), (more, dear, second) = sorted(rows, key=lambda row: row[0])
    quality = f" at {cheap.quality} quality" if cheap.quality and cheap.quality == dear.quality else ""
    about = "" if cheap.exact and dear.exact else "about "
    if less == 0:
        return [
            Difference(
                f"{first.name} costs nothing an image; {second.name} costs {about}{dollars(more)} for a square "
                "of 1024 pixels.",
                f"For {_MANY:,} images you save {about}{dollars(more * _MANY, places=2)}; your own machine does the work.",
            )
        ]
    return [
        Difference(
            f"{first.name} is {percent(less, more)} cheaper for a square of 1024 pixels{quality}: "
            f"{about}{dollars(less)} instead of {dollars(more)}.",
            f"{_MANY:,} images cost {about}{dollars(less * _MANY, places=2)} on {first.name} and "
            f"{dollars(more * _MANY, places=2)} on {second.name}.",
        )
    ]


_RATES: tuple[tuple[str, str, str], ...] = (
    ("text_in", "text that goes in", "A prompt of 50 words is about 70 tokens, so {many} prompts cost {saved} less."),
    ("image_in", "images that go in", "It counts when you edit or send references: {million} less a million tokens."),
    ("image_out", "images that come out", "This is most of the bill: {million} less a million tokens."),
)


def _token_prices(a: Card, b: Card, today: date) -> list[Difference]:
    mine, theirs = a.price_on(today), b.price_on(today)
    found = []
    for name, what, practice in _RATES:
        x = getattr(mine.tokens, name) if mine and mine.tokens else None
        y = getattr(theirs.tokens, name) if theirs and theirs.tokens else None
        if x is None or y is None or x == y:
            continue
        (less, first), (more, _) = sorted(((x, a), (y, b)), key=lambda row: row[0])
        saved = dollars(int((more - less) * 70 * _MANY))
        means = practice.format(many=f"{_MANY:,}", saved=saved, million=usd(more - less))
        rates = f"{usd(less)} instead of {usd(more)} per million"
        found.append(Difference(f"{first.name} is {percent(less, more)} cheaper on {what} ({rates} tokens).", means))
    return found


_ABILITIES: tuple[tuple[str, Callable[[Card], bool | None], str, str], ...] = (
    (
        "makes images from words alone",
        lambda card: card.abilities.text_to_image,
        "does not",
        "Start from a text with {a}.",
    ),
    ("edits images", lambda card: card.abilities.edit, "does not", "Change photos or use references with {a} only."),
    (
        "takes a mask",
        lambda card: None if card.abilities.mask is None else card.abilities.mask != "no",
        "does not",
        "With {a} you can say which part of a picture may change.",
    ),
    (
        "takes a markup",
        lambda card: card.abilities.markup,
        "does not",
        "With {a} you can draw on a picture what should change in it.",
    ),
    (
        "makes transparent backgrounds",
        lambda card: card.abilities.transparency,
        "does not",
        "Logos, stickers and cut-outs come ready from {a}; with {b} you cut them out yourself.",
    ),
    (
        "takes seeds",
        lambda card: card.abilities.seeds,
        "does not",
        "The same seed gives the same picture again on {a}.",
    ),
    (
        "takes batches",
        lambda card: card.abilities.batch,
        "does not",
        "Work that can wait a day goes to {a} as a batch.",
    ),
    (
        "has open weights",
        lambda card: card.open_weights,
        "has none",
        "{a} can run on machines of your own, and nobody can shut it down for you.",
    ),
)


def one_sided(a: Card, b: Card, today: date) -> list[Difference]:
    """Abilities that one has and the other is known to lack."""
    found = []
    for does, has, lacks, practice in _ABILITIES:
        mine, theirs = has(a), has(b)
        if mine is None or theirs is None or mine == theirs:
            continue
        able, other = (a, b) if mine else (b, a)
        fact = f"{able.name} {does}; {other.name} {lacks}."
        found.append(Difference(fact, _means(able, today, practice.format(a=able.name, b=other.name))))
    if (a.abilities.free_sizes is None) != (b.abilities.free_sizes is None):
        able, other = (a, b) if a.abilities.free_sizes else (b, a)
        if other.abilities.sizes:
            many = count(len(other.abilities.sizes), "size")
            found.append(
                Difference(
                    f"{able.name} makes free sizes; {other.name} makes {many}.",
                    _means(
                        able,
                        today,
                        f"Banners come in their own shape from {able.name}; from {other.name} they are cropped.",
                    ),
                )
            )
    return found


def _amounts(a: Card, b: Card, today: date) -> list[Difference]:
    values = (
        ("reference image", "reference images", a.abilities.max_references, b.abilities.max_references, "at once"),
        ("image", "images", a.abilities.max_images, b.abilities.max_images, "in one request"),
        ("token", "tokens", a.context_window, b.context_window, "in its context window"),
        ("character", "characters", a.abilities.max_prompt, b.abilities.max_prompt, "in a prompt"),
    )
    found = []
    for one, many, mine, theirs, where in values:
        if mine is None or theirs is None or mine == theirs:
            continue
        (less, small), (more, large) = sorted(((mine, a), (theirs, b)), key=lambda row: row[0])
        least = count(less, one) if less else "none"
        fact = f"{large.name} takes up to {count(more, one)} {where}; {small.name} {least}."
        if one == "image":
            fact = f"{large.name} makes up to {count(more, one)} {where}; {small.name} {least}."
        needs = f"more than {count(less, one)} {where}" if less else many
        found.append(Difference(fact, _means(large, today, f"Work that needs {needs} fits {large.name} only.")))
    return found


def _choices(a: Card, b: Card) -> list[Difference]:
    found = []
    for what, one, mine, theirs in (
        ("qualities", "quality", a.abilities.qualities, b.abilities.qualities),
        ("formats", "format", a.abilities.formats, b.abilities.formats),
    ):
        for card, other, more, fewer in ((a, b, mine, theirs), (b, a, theirs, mine)):
            extra = [name for name in more if name not in fewer]
            if extra and fewer:
                label = what if len(extra) > 1 else one
                found.append(
                    Difference(
                        f"{card.name} has the {label} {listed(extra)}, which {other.name} has not.",
                        f"A tool that asks for {listed(extra, 'or')} must choose again on {other.name}: "
                        f"it has {listed(list(fewer))}.",
                    )
                )
    return found


def _votes(a: Card, b: Card) -> list[Difference]:
    return [
        Difference(
            votes_sentence(high, low, first, second),
            f"In 100 pairs of pictures, expect about {round(expected_share(high.value - low.value) * 100)} wins for "
            f"{first.name}. Try both on your own work before you decide.",
        )
        for high, low, first, second in better(a, b)
    ]


def _ages(a: Card, b: Card) -> list[Difference]:
    if not a.released or not b.released or a.released == b.released:
        return []
    (old, first), (new, second) = sorted(((a.released, a), (b.released, b)), key=lambda row: row[0])
    gap = count((new - old).days, "day")
    return [
        Difference(
            f"{second.name} came out on {day(new)}, {gap} after {first.name} ({day(old)}).",
            f"Examples and settings written for {first.name} may need a second look on {second.name}.",
        )
    ]


def _means(able: Card, today: date, text: str) -> str:
    """What an ability is good for; of a model that is gone, what its users do without."""
    if able.status(today) != "shut down":
        return text
    after = f", or look at {listed(list(able.successors), 'or')}" if able.successors else ""
    return f"{able.name} is gone: a tool that used this does without it{after}."


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
