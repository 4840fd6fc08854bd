"""From what was read to a spec: steps with their parameters, the model, outputs, and what was assumed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from pochoir.domain.tools import Input, Output, Spec, Step
from pochoir.features.tools.rules.amounts import MOST, PER_STEP, add_count_input
from pochoir.features.tools.rules.looks import Looks
from pochoir.features.tools.rules.pictures import ImageIn
from pochoir.features.tools.rules.reading import Reading, key_of, tidy
from pochoir.features.tools.rules.shapes import MARK, Shape, name_of
from pochoir.features.tools.rules.texts import Writing, task
from pochoir.features.tools.rules.varying import Each

_SUGGESTED = 4
"""How many images at first, when the number is an input and none was said."""


_TITLE_WORDS = 6


@dataclass(frozen=True, slots=True)
class Understood:
    """Everything that the readers found."""

    count: int | None
    shapes: list[Shape]
    looks: Looks
    image_in: ImageIn
    each: Each | None
    watermark: str
    approval: bool
    prompt: str
    extra_image: str = ""
    """Key of the input of a second image."""
    chosen: bool = False
    """Whoever runs the tool chooses how many images are made."""
    writings: tuple[Writing, ...] = ()


def spec_of(reading: Reading, found: Understood, model: str) -> Spec:
    """The spec. Notes on `reading` what was assumed."""
    found = _with_slogan(found)
    steps, last = _making(reading, found)
    writing = [_writing_step(found, one) for one in found.writings]
    steps = [step for step, one in zip(writing, found.writings, strict=True) if one.shown] + steps
    if found.watermark:
        params = {"images": _images(last), "operation": "watermark", "text": found.watermark}
        steps.append({"id": "watermark", "type": "transform_image", "with": params})
        last = ["watermark"]
    if found.approval:
        question = {"question": "Are these images fine?", "images": _images(last), "after_no": "stop"}
        steps.append({"id": "approval", "type": "ask_approval", "with": question})
    steps += [step for step, one in zip(writing, found.writings, strict=True) if not one.shown]
    outputs = _outputs(reading, last)
    outputs += [Output(key=one.key, label=one.label, value=_text_of(one)) for one in found.writings]
    return Spec(
        title=_title(reading),
        summary=_summary(reading.text),
        model=model,
        inputs=tuple(sorted(reading.inputs, key=lambda item: _rank(item, reading))),
        steps=tuple(Step.model_validate(step) for step in steps),
        outputs=tuple(outputs),
    )


def _text_of(writing: Writing) -> str:
    return f"{{{{ steps.write_{writing.key}.text }}}}"


def _writing_step(found: Understood, writing: Writing) -> dict[str, Any]:
    """One text for the whole run: a variable of a repeat gives way to the list that is gone over."""
    prompt = found.prompt.replace(f"“{_text_of(writing)}”", "").replace(MARK, "")
    for other in found.writings:
        prompt = prompt.replace(_text_of(other), "")
    if found.each is not None:
        prompt = re.sub(rf"\{{\{{\s*{found.each.variable}\s*\}}\}}", lambda _: found.each.over, prompt)  # type: ignore[union-attr]
    params = {"prompt": task(writing, prompt), "max_words": writing.most_words}
    return {"id": f"write_{writing.key}", "type": "write_text", "with": params}


def _with_slogan(found: Understood) -> Understood:
    shown = [one for one in found.writings if one.shown]
    prompt = ". ".join([found.prompt, *(f"{one.label}: “{_text_of(one)}”" for one in shown)])
    return replace(found, prompt=prompt)


def _images(step_ids: list[str]) -> str | list[str]:
    found = [f"{{{{ steps.{step_id}.images }}}}" for step_id in step_ids]
    return found[0] if len(found) == 1 else found


def _outputs(reading: Reading, step_ids: list[str]) -> list[Output]:
    label = reading.words.label("images")
    if len(step_ids) == 1:
        return [Output(key="images", label=label, value=f"{{{{ steps.{step_ids[0]}.images }}}}")]
    return [
        Output(key=step_id, label=f"{label}: {step_id.replace('_', ' ')}", value=f"{{{{ steps.{step_id}.images }}}}")
        for step_id in step_ids
    ]


def _making(reading: Reading, found: Understood) -> tuple[list[dict[str, Any]], list[str]]:
    """The steps that make images, and the ids of those whose images are the result."""
    shapes = found.shapes or [_usual(reading, found)]
    sizes = _told_sizes(reading, found, shapes)
    count = found.count if found.count is not None else reading.job.n
    if found.chosen:
        number = add_count_input(reading, count if count > 1 else _SUGGESTED)
        _assume_quality(reading, found)
        return _around(found, [_image_step(found, "make", number, sizes[0][0])])
    if found.count is None:
        told = "1 image" if count == 1 else f"{count} images"
        per = f"for each {found.each.label.lower()}" if found.each else "in each shape" if len(sizes) > 1 else "a run"
        reading.assumed("steps.make.with.n", f"{told} {per}, because no number was said.")
    _assume_quality(reading, found)
    if len(sizes) > 1:
        inner = [
            _image_step(found, _step_id(name, number), count, size, found.prompt.replace(MARK, name))
            for number, (size, name) in enumerate(sizes, 1)
        ]
        return _around(found, _unique(inner))
    if reading.job.each and found.each is None and 1 < count <= PER_STEP * 2:
        return _frames(reading, found, count, sizes[0][0])
    if count > PER_STEP:
        return _many(reading, found, count, sizes[0][0])
    return _around(found, [_image_step(found, "make", count, sizes[0][0])])


def _usual(reading: Reading, found: Understood) -> Shape:
    size = "auto" if found.image_in and reading.job.size == "auto" else reading.job.size
    return Shape(size, "")


def _told_sizes(reading: Reading, found: Understood, shapes: list[Shape]) -> list[tuple[str, str]]:
    for shape in shapes:
        if not shape.name:
            text = "as the image that goes in" if shape.size == "auto" else name_of(shape.size)
            reading.assumed("steps.make.with.size", f"Shape: {text}, which is usual for {reading.job.title.lower()}.")
        elif shape.platform:
            reading.understood(
                "steps.make.with.size", f"{_pixels(shape)} ({name_of(shape.size)}) for {shape.platform}."
            )
        else:
            reading.understood("steps.make.with.size", f"{_pixels(shape)}, as said: {shape.name}.")
    return [(shape.size, shape.platform or name_of(shape.size)) for shape in shapes]


def _pixels(shape: Shape) -> str:
    return shape.size.replace("x", " × ")


def _assume_quality(reading: Reading, found: Understood) -> None:
    if found.looks.quality is None:
        reading.assumed("steps.make.with.quality", "Quality medium, because none was said.")


def _image_step(found: Understood, step_id: str, count: int | str, size: str, prompt: str = "") -> dict[str, Any]:
    looks = found.looks
    params: dict[str, Any] = {"prompt": prompt or found.prompt}
    if found.image_in:
        params["images"] = _images_in(found)
    if looks.negative:
        params["negative"] = looks.negative
    params |= {"n": count, "size": size, "quality": looks.quality or "medium"}
    if looks.background:
        params["background"] = looks.background
    if looks.format:
        params["format"] = looks.format
    return {"id": step_id, "type": "edit_image" if found.image_in else "generate_image", "with": params}


def _images_in(found: Understood) -> str:
    """The images that go into a step: all of them, the one whose turn it is, or the image and a second one."""
    if found.each is not None and found.each.over == "{{ inputs.photos }}":
        return f"{{{{ {found.each.variable} }}}}"
    if found.extra_image:
        return f"{{{{ [inputs.photo, inputs.{found.extra_image}] }}}}"
    return "{{ inputs.photos }}" if found.image_in == "images" else "{{ inputs.photo }}"


def _around(found: Understood, inner: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Repeat the steps where the run goes over a list."""
    if found.each is not None:
        return [_repeat("each", found.each.over, found.each.variable, inner)], ["each"]
    return inner, [step["id"] for step in inner]


def _repeat(step_id: str, over: str, variable: str, inner: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": step_id, "type": "repeat", "over": over, "as": variable, "steps": inner}


def _frames(reading: Reading, found: Understood, count: int, size: str) -> tuple[list[dict[str, Any]], list[str]]:
    """A set in which every image is another part of the whole: one call each, told which."""
    name = reading.job.each
    numbers = "{{ [" + ", ".join(str(number) for number in range(1, count + 1)) + "] }}"
    prompt = f"{found.prompt}. {name.capitalize()} {{{{ {name} }}}} / {count}"
    return [_repeat("each", numbers, name, [_image_step(found, "make", 1, size, prompt)])], ["each"]


def _many(reading: Reading, found: Understood, count: int, size: str) -> tuple[list[dict[str, Any]], list[str]]:
    """More than one step may make: rounds of equal size."""
    count = min(count, MOST)
    per_round = max(number for number in range(1, PER_STEP + 1) if count % number == 0)
    if found.each is not None:
        reading.left_out.append(f"{count} images in each round are too many; {PER_STEP} are made.")
        return _around(found, [_image_step(found, "make", PER_STEP, size)])
    numbers = ", ".join(str(number) for number in range(1, count // per_round + 1))
    step = _repeat("each", f"{{{{ [{numbers}] }}}}", "round", [_image_step(found, "make", per_round, size)])
    return [step], ["each"]


def _step_id(name: str, number: int) -> str:
    return key_of(name, f"make_{number}")[:30]


def _unique(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: set[str] = {"each", "watermark", "approval"}
    for number, step in enumerate(steps, 1):
        if step["id"] in seen:
            step["id"] = f"{step['id']}_{number}"
        seen.add(step["id"])
    return steps


def _rank(item: Input, reading: Reading) -> int:
    """Images first, then the main thing, then what goes with it, choices last."""
    if item.type in {"image", "images"}:
        return 0
    if item.key == reading.job.subject:
        return 1
    return 3 if item.type == "choice" or item.key in {"background", "watermark"} else 2


def _title(reading: Reading) -> str:
    if reading.job.id != "other":
        return reading.job.title
    known = [str(item.default) for item in reading.inputs if item.key == reading.job.subject and item.default]
    words = tidy(re.sub(r"\{\{.*?\}\}", "", known[0] if known else reading.text)).split()
    vague = reading.words.pattern("vague")
    said_little = not known and (len(words) > _TITLE_WORDS or (vague is not None and vague.search(reading.text)))
    if not words or said_little:
        return reading.job.title
    short = re.sub(r"^(?:an?|the|our|my|some) ", "", " ".join(words[:_TITLE_WORDS]), flags=re.IGNORECASE)
    return (short[:1].upper() + short[1:])[:60].strip(" ,.;:") or reading.job.title


def _summary(text: str) -> str:
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= 300 else line[:299] + "…"
