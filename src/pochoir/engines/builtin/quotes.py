"""Quoted texts: taken out of a prompt before anything else is read. Pure."""

# ruff: noqa: E501 - patterns read better in long lines
from __future__ import annotations

import re

_QUOTED = re.compile(
    r"\"([^\"\n]{1,300})\"|“([^”\n]{1,300})”|„([^“”\n]{1,300})[“”]|«\s?([^»\n]{1,300}?)\s?»|»\s?([^«\n]{1,300}?)\s?«|‘([^’\n]{1,300})’|‚([^‘\n]{1,300})‘|”([^”\n]{1,300})”|＂([^＂\n]{1,300})＂|「([^」\n]{1,300})」|『([^』\n]{1,300})』|(?<![\w])'([^'\n]{2,200})'(?!\w)"
)
_SAYS = re.compile(
    r"\b(?:that says|which says|saying|says|that reads|reading|with the (?:text|words?|headline|title|slogan|caption)|text|headline|title|slogan|caption)\s*:?\s+([A-Z0-9][^.,;\n\"]{1,80})"
)


def quoted(prompt: str) -> tuple[str, list[str]]:
    """Take quoted texts out, and `saying Hello World` without quotes."""
    texts: list[str] = []

    def take(match: re.Match[str]) -> str:
        texts.append(" ".join(next(g for g in match.groups() if g is not None).split()))
        return " , "

    rest = _QUOTED.sub(take, prompt)
    if not texts:
        rest = _SAYS.sub(take, rest, count=1)
    return rest, [t for t in texts if t][:6]


_STORY = re.compile(
    r"^.{0,40}?\b(?:storyboard|story board|comic strip|bildergeschichte|绘本|絵コンテ|分镜)\b[^:.\n]{0,24}?(?:[:.\n]| of | about | von | with )\s*(.+)$",
    re.IGNORECASE | re.DOTALL,
)


def clauses(text: str) -> list[str]:
    """A storyboard's clauses, at most nine; none when the text asks for no storyboard."""
    story = _STORY.match(text.strip())
    if not story:
        return []
    parts = re.split(r"[,;.\n。、]|\bthen\b|\bdann\b|\bpuis\b", story[1])
    return [part.strip() for part in parts if len(part.strip()) > 3][:9]
