"""What the picture is of, and on which background: both become inputs with what was said as default."""

from __future__ import annotations

import re

from pochoir.domain.tools import Input
from pochoir.features.tools.rules.reading import Reading, tidy
from pochoir.features.tools.rules.words import NO_SPACES

_GAP = "\x1f"
_EMPTY = re.compile(
    r"(?:me|us|them|it|this|that|these|those|mich|uns|moi|nous|mí|print|web|"
    r"the web|social media|instagram|facebook|linkedin|tiktok|each|every|all)?",
    re.IGNORECASE,
)


def read_background(reading: Reading) -> None:
    """`on a pastel background`: an input with the default `pastel`."""
    match = reading.find_any("background")
    if not match or _GAP in match["background"]:
        return
    said = match["background"].strip()
    if not said or len(said) > 60:
        return
    key = reading.add_input(Input(key="background", label=reading.words.label("background"), default=said, sample=said))
    start, end = match.span("background")
    reading.take(start, end, f"{{{{ inputs.{key} }}}}")
    reading.hide(match.start(), match.end())
    reading.understood(f"inputs.{key}", f"Background: {said}. It can be changed for each run.")


def read_subject(reading: Reading) -> None:
    """The main thing as an input; when nothing was said of it, it is asked for."""
    job = reading.job
    if not job.subject:
        return
    if any(item.key == job.subject or item.type == "long_text" for item in reading.inputs):
        return
    said = _said(reading)
    label = job.label[:120]
    if said is not None and _is_vague(reading):
        said = None
    if said is None:
        if not job.image_in and any(item.type in {"image", "images"} for item in reading.inputs):
            return  # it shows what goes in
        if any(item.type in {"text", "long_text"} and item.key not in _SIDE for item in reading.inputs):
            return  # what varies was named; nothing else is missing
        key = reading.add_input(Input(key=job.subject, label=label, type=job.kind, sample=job.sample))
        reading.added.append(f"{label}: {{{{ inputs.{key} }}}}")
        reading.missing(f"inputs.{key}", f"{label}: not said, so it is asked for in each run.")
        return
    start, end = said
    text = re.sub(r"\s+", " ", reading.text[start:end]).strip()
    key = reading.add_input(Input(key=job.subject, label=label, type=job.kind, default=text, sample=text))
    reading.take(start, end, f"{{{{ inputs.{key} }}}}")
    reading.understood(f"inputs.{key}", f"{label}: {text}. It can be changed for each run.")


_SIDE = frozenset({"background", "text", "watermark", "style"})


def _said(reading: Reading) -> tuple[int, int] | None:
    """Where the subject stands: after `of` or `for`, else the longest run of words that nothing else took."""
    swap = reading.job.id == "background_swap"
    for pattern in reading.words.patterns("background_to" if swap else "subject"):
        for match in pattern.finditer(reading.open):
            span = _cut(reading, *match.span("subject"), whole=swap)
            if span and _is_something(reading, span):
                return span
    return None if swap else _open_phrase(reading)


def _cut(reading: Reading, start: int, end: int, *, whole: bool = False) -> tuple[int, int] | None:
    """The span up to the first gap or (unless the whole is wanted) stop word, without spaces at its ends."""
    text = reading.open[start:end]
    text = text.split(_GAP)[0] if not text.startswith(_GAP) else ""
    stop = reading.words.table.get("stop", "")
    if (
        stop
        and not whole
        and reading.words.language not in NO_SPACES
        and (match := re.search(rf"\s(?:{stop})(?!\w)", text, re.I))
    ):
        text = text[: match.start()]
    stripped = text.strip()
    if not stripped:
        return None
    begin = start + text.index(stripped)
    return begin, begin + len(stripped)


def _is_something(reading: Reading, span: tuple[int, int]) -> bool:
    text = reading.open[span[0] : span[1]].strip(" ,.;:!?\"'")
    if len(text) < 2 or _EMPTY.fullmatch(text):
        return False
    if _is_small(reading, text):
        return False
    source = reading.words.table["jobs"].get(reading.job.id, {}).get("words")
    named = reading.words.compiled(source).search(reading.text) if source else None
    if named and named.start() <= span[0] and span[1] <= named.end():
        return False  # the job's own name, as in `photos de produit`
    things = reading.words.compiled(reading.words.table["things"])
    return not things.fullmatch(text)


def _is_small(reading: Reading, text: str) -> bool:
    """Whether the words say nothing of what is to be seen (`something nice`)."""
    if reading.words.language in NO_SPACES:
        return False
    small = {*reading.words.table["functions"], *reading.words.table.get("small", ())}
    return all(word.lower() in small for word in re.findall(r"[^\W\d_]+", text))


def _is_vague(reading: Reading) -> bool:
    """`something nice for our newsletter`: nothing is said of what is to be seen, only where it is meant to go."""
    words = reading.words
    vague = words.pattern("vague")
    if not vague or not vague.search(reading.text) or reading.inputs:
        return False
    if words.language in NO_SPACES:
        return True
    small = {*words.table["functions"], *words.table.get("small", ()), *words.table.get("places", ())}
    meant = [word for word in re.findall(r"[^\W\d_]+", reading.text) if word.lower() not in small]
    return len(meant) <= _VAGUE


_VAGUE = 3
"""So many words of meaning beside `something nice` still say too little."""


def _open_phrase(reading: Reading) -> tuple[int, int] | None:
    """The longest phrase of the untaken text that says more than the job's own words."""
    best: tuple[int, int] | None = None
    words = reading.words
    job_words = words.table["jobs"].get(reading.job.id, {}).get("words")
    for match in re.finditer(r"[^\x1f,.;:!?、。，！？\n]+", reading.open):
        start = match.start()
        text = match[0]
        lead = words.pattern("lead")
        while lead and (first := lead.match(text.lstrip())) and first.end():
            skipped = len(text) - len(text.lstrip()) + first.end()
            start, text = start + skipped, text[skipped:]
        span = _cut(reading, start, start + len(text))
        if not span:
            continue
        rest = reading.open[span[0] : span[1]]
        bare = words.compiled(job_words).sub("", rest) if job_words else rest
        bare = words.compiled(words.table["things"]).sub("", bare)
        small = {*words.table["functions"], *words.table.get("small", ())}
        meant = [word for word in re.findall(r"[^\W\d_]+", bare) if word.lower() not in small]
        long_enough = len("".join(meant)) >= (2 if words.language in NO_SPACES else 3)
        if long_enough and (best is None or span[1] - span[0] > best[1] - best[0]):
            best = span
    return best if best and tidy(reading.open[best[0] : best[1]]) else None
