"""The prompt: the user's own words without what became settings, with inputs in the place of what varies."""

from __future__ import annotations

import re

from pochoir.features.tools.rules.reading import Reading, tidy
from pochoir.features.tools.rules.shapes import MARK
from pochoir.features.tools.rules.words import NO_SPACES

_DANGLING = r"(?:and|with|in|on|at|as|for|of|to|a|an|the|und|mit|in|im|als|für|et|avec|en|de|y|con|e|com|i|z|w|en|met)"

_ARTICLE = r"(?:an?|the|eine?n?|une?|una?|uma?|een|and|und|et|y|e|i|en)"
_NEXT = r"(?:for|of|with|about|für|von|mit|pour|de|du|avec|para|con|per|di|voor|dla|do)\b"


def compose(reading: Reading) -> str:
    """The prompt as a template. Falls back on the job's title and its inputs when nothing is left."""
    rest = tidy(reading.rest())
    lead = reading.words.pattern("lead")
    while lead and (match := lead.match(rest)) and match.end():
        rest = tidy(rest[match.end() :])
    if reading.words.language not in NO_SPACES:
        rest = re.sub(rf"(?:[\s,]+{_DANGLING})+(?=[.;!?]|$)", "", rest, flags=re.IGNORECASE)
        rest = re.sub(r"([.;!?])\s*(?:(?:and|und|et|y|e|i|en|then|dann|also),?\s+)+", r"\1 ", rest, flags=re.IGNORECASE)
        rest = re.sub(r"^(?:(?:and|of|from|for|,)\s+|d['’](?=\w))+", "", rest, flags=re.IGNORECASE)
        rest = re.sub(
            rf"{MARK}(?:[\s,]*(?:and|or|und|oder|et|ou|y|e|i|o|en)?(?:[\s,]+{_ARTICLE})*[\s,]+(?={_NEXT}))",
            MARK + " ",
            rest,
        )
        rest = re.sub(rf"{MARK}[\s,]*(?:and|und|et|y|e|i|en)?(?:[\s,]+{_ARTICLE})*$", MARK, rest)
    rest = tidy(rest)
    if not re.search(r"\w", re.sub(r"\{\{.*?\}\}", "", rest)):
        rest = tidy(f"{reading.job.title} {rest}")
    rest = rest[:1].upper() + rest[1:]
    end = "。" if reading.words.language in NO_SPACES else ". "
    return tidy(end.join([rest, *reading.added])) if reading.added else rest


def singular(prompt: str, language: str) -> str:
    """`Product shots of …` becomes `Product shot of …`: each image is one, so that no model draws a sheet of them."""
    if language != "en":
        return prompt
    return re.sub(
        r"^((?:[\w'-]+ ){0,4}?)(shot|photo|picture|image|variant|version|icon|logo|avatar|portrait|thumbnail|poster|"
        r"banner|sticker|illustration|post|ad|card|pattern|wallpaper|mock-?up|cover|frame|headshot|flyer)s\b",
        r"\1\2",
        prompt,
        flags=re.IGNORECASE,
    )
