"""The questions people ask of two models, answered with figures. A fact that nobody publishes is said to be so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pochoir.domain.catalog import Card
from pochoir.domain.money import dollars
from pochoir.features.catalog.differences import better, one_sided, votes_sentence
from pochoir.features.catalog.either import how, usable
from pochoir.features.catalog.pricelist import Cell, PriceList, cheapest, reference
from pochoir.features.catalog.words import count, day, listed, percent


@dataclass(frozen=True, slots=True)
class Answer:
    question: str
    answer: str


def questions(a: Card, b: Card, today: date, prices: PriceList) -> tuple[Answer, ...]:
    both = f"{a.name} or {b.name}"
    return (
        Answer(f"Is {a.name} cheaper than {b.name}?", _cheaper(a, b, today, prices)),
        Answer(f"Which has the larger context window, {both}?", _context(a, b)),
        Answer(f"Which is better at edits, {both}?", _edits(a, b)),
        Answer(f"Should I use {both}?", _advice(a, b, today, prices)),
        Answer(f"Can I use {a.name} and {b.name} without writing code?", _code(a, b, today)),
        *(Answer(f"When does {card.name} shut down?", _end(card, today)) for card in (a, b)),
    )


def _cheaper(a: Card, b: Card, today: date, prices: PriceList) -> str:
    mine, theirs = reference(a, today, prices), reference(b, today, prices)
    if mine.amount is None or theirs.amount is None:
        unknown = [card.name for card, found in ((a, mine), (b, theirs)) if found.amount is None]
        told = "".join(
            f" {card.name} costs {_price(found)} for a square of 1024 pixels."
            for card, found in ((a, mine), (b, theirs))
            if found.amount is not None
        )
        return f"That cannot be said: no price an image of {listed(unknown, 'or')} is known.{told}"
    if mine.amount == theirs.amount:
        if mine.amount == 0:
            return "No, both are free."
        return f"No, they cost the same: {_price(mine)} for a square of 1024 pixels."
    yes = "Yes" if mine.amount < theirs.amount else "No"
    (less, first, cheap), (more, second, dear) = sorted(
        ((mine.amount, a, mine), (theirs.amount, b, theirs)), key=lambda row: row[0]
    )
    if not less:
        start = f"{yes}: {first.name} is free, and {second.name} costs {_price(dear)} for a square of 1024 pixels."
    else:
        start = (
            f"{yes}: a square of 1024 pixels costs {_price(cheap)} on {first.name} and {_price(dear)} on "
            f"{second.name}, so {first.name} is {percent(less, more)} cheaper."
        )
    lows = [
        f"{card.name} starts at {dollars(low.amount)} an image"
        for card in (a, b)
        if (low := cheapest(card, today, prices)) and low.amount
    ]
    return f"{start} {listed(lows)}." if lows else start


def _price(cell: Cell) -> str:
    about = "" if cell.exact else "about "
    quality = f" at {cell.quality} quality" if cell.quality else ""
    amount = cell.amount or 0
    return f"{about}{dollars(amount)}{quality}" if amount else "nothing"


def _context(a: Card, b: Card) -> str:
    if a.context_window is None and b.context_window is None:
        makers = list(dict.fromkeys((a.provider, b.provider)))
        if len(makers) == 1:
            start = f"Neither: {makers[0]} publishes no context window for {a.name} or {b.name}."
        else:
            start = f"Neither is known: {a.provider} publishes none for {a.name}, and {b.provider} none for {b.name}."
        limits = [
            f"{card.name} takes {count(card.abilities.max_prompt, 'character')}"
            for card in (a, b)
            if card.abilities.max_prompt
        ]
        return f"{start} What limits a prompt is its length: {listed(limits)}." if limits else start
    if a.context_window is None or b.context_window is None:
        known, other = (a, b) if a.context_window is not None else (b, a)
        return (
            f"{known.name} has {count(known.context_window or 0, 'token')}; {other.provider} publishes none for "
            f"{other.name}."
        )
    if a.context_window == b.context_window:
        return f"Both have {count(a.context_window, 'token')}."
    large, small = (a, b) if a.context_window > b.context_window else (b, a)
    return (
        f"{large.name}, with {count(large.context_window or 0, 'token')} against "
        f"{count(small.context_window or 0, 'token')} of {small.name}."
    )


def _edits(a: Card, b: Card) -> str:
    able = [card for card in (a, b) if card.abilities.edit]
    unknown = [card for card in (a, b) if card.abilities.edit is None]
    if len(able) == 1:
        other = b if able[0] is a else a
        lack = "whether it edits is not published" if unknown else "it does not edit images"
        return f"{able[0].name}. As for {other.name}, {lack}."
    if not able:
        names = [
            f"{card.name} {'is not known to edit' if card in unknown else 'does not edit'} images" for card in (a, b)
        ]
        return f"Neither: {listed(names)}."
    for high, low, first, second in better(a, b):
        if "edit" in high.board.casefold():
            return votes_sentence(high, low, first, second)
    limits = [
        f"{card.name} takes up to {count(card.abilities.max_references, 'reference')}"
        for card in able
        if card.abilities.max_references
    ]
    tail = f" {listed(limits)}." if limits else ""
    return f"Both edit images, and no public board has scored both for it on the same day.{tail} Try your own pictures."


def _advice(a: Card, b: Card, today: date, prices: PriceList) -> str:
    ready = [card for card in (a, b) if usable(card, today)]
    if not ready:
        return f"Neither can be run here today. {how(a, today)} {how(b, today)}"
    if len(ready) == 1:
        gone = b if ready[0] is a else a
        only = f"Of the two only {ready[0].name} can be run. {how(gone, today, after=False)}"
        return f"{only}{_soon(ready[0])}" if ready[0].shutdown else f"Use {ready[0].name}. {only}"
    reasons = []
    mine, theirs = reference(a, today, prices).amount, reference(b, today, prices).amount
    if mine is not None and theirs is not None and mine != theirs:
        (less, cheap), (more, dear) = sorted(((mine, a), (theirs, b)), key=lambda row: row[0])
        saved = dollars((more - less) * 1000, places=2)
        reasons.append(f"{cheap.name} saves {saved} on 1,000 square images compared with {dear.name}")
    for high, low, first, _ in better(a, b):
        if high.value > low.value:
            reasons.append(f"{first.name} is {count(int(high.value - low.value), 'point')} ahead on {high.board}")
    lasting = [card for card in ready if card.shutdown is None]
    if len(lasting) == 1:
        reasons.append(f"{lasting[0].name} has no shutdown date")
    reasons = reasons or [item.fact.rstrip(".") for item in one_sided(a, b, today)[:3]]
    start = f"{'. '.join(reasons)}." if reasons else "The cards give no reason to prefer one."
    ends = "".join(_soon(card) for card in ready)
    return f"{start}{ends} The choice can be changed later: a tool switches its model without being rebuilt."


def _soon(card: Card) -> str:
    if card.shutdown is None:
        return ""
    after = f" and should move to {listed(list(card.successors), 'or')}" if card.successors else ""
    return f" {card.name} shuts down on {day(card.shutdown)}{after}."


def _code(a: Card, b: Card, today: date) -> str:
    ready = [card.name for card in (a, b) if usable(card, today)]
    start = (
        f"Yes, {listed(ready)}: describe the tool that you need and Pochoir builds it as a page with a form."
        if ready
        else "Not today, with code or without."
    )
    return f"{start} {how(a, today, after=False)} {how(b, today, after=False)}"


def _end(card: Card, today: date) -> str:
    if card.shutdown is None:
        return f"{card.provider} has announced no shutdown date for {card.name}."
    after = f" It is followed by {listed(list(card.successors), 'or')}." if card.successors else ""
    if today >= card.shutdown:
        gone = (today - card.shutdown).days
        when = f"{count(gone, 'day')} ago" if gone else "today"
        return f"It was shut down on {day(card.shutdown)}, {when}.{after}"
    return f"On {day(card.shutdown)}, in {count((card.shutdown - today).days, 'day')}.{after}"
