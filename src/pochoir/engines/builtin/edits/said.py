"""What is said of an edit: what was done, what was not and why; and the size that a picture gets by itself."""

# ruff: noqa: E501 - tables read better in long lines

from __future__ import annotations

from pochoir.engines.builtin.edits.asked import Asked

CAN = (
    "It can cut out plain backgrounds, set the subject into a new scene, add things and texts, change colours, extend, "
    "frame, and make stickers, duotones, collages and mock-ups. Ask for one of these."
)
_TREATED = {
    "mono": "black and white", "sepia": "sepia", "faded": "faded like an old print", "posterise": "posterised", "halftone": "halftone dots",
    "pixelate": "pixels", "pencil": "pencil lines", "invert": "inverted", "blur-ground": "background blurred", "blur": "blurred",
    "sharpen": "sharpened", "bright": "brighter", "dark": "darker", "contrast": "more contrast", "vivid": "more vivid", "muted": "more muted",
    "warm": "warmer", "cool": "cooler", "vignette": "vignette", "silhouette": "silhouette", "mirror": "mirrored", "flip": "upside down", "shadow": "shadow",
}  # fmt: skip


_LEAST = 1024
"""Pixels of the longer edge of what is made anew around a small image."""


def size_of(asked: Asked, first: tuple[int, int], *, masked: bool = False) -> tuple[int, int]:
    """The size of the result when none was asked for, in pixels: the first image's, in the shape that the words name."""
    if asked.board:
        return (1024, 1024) if asked.board == "grid" else (1536, 1024)
    if asked.base in {"scene", "mock", "pattern"} and max(first) < _LEAST and not (masked or asked.plain):
        first = (round(first[0] * _LEAST / max(first)), round(first[1] * _LEAST / max(first)))
    width, height = first
    if asked.shape is None:
        if not asked.extend:
            return first
        sides = asked.sides - {"middle"} or {"left", "right"}
        wider = sum(side in sides for side in ("left", "right"))
        taller = sum(side in sides for side in ("top", "bottom"))
        return round(width * (1 + 0.3 * wider)), round(height * (1 + 0.3 * taller))
    shape = asked.shape[0] / asked.shape[1]
    if asked.crop:
        return (round(height * shape), height) if width / height > shape else (width, round(width / shape))
    return (round(height * shape), height) if width / height < shape else (width, round(width / shape))


def sentences(asked: Asked, notes: list[str]) -> str:
    """The revised prompt."""
    done = _done(asked)
    out = [f"Edited: {'; '.join(done)}." if done else "Edited."]
    out += notes
    if asked.guessed:
        out.append(f"What should change was not understood. {CAN}")
    if asked.refused:
        which = ", ".join(f"“{phrase}”" for phrase in asked.refused[:4])
        out.append(f"Left out: {which}. Sketch does not repaint what a photo shows; a model that edits photos can.")
    if asked.left:
        out.append(f"Not understood: {', '.join(asked.left[:10])}{' …' if len(asked.left) > 10 else ''}.")
    if asked.cut_short:
        out.append("The instruction is very long: its beginning was read.")
    return " ".join(out)


def _done(asked: Asked) -> list[str]:
    """What was done, in the order of the work."""
    scene = asked.scene
    own = {k for k, _ in asked.mine}
    marks = [m for m in (scene.setting, scene.time, scene.weather, scene.season, scene.backdrop_word) if m]
    things = [f"{t.count} × {t.colour_word + ' ' if t.colour_word else ''}{t.word}" for k, t in enumerate(scene.things) if k not in own]  # fmt: skip
    found = []
    if asked.base == "cut":
        found.append("background taken away")
    elif asked.base == "scene":
        found.append("set into a new scene" + (f" ({', '.join(marks)})" if marks else ""))
    elif asked.base in {"board", "mock", "pattern"}:
        name = {"mood": "mood board", "row": "side by side", "before": "before and after"}.get(asked.board, "collage")
        found.append({"board": name, "mock": "mock-up", "pattern": "seamless pattern"}[asked.base])
    if asked.add and scene.weather:
        things.append(scene.weather)
    if things:
        found.append("added " + ", ".join(things))
    found += [f"colour changed to {swap.word}" for swap in asked.swaps]
    found += [f"text “{caption.text[:120]}”" for caption in asked.captions]
    if asked.erase or asked.fill:
        found.append("filled from its surroundings" if asked.erase else "filled with a colour")
    found += ["sticker"] * asked.sticker + ["duotone"] * (asked.duotone is not None)
    found += [_TREATED[name] for name in asked.treatments]
    if asked.turn:
        found.append(f"turned by {asked.turn}°")
    if asked.logo is not None:
        found.append("logo placed")
    if asked.shape or asked.extend:
        found.append("cropped" if asked.crop else "extended")
    if asked.frame:
        found.append("framed" if asked.frame in {"frame", "polaroid"} else "corners cut round")
    return found
