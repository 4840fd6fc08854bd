"""The kinds of change that can be said. Each looks at the clause and returns a sentence when it applied itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pochoir.domain.tools import Input, Output, Step
from pochoir.features.tools.rules import amounts, looks, models, pictures, shapes, varying, wording
from pochoir.features.tools.say.edit import IMAGE_STEPS, Edit

Applied = Callable[[Edit], str]


def remove(edit: Edit) -> str:
    """`remove the mood field`, `no watermark`, `without approval`, `no transparent background`."""
    match = edit.match("remove")
    if not match:
        return ""
    name = match["name"].strip()
    for kind, word in (("transform_image", "watermark"), ("ask_approval", "approval")):
        pattern = edit.words.table.get("say", {}).get(word, word)
        if re.search(rf"{word}|{pattern}", name, re.IGNORECASE):
            return _remove_steps(edit, kind, word)
    item = edit.input_named(name)
    if item is None:
        return ""
    edit.replace_inputs(tuple(other for other in edit.spec.inputs if other.key != item.key))
    edit.each_step(lambda step: step.model_copy(update={"params": _without(step.params, item)}))
    edit.reading.take(*match.span())
    return f"The input {item.label} is removed."


def _without(value: Any, item: Input) -> Any:
    """A parameter in which an input is gone: its default stands in its place, a sentence of its own goes with it."""
    if isinstance(value, dict):
        return {key: _without(part, item) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without(part, item) for part in value]
    name = rf"\{{\{{\s*inputs\.{re.escape(item.key)}\b[^}}]*\}}\}}"
    if not isinstance(value, str) or not re.search(name, value):
        return value
    if re.fullmatch(rf"\s*{name}\s*", value):
        return "auto" if item.default is None else item.default
    stand_in = "" if item.default is None else re.sub(r"[{}]", "", str(item.default))
    value = re.sub(rf"[.。]?\s*{re.escape(item.label)}:\s*[“\"]?{name}[”\"]?", "", value)
    return re.sub(r"  +", " ", re.sub(name, stand_in, value)).strip()


def _remove_steps(edit: Edit, kind: str, word: str) -> str:
    gone = [
        step
        for step in edit.spec.steps
        if step.type == kind and (word in str(step.params) or kind != "transform_image")
    ]
    if not gone:
        return ""
    steps = tuple(step for step in edit.spec.steps if step not in gone)
    outputs = edit.spec.outputs
    for step in gone:
        source = step.params.get("images")
        if isinstance(source, list):
            outputs = tuple(
                Output(key=f"images_{n}", label=f"Images {n}", value=str(s)) for n, s in enumerate(source, 1)
            )
        elif isinstance(source, str):
            name = f"{{{{ steps.{step.id}.images }}}}"
            outputs = tuple(o.model_copy(update={"value": o.value.replace(name, source)}) for o in outputs)
            steps = tuple(_redirected(other, name, source) for other in steps)
    edit.spec = edit.spec.model_copy(update={"steps": steps, "outputs": outputs})
    edit.reading.take(0, len(edit.clause))
    return f"The {word} is removed."


def _redirected(step: Step, old: str, new: str) -> Step:
    params = {key: value.replace(old, new) if isinstance(value, str) else value for key, value in step.params.items()}
    return step.model_copy(update={"params": params})


def rename(edit: Edit) -> str:
    """`rename product to item`, `call the tool Shoe shots`. Keys stay, so programs that call the tool go on working."""
    match = edit.match("rename")
    if match:
        item, new = edit.input_named(_bare(match["old"])), match["new"].strip(" \"'“”«»„.")
        if new and re.search(r"tool|title|titel|titre|título|werkzeug|outil|herramienta", match["old"], re.IGNORECASE):
            return _retitle(edit, new)
        if item is None or not new:
            return ""
        label = new[:1].upper() + new[1:]
        inputs = tuple(
            other.model_copy(update={"label": label[:120]}) if other.key == item.key else other
            for other in edit.spec.inputs
        )
        edit.replace_inputs(inputs)
        edit.reading.take(*match.span())
        return f"{item.label} is now called {label}; its key {item.key} stays."
    match = edit.match("title")
    return _retitle(edit, match["new"].strip(" \"'“”«»„.")) if match else ""


def _retitle(edit: Edit, title: str) -> str:
    edit.spec = edit.spec.model_copy(update={"title": title[:120]})
    edit.reading.take(0, len(edit.clause))
    return f"The tool is now called {title}."


def watermark(edit: Edit) -> str:
    text = wording.read_watermark(edit.reading)
    if not text:
        return ""
    for item in edit.reading.inputs:
        edit.add_input(item)
    edit.reading.inputs.clear()
    images = edit.last_images()
    step_id = edit.free_id("watermark")
    params = {"images": images[0] if len(images) == 1 else images, "operation": "watermark", "text": text}
    step = Step.model_validate({"id": step_id, "type": "transform_image", "with": params})
    output = edit.spec.outputs[0].model_copy(update={"value": f"{{{{ steps.{step_id}.images }}}}"})
    edit.spec = edit.spec.model_copy(update={"steps": (*edit.spec.steps, step), "outputs": (output,)})
    return f"Images get the watermark {text}."


def approval(edit: Edit) -> str:
    if not pictures.read_approval(edit.reading):
        return ""
    if any(step.type == "ask_approval" for step in edit.spec.steps):
        return "Somebody is asked already."
    images = edit.last_images()
    params = {
        "question": "Are these images fine?",
        "images": images[0] if len(images) == 1 else images,
        "after_no": "stop",
    }
    step = Step.model_validate({"id": edit.free_id("approval"), "type": "ask_approval", "with": params})
    edit.spec = edit.spec.model_copy(update={"steps": (*edit.spec.steps, step)})
    return "Somebody is asked whether the images are fine."


def model(edit: Edit) -> str:
    named = models.read_model(edit.reading, edit.models)
    if not named:
        return ""
    edit.spec = edit.spec.model_copy(update={"model": named})
    return f"The model is {named}."


def choices(edit: Edit) -> str:
    """`add a choice of season`, `add a field for the city`."""
    reading = edit.reading
    varying.read_placeholders(reading)
    varying.read_choices(reading)
    varying.read_fields(reading)
    told = []
    for item in reading.inputs:
        added = edit.add_input(item)
        edit.add_to_prompts(f"{added.label}: {{{{ inputs.{added.key} }}}}")
        told.append(f"{added.label} is asked for in the form.")
    reading.inputs.clear()
    return " ".join([*told, *reading.left_out])


def count(edit: Edit) -> str:
    number = amounts.read_count(edit.reading) or _bare_number(edit)
    if number is None:
        return ""
    if number > amounts.PER_STEP:
        return ""
    edit.set("n", number)
    return f"{number} image{'' if number == 1 else 's'} are made." if number != 1 else "1 image is made."


def _bare_number(edit: Edit) -> int | None:
    match = edit.match("number")
    if not match:
        return None
    said = match["n"].lower()
    return int(said) if said.isdecimal() else edit.words.numbers.get(said)


def shape(edit: Edit) -> str:
    found = shapes.read_shapes(edit.reading)
    if not found:
        return ""
    edit.set("size", found[0].size)
    return f"The size is {found[0].size} ({shapes.name_of(found[0].size)})."


def appearance(edit: Edit) -> str:
    """Quality, background, format and what to leave out."""
    found = looks.read_looks(edit.reading)
    told = []
    for name, value in (("quality", found.quality), ("background", found.background), ("format", found.format)):
        if value:
            edit.set(name, value)
            told.append(f"The {name} is {value}.")
    if found.background == "transparent" and any(_params(edit, "format") == "jpeg" for _ in (0,)):
        edit.set("format", "png")
        told.append("The format is png, because a jpeg cannot be transparent.")
    if found.negative:
        edit.set("negative", found.negative)
        told.append(f"To leave out: {found.negative}.")
    return " ".join(told)


def _params(edit: Edit, name: str) -> Any:
    from pochoir.features.tools.validation import walk

    return next((step.params.get(name) for step in walk(edit.spec.steps) if step.type in IMAGE_STEPS), None)


def style(edit: Edit) -> str:
    """`in watercolour style`, `add “soft light” to the prompt`."""
    match = edit.match("prompt")
    if match:
        text = match["text"].strip(" \"'“”«»„.")
    elif found := edit.reading.find("style"):
        text = found[0].strip()
    else:
        return ""
    text = re.sub(r"[{}]", "", text)
    edit.add_to_prompts(text[:1].upper() + text[1:])
    edit.reading.take(0, len(edit.clause))
    return f"“{text}” is added to the prompt."


def _bare(name: str) -> str:
    return re.sub(
        r"^(?:the|das|die|der|den|le|la|les|el|los|las) | (?:field|input|feld|champ|campo)$",
        "",
        name.strip(),
        flags=re.I,
    )


CHANGES: tuple[Applied, ...] = (
    remove,
    rename,
    style,
    watermark,
    approval,
    model,
    choices,
    count,
    shape,
    appearance,
)
"""In the order in which they look: each takes the words that it understood."""
