"""A sentence cut into the single changes that it asks for."""

from __future__ import annotations

import re

_PROTECTED = re.compile(r"“[^”]*”|\"[^\"]*\"|„[^“”]*[“”]|«[^»]*»|(?<!\w)'[^']*'(?!\w)|\([^)]*\)|\[[^\]]*\]")
_BREAK = re.compile(
    r"\s*(?:[;\n。；、，]|[.,!](?=\s|$)|(?<!\w)(?:and then|and also|and|then|plus|"
    r"und dann|und|dann|et puis|et|puis|y luego|y|luego|e|poi|oraz)(?!\w))\s*",
    re.IGNORECASE,
)
_OPEN_LIST = re.compile(r":\s*\S")


def clauses(text: str) -> list[str]:
    """The parts, without empty ones. Words in quotes and brackets stay whole, and so does a list after a colon."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x00{len(kept) - 1}\x00"

    parts: list[str] = []
    for sentence in re.split(r"(?<=[.!?;\n])\s+", _PROTECTED.sub(keep, text)):
        colon = _OPEN_LIST.search(sentence)
        head, tail = (sentence[: colon.start()], sentence[colon.start() :]) if colon else (sentence, "")
        pieces = _BREAK.split(head)
        pieces[-1] += tail
        parts += pieces
    whole = [re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match[1])], part).strip(" .,!") for part in parts]
    return [part for part in whole if re.search(r"\w", part)]
