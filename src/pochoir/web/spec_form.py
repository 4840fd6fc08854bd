"""A tool's spec as a form: its title, model, inputs and the parts of its image steps, and the way back.

What the form does not show stays as it is. Values that are templates over an input are shown, not edited, here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pochoir.domain.tools import Choice, Guess, Input, Spec, Step
from pochoir.features.tools.text import from_data
from pochoir.web.templating import pretty

IMAGE_STEPS = frozenset({"generate_image", "edit_image"})
INPUT_TYPES = (
    ("text", "Short text"),
    ("long_text", "Long text"),
    ("number", "Number"),
    ("choice", "Choice"),
    ("boolean", "Yes or no"),
    ("date", "Date"),
    ("image", "One image"),
    ("images", "Several images"),
    ("table_row", "Table row"),
)
_FROM_INPUT = re.compile(r"^\{\{\s*inputs\.([a-z][a-z0-9_]*)\s*\}\}$")


@dataclass(frozen=True, slots=True)
class ImagePart:
    """One step that makes images: `path` is its id with the ids around it, `params` its parameters as written."""

    path: str
    step: Step

    def value(self, name: str, default: str = "auto") -> str:
        return str(self.step.params.get(name, default))

    def from_input(self, name: str) -> str:
        """The key of the input that gives this parameter, or empty."""
        match = _FROM_INPUT.match(self.value(name, ""))
        return match[1] if match else ""

    def is_template(self, name: str) -> bool:
        return "{{" in self.value(name, "") or "{%" in self.value(name, "")


def image_parts(spec: Spec) -> list[ImagePart]:
    """Every image step, also inside repeats, in order."""
    return list(_walk(spec.steps, ""))


def _walk(steps: tuple[Step, ...], prefix: str) -> Iterator[ImagePart]:
    for step in steps:
        path = f"{prefix}{step.id}"
        if step.type in IMAGE_STEPS:
            yield ImagePart(path, step)
        yield from _walk(step.steps, f"{path}.")


def unused_inputs(spec: Spec) -> list[Input]:
    """Inputs that no step and no output looks at: people would fill them in for nothing."""
    data = spec.as_data()
    texts = str([data["steps"], data["outputs"]])
    return [field for field in spec.inputs if not re.search(rf"\binputs\.{field.key}\b", texts)]


def guess_for(guesses: tuple[Guess, ...], *places: str) -> Guess | None:
    """The guess about one of these places; what is missing comes before what is assumed."""
    found = [guess for guess in guesses if guess.where in places]
    order = {"missing": 0, "assumed": 1, "understood": 2}
    return min(found, key=lambda guess: order[guess.kind], default=None)


def choice_lines(choices: tuple[Choice, ...]) -> str:
    """Choices as lines: the value alone, or `label = value`."""
    return "\n".join(
        f"{item.label} = {item.value}" if item.label and item.label != item.value else item.value for item in choices
    )


def read_choices(text: str) -> list[dict[str, str]]:
    found = []
    for line in text.splitlines():
        label, equals, value = (part.strip() for part in line.partition("="))
        if equals and value and label:
            found.append({"value": value, "label": label})
        elif line.strip():
            found.append({"value": line.strip()})
    return found


def apply_form(spec: Spec, form: Mapping[str, Any]) -> Spec:
    """The spec with what the form says. Raises InvalidSpec with one sentence for each thing that does not fit."""
    return from_data(_read(spec, form))


def as_typed(spec: Spec, form: Mapping[str, Any]) -> Spec:
    """The spec with what the form says, right or wrong: only to show the form again as it was filled in."""
    data = _read(spec, form)
    inputs = tuple(
        Input.model_construct(
            **{**item, "choices": tuple(Choice.model_construct(**choice) for choice in item.get("choices", ()))}
        )
        for item in data.get("inputs", ())
    )
    words = {name: data.get(name, "") for name in ("title", "summary", "model")}
    steps = tuple(Step.model_validate(step) for step in data["steps"])
    return spec.model_copy(update={**words, "inputs": inputs, "steps": steps})


def _read(spec: Spec, form: Mapping[str, Any]) -> dict[str, Any]:
    data = spec.as_data()
    for name in ("title", "summary", "model"):
        if name in form:
            data[name] = str(form[name]).strip()
    if "rows" in form:
        data["inputs"] = _inputs(spec, form)
    for part in data["steps"]:
        _apply_step(part, "", form)
    return data


def _inputs(spec: Spec, form: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = form.getlist("row") if hasattr(form, "getlist") else []
    known = {field.key: field for field in spec.inputs}
    taken = [key for row in rows if (key := str(form.get(f"input-{row}-key", "")))]
    found = []
    for row in rows:
        label = str(form.get(f"input-{row}-label", "")).strip()
        key = str(form.get(f"input-{row}-key", ""))
        if not key:
            key = new_key(label, tuple(taken))
            taken.append(key)
        found.append(_input(known.get(key), key, label, row, form))
    return found


def _input(old: Input | None, key: str, label: str, row: str, form: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(form.get(f"input-{row}-type", "text"))
    data = old.model_dump(mode="json", exclude_defaults=True) if old else {}
    data |= {"key": key, "label": label, "type": kind, "required": form.get(f"input-{row}-required") == "on"}
    if kind == "choice":
        data["choices"] = read_choices(str(form.get(f"input-{row}-choices", "")))
        data["several"] = form.get(f"input-{row}-several") == "on"
    else:
        data.pop("choices", None)
        data.pop("several", None)
    if kind != "number":
        data.pop("minimum", None)
        data.pop("maximum", None)
    shown = f"input-{row}-default"
    if shown in form:
        data["default"] = _default(str(form[shown]).strip(), kind, old, several=data.get("several", False))
        if data["default"] is None:
            data.pop("default")
    if old is not None and kind != old.type:
        data.pop("sample", None)
    return data


def _default(text: str, kind: str, old: Input | None, *, several: bool) -> Any:
    if kind in {"image", "images", "table_row"}:
        return old.default if old and old.type == kind else None
    if old and old.type == kind and old.several == several and old.default is not None and text == pretty(old.default):
        return old.default
    if kind == "boolean":
        return text.lower() in {"yes", "true", "on", "1"} if text else None
    if kind == "choice" and several:
        return [part.strip() for part in text.split(",") if part.strip()] or None
    if kind == "number" and re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    return text or None


def new_key(label: str, taken: tuple[str, ...]) -> str:
    """A key for an input from its label: `Product name` becomes `product_name`, counted up when it is taken."""
    words = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:30]
    base = words if re.match(r"[a-z]", words) else f"field_{words}".rstrip("_")
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def _apply_step(step: dict[str, Any], prefix: str, form: Mapping[str, Any]) -> None:
    path = f"{prefix}{step['id']}"
    for name in ("prompt", "size", "quality", "n"):
        given = form.get(f"step-{path}-{name}")
        if given is not None and step["type"] in IMAGE_STEPS:
            text = str(given).replace("\r\n", "\n").strip()
            params = step.setdefault("with", {})
            if text in {"", "auto"} and name != "prompt":
                params.pop(name, None)
            else:
                params[name] = int(text) if name == "n" and re.fullmatch(r"\d{1,15}", text) else text
    for inner in step.get("steps", ()):
        _apply_step(inner, f"{path}.", form)
