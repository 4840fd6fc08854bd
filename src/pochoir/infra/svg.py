"""The one seam to the SVG renderer (resvg). Blocks and holds the interpreter's lock: call from a thread or process."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from pochoir.domain.errors import InvalidImage
from pochoir.domain.images import Size

MAX_EDGE = 8192


def render(svg: str, fonts: Sequence[bytes] = ()) -> bytes:
    """Draw an SVG at its own size to PNG bytes with alpha. Text uses the given fonts (TTF bytes) only.

    Raises InvalidImage for what is no SVG, and for sizes over 8,192 pixels a side.
    """
    import resvg

    options = resvg.usvg.Options.default()
    for font in fonts:
        options.load_font_data(font)
    if "<!ENTITY" in svg:
        raise InvalidImage("The SVG declares entities, which are not read here. Save it again as PNG.")
    try:
        ElementTree.fromstring(svg)  # noqa: S314 - no entities are left; the renderer panics on what is not XML
        tree = resvg.usvg.Tree.from_str(svg, options)
    except ElementTree.ParseError as error:
        raise InvalidImage(f"The SVG cannot be read ({error}). Save it again as PNG.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise InvalidImage("The SVG has no size or no drawing. Save it again as PNG.") from error
    size = Size(*tree.int_size())
    if max(size.width, size.height) > MAX_EDGE:
        raise InvalidImage(f"The SVG is {size}; {MAX_EDGE} pixels a side is the most. Make it smaller.")
    return resvg.render(tree, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
