"""Use either model or both: three paragraphs, true of these two today. Also says how a model can be had at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pochoir.domain.catalog import Card
from pochoir.features.catalog.words import day, listed


@dataclass(frozen=True, slots=True)
class Paragraph:
    title: str
    text: str


def usable(card: Card, today: date) -> bool:
    """Can it be run here, given a key or a machine where it needs one?"""
    return card.status(today) in {"current", "deprecated"} and bool(card.engines)


def how(card: Card, today: date, *, after: bool = True) -> str:
    """What it takes to use a model. `after`: name what follows a model that is gone."""
    if card.status(today) == "shut down":
        gone = f"{card.name} was shut down on {day(card.shutdown or today)} and cannot be run any more."
        instead = f"Use {listed(list(card.successors), 'or')} instead." if card.successors else "Choose another model."
        return f"{gone} {instead}" if after else gone
    if card.status(today) == "announced":
        return f"{card.name} is announced and cannot be run yet."
    if not card.engines:
        return f"{card.name} can be looked up and compared, but no engine here can run it yet."
    needs = {
        "builtin": "runs right here, without a key",
        "openai": "needs an OpenAI key under Settings",
        "openai_compatible": "needs a connected server that offers it",
        "diffusers": "runs on your own machine once its weights are there",
    }
    ways = [needs.get(engine, f"runs on the engine {engine}") for engine in card.engines]
    return f"{card.name} {listed(ways, 'or')}."


def either(a: Card, b: Card, today: date) -> tuple[Paragraph, ...]:
    """The three paragraphs."""
    ready = [card for card in (a, b) if usable(card, today)]
    names = listed([card.name for card in ready], "or")
    return (
        Paragraph("Describe it, and it's built", _built(a, b, names, today)),
        Paragraph("Switch models without rebuilding", _switch(a, b, ready, today)),
        Paragraph("Automated for the whole team", _automated(ready, names, today)),
    )


def _built(a: Card, b: Card, names: str, today: date) -> str:
    start = "Say in a sentence which image tool your team needs, and Pochoir builds it: a form, steps and a price"
    working = f"{start}, on {names}" if names else f"{start}, on another model of the catalogue"
    return f"{working}. No code. {how(a, today, after=False)} {how(b, today, after=False)}"


def _switch(a: Card, b: Card, ready: list[Card], today: date) -> str:
    if len(ready) == 2:
        text = (
            f"Start on {a.name}, try the same tool on {b.name}, and keep the one that does better. The switch is one "
            "line of the tool's history; its form, steps and inputs stay as they are, and you can go back."
        )
        ends = [f"{card.name} on {day(card.shutdown)}" for card in ready if card.shutdown]
        return f"{text} You will need it: {listed(ends)} shuts down." if len(ends) == 1 else _both_end(text, ends)
    if len(ready) == 1:
        gone = b if ready[0] is a else a
        return (
            f"A tool that was made for {gone.name} moves to {ready[0].name} with one line of its history; its form, "
            "steps and inputs stay as they are. Before you switch you see what changes in price and ability."
        )
    return (
        "Neither of the two can be run here today. A tool that names one of them moves to another model with one line "
        "of its history; its form, steps and inputs stay as they are."
    )


def _both_end(text: str, ends: list[str]) -> str:
    return f"{text} You will need it: {listed(ends)} shut down." if ends else text


def _automated(ready: list[Card], names: str, today: date) -> str:
    who = f"on {names}" if names else "on any model that runs"
    paid = [card.name for card in ready if (price := card.price_on(today)) is None or price.kind != "free"]
    money = f"What {listed(paid, 'or')} costs is shown before each run and booked after it" if paid else "Runs are free"
    return (
        f"A tool {who} is a page that anybody on the team can use, and programs call it by API. Each run is kept with "
        f"its inputs, images and cost. {money}, and a monthly budget refuses before money is spent."
    )
