"""Any two models can be compared, in sentences that are whole and figures that are right."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import pochoir
from pochoir.domain.catalog import Abilities, Card, Score
from pochoir.domain.errors import InvalidValue
from pochoir.features.catalog.cards import load_cards
from pochoir.features.catalog.compare import Comparison, compare
from pochoir.features.catalog.differences import expected_share, votes_sentence
from pochoir.features.catalog.words import count, listed, percent, usd
from pochoir.features.metering import pricing

CARDS = load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")
BY_ID = {card.id: card for card in CARDS}
TODAY = date(2026, 11, 23)
GOLDEN = Path(__file__).parents[1] / "golden/compare-gpt-image-1-vs-mini.json"
BARE = Card(id="bare", name="Bare", provider="Nobody", family="Bare", summary="Nothing is known of it.")
VARIED = (
    *(
        BY_ID[name]
        for name in ("gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "dall-e-3", "dall-e-2")
    ),
    BY_ID["gpt-image-2.6-flare"],
    BY_ID["pochoir-sketch"],
    BARE,
    *({card.provider: card for card in CARDS if card.provider not in {"OpenAI", "Pochoir"}}.values()),
)
MINI = compare(BY_ID["gpt-image-1"], BY_ID["gpt-image-1-mini"], TODAY, pricing)


def sentences(found: Comparison) -> Iterator[str]:
    yield from (found.title, found.intro, found.a.status, found.b.status)
    for spec in found.specs:
        yield from (spec.label, spec.a.text, spec.b.text)
    for item in found.differences:
        yield from (item.fact, item.practice)
    for head in (found.a, found.b):
        assert head.strengths
        for strength in head.strengths:
            yield from (strength.title, *strength.points)
    for part in found.either:
        yield from (part.title, part.text)
    for answer in found.questions:
        yield from (answer.question, answer.answer)


def test_every_pair_reads_well() -> None:
    for a, b in itertools.permutations(VARIED, 2):
        found = compare(a, b, TODAY, pricing)
        assert len(found.either) == 3
        assert len(found.questions) == 7
        for text in sentences(found):
            assert text.strip(), (a.id, b.id)
            assert not re.search(r"\bNone\b|\{|\}|  |\.\.|\bor \.|\b1 (images|tokens|days|points)\b", text), (
                a.id,
                b.id,
                text,
            )
        for text in [answer.answer for answer in found.questions] + [part.text for part in found.either]:
            assert text[-1] in ".", (a.id, b.id, text)


def test_the_reference_page_word_for_word() -> None:
    """Rewrite with: python tests/unit/test_compare.py"""
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == list(sentences(MINI))


def test_what_the_page_evades_is_answered() -> None:
    said = {answer.question: answer.answer for answer in MINI.questions}
    cheaper = said["Is GPT Image 1 cheaper than GPT Image 1 mini?"]
    assert cheaper.startswith("No: ")
    assert "$0.04224 at medium quality" in cheaper
    assert "$0.008448 at medium quality" in cheaper
    assert "80% cheaper" in cheaper
    assert (
        "OpenAI publishes no context window"
        in said["Which has the larger context window, GPT Image 1 or GPT Image 1 mini?"]
    )
    assert "1139 points" in said["Which is better at edits, GPT Image 1 or GPT Image 1 mini?"]
    assert "23 October 2026, 31 days ago" in said["When does GPT Image 1 shut down?"]
    assert "1 December 2026, in 8 days" in said["When does GPT Image 1 mini shut down?"]


def test_differences_have_figures() -> None:
    facts = [item.fact for item in MINI.differences]
    assert "GPT Image 1 mini is 60% cheaper on text that goes in ($2 instead of $5 per million tokens)." in facts
    assert "GPT Image 1 mini is 75% cheaper on images that go in ($2.50 instead of $10 per million tokens)." in facts
    assert any(
        "1,000 images cost $8.45 on GPT Image 1 mini and $42.24 on GPT Image 1" in d.practice for d in MINI.differences
    )


def test_a_shut_down_model_says_so_first_and_names_who_follows() -> None:
    assert "shut down on 23 October 2026" in MINI.a.warning
    assert "gpt-image-2.6-sunburst" in MINI.a.warning
    assert "in 8 days" in MINI.b.warning
    assert compare(BY_ID["gpt-image-2"], BY_ID["pochoir-sketch"], TODAY, pricing).a.warning == ""


def test_prices_carry_their_source() -> None:
    spec = next(spec for spec in MINI.specs if spec.label == "Input price")
    assert (spec.a.text, spec.b.text) == ("$5 / 1M tokens", "$2 / 1M tokens")
    assert spec.a.source is not None
    assert "OpenAI" in spec.a.source.title


def test_a_model_is_not_compared_with_itself() -> None:
    with pytest.raises(InvalidValue, match="Choose a second model"):
        compare(BARE, BARE, TODAY, pricing)


def test_a_gap_of_scores_as_a_share_of_votes() -> None:
    assert expected_share(Decimal(0)) == Decimal("0.5")
    assert round(expected_share(Decimal(400)), 4) == Decimal("0.9091")
    assert expected_share(Decimal(70)) + expected_share(Decimal(-70)) == 1
    near = [
        Score(board="b", value=v, plus_minus=Decimal(3), day=TODAY, source="s") for v in (Decimal(1002), Decimal(1000))
    ]
    assert "too close to call" in votes_sentence(near[0], near[1], BARE, BARE)


def test_words() -> None:
    assert (count(1, "image"), count(2000, "image")) == ("1 image", "2,000 images")
    assert (listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")) == (
        "",
        "a",
        "a and b",
        "a, b or c",
    )
    assert (percent(2, 5), percent(999, 1000), percent(1, 1000)) == ("60%", "0.1%", "99.9%")
    assert [usd(Decimal(text)) for text in ("5.00", "0.5", "0.625", "10", "100")] == [
        "$5",
        "$0.50",
        "$0.625",
        "$10",
        "$100",
    ]


def test_a_context_window_that_is_known_wins() -> None:
    large = BARE.model_copy(
        update={"id": "large", "name": "Large", "context_window": 2000, "abilities": Abilities(edit=True)}
    )
    said = compare(BARE, large, TODAY, pricing).questions
    assert said[1].answer == "Large has 2,000 tokens; Nobody publishes none for Bare."
    assert said[2].answer == "Large. As for Bare, whether it edits is not published."


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(list(sentences(MINI)), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
