"""The revised prompt: in a few sentences, what was understood and drawn, and what was not."""
# ruff: noqa: E501 - tables and formulas read better in long lines

from __future__ import annotations

from pochoir.engines.builtin.scene import Scene, Thing

_LAYOUT = {
    "product": "Product shot", "poster": "Poster", "icon": "Icon", "icons": "Icon set", "card": "Card", "banner": "Banner", "avatar": "Avatar",
    "pattern": "Pattern", "sticker": "Sticker", "mockup": "Mock-up", "words": "Typographic picture", "logo": "Logo", "storyboard": "Storyboard", "scene": "Picture",
}  # fmt: skip
_PLACE = {"left": "left of", "right": "right of", "on": "on", "under": "under", "above": "above", "below": "below", "behind": "behind",
          "front": "in front of", "inside": "in", "between": "between", "next": "next to", "holding": "held by"}  # fmt: skip


def report(scene: Scene, unset: str = "") -> str:
    """Sentences for a person. `unset` holds characters of quoted texts that no bundled face has."""
    parts = [f"{_LAYOUT[scene.layout]}"]
    if scene.things:
        parts.append("of " + ", ".join(_thing(t) for t in scene.things))
    places = [f"{scene.things[r.first].word} {_PLACE[r.place]} {scene.things[r.second].word}" for r in scene.relations]
    if places:
        parts.append(f"({'; '.join(places)})")
    marks = [m for m in (scene.setting, scene.time, scene.weather, scene.season) if m]
    if marks:
        parts.append("· setting: " + ", ".join(marks))
    if scene.backdrop_word:
        parts.append(f"· background: {scene.backdrop_word}")
    if scene.styles:
        parts.append("· style: " + ", ".join(scene.styles))
    if scene.texts:
        parts.append("· text: " + ", ".join(f"“{_short(w.text, 200)}”" for w in scene.texts))
    sentences = [" ".join(parts) + "."]
    sentences += [f"Panel {number}: {report(panel)}" for number, panel in enumerate(scene.panels, start=1)]
    cards = [t.word for t in scene.things if t.piece is None]
    if cards:
        sentences.append(f"No drawing of {', '.join(_short(c) for c in cards)}: a card with the word stands for it.")
    rest = [w for w in scene.unknown if w not in cards]
    if rest:
        sentences.append(f"Not understood: {', '.join(_short(w) for w in rest[:12])}{' …' if len(rest) > 12 else ''}.")
    if scene.without:
        sentences.append(f"Left out as asked: {', '.join(_short(w) for w in scene.without[:8])}.")
    if scene.texts and scene.layout == "pattern":
        sentences.append("A pattern repeats without text: what stands in quotes is not in it.")
    if unset:
        sentences.append(
            f"The typefaces have no letters for {unset[:40]}: a box stands for each, and nothing for an emoji."
        )
    return " ".join([*sentences, *scene.notes])


def _thing(thing: Thing) -> str:
    colour = f"{thing.colour_word} " if thing.colour_word else ""
    return f"{thing.count} × {colour}{_short(thing.word)}"


def _short(text: str, most: int = 60) -> str:
    """A text as it stands, or its start."""
    return text if len(text) <= most else f"{text[:most]}…"
