"""What the illustrator understands: counts, colours, places, layouts, texts, languages; and what it admits not to."""

from __future__ import annotations

import pytest

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.nouns import REVIEWED
from pochoir.engines.builtin.report import report
from pochoir.engines.builtin.understand import understand


def things(prompt: str) -> list[tuple[str | None, int, str]]:
    return [(t.piece, t.count, t.colour_word) for t in understand(prompt).things]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("two yellow balloons and a blue car", [("balloon", 2, "yellow"), ("automobile", 1, "blue")]),
        ("a photo of three red mugs", [("mug", 3, "red")]),
        ("a dozen eggs", [("egg", 12, "")]),
        ("a cup of coffee", [("coffee", 1, "")]),
        ("an orange orange next to a banana", [("tangerine", 1, "orange"), ("banana", 1, "")]),
        ("hoodie in navy blue", [("hoodie", 1, "navy blue")]),
        ("zwei rote Äpfel", [("red-apple", 2, "rote")]),
        ("un chat sur un canapé vert", [("cat", 1, ""), ("sofa", 1, "vert")]),
        ("tres globos amarillos", [("balloon", 3, "amarillos")]),
        ("una bicicletta rossa", [("bicycle", 1, "rossa")]),
        ("dois gatos pretos", [("cat", 2, "pretos")]),
        ("赤いスニーカー", [("sneaker", 1, "赤い")]),
        ("一只黑色的猫和三个苹果", [("cat", 1, "黑色"), ("red-apple", 3, "")]),
        ("puppies", [("dog", 3, "")]),
        ("red mugs", [("mug", 3, "red")]),
        ("new sneakers", [("sneaker", 1, "")]),
        ("red wine and two glasses", [("wine-bottle", 1, ""), ("wine-glass", 2, "")]),
    ],
)
def test_things_with_counts_and_colours(prompt: str, expected: list[tuple[str, int, str]]) -> None:
    assert things(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("a cat to the left of a dog", "left"),
        ("a cat right of a dog", "right"),
        ("a cat on a table", "on"),
        ("a ball under a chair", "under"),
        ("a bird above a house", "above"),
        ("a dog behind a tree", "behind"),
        ("eine Katze auf dem Tisch", "on"),
    ],
)
def test_places(prompt: str, place: str) -> None:
    relation = understand(prompt).relations[0]
    assert (relation.first, relation.place, relation.second) == (0, place, 1)


def test_joined_things_share_a_place() -> None:
    relations = understand("a mug and a candle on a table").relations
    assert [(r.first, r.place, r.second) for r in relations] == [(0, "on", 2), (1, "on", 2)]
    held = understand("a bear holding a red heart").relations[0]
    assert (held.first, held.place, held.second) == (1, "holding", 0)


def test_variants_are_not_things() -> None:
    scene = understand("Three square product shots of our new sneaker on a pastel background")
    assert scene.layout == "product"
    assert [(t.piece, t.count) for t in scene.things] == [("sneaker", 1)]
    assert "pastel" in scene.styles
    assert scene.unknown == ()


@pytest.mark.parametrize(
    ("prompt", "layout"),
    [
        ('Poster "SALE" with a dog', "poster"),
        ("app icon with a rocket", "icon"),
        ("icon set: rocket, chart, lock", "icons"),
        ("seamless pattern of lemons", "pattern"),
        ("sticker of a cat", "sticker"),
        ("avatar of a fox", "avatar"),
        ("mock-up of a phone with a heart", "mockup"),
        ("birthday card with a cake", "card"),
        ("web banner with a rocket", "banner"),
        ("innovation and trust", "words"),
        ("a dog in the park", "scene"),
    ],
)
def test_layouts(prompt: str, layout: str) -> None:
    assert understand(prompt).layout == layout


def test_setting_time_weather_and_backdrop() -> None:
    scene = understand("a dog in the forest at night in the rain")
    assert (scene.setting, scene.time, scene.weather) == ("forest", "night", "rain")
    assert understand("a mug on a #ffd166 background").backdrop == "#ffd166"
    assert understand("ein Schuh auf mintgrünem Hintergrund").backdrop == understand("a shoe, mint background").backdrop


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ('a poster "Big Sale"', "Big Sale"),
        ("ein Plakat „Alles neu“", "Alles neu"),
        ("une affiche « Bonjour »", "Bonjour"),
        ("a poster that says Grand Opening", "Grand Opening"),
        ("don't stop: a dog’s life 'Good boy'", "Good boy"),
    ],
)
def test_quoted_texts(prompt: str, text: str) -> None:
    assert [w.text for w in understand(prompt).texts] == [text]


def test_negatives_are_left_out_and_said() -> None:
    scene = understand("a beach with an umbrella, no people, without dogs")
    assert [t.piece for t in scene.things] == ["umbrella"]
    assert "Left out as asked" in report(scene)


def test_unknown_nouns_stand_as_cards_and_are_said() -> None:
    scene = understand("a flibbertigibbet next to a dog")
    assert [(t.word, t.piece) for t in scene.things] == [("flibbertigibbet", None), ("dog", "dog")]
    assert "No drawing of flibbertigibbet" in report(scene)


def test_report_says_what_cannot_be_set() -> None:
    assert "no letters for ភាសា" in report(understand("poster “ភាសា” with a dog"), "ភាសា")


def test_every_reviewed_noun_that_is_ours_has_a_drawing() -> None:
    missing = {piece for piece in REVIEWED.values() if not archive.has(piece)}
    assert len(missing) < 20, sorted(missing)
    assert not missing & {
        "sneaker",
        "mug",
        "coffee",
        "hoodie",
        "perfume",
        "sofa",
        "smartphone",
        "tote-bag",
        "red-apple",
        "automobile",
    }


def test_too_many_things_stay_bounded() -> None:
    assert sum(t.count for t in understand("9999 cats").things) <= 60
    assert len(understand(", ".join(archive.names()[:200])).things) <= 24


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red circle left of a blue square", [(1, "circle-shape", "red"), (1, "square-shape", "blue")]),
        ("three black squares", [(3, "square-shape", "black")]),
        ("ein grünes Dreieck", [(1, "triangle-shape", "grünes")]),
        ("a square photo of a cat", [(1, "cat", "")]),
        ("Three square product shots of a mug", [(1, "mug", "")]),
    ],
)
def test_plain_shapes(prompt: str, expected: list[tuple[int, str, str]]) -> None:
    assert [(t.count, t.piece, t.colour_word) for t in understand(prompt).things] == expected
