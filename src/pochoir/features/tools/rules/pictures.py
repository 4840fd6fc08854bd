"""Whether images go in, and the question whether somebody approves."""

from __future__ import annotations

import re
from typing import Literal

from pochoir.domain.tools import Input
from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.varying import Each
from pochoir.features.tools.rules.words import english, job

ImageIn = Literal["", "image", "images"]


def read_image_in(reading: Reading) -> ImageIn:
    """`image` or `images` when the tool starts from what is put in; adds the input. The words stay in the prompt."""
    if reading.find("no_image_in"):
        return ""
    together = _together(reading)
    match = together or reading.find("image_in")
    if not match and not reading.job.image_in:
        return ""
    if match and reading.job.id == "other":
        reading.job = job("photo_edit", reading.words)
    kind: ImageIn = "images" if together else reading.job.image_in or "image"
    if match and not together:
        several = reading.words.pattern("several_images")
        one = reading.words.pattern("one_image")
        if several and several.search(match[0]) and not (one and one.search(reading.open)):
            kind = "images"
    reading.combined = together is not None
    if match:
        reading.hide(*match.span())
    label = reading.words.label("photos" if kind == "images" else "photo")
    reading.add_input(Input(key="photos" if kind == "images" else "photo", label=label, type=kind))
    said = re.sub(r"\s+", " ", match[0]).strip() if match else ""
    where = f"inputs.{'photos' if kind == 'images' else 'photo'}"
    if said:
        reading.understood(where, f"Images go in ('{said}')." if kind == "images" else f"An image goes in ('{said}').")
    else:
        reading.assumed(where, f"{reading.job.title} starts from an image that is put in.")
    if extra := reading.job.extra_image:
        reading.add_input(Input(key=extra, label=reading.words.label(extra), type="image"))
        reading.understood(f"inputs.{extra}", f"A second image goes in: the {extra}.")
    return kind


def one_by_one(reading: Reading, kind: ImageIn) -> Each | None:
    """Several images that are not to be combined: one round for each of them."""
    if kind != "images" or reading.job.image_in == "images" or reading.combined:
        return None
    reading.understood("inputs.photos", "One round for each image that goes in.")
    return Each("{{ inputs.photos }}", "photo", reading.words.label("photo"))


def _together(reading: Reading) -> re.Match[str] | None:
    """`combine several photos`, `two photos go in`: more than one image goes into one run, whatever their number."""
    for words in [reading.words] if reading.words.language == "en" else [reading.words, english()]:
        for pattern in words.patterns("images_in"):
            if match := reading.search(pattern):
                return match
    return None


def read_approval(reading: Reading) -> bool:
    for words in [reading.words] if reading.words.language == "en" else [reading.words, english()]:
        pattern = words.pattern("approval")
        if pattern and (match := pattern.search(reading.open)):
            said = re.sub(r"\s+", " ", match[0]).strip()
            reading.take(match.start(), match.end())
            reading.understood("steps.approval", f"Somebody approves the images ('{said}').")
            return True
    return False
