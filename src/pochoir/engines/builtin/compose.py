"""A Scene to SVG: the layout paints the sheet, this puts its layers into one document. Deterministic by seed."""
# ruff: noqa: E501 - tables and formulas read better in long lines

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.backgrounds import finish
from pochoir.engines.builtin.boards import lay_logo, lay_storyboard
from pochoir.engines.builtin.goods import lay_avatar, lay_icon, lay_icons, lay_mockup, lay_pattern, lay_sticker
from pochoir.engines.builtin.headlines import left_over
from pochoir.engines.builtin.layouts import lay_banner, lay_poster, lay_product, lay_scene, lay_words
from pochoir.engines.builtin.paint import Sheet, rect
from pochoir.engines.builtin.palettes import Palette, choose
from pochoir.engines.builtin.parts import texts_of
from pochoir.engines.builtin.pixels import pixelated
from pochoir.engines.builtin.proof import settle
from pochoir.engines.builtin.scene import Layout, Scene
from pochoir.engines.builtin.styles import Treatment, chosen

MOST_RICH, LARGEST_RICH = 8, 2_500_000
"""Fuller drawings cost about 50 ms each at 512 pixels: at most so many things, on at most so many pixels."""
FINISH = {"low": 0, "medium": 1, "high": 2}


def _storyboard(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    lay_storyboard(sheet, scene, palette, seed, prompt, lay_scene)


_LAYOUTS: Mapping[Layout, Callable[[Sheet, Scene, Palette, int, str], None]] = MappingProxyType(
    {
        "scene": lay_scene, "product": lay_product, "poster": lay_poster, "card": lay_poster, "banner": lay_banner, "icon": lay_icon,
        "logo": lay_logo, "storyboard": _storyboard, "icons": lay_icons, "sticker": lay_sticker, "pattern": lay_pattern, "avatar": lay_avatar, "mockup": lay_mockup, "words": lay_words,
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
    treatment = chosen(scene)
    sheet = _sheet(width, height, FINISH[quality], seed, treatment)
    _choose_style(sheet, scene, treatment)
    if treatment and treatment.setting and not scene.setting:
        scene = replace(scene, setting=treatment.setting)
    palette = choose(scene, seed)
    _LAYOUTS[scene.layout](sheet, scene, palette, seed, prompt)
    left_over(sheet, scene, palette, texts_of(scene))
    if treatment and scene.layout == "pattern":
        treatment = _tiling(sheet, treatment, scene, palette)
    elif treatment and treatment.back:
        treatment.back(sheet, scene, palette)
    inside = _inside(sheet, scene, palette, treatment, stage=stage, transparent=transparent)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><metadata>Made with Pochoir Sketch. {_credits(scene, sheet)}</metadata>{inside}</svg>'
    )


def _tiling(sheet: Sheet, treatment: Treatment, scene: Scene, palette: Palette) -> Treatment:
    """A treatment without what would show where tiles meet: frames, rays, blots."""
    if treatment.paper:
        sheet.back[:] = [rect(0, 0, sheet.width, sheet.height, treatment.paper)]
    elif treatment.name in {"mono", "duotone"} and treatment.back:
        treatment.back(sheet, scene, palette)
    return replace(treatment, over=None)


def _sheet(width: int, height: int, finish: int, seed: int, treatment: Treatment | None) -> Sheet:
    sheet = Sheet(width, height, finish, random.Random(seed), seed=seed)  # noqa: S311 - repeatable by design
    if treatment:
        sheet.thing, sheet.flat, sheet.shadows = treatment.thing, treatment.flat, treatment.shadows
        sheet.tiles = treatment.shadows
    return sheet


def _choose_style(sheet: Sheet, scene: Scene, treatment: Treatment | None) -> None:
    """Line icons for icons in outline; fuller drawings for 3D and for high quality, as long as they are few and not huge."""
    name = treatment.name if treatment else ""
    if name == "outline" and scene.layout in {"icon", "icons", "logo", "pattern"}:
        sheet.lines = "#26262b"
    few = sum(t.count for t in scene.things) <= MOST_RICH and sheet.width * sheet.height <= LARGEST_RICH
    asked = name == "full" or (not name and sheet.finish == 2 and "flat" not in scene.styles)
    sheet.rich = few and asked and scene.layout not in {"pattern", "storyboard", "sticker"}


def _inside(
    sheet: Sheet, scene: Scene, palette: Palette, treatment: Treatment | None, *, stage: str, transparent: bool
) -> str:
    """The document's inside: definitions, layers, finish, type. Pixel art becomes a small raster under the type."""
    layers = {
        "background": sheet.back,
        "things": sheet.back + sheet.things,
        "all": sheet.back + sheet.things + sheet.front,
    }[stage]
    if transparent:
        layers = [] if stage == "background" else sheet.things
    drawn = "".join(layers)
    if stage == "all" and not transparent:
        drawn += treatment.over(sheet) if treatment and treatment.over else ""
        drawn += finish(sheet)
    behind = f"<defs>{''.join(sheet.defs)}</defs>{drawn}"
    if treatment and treatment.name == "pixel":
        behind = pixelated(behind, sheet.width, sheet.height)
    if stage != "all":
        return behind
    glow = treatment is not None and treatment.name == "neon"
    return behind + "".join(settle(sheet, "" if transparent else behind, glow=glow))


def _credits(scene: Scene, sheet: Sheet) -> str:
    things = [*scene.things, *(t for p in scene.panels for t in p.things)]
    used = {archive.source_of(t.piece) for t in things if t.piece} | sheet.sources
    credits = sorted({archive.credit(name) for name in used})
    return f"Art: {'; '.join(credits)}." if credits else ""
