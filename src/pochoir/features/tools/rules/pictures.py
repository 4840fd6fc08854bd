"""Whether images go in, and the question whether somebody approves."""

from __future__ import annotations

import re
from typing import Literal

from pochoir.domain.tools import Input
from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.words import english

ImageIn = Literal["", "image", "images"]


def read_image_in(reading: Reading) -> ImageIn:
    """`image` or `images` when the tool starts from what is put in; adds the input. The words stay in the prompt."""
    if reading.find("no_image_in"):
        return ""
    match = reading.find("image_in")
    if not match and not reading.job.image_in:
        return ""
    kind: ImageIn = reading.job.image_in or "image"
    if match:
        several = reading.words.pattern("several_images")
        if several and several.search(match[0]):
            kind = "images"
        reading.hide(*match.span())
    label = reading.words.label("photos" if kind == "images" else "photo")
    reading.add_input(Input(key="photos" if kind == "images" else "photo", label=label, type=kind))
    said = re.sub(r"\s+", " ", match[0]).strip() if match else ""
    where = f"inputs.{'photos' if kind == 'images' else 'photo'}"
    if said:
        reading.understood(where, f"Images go in ('{said}')." if kind == "images" else f"An image goes in ('{said}').")
    else:
        reading.assumed(where, f"{reading.job.title} starts from an image that is put in.")
    return kind


def read_approval(reading: Reading) -> bool:
    for words in [reading.words] if reading.words.language == "en" else [reading.words, english()]:
        pattern = words.pattern("approval")
        if pattern and (match := pattern.search(reading.open)):
            said = re.sub(r"\s+", " ", match[0]).strip()
            reading.take(match.start(), match.end())
            reading.understood("steps.approval", f"Somebody approves the images ('{said}').")
            return True
    return False
