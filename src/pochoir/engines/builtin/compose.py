"""A Scene to SVG: the layout paints the sheet, this puts its layers into one document. Deterministic by seed."""
# ruff: noqa: E501 - tables and formulas read better in long lines

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.backgrounds import finish
from pochoir.engines.builtin.goods import lay_avatar, lay_icon, lay_icons, lay_mockup, lay_pattern, lay_sticker
from pochoir.engines.builtin.layouts import lay_banner, lay_poster, lay_product, lay_scene, lay_words
from pochoir.engines.builtin.paint import Sheet
from pochoir.engines.builtin.palettes import Palette, choose
from pochoir.engines.builtin.scene import Layout, Scene

FINISH = {"low": 0, "medium": 1, "high": 2}


_LAYOUTS: Mapping[Layout, Callable[[Sheet, Scene, Palette, int, str], None]] = MappingProxyType(
    {
        "scene": lay_scene, "product": lay_product, "poster": lay_poster, "card": lay_poster, "banner": lay_banner, "icon": lay_icon,
        "icons": lay_icons, "sticker": lay_sticker, "pattern": lay_pattern, "avatar": lay_avatar, "mockup": lay_mockup, "words": lay_words,
    }
)  # fmt: skip


def compose(
    scene: Scene,
    prompt: str,
    width: int,
    height: int,
    *,
    quality: str,
    transparent: bool,
    seed: int,
    stage: str = "all",
) -> str:
    """Draw a scene as an SVG document of `width` by `height` pixels. `stage` stops early, for partial images."""
    sheet = Sheet(width, height, FINISH[quality], random.Random(seed))  # noqa: S311 - repeatable by design
    palette = choose(scene, seed)
    _LAYOUTS[scene.layout](sheet, scene, palette, seed, prompt)
    layers = {
        "background": sheet.back,
        "things": sheet.back + sheet.things,
        "all": sheet.back + sheet.things + sheet.front,
    }[stage]
    if transparent:
        layers = [] if stage == "background" else sheet.things
    grain = finish(sheet) if stage == "all" and not transparent else ""
    texts = sheet.texts if stage == "all" else []
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><metadata>Made with Pochoir Sketch. {_credits(scene)}</metadata>'
        f"<defs>{''.join(sheet.defs)}</defs>{''.join(layers)}{grain}{''.join(texts)}</svg>"
    )


def _credits(scene: Scene) -> str:
    used = {archive.piece(t.piece).source for t in scene.things if t.piece}
    return "Art: " + "; ".join(archive.CREDITS[name] for name in sorted(used)) + "." if used else ""
