"""Labels that tools append, negatives in several languages, and several colours for one noun."""

from __future__ import annotations

import pytest

from pochoir.engines.builtin.report import report
from pochoir.engines.builtin.understand import understand


@pytest.mark.parametrize(
    ("prompt", "without"),
    [
        ("A cosy cafe scene\n\nLeave out: people, text", ("people", "text")),
        ("A living room\n\nLeave out: people.", ("people",)),
        ("no people, text or logos, a red car on the street", ("people", "text", "logos")),
        ("a dog without text in the park", ("text",)),
        ("Eine Küche ohne Menschen und Text", ("menschen", "text")),
        ("Un salon sans personnes ni texte", ("personnes", "texte")),
        ("Una cocina sin personas", ("personas",)),
        ("Una cucina senza persone", ("persone",)),
        ("Uma cozinha sem pessoas", ("pessoas",)),
        ("Een keuken zonder mensen", ("mensen",)),
        ("人物なしのカフェ", ("人物",)),
        ("没有人的海滩,一把红色的伞", ("人",)),
    ],
)
def test_what_is_left_out_is_never_drawn(prompt: str, without: tuple[str, ...]) -> None:
    scene = understand(prompt)
    assert scene.without == without
    assert not {t.word for t in scene.things} & set(without)
    assert "Left out as asked" in report(scene)


def test_a_negative_ends_where_the_rest_begins() -> None:
    scene = understand("a table without cats and two dogs in the kitchen")
    assert [(t.piece, t.count) for t in scene.things] == [("table", 1), ("dog", 2)]
    assert scene.setting == "kitchen"


def test_labels_are_read_as_what_they_say() -> None:
    scene = understand(
        'Instagram post for our autumn sale: a cosy cafe scene with the text "20% off all lattes"\nSeason: spring'
    )
    assert (scene.season, scene.setting) == ("spring", "cafe")
    assert [t.piece for t in scene.things] == ["coffee", "croissant"]
    assert "No thing was named, so it got coffee, croissant." in report(scene)
    assert [w.text for w in scene.texts] == ["20% off all lattes"]
    scene = understand(
        "Product photo of a sneaker\nText on the image: SUMMER DEAL\nStyle: minimalist\nBackground: mint"
    )
    assert [t.piece for t in scene.things] == ["sneaker"]
    assert [w.text for w in scene.texts] == ["SUMMER DEAL"]
    assert (scene.season, scene.styles, scene.backdrop_word) == (None, ("minimal",), "mint")
    assert understand("a mug. Jahreszeit: Winter").season == "winter"
    assert understand("a mug\nTexto: Hola").texts[0].text == "Hola"


@pytest.mark.parametrize(
    ("prompt", "pieces", "palette"),
    [
        ("A fox. Colour: red", ["fox-seated"], ("#e5383b",)),
        ("A square post for our summer sale. Colour: red, blue", [], ("#e5383b", "#2b6fe8")),
        ("A fox in a pastel palette", ["fox-seated"], ()),
        ("A brush and a palette", ["paintbrush", "artist-palette"], ()),
        ("A palette with paints", ["artist-palette"], ()),
        ("A palette and a red brush", ["artist-palette", "paintbrush"], ("#e5383b",)),
    ],
)
def test_a_palette_of_colours_is_not_a_painters(prompt: str, pieces: list[str], palette: tuple[str, ...]) -> None:
    scene = understand(prompt)
    assert ([thing.piece for thing in scene.things], scene.palette) == (pieces, palette)


@pytest.mark.parametrize("word", ["calm", "quiet", "fluffy", "spicy", "slow", "ancient", "serious", "empty"])
def test_how_a_thing_is_adds_no_other_thing(word: str) -> None:
    assert [thing.piece for thing in understand(f"A {word} fox").things] == ["fox-seated"]


def test_a_label_inside_a_quoted_text_stays_text() -> None:
    scene = understand('poster "Style: loud" with a dog')
    assert [w.text for w in scene.texts] == ["Style: loud"]


def test_labels_that_change_nothing_are_said() -> None:
    assert "Angle: top" in report(understand("a mug\nAngle: top"))


def test_left_out_wins_over_what_the_prompt_names() -> None:
    scene = understand("a cat and a dog on a table\nLeave out: dog")
    assert [t.piece for t in scene.things] == ["cat", "table"]
    assert [(r.first, r.place, r.second) for r in scene.relations] == [(0, "on", 1)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("two bottles, one red one blue", [(1, "red"), (1, "blue")]),
        ("four mugs, two red and two blue", [(2, "red"), (2, "blue")]),
        ("a red and a blue bottle", [(1, "red"), (1, "blue")]),
        ("red, yellow and green balloons", [(1, "red"), (1, "yellow"), (1, "green")]),
        ("three balloons: red, yellow and green", [(1, "red"), (1, "yellow"), (1, "green")]),
        ("six red and blue cups", [(3, "red"), (3, "blue")]),
        ("five cups, red and blue", [(3, "red"), (2, "blue")]),
    ],
)
def test_colours_are_spread_over_a_count(prompt: str, expected: list[tuple[int, str]]) -> None:
    scene = understand(prompt)
    assert [(t.count, t.colour_word) for t in scene.things] == expected
    assert len({t.colour for t in scene.things}) == len(expected)


@pytest.mark.parametrize(
    ("prompt", "relations"),
    [
        ("a blue vase with tulips on a table", [(1, "inside", 0), (0, "on", 2)]),
        ("a bowl with strawberries and a banana on a table", [(1, "inside", 0), (2, "inside", 0), (0, "on", 3)]),
        ("a woman holding an umbrella", [(1, "holding", 0)]),
        ("ソファの上の猫", [(1, "on", 0)]),
        ("沙发上的猫", [(1, "on", 0)]),
        ("un gato en la silla", [(0, "on", 1)]),
    ],
)
def test_what_is_held_contained_and_placed(prompt: str, relations: list[tuple[int, str, int]]) -> None:
    assert [(r.first, r.place, r.second) for r in understand(prompt).relations] == relations


@pytest.mark.parametrize(
    ("prompt", "pieces", "setting"),
    [
        ("Dwa koty i pies w parku", [("cat", 2), ("dog", 1)], "garden"),
        ("Czerwony samochód na tle gór", [("automobile", 1)], "mountains"),
        ("Två hundar i snön", [("dog", 2)], None),
        ("Красный кот на синем диване", [("cat", 1), ("sofa", 1)], None),
        ("빨간 자동차와 노란 집", [("automobile", 1), ("house", 1)], None),
        ("Um carro vermelho na cidade à noite", [("automobile", 1)], "city"),
        ("Dois cachorros no parque", [("dog", 2)], "garden"),
        ("Eine Geburtstagskarte mit Luftballons", [("balloon", 3)], None),
    ],
)
def test_more_languages(prompt: str, pieces: list[tuple[str, int]], setting: str | None) -> None:
    scene = understand(prompt)
    assert [(t.piece, t.count) for t in scene.things] == pieces
    assert scene.setting == setting


def test_a_storyboard_has_a_picture_for_each_clause() -> None:
    scene = understand("Storyboard: a boy finds a dog, they play with a ball, they sleep on a sofa")
    assert scene.layout == "storyboard"
    assert [[t.piece for t in p.things] for p in scene.panels] == [["child-standing", "dog"], ["soccer-ball"], ["sofa"]]
    assert "Panel 3" in report(scene)


def test_materials_give_a_colour_where_none_was_said() -> None:
    leather, blue = understand("a leather handbag").things[0], understand("a blue ceramic vase").things[0]
    assert (leather.colour_word, blue.colour_word) == ("leather", "blue")


def test_the_same_word_means_another_thing_beside_others() -> None:
    assert understand("a mouse and a cheese").things[0].piece == "mouse"
    assert [t.piece for t in understand("a keyboard and a mouse").things] == ["keyboard", "computer-mouse"]
    assert [t.piece for t in understand("a van in the desert").things] == ["minibus"]


def test_an_orange_stays_a_fruit_between_colours() -> None:
    scene = understand("a photo of a red orange and a purple broccoli")
    assert [(t.piece, t.colour_word) for t in scene.things] == [("tangerine", "red"), ("broccoli", "purple")]


def test_two_colours_of_a_background() -> None:
    scene = understand("red and blue background with a sneaker")
    assert (scene.backdrop_word, [t.colour for t in scene.things]) == ("red and blue", [None])
