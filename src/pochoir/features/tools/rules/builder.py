"""The offline builder: reads a description with rules and gives a draft for review. Deterministic; needs no model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from pydantic import ValidationError

from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidSpec
from pochoir.domain.tools import Draft
from pochoir.features.tools import validation
from pochoir.features.tools.contract import DefaultModel
from pochoir.features.tools.rules import (
    amounts,
    chatter,
    leaving,
    looks,
    models,
    pictures,
    shapes,
    spelling,
    subject,
    texts,
    varying,
    wording,
)
from pochoir.features.tools.rules.build import Understood, spec_of
from pochoir.features.tools.rules.language import detect
from pochoir.features.tools.rules.prompt import compose, singular
from pochoir.features.tools.rules.reading import Reading, plain
from pochoir.features.tools.rules.words import job_of, words_of
from pochoir.steps.base import StepType

MAX_PROMPT_KEPT = 20_000
MAX_READ = 4_000
"""Characters of a description that are searched for settings; the rest goes into the prompt as it is."""
TOO_MUCH = "More was asked for than one tool can hold, so all became the prompt. Ask for less, or add the rest by hand."


class RulesBuilder:
    """`cards` are the catalogue's, for names; `default` is the model to take when none is named.

    `writer`: a language model is connected, so that tools may write texts beside their images.
    """

    def __init__(
        self,
        cards: Mapping[str, Card],
        kinds: Mapping[str, StepType],
        default: DefaultModel,
        today: Callable[[], date],
        *,
        writer: bool = False,
    ) -> None:
        self._cards = cards
        self._kinds = kinds
        self._default = default
        self._today = today
        self._writer = writer
        self._names = models.names_of(cards.values())

    async def build(self, text: str) -> Draft:
        """Build a draft; every text gives one, however vague."""
        return self.draft(text)

    def draft(self, text: str) -> Draft:
        text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text).strip()
        try:
            return self._draft(text, MAX_READ)
        except (ValidationError, InvalidSpec):
            plainly = self._draft(text, 0)
            return plainly.model_copy(update={"left_out": (*plainly.left_out, TOO_MUCH)})

    def _draft(self, text: str, read: int) -> Draft:
        """A draft for which the first characters were read. Raises where that asks for more than a spec may hold."""
        head, tail = _flowing(text[:read]), text[read:]
        words = words_of(detect(head))
        head, slips = spelling.correct(head, words)
        reading = Reading(head, words, job_of(head, words))
        for said, meant in dict(slips).items():
            reading.understood("summary", f"'{said}' was read as '{meant}'.")
        found, named = self._read(reading)
        if tail:
            found = _with_tail(found, tail)
        model = self._model(reading, found, named)
        spec = spec_of(reading, found, model)
        validation.check(spec, self._kinds)
        return Draft(
            spec=spec,
            guesses=tuple(dict.fromkeys(reading.guesses)),
            left_out=tuple(dict.fromkeys(reading.left_out)),
            job=reading.job.family or reading.job.id,
            language=words.language,
            builder="rules",
        )

    def _read(self, reading: Reading) -> tuple[Understood, str | None]:
        """Every reader in turn; the order matters, because each takes the words that it understood."""
        chatter.read_chatter(reading)
        watermark = wording.read_watermark(reading)
        writings = texts.read_texts(reading, writer=self._writer)
        wording.read_text(reading)
        wording.read_text_language(reading)
        varying.read_placeholders(reading)
        named = models.read_model(reading, self._names)
        if named is None:
            models.tell_unknown(reading, self._cards.values())
        approval = pictures.read_approval(reading)
        image_in = pictures.read_image_in(reading)
        leaving.read_left_out(reading)
        chosen = amounts.read_count_input(reading)
        varying.read_choices(reading)
        each = varying.read_lines(reading) or varying.read_enumeration(reading) or varying.read_list(reading)
        each = each or pictures.one_by_one(reading, image_in)
        varying.read_fields(reading)
        if reading.job.image_in == "images":
            amounts.hide_images_in(reading)
        count = amounts.read_count(reading)
        said_shapes = shapes.read_shapes(reading)
        said_looks = looks.read_looks(reading)
        if said_looks.background is None:
            if reading.job.subject:
                subject.read_background(reading)
            if reading.job.background != "auto":
                reading.assumed("steps.make.with.background", f"A {reading.job.background} background.")
                said_looks = replace(said_looks, background=reading.job.background)
        subject.read_subject(reading)
        prompt = compose(reading)
        if (count is None or count > 1) and reading.job.image_in != "images":
            prompt = singular(prompt, reading.words.language)
        found = Understood(count, said_shapes, said_looks, image_in, each, watermark, approval, prompt)
        extra = reading.job.extra_image if image_in else ""
        return replace(found, chosen=chosen, writings=tuple(writings), extra_image=extra), named

    def _model(self, reading: Reading, found: Understood, named: str | None) -> str:
        if named is not None:
            card = self._cards.get(named)
            if card is not None:
                models.tell_status(reading, card, self._today())
                if card.status(self._today()) == "shut down":
                    return self._successor(card) or named
            return named
        model, why, needs = self._default.pick(edits=bool(found.image_in))
        (reading.missing if needs else reading.assumed)("model", why)
        return model

    def _successor(self, card: Card) -> str | None:
        """The first successor that is current; what was done stands in the sentence on the shutdown."""
        known = [self._cards[name] for name in card.successors if name in self._cards]
        return next((after.id for after in known if after.status(self._today()) == "current"), None)


def _flowing(text: str) -> str:
    """The text with lines that were only wrapped joined; blank lines and items of lists stay lines of their own."""
    return re.sub(r"(?<=[^\n.:;!?])[ \t]*\n(?![ \t]*(?:\n|[-•*–]|\d+[.)]))[ \t]*", " ", text)


def _with_tail(found: Understood, tail: str) -> Understood:
    return replace(found, prompt=f"{found.prompt}\n{plain(tail)}"[:MAX_PROMPT_KEPT])
