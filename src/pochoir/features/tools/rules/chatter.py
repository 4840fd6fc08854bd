"""What people say to be polite or to explain themselves: no part of the picture, so it leaves the prompt."""

from __future__ import annotations

from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.words import english


def read_chatter(reading: Reading) -> None:
    """Take greetings, thanks and sentences that only say that a tool is wanted."""
    for words in [reading.words] if reading.words.language == "en" else [reading.words, english()]:
        for pattern in words.patterns("chatter"):
            while match := reading.search(pattern):
                reading.take(match.start(), match.end())
