"""Type in every script: shaped, ordered, broken and fitted; nothing is silently missing, nothing leaves its box."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from bench import lettered
from PIL import Image

from pochoir.engines.builtin import archive, lettering
from pochoir.engines.builtin.compose import compose
from pochoir.engines.builtin.illustrate import Job, illustrate
from pochoir.engines.builtin.render import render
from pochoir.engines.builtin.report import report
from pochoir.engines.builtin.type import breaks
from pochoir.engines.builtin.type.faces import CHAINS, LAST, MANNERS, load
from pochoir.engines.builtin.type.scripts import base_level, levels, main_script, visual
from pochoir.engines.builtin.type.shape import primary, set_line
from pochoir.engines.builtin.understand import understand

SAMPLES = {
    "Latn": "Zażółć gęślą jaźń, Grüße & Cà phê sữa đá",
    "Cyrl": "Їжа для всіх, ура!",
    "Grek": "Καλοκαιρινές εκπτώσεις",
    "Arab": "تخفيضات الصيف الكبرى",
    "Hebr": "מבצע קיץ גדול",
    "Deva": "गर्मियों की सेल शुरू",
    "Beng": "শুভ নববর্ষ",
    "Taml": "பொங்கல் வாழ்த்துக்கள்",
    "Telu": "శుభాకాంక్షలు",
    "Thai": "น้ำขึ้นให้รีบตัก",
    "Hang": "천 리 길도 한 걸음부터",
    "Kana": "夏の大セール、今週末まで開催中です",
    "Hani": "每天清晨的第一杯咖啡",
    "Geor": "გამარჯობა მსოფლიო",
    "Armn": "Շնորհավոր տոնդ",
}


def shown(text: str) -> str:
    """The characters in the order they stand, by the levels alone."""
    return "".join(text[k] for k in visual(levels(text, base_level(text))))


@pytest.mark.parametrize("script", SAMPLES)
@pytest.mark.parametrize("manner", MANNERS)
def test_every_script_is_set_in_every_manner_inside_its_box(script: str, manner: str) -> None:
    text = SAMPLES[script]
    assert main_script(text) == script
    assert lettering.settable(text) == (text, "")
    block = lettering.fit(text, manner, 420, 160, most=90)
    assert block.width <= 420.5
    assert block.height <= 160.5
    assert "".join("".join(block.lines).split()) == "".join(text.split())
    svg = lettering.draw(block, 40, 40, "#000000", "start")
    page = f'<svg xmlns="http://www.w3.org/2000/svg" width="500" height="260">{svg}</svg>'
    left, top, right, low = Image.open(io.BytesIO(render(page))).getchannel("A").getbbox() or (0, 0, 0, 0)
    assert left >= 40 - block.size * 0.12
    assert top >= 40 - block.size * 0.12
    assert right <= 40 + block.width + block.size * 0.12
    assert low <= 40 + block.height + block.size * 0.32


def test_every_face_named_is_in_the_archive_and_none_is_idle() -> None:
    named = {name for chain in CHAINS.values() for name in chain} | set(LAST)
    assert named == set(archive.faces())
    for name in named:
        assert 300 < load(name).capital < 1100


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("abc אבג", "abc גבא"),
        ("אבג 50% הנחה", "החנה 50% גבא"),
        ("מ-7:00", "7:00-מ"),
        ("خصم 50%", "%50 مصخ"),
        ("אבג (2026) דה", "הד )2026( גבא"),
        ("hello (אבג) there", "hello (גבא) there"),
        ("12.5 kg", "12.5 kg"),
    ],
)
def test_lines_in_two_directions_stand_as_unicode_says(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_letters_join_and_clusters_form() -> None:
    alone, joined = set_line("ب ب ب", "clean", "cairo", 1), set_line("ببب", "clean", "cairo", 1)
    assert {g.glyph for g in alone.glyphs}.isdisjoint({g.glyph for g in joined.glyphs[:1] + joined.glyphs[2:]})
    assert len(set_line("क्षि", "clean", "mukta", 0).glyphs) < 4
    mark = set_line("ที่", "clean", "kanit", 0).glyphs
    assert len({round(g.y) for g in mark}) + len({g.glyph for g in mark}) > 3


def test_the_face_that_has_all_letters_sets_a_text() -> None:
    assert primary("Sale", "round") == "fredoka"
    assert primary("Cà phê sữa", "round") == "nunito"
    assert primary("新春特別割引", "clean") == "noto-jp"
    assert primary("夏季大减价", "clean") == "noto-sc"
    assert primary("歡迎光臨臺北", "clean") == "noto-tc"
    assert primary("夏の大セール", "round") == "rounded"
    assert {g.face for g in set_line("Tokyo 東京", "round", "fredoka", 0).glyphs} == {"fredoka", "noto-jp"}


def test_a_character_without_letters_gets_a_box_and_is_said() -> None:
    kept, missing = lettering.settable("ភាសា ok")
    assert kept == "ភាសា ok"
    assert set("ភស") <= set(missing) <= set("ភាសា")
    svg = lettering.draw(lettering.fit(kept, "clean", 400, 80, most=60), 0, 0, "#000000")
    assert svg.count('fill-rule="evenodd"') >= 2
    _, said = illustrate(Job("poster “ភាសា” with a dog", 256, 256, "low", False, "svg", None, 1))
    assert "no letters for ភ" in said


def test_emoji_inside_a_text_are_drawn_or_said() -> None:
    kept, missing = lettering.settable("Coffee ☕ and ❤️ 👋🏽 🇩🇪")
    assert missing == "🇩🇪"
    block = lettering.fit(kept, "clean", 600, 80, most=60)
    svg = lettering.draw(block, 0, 0, "#000000")
    ElementTree.fromstring(svg)
    assert archive.piece("red-heart").colours[0][0] in svg
    assert "red heart" in svg
    assert lettering.settable("© 2026 あ")[1] == ""


def test_silent_and_private_characters_change_nothing() -> None:
    assert lettering.settable("a\u200bb\u00adc\ufeff \ue000d\x07") == ("abc d", "")
    assert lettering.settable("e\u0301") == ("é", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("夏の大セール、今週末まで開催中です", ["夏の大セール、", "今週末まで開催中です"]),
        ("千里之行，始於足下", ["千里之行，", "始於足下"]),
        ("Tea & cake in the garden", ["Tea & cake", "in the garden"]),
        ("천 리 길도 한 걸음부터", ["천 리 길도", "한 걸음부터"]),
    ],
)
def test_lines_break_where_a_reader_would(text: str, lines: list[str]) -> None:
    block = lettering.fit(text, "clean", 300, 84, most=300, lines=2)
    assert list(block.lines) == lines


def test_no_line_begins_or_ends_with_what_must_not() -> None:
    text = "「これは、とても長い文章ですが、きちんと改行されます」と彼は言った（笑）。" * 2
    for width in range(120, 420, 30):
        for line in lettering.fit(text, "clean", width, 300, most=28, least=18).lines:
            assert line[0] not in "、。」）ーっゃ"
            assert line[-1] not in "「（"


def test_stretches_keep_numbers_and_words_whole() -> None:
    assert [p.text for p in breaks.parts("Mo-Fr 9:00-18:00 www.example.org/a-b")] == [
        "Mo-Fr",
        "9:00-",
        "18:00",
        "www.example.org/",
        "a-",
        "b",
    ]


def test_long_texts_grow_down_and_stay_readable() -> None:
    for text in ("Wort" * 60, "The quick brown fox. " * 14, "文字" * 140, "كلمة طويلة " * 25):
        block = lettering.fit(text, "clean", 800, 60, most=120, least=26)
        assert block.size >= 25.9
        assert block.width <= 801


def test_all_texts_of_a_prompt_stand_in_every_layout() -> None:
    texts = ["Alpha one", "Beta two", "Gamma three", "Delta four", "Epsilon five", "Zeta six"]
    named = " ".join(f'"{text}"' for text in texts)
    for kind in ("poster", "banner", "card", "logo", "sticker", "mock-up of a phone", "icon", "product shot", "scene"):
        for size in ((512, 512), (768, 512)):
            prompt = f"{kind} with a dog {named}"
            svg = compose(understand(prompt), prompt, *size, quality="low", transparent=False, seed=3)
            said = set(re.findall(r'aria-label="([^"]*)"', svg))
            assert said >= set(texts), kind


@pytest.mark.parametrize(
    "prompt", ["Poster “Free entry” with a dog", "Poster “تسوق الآن” with a dog", "Poster “全场五折起” with a dog"]
)
def test_the_bench_sees_a_wrong_letter(prompt: str) -> None:
    svg = illustrate(Job(prompt, 768, 768, "low", False, "svg", None, 2))[0].decode()
    picture, (expected,) = lettered.pixels(svg), lettered.quoted(prompt)
    (text,) = lettered.texts(svg, picture)
    assert lettered.spelled(text, expected) >= lettered.ALIKE
    assert lettered.inside(text)
    assert lettered.contrast(text, picture) >= 4.5
    wrong = expected.replace("r", "n", 1).replace("س", "ش", 1).replace("五", "三", 1)
    assert wrong != expected
    assert lettered.spelled(text, wrong) < lettered.ALIKE


@pytest.mark.parametrize("marks", ['""', "“”", "„“", "„”", "””", "«»", "»«", "‚‘", "「」", "『』", "＂＂"])
def test_a_text_in_any_language_s_marks_is_taken(marks: str) -> None:
    assert [w.text for w in understand(f"poster {marks[0]}A b{marks[1]} with a dog").texts] == ["A b"]


def test_a_pattern_says_that_it_has_no_text() -> None:
    assert "repeats without text" in report(understand('seamless pattern of lemons "Hello"'))


def test_short_buttons_stand_side_by_side_and_things_above_them() -> None:
    def tops(texts: str) -> list[float]:
        prompt = f'poster "Big" with a dog, "sub", {texts}'
        svg = compose(understand(prompt), prompt, 512, 512, quality="low", transparent=False, seed=1)
        named = re.findall(r'aria-label="(?!Big|sub)[^"]*"><g transform="translate\([\d.]+ ([\d.]+)\)', svg)
        return [float(y) for y in named]

    assert len(set(tops('"One", "Two", "Three"'))) == 1
    long = tops('"A fairly long button text here", "Another fairly long button text"')
    assert len(long) == len(set(long)) == 2
