"""Parts that every layout uses: a thing in its colour, a placed drawing as markup, shadows, and set type."""

from __future__ import annotations

from dataclasses import replace

from pochoir.engines.builtin import archive, lettering
from pochoir.engines.builtin.archive import Piece
from pochoir.engines.builtin.arrange import Placed
from pochoir.engines.builtin.backgrounds import setting_of
from pochoir.engines.builtin.colours import contrast, lighter, mix, readable, recolour
from pochoir.engines.builtin.nouns import BODY
from pochoir.engines.builtin.paint import Sheet, circle, ground_shadow, rect
from pochoir.engines.builtin.palettes import Palette
from pochoir.engines.builtin.scene import Scene, Thing
from pochoir.engines.builtin.strokes import modelled
from pochoir.engines.builtin.studio import Stand
from pochoir.engines.builtin.textures import volume


def drawing(thing: Thing, palette: Palette) -> Piece:
    """A thing's drawing in its colour; a labelled card for what we have no drawing of."""
    if thing.piece is None:
        return _card_piece(thing, palette)
    piece = archive.piece(thing.piece)
    if thing.colour:
        return replace(piece, body=recolour(piece.body, piece.colours, thing.colour, BODY.get(piece.name, ())))
    return piece


def _card_piece(thing: Thing, palette: Palette) -> Piece:
    """A framed card with the word on it."""
    paper = mix(palette.second, "#ffffff", 0.6)
    if contrast(paper, "#17171c") < 7:
        paper = "#fdfbf6"
    colour = thing.colour or palette.accent
    text, _ = lettering.settable(thing.word)
    body = (
        rect(6, 22, 116, 84, lighter(colour, -0.06), 12)
        + rect(6, 18, 116, 84, colour, 12)
        + rect(12, 24, 104, 72, paper, 8)
    )
    body += circle(102, 37, 6, mix(colour, paper, 0.4)) + rect(20, 34, 22, 4, mix(colour, paper, 0.4), 2)
    if text:
        block = lettering.fit(text, "round", 90, 34, most=26, lines=2)
        body += lettering.draw(block, 64, 62 - block.height / 2, readable([paper], palette.deep))
    return Piece(f"card:{thing.word}", "pochoir", 128, (6, 18, 122, 106), ((colour, 0.4),), body)


def ink(sheet: Sheet, item: Placed) -> str:
    """A placed drawing as markup."""
    piece = item.piece
    scale = item.height / max(piece.box[3] - piece.box[1], 0.1)
    turn = -1 if item.flip else 1
    middle = (piece.box[0] + piece.box[2]) / 2
    sheet.sources.add(piece.source)
    other = _other_style(sheet, piece)
    if other and sheet.lines:
        sheet.sources.add(archive.LINES)
        return _line_icon(item, other, sheet.lines)
    body = sheet.unique(other or piece.body)
    if other:
        sheet.sources.add(archive.FULLER)
    elif sheet.thing:
        sheet.view = piece.view
        body = sheet.thing(sheet, body, scale)
    elif sheet.finish == 2:
        sheet.view = piece.view
        body = _soft(sheet, body)
    return (
        f'<g transform="translate({item.x:.2f} {item.y:.2f}) scale({turn * scale:.5f} {scale:.5f}) '
        f'translate({-middle:.3f} {-piece.box[3]:.3f})">{body}</g>'
    )


def _other_style(sheet: Sheet, piece: Piece) -> str | None:
    """The drawing's line icon or fuller form, where the picture asks for that; recoloured drawings stay what they are."""
    if sheet.lines:
        return archive.line(piece.name)
    if not sheet.rich or not archive.has(piece.name) or archive.piece(piece.name).body != piece.body:
        return None
    return archive.fuller(piece.name)


def _line_icon(item: Placed, shapes: str, ink: str) -> str:
    """A line icon of 24 units in the middle of where the drawing would stand, in strokes of even width."""
    size = max(item.height, item.width) / 20
    x, y = item.x - 12 * size, item.y - item.height / 2 - 12 * size
    return (
        f'<g transform="translate({x:.2f} {y:.2f}) scale({size:.5f})" fill="none" stroke="{ink}" stroke-width="1.6" '
        f'stroke-linecap="round" stroke-linejoin="round">{shapes}</g>'
    )


def _soft(sheet: Sheet, body: str) -> str:
    """High finish: every colour a gentle gradient, light from above on the first few drawings."""
    made = modelled(
        body, lambda lit, dark: sheet.radial([(0, lit), (1, dark)], None, 'cx=".36" cy=".22" r=".95"'), 0.045
    )
    sheet.modelled += 1
    return made + volume(sheet, body, 0.55) if sheet.modelled <= 6 else made


def put(sheet: Sheet, items: list[Placed], stand: Stand, *, shadows: bool = True) -> None:
    """Draw placed things back to front; what stands on the ground casts a shadow."""
    water = stand.tone in {"#0a3350"}
    sheet.ground = stand.y
    if items:
        sheet.extent = (
            min(i.x - i.width / 2 for i in items), min(i.y - i.height for i in items),
            max(i.x + i.width / 2 for i in items), max(i.y for i in items),
        )  # fmt: skip
    for item in items:
        if shadows and sheet.shadows and not item.floats:
            sheet.back.append(
                ground_shadow(
                    sheet, item.x, item.y - item.height * 0.012, item.width * 0.94, 0.5 if water else 1.0, stand.tone
                )
            )
    sheet.things.extend(ink(sheet, item) for item in items)


def pieces_of(scene: Scene, palette: Palette) -> list[Piece]:
    """The drawings of a scene's things; a box that holds something is an open one."""
    opened = {r.second for r in scene.relations if r.place == "inside" and scene.things[r.second].piece == "package"}
    return [drawing(replace(t, piece="open-box") if k in opened else t, palette) for k, t in enumerate(scene.things)]


def texts_of(scene: Scene) -> list[str]:
    found = [lettering.settable(w.text)[0] for w in scene.texts]
    return [t for t in found if t]


def face_of(scene: Scene, seed: int) -> str:
    styles = set(scene.styles)
    if styles & {"luxury", "minimal"}:
        return "serif" if "luxury" in styles else "clean"
    if styles & {"playful"}:
        return "round"
    if styles & {"natural", "warm"}:
        return "serif"
    if styles & {"vivid", "neon", "retro"}:
        return "poster"
    if scene.layout == "card" or setting_of(scene) in {"christmas", "party"}:
        return ("hand", "serif", "round")[seed % 3]
    return ("round", "poster", "serif", "clean")[seed % 4] if scene.layout in {"poster", "banner"} else "round"


def centred(piece: Piece, index: int, x: float, y: float, size: float) -> Placed:
    """A drawing centred in a square of `size`."""
    height = min(size, size / piece.aspect)
    return Placed(index, piece, x, y + height / 2, height, floats=True)
