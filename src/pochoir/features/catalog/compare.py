"""Compare any two models: puts the sections together. No sentence is typed for a pair; all are computed from the cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidValue
from pochoir.features.catalog.differences import Difference, differences
from pochoir.features.catalog.either import Paragraph, either, how
from pochoir.features.catalog.facts import Fact, facts, status_words
from pochoir.features.catalog.pricelist import PriceList
from pochoir.features.catalog.questions import Answer, questions
from pochoir.features.catalog.strengths import Side, strengths
from pochoir.features.catalog.words import listed


@dataclass(frozen=True, slots=True)
class Head:
    """A model at the top of its column. `warning` is empty unless it is shut down, ends soon, or cannot be run."""

    card: Card
    status: str
    warning: str
    strengths: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """A row of "at a glance"."""

    label: str
    a: Fact
    b: Fact

    @property
    def same(self) -> bool:
        return self.a.text == self.b.text


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole page, section by section."""

    title: str
    intro: str
    a: Head
    b: Head
    specs: tuple[Spec, ...]
    differences: tuple[Difference, ...]
    either: tuple[Paragraph, ...]
    questions: tuple[Answer, ...]


def compare(a: Card, b: Card, today: date, prices: PriceList) -> Comparison:
    """Compare two models on a day. `prices`: features.metering.pricing. Raises InvalidValue for a model with itself."""
    if a.id == b.id:
        raise InvalidValue(f"{a.name} cannot be compared with itself. Choose a second model.", param="b")
    return Comparison(
        title=f"{a.name} vs {b.name}",
        intro=(
            f"Prices, abilities, scores and dates of {a.name} by {a.provider} and {b.name} by {b.provider}, what they "
            "mean for your work, and how to put either to use."
        ),
        a=head(a, today),
        b=head(b, today),
        specs=_specs(a, b, today, prices),
        differences=differences(a, b, today, prices)
        or (Difference("Nothing that is known sets the two apart.", "Try both on your own work, then decide."),),
        either=either(a, b, today),
        questions=questions(a, b, today, prices),
    )


def head(card: Card, today: date) -> Head:
    """A model's name, status and warning; serves its own page too."""
    status = card.status(today)
    warning = "" if status == "current" and card.engines else how(card, today)
    if status == "deprecated":
        after = (
            f" Move to {listed(list(card.successors), 'or')}."
            if card.successors
            else " Choose another model before then."
        )
        warning = f"{card.name}: {status_words(card, today)}.{after}"
    return Head(card, status_words(card, today), warning, strengths(card))


_ALWAYS = {"Context window", "Input price", "Image generation"}


def _specs(a: Card, b: Card, today: date, prices: PriceList) -> tuple[Spec, ...]:
    """Both models' facts in rows; what is known of neither is left out, but for what people always ask."""
    pairs = zip(facts(a, today, prices), facts(b, today, prices), strict=True)
    return tuple(Spec(x.label, x, y) for x, y in pairs if x.known or y.known or x.label in _ALWAYS)
