"""Draws the SVG of its standard input as PNG to its standard output. Run by svg.py as a process that it can end.

Imports nothing of Pochoir, so that it starts fast. What is wrong with the SVG is one sentence in the place of the PNG, with
the exit code UNUSABLE: the renderer writes to standard error by itself.
"""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

UNUSABLE = 3
MAX_EDGE = 8192
SECONDS = 12
"""Of a processor, should nobody be left to end this process."""
MEMORY = 4 << 30
"""Bytes."""
_INSIDE = re.compile(r"data:[^,]*,")


def main() -> int:
    _bound()
    try:
        sys.stdout.buffer.write(draw(sys.stdin.buffer.read().decode("utf-8", "replace")))
    except ValueError as error:
        sys.stdout.buffer.write(str(error).encode())
        return UNUSABLE
    return 0


def _bound() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def draw(svg: str) -> bytes:
    """The SVG at its own size as PNG with alpha. Raises ValueError with what is wrong."""
    import resvg

    text = closed(svg)
    try:
        tree = resvg.usvg.Tree.from_str(text, resvg.usvg.Options.default())
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("The SVG has no size or no drawing. Save it again as PNG.") from error
    width, height = tree.int_size()
    if max(width, height) > MAX_EDGE:
        raise ValueError(f"The SVG is {width}x{height}; {MAX_EDGE} pixels a side is the most. Make it smaller.")
    return resvg.render(tree, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))


def closed(svg: str) -> str:
    """The SVG without its links to files, which the renderer would open. Raises ValueError for what is no SVG.

    It is written anew from what was looked at, so that the renderer cannot read it otherwise.
    """
    if "<!ENTITY" in svg:
        raise ValueError("The SVG declares entities, which are not read here. Save it again as PNG.")
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - no entities are left
        for element in root.iter():
            kind = _local(element.tag)
            if kind in {"image", "feImage"}:
                for name in [name for name in element.attrib if _local(name) == "href"]:
                    here = kind == "feImage" and element.attrib[name].startswith("#")
                    if not here and not _INSIDE.match(element.attrib[name]):
                        del element.attrib[name]
        return ElementTree.tostring(root, encoding="unicode")
    except ElementTree.ParseError as error:
        raise ValueError(f"The SVG cannot be read ({error}). Save it again as PNG.") from error
    except RecursionError as error:
        raise ValueError("The SVG is nested too deeply. Save it again as PNG.") from error


def _local(name: object) -> str:
    return str(name).rpartition("}")[2]


if __name__ == "__main__":
    sys.exit(main())
