"""What a model can do against what is asked. `check` refuses in words; `adapt` maps by stated rules and says so. Pure.

The API refuses (a program should know); a tool whose model was switched adapts, and shows every note beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from pochoir.domain.catalog import Abilities, Card
from pochoir.domain.errors import InvalidValue, UnknownParameter
from pochoir.domain.images import MAX_PROMPT, ImageInput, ImageRequest, Incoming, OutputFormat, Size
from pochoir.domain.storable import fault

QUALITY_ORDER = ("low", "standard", "medium", "hd", "high", "xhigh", "max")
SQUARE = Size(1024, 1024)
_ALPHA_FORMATS = ("png", "webp", "svg", "gif")


def check(card: Card, request: ImageRequest, incoming: Incoming | None = None) -> None:
    """Raise InvalidValue or UnknownParameter with a sentence that names what the model can do.

    `incoming` is what will go in, where the request does not hold it yet.
    """
    can = card.abilities
    _check_prompt(card, request)
    most = can.max_images or 10
    if not 1 <= request.n <= most:
        raise InvalidValue(
            f"{card.name} makes 1 to {most} images a request, not {request.n}. "
            f"Ask for {'fewer' if request.n > most else 'at least one'}.",
            param="n",
        )
    if request.size is not None and (problem := size_problem(can, request.size)):
        raise InvalidValue(f"{card.name} cannot make {request.size}: {problem}. {_sizes_sentence(can)}", param="size")
    if request.quality is not None and request.quality not in can.qualities:
        raise InvalidValue(
            f"{card.name} has no quality '{request.quality}'. {_choices('quality', can.qualities)}", param="quality"
        )
    _check_sized_quality(card, request)
    _check_output(card, request)
    incoming = incoming or request.incoming
    _check_inputs(card, request, incoming.images)
    _check_layers(card, incoming)
    for name in request.options:
        if name not in can.options:
            raise UnknownParameter(f"{card.name} does not take '{name}'. Leave it out.", param=name)
    if request.seed is not None and not can.seeds:
        raise UnknownParameter(f"{card.name} does not take a seed. Leave 'seed' out.", param="seed")


def _check_sized_quality(card: Card, request: ImageRequest) -> None:
    """A quality that is a size must be the size that is asked for, where the model makes the shape in both."""
    if (other := _fitting_size(card.abilities, request)) is not None:
        raise InvalidValue(
            f"Size {request.size} and quality {request.quality} exclude each other on {card.name}. "
            f"Ask for {other}, or leave 'quality' out.",
            param="size",
        )


def _check_prompt(card: Card, request: ImageRequest) -> None:
    if not request.prompt.strip():
        raise InvalidValue("The prompt is empty. Say in a few words what the image should show.", param="prompt")
    if words := fault(request.prompt):
        raise InvalidValue(f"The prompt holds {words}, which cannot be stored. Leave it out.", param="prompt")
    most = card.abilities.max_prompt or MAX_PROMPT
    if len(request.prompt) > most:
        raise InvalidValue(
            f"The prompt has {len(request.prompt):,} characters; {card.name} takes {most:,}. Shorten it.",
            param="prompt",
            code="string_above_max_length",
        )


def _check_output(card: Card, request: ImageRequest) -> None:
    can = card.abilities
    if request.output_format is not None and can.formats and request.output_format not in can.formats:
        raise InvalidValue(
            f"{card.name} does not write {request.output_format}. {_choices('output_format', can.formats)}",
            param="output_format",
        )
    if request.background == "transparent":
        if can.transparency is False:
            raise InvalidValue(
                f"{card.name} cannot make a transparent background. Leave it out, or choose a model that can.",
                param="background",
            )
        if request.output_format is not None and request.output_format not in _ALPHA_FORMATS:
            raise InvalidValue(
                f"A transparent background needs png or webp; {request.output_format} has none. Change the format.",
                param="background",
            )
    compression = request.output_compression
    if compression is not None:
        if not 0 <= compression <= 100:
            raise InvalidValue("output_compression is a number from 0 to 100. Change it.", param="output_compression")
        if compression < 100 and request.output_format not in {"jpeg", "webp"}:
            raise InvalidValue(
                "output_compression works with jpeg and webp only. Choose one of them or leave it out.",
                param="output_compression",
            )


def _check_inputs(card: Card, request: ImageRequest, references: int) -> None:
    can = card.abilities
    if references:
        if can.edit is False or can.max_references == 0:
            raise InvalidValue(
                f"{card.name} takes no images in. Describe the image in words, or choose a model that edits.",
                param="image",
            )
        if can.max_references and references > can.max_references:
            raise InvalidValue(
                f"{card.name} takes up to {can.max_references} images in, not {references}. Send fewer.",
                param="image",
            )
    elif can.text_to_image is False:
        raise InvalidValue(f"{card.name} only edits: it needs an image to start from. Add one.", param="image")
    if request.input_fidelity is not None and request.input_fidelity not in can.input_fidelity:
        raise InvalidValue(
            f"{card.name} does not take input_fidelity '{request.input_fidelity}'. "
            + (_choices("input_fidelity", can.input_fidelity) if can.input_fidelity else "Leave it out."),
            param="input_fidelity",
        )


def _check_layers(card: Card, incoming: Incoming) -> None:
    """A markup is refused where it is not known to be taken: who passes over the notes makes, and bills, another image.

    What must be looked at in their files, as how large the image is shown, is checked by `markups`.
    """
    taken = {"mask": card.abilities.mask != "no", "markup": card.abilities.markup is True}
    instead = {"mask": "Leave it out", "markup": "Draw the notes into the image itself"}
    for name, there in (("mask", incoming.mask), ("markup", incoming.markup)):
        if not there:
            continue
        if not incoming.images:
            raise InvalidValue(f"A {name} needs the image that it belongs to. Add the image.", param=name)
        if not taken[name]:
            raise InvalidValue(
                f"{card.name} takes no {name}. {instead[name]}, or choose a model that does.", param=name
            )
    if incoming.mask and incoming.markup:
        raise InvalidValue("A mask and a markup exclude each other. Send one of them.", param="markup")


def check_layer_size(name: str, layer: ImageInput, size: Size) -> None:
    """A mask or a markup is as large as the first image. Raises InvalidValue."""
    if layer.size != size:
        raise InvalidValue(
            f"The {name} is {layer.size} and the image {size}. Make them the same width and height.", param=name
        )


def _fitting_size(can: Abilities, request: ImageRequest) -> Size | None:
    """The listed size that has the shape of the size asked for and the quality asked for; None when that one has both.

    Where a shape is listed in one quality only, its size names the shape and the quality says how large it comes.
    """
    size, quality = request.size, request.quality
    if size is None or quality is None or can.quality_for(size) in (None, quality):
        return None
    listed = (Size.parse(text) for text in can.sizes)
    return next(
        (it for it in listed if can.quality_for(it) == quality and it.width * size.height == it.height * size.width),
        None,
    )


def size_problem(can: Abilities, size: Size) -> str:
    """Why the size cannot be made, as the end of a sentence; empty when it can or when nothing is known."""
    if str(size) in can.sizes:
        return ""
    if can.free_sizes is not None:
        return can.free_sizes.problem(size)
    return "it makes fixed sizes only" if can.sizes else ""


def settle(card: Card, request: ImageRequest) -> ImageRequest:
    """Fill what was left open with the card's defaults; what the model decides itself stays None."""
    can = card.abilities
    size, quality = request.size, request.quality
    kept = (bool(request.references) and can.edits_keep_size) or "aspect_ratio" in request.options
    if quality is None and size is not None:
        quality = can.quality_for(size)
    if size is None and not kept and can.default_size and can.default_size != "auto":
        size = Size.parse(can.default_size)
    if quality is None and can.default_quality and can.default_quality != "auto":
        quality = can.default_quality
    output_format: OutputFormat | None = request.output_format
    if output_format is None:
        first = can.formats[0] if can.formats else "png"
        output_format = cast("OutputFormat", "png" if "png" in can.formats else first)
    return replace(request, size=size, quality=quality, output_format=output_format)


def adapt(card: Card, request: ImageRequest) -> tuple[ImageRequest, tuple[str, ...]]:
    """Map what the model cannot do to the nearest that it can. Returns the request and one sentence for each mapping.

    Rules: a size goes to the one of the nearest shape, then of the nearest pixel count; a quality to the nearest level;
    a format to png; a transparent background to the model's own; fidelity, seed, compression and unknown options are
    left out. What cannot be mapped (images in on a model that takes none, a mask, too many images) is left for `check`.
    """
    can, notes = card.abilities, []
    changes: dict[str, object] = {}
    if request.size is not None and size_problem(can, request.size):
        size = nearest_size(can, request.size)
        if size is not None:
            changes["size"] = size
            notes.append(f"Size {request.size} becomes {size}, the nearest that {card.name} makes.")
    if request.quality is not None and request.quality not in can.qualities:
        level = _nearest_quality(can, request.quality)
        changes["quality"] = level
        notes.append(
            f"Quality {request.quality} becomes {level}, the nearest level of {card.name}."
            if level
            else f"{card.name} has no quality like '{request.quality}'; it is left out."
        )
    if request.output_format is not None and can.formats and request.output_format not in can.formats:
        changes |= {"output_format": cast("OutputFormat", can.formats[0]), "output_compression": None}
        notes.append(f"{card.name} does not write {request.output_format}; it becomes {can.formats[0]}.")
        if request.output_compression is not None:
            notes.append(
                f"The compression of {request.output_compression} was meant for {request.output_format}; it is left out."
            )
    if request.background == "transparent" and can.transparency is False:
        changes["background"] = None
        notes.append(f"{card.name} cannot make a transparent background; it will be filled.")
    if request.input_fidelity is not None and request.input_fidelity not in can.input_fidelity:
        changes["input_fidelity"] = None
        notes.append(f"{card.name} does not take input fidelity '{request.input_fidelity}'; it is left out.")
    if request.seed is not None and not can.seeds:
        changes["seed"] = None
        notes.append(f"{card.name} does not take a seed; it is left out.")
    if unknown := sorted(set(request.options) - set(can.options)):
        changes["options"] = {name: value for name, value in request.options.items() if name in can.options}
        notes.append(f"{card.name} does not take {', '.join(unknown)}; left out.")
    mapped = replace(request, **changes) if changes else request  # type: ignore[arg-type]
    if (size := _fitting_size(can, mapped)) is not None:
        notes.append(f"Size {mapped.size} becomes {size}: that is {card.name}'s quality {mapped.quality}.")
        mapped = replace(mapped, size=size)
    return mapped, tuple(notes)


def nearest_size(can: Abilities, wanted: Size) -> Size | None:
    """The size that the model makes whose shape, then pixel count, is nearest; None when none is known."""
    options = [Size.parse(text) for text in can.sizes]
    if can.free_sizes is not None:
        options += _free_candidates(can, wanted)
    if not options:
        return None
    shape = wanted.width / wanted.height

    def distance(option: Size) -> tuple[float, float]:
        ratio = option.width / option.height / shape
        return (round(max(ratio, 1 / ratio), 2), abs(option.pixels - wanted.pixels))

    return min(options, key=distance)


def _free_candidates(can: Abilities, wanted: Size) -> list[Size]:
    """The wanted size brought inside the free-size rule: rounded to the multiple, scaled into the bounds."""
    rule = can.free_sizes
    assert rule is not None
    found = []
    for percent in (100, 90, 80, 70, 60, 50, 40, 30, 120, 150, 200, 300):
        step = rule.multiple
        size = Size(
            max(step, round(wanted.width * percent / 100 / step) * step),
            max(step, round(wanted.height * percent / 100 / step) * step),
        )
        if not rule.problem(size):
            found.append(size)
            break
    return found


def _nearest_quality(can: Abilities, wanted: str) -> str | None:
    """None where there are no levels, or they are sizes: the size that is asked for chooses among those."""
    levels = can.qualities
    if can.quality_for(SQUARE) is not None:
        return None
    known = [level for level in levels if level in QUALITY_ORDER]
    if not known or wanted not in QUALITY_ORDER:
        return levels[0] if levels else None
    place = QUALITY_ORDER.index(wanted)
    return min(known, key=lambda level: (abs(QUALITY_ORDER.index(level) - place), -QUALITY_ORDER.index(level)))


def _sizes_sentence(can: Abilities) -> str:
    if can.free_sizes is not None:
        return "Change the size to fit that rule" + (f", for example {can.sizes[0]}." if can.sizes else ".")
    return _choices("size", can.sizes)


def _choices(name: str, values: Sequence[str]) -> str:
    if not values:
        return f"Leave '{name}' out."
    return f"Choose {' or '.join(values) if len(values) < 3 else ', '.join(values[:-1]) + ' or ' + values[-1]}."
