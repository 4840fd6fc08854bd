"""What was asked for and cannot be had yet: schedules, deliveries, video, sound, documents. Each is said, none is faked."""

from __future__ import annotations

import re
from collections.abc import Callable

from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.words import Words, english

_SENTENCES: dict[str, Callable[[str], str]] = {
    "schedule": lambda said: (
        f"'{said}': tools cannot run by a schedule yet. Start it by hand, or from a program by the API."
    ),
    "delivery": lambda said: f"'{said}': results cannot be exchanged with other services yet. Download them instead.",
    "video": lambda said: f"'{said}': only still images can be made, no video or animation.",
    "audio": lambda said: f"'{said}': only images can be made, no sound.",
    "document": lambda said: f"'{said}': files of this kind cannot be written; images are png, jpeg, webp or svg.",
    "no_image": lambda said: (
        f"'{said}': this is no task for an image tool; only pictures are made. Say which picture would help with it."
    ),
    "instruction": lambda said: f"'{said}': an instruction to the builder, not a picture; it was not followed.",
    "model_3d": lambda said: f"'{said}': only flat images can be made, no 3D models.",
}


def read_left_out(reading: Reading) -> None:
    """Take what cannot be had out of the prompt and say so, one sentence each."""
    for name, sentence in _SENTENCES.items():
        for words in _tables(reading.words):
            pattern = words.pattern(name)
            while pattern and (match := reading.search(pattern)):
                said = re.sub(r"\s+", " ", match[0]).strip(" ,.;:\x1f")
                reading.take(match.start(), match.end())
                if said:
                    reading.left_out.append(sentence(said))


def _tables(words: Words) -> list[Words]:
    return [words] if words.language == "en" else [words, english()]
