"""How many images: a number counts only where it stands before a word for images, never before cats or people."""

from __future__ import annotations

import re
from decimal import Decimal

from pochoir.domain.tools import Input
from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.words import NO_SPACES, Words, english

MOST = 100
PER_STEP = 10
_TIMES = re.compile(r"(?<![\w.])(?:(\d{1,3}) ?[x×]|[x×] ?(\d{1,3})|n ?= ?(\d{1,3}))(?![\w.])", re.IGNORECASE)


def read_count(reading: Reading) -> int | None:
    """The count that was said, or None. Takes the number out of the prompt and notes what was understood."""
    for words in _tables(reading):
        if (number := _alone(reading, words, "corrected")) is not None:
            return number
        found = list(_counted(words, reading.job.id).finditer(reading.open))
        match = next((one for one in found if _number(one, words) > 1), found[0] if found else None)
        if match:
            return _taken(reading, match, words)
        if (number := _alone(reading, words, "alone")) is not None:
            return number
    if match := _TIMES.search(reading.open):
        number = int(next(group for group in match.groups() if group))
        if 1 <= number <= MOST:
            reading.take(match.start(), match.end())
            reading.understood("steps.make.with.n", _said(number))
            return number
    return None


def hide_images_in(reading: Reading) -> None:
    """`a collage of four photos`: the number is of the images that go in, not of those that are made."""
    for words in _tables(reading):
        if match := _counted(words, reading.job.id).search(reading.open):
            reading.hide(*match.span())
            return


def read_count_input(reading: Reading) -> bool:
    """`let me choose how many`: the number becomes an input. True when it does."""
    for words in _tables(reading):
        for pattern in words.patterns("count_in"):
            if match := reading.search(pattern):
                reading.take(match.start(), match.end())
                return True
    return False


def add_count_input(reading: Reading, number: int) -> str:
    """The input for how many, with `number` at first. Returns the template to put in its place."""
    item = Input(
        key="count",
        label=reading.words.label("count"),
        type="number",
        default=min(number, PER_STEP),
        minimum=Decimal(1),
        maximum=Decimal(PER_STEP),
    )
    key = reading.add_input(item)
    reading.understood(f"inputs.{key}", f"The number of images is chosen for each run, up to {PER_STEP}.")
    return f"{{{{ inputs.{key} }}}}"


def _alone(reading: Reading, words: Words, name: str) -> int | None:
    """A number without a word for images: `4 at a time`, `drei Stück`, `well, actually three`. `#` is the number."""
    names = "|".join(sorted(map(re.escape, words.numbers), key=len, reverse=True))
    for source in words.table.get(name, ()):
        match = reading.search(words.compiled(source.replace("#", rf"(?P<n>\d{{1,3}}|{names})")))
        if match and 1 <= (number := _number(match, words)) <= MOST:
            reading.take(match.start(), match.end())
            reading.understood("steps.make.with.n", _said(number))
            return number
    return None


def _tables(reading: Reading) -> list[Words]:
    own = reading.words
    return [own] if own.language in NO_SPACES or own.language == "en" else [own, english()]


def _things(words: Words, job_id: str) -> str:
    """Words for what is made: images of any kind, and the job's own (`2 invitations`)."""
    things = str(words.table["things"])
    named = words.table["jobs"].get(job_id, {}).get("words")
    return f"{things}|{named}" if named else things


def _counted(words: Words, job_id: str) -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, words.numbers), key=len, reverse=True))
    number = rf"(?:\d{{1,3}}|{names})"
    things = _things(words, job_id)
    if words.language in NO_SPACES:
        source = rf"(?P<n>{number})\s*(?:[枚张個个種种款幅套通パターン案つ点]|カット|パターン)(?P<what>)"
        source += rf"|(?P<n2>{number})\s*(?:{things})"
        return words.compiled(source)
    between = words.table.get("between", r"[\w'’-]+")
    to = words.table.get("to", "to|or|and|-|–")
    source = (
        rf"(?:(?P<low>{number}) ?(?:{to}) ?)?(?P<n>{number})(?: ?[x×])?"
        rf"(?P<middle>(?:,? (?!(?:{words.table['joiners']}|{words.table['stop']})\b){between}){{0,4}}?)"
        rf",? (?P<what>{things})"
    )
    return words.compiled(source)


def _taken(reading: Reading, match: re.Match[str], words: Words) -> int | None:
    groups = match.groupdict()
    said = groups.get("n") or groups.get("n2") or ""
    number = _number(match, words)
    if not 1 <= number <= MOST:
        reading.left_out.append(f"{number} images in one run are too many; up to {MOST} are possible.")
        return None
    start = match.start("low") if groups.get("low") else match.start("n" if groups.get("n") else "n2")
    end = match.end("n") if groups.get("n") else match.end("n2")
    if words.language in NO_SPACES:
        end = match.end() if groups.get("n") else end
    reading.take(start, end)
    if groups.get("low"):
        reading.assumed("steps.make.with.n", f"{match['low']} to {said} images were said; {number} are made.")
    else:
        reading.understood("steps.make.with.n", _said(number))
    return number


def _number(match: re.Match[str], words: Words) -> int:
    groups = match.groupdict()
    said = groups.get("n") or groups.get("n2") or ""
    return int(said) if said.isdecimal() else words.numbers[said.lower()]


def _said(number: int) -> str:
    return "1 image a run." if number == 1 else f"{number} images a run."
