"""The reviewed nouns: each draws what was reviewed, senses are settled, what has no drawing is said."""

from __future__ import annotations

import pytest
from bench.nouns import drawn

from pochoir.engines.builtin import archive, words
from pochoir.engines.builtin.report import report
from pochoir.engines.builtin.understand import understand

TABLE = archive.nouns()


def test_the_table_is_large_and_names_drawings_that_are_there() -> None:
    assert len(TABLE) > 3000
    assert sum(bool(piece) for piece in TABLE.values()) > 2500
    assert all(archive.has(piece) for piece in TABLE.values() if piece)


def test_nearly_every_noun_is_drawn_as_reviewed() -> None:
    """What is left are words that the small words claim, such as colours, places and words for the picture itself."""
    shown = {noun: piece for noun, piece in TABLE.items() if piece}
    wrong = [noun for noun, piece in shown.items() if drawn(noun) != [piece]]
    assert len(wrong) / len(shown) < 0.02, wrong


def test_a_noun_without_a_drawing_is_never_drawn_as_something_else() -> None:
    for noun, piece in TABLE.items():
        if not piece:
            assert not any(drawn(noun)), noun


@pytest.mark.parametrize(
    ("prompt", "pieces"),
    [
        ("a cup", ["mug"]),
        ("a trophy", ["trophy"]),
        ("a mouse beside a keyboard", ["computer-mouse", "keyboard"]),
        ("a mouse and some cheese", ["mouse", "cheese-wedge"]),
        ("a bat in the night", ["bat"]),
        ("a baseball bat", ["baseball-bat"]),
        ("a seal on the beach", ["seal"]),
        ("an orange on a plate", ["tangerine", "fork-and-knife-with-plate"]),
        ("a pair of glasses", ["glasses"]),
        ("a glass of water", ["glass-of-water"]),
        ("a plant on a table", ["potted-plant", "table"]),
        ("a bank", ["bank"]),
        ("a treasure chest under a palm", ["treasure-chest", "palm-tree"]),
        ("a letter and a ring", ["envelope", "ring"]),
        ("a pitcher and a glass", ["water-jug", "glass-of-water"]),
        ("jam on toast", ["jar", "bread"]),
        ("a construction crane", ["building-construction"]),
        ("a pumpkin", ["pumpkin"]),
        ("a robot vacuum cleaner", ["robot-vacuum"]),
        ("two forklifts in a warehouse", ["forklift", "warehouse"]),
        ("a fire", ["fire"]),
        ("an elf", ["person-elf"]),
    ],
)
def test_senses(prompt: str, pieces: list[str]) -> None:
    assert [t.piece for t in understand(prompt).things] == pieces


def test_a_known_noun_without_a_drawing_is_named_in_the_report() -> None:
    said = report(understand("a harp beside a cat"))
    assert "No drawing of harp" in said


def test_plurals_of_reviewed_nouns_are_several() -> None:
    assert [(t.piece, t.count) for t in understand("calculators").things] == [("calculator", 3)]
    assert [(t.piece, t.count) for t in understand("shorts").things] == [("shorts", 1)]


def test_keywords_in_at_least_ten_languages() -> None:
    languages = ("de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "ja", "zh", "ko", "ru", "uk", "hi")
    assert all(len(archive.words(language)) > 2000 for language in languages)
    assert set(words.LANGUAGE_HINTS) >= {"de", "fr", "es", "it", "pt", "nl", "pl", "sv"}


@pytest.mark.parametrize(
    ("prompt", "pieces"),
    [
        ("eine gelbe Gießkanne im Garten", ["watering-can"]),
        ("ein Rock und eine Bluse", ["skirt", "shirt"]),
        ("un aspirateur et une machine à laver", ["vacuum-cleaner", "washing-machine"]),
        ("una aspiradora azul", ["vacuum-cleaner"]),
        ("um copo e uma furadeira", ["glass-of-water", "drill"]),
        ("czerwony odkurzacz", ["vacuum-cleaner"]),
        ("黄色い傘と青いやかん", ["umbrella", "kettle"]),
        ("红色的吸尘器和洗衣机", ["vacuum-cleaner", "washing-machine"]),
    ],
)
def test_our_own_drawings_have_words_in_other_languages(prompt: str, pieces: list[str]) -> None:
    assert [t.piece for t in understand(prompt).things if t.piece] == pieces


def test_every_own_drawing_can_be_asked_for_in_other_languages() -> None:
    assert all(archive.has(piece) for piece in archive.foreign_nouns().values())
    assert len(set(archive.foreign_nouns().values())) > 140
