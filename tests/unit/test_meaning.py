"""Texts as vectors: like meaning lies close, forms of a word are one, unknown words are like themselves only."""

from __future__ import annotations

import math

import pytest
from bench.meaning import found, read

from pochoir.infra import meaning
from pochoir.infra.meaning import SIZE, Wanted, vector_of


def near(one: str, two: str) -> float:
    return sum(a * b for a, b in zip(vector_of(one), vector_of(two), strict=True))


@pytest.mark.parametrize("text", ["a fox", "", "!!!", "Füchse im Schnee", "雪の中の狐", "0", "x" * 5000, "\0"])
def test_every_text_has_a_vector_of_length_one(text: str) -> None:
    vector = vector_of(text)
    assert len(vector) == SIZE
    assert math.isclose(sum(value * value for value in vector), 1.0, rel_tol=1e-9)
    assert vector == vector_of(text)


@pytest.mark.parametrize(
    ("text", "closer", "farther"),
    [
        ("dog", "puppy", "spoon"),
        ("a red car on the road", "an automobile on a street", "a bowl of soup"),
        ("ocean", "sea", "desk"),
        ("happy children", "smiling kids", "an old tractor"),
    ],
)
def test_what_means_the_same_is_nearer(text: str, closer: str, farther: str) -> None:
    assert near(text, closer) > near(text, farther) + 0.2
    assert Wanted(text).closeness(closer) > Wanted(text).closeness(farther)


def test_forms_of_a_word_and_its_letters_size_do_not_matter() -> None:
    assert near("FOXES", "fox") == pytest.approx(1.0)
    assert Wanted("Foxes").closeness("the fox") == pytest.approx(1.0)


def test_unknown_words_are_like_themselves_only() -> None:
    assert Wanted("Zorbatine").closeness("a crate of zorbatine") == pytest.approx(1.0)
    assert Wanted("Zorbatine").closeness("a crate of apples") == 0.0
    assert Wanted("狐").closeness("雪の中の狐") >= 0.0
    assert near("雪の中の狐", "雪の中の熊") > near("雪の中の狐", "赤い自動車")


def test_everyday_words_find_prompts_that_say_it_otherwise() -> None:
    """The share that `python -m bench.meaning` prints, held a little below."""
    prompts, looked_for = read()
    three = sum(
        any(part in prompt for prompt in found(wanted, prompts)[:3] for part in meant)
        for wanted, meant in looked_for.items()
    )
    assert three / len(looked_for) >= 0.65


def test_what_the_vectors_are_made_of_is_told() -> None:
    told = {credit.id: credit for credit in meaning.credits()}
    assert told.keys() == {"glove", "wordnet"}
    assert "Public Domain Dedication" in told["glove"].text
    assert "Princeton University" in told["wordnet"].text
