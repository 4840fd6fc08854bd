"""Step types: how values from templates and forms are read, and what a wrong one is told."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

import pytest

from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import Incoming, Size
from pochoir.steps.edit_image import EditImage, EditParams
from pochoir.steps.fields import ImageParams, read
from pochoir.steps.generate_image import GenerateImage
from pochoir.steps.registry import load
from pochoir.steps.transform_image import TransformImage, TransformParams


def _request(**values: Any) -> Any:
    params = read(GenerateImage(), {"prompt": "a fox", **values})
    assert isinstance(params, ImageParams)
    return params.request("pochoir-sketch")


@pytest.mark.parametrize("value", [3, "3", " 3 ", 3.0, "3.0", Decimal(3)])
def test_numbers_arrive_in_many_forms(value: object) -> None:
    assert _request(n=value).n == 3


@pytest.mark.parametrize("value", ["", None, "auto", " Auto "])
def test_auto_and_nothing_leave_the_choice_to_the_model(value: object) -> None:
    request = _request(size=value, quality=value, background=value, format=value, seed="", compression=None, model="")
    assert (request.size, request.quality, request.background, request.output_format) == (None, None, None, None)
    assert (request.seed, request.output_compression, request.model) == (None, None, "pochoir-sketch")


def test_a_full_request() -> None:
    request = _request(
        n="2", size="1024 x 1536".replace(" ", ""), quality="High", format="JPG", compression="80", seed="7", model="m"
    )
    assert request.size == Size(1024, 1536)
    assert (request.quality, request.output_format, request.output_compression) == ("high", "jpeg", 80)
    assert (request.seed, request.model, request.n) == (7, "m", 2)


def test_what_to_leave_out_goes_into_the_prompt() -> None:
    assert _request(negative=" text, people ").prompt == "a fox\n\nLeave out: text, people"
    assert _request(negative="  ").prompt == "a fox"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"n": "three"}, "How many ('n'): 'three' is not a whole number. Change it."),
        ({"n": 2.5}, "How many ('n'): 2.5 is not a whole number. Change it."),
        ({"n": True}, "How many ('n'): a whole number is needed, not yes or no. Change it."),
        ({"n": 11}, "How many ('n'): it must be 10 or less. Change it."),
        ({"prompt": ""}, "Prompt ('prompt') is empty. Fill it in."),
        ({"size": "big"}, "Size ('size'): 'big' is not a size."),
        (
            {"format": "bmp"},
            "File format ('format'): it must be 'auto', 'png', 'jpeg', 'webp', 'svg' or 'gif'. Change it.",
        ),
        ({"seed": -1}, "Seed ('seed'): it must be 0 or more. Change it."),
        ({"n": "inf"}, "How many ('n'): 'inf' is not a whole number."),
        ({"n": "1e999999999"}, "How many ('n'): '1e999999999' has too many digits. Change it."),
        ({"n": "-1e999999999"}, "How many ('n'): '-1e999999999' has too many digits. Change it."),
        ({"n": "1e-999999999"}, "How many ('n'): 1e-999999999 is not a whole number. Change it."),
        ({"seed": "9" * 4_000}, f"Seed ('seed'): '{'9' * 39}…' has too many digits. Change it."),
    ],
)
def test_what_does_not_fit_is_said(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        read(GenerateImage(), {"prompt": "a fox", **values})
    assert caught.value.message.startswith(sentence)
    assert caught.value.message.endswith(".")
    assert caught.value.param == next(iter(values))


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InvalidValue) as caught:
        read(GenerateImage(), {"n": 0, "size": "x"})
    assert all(word in caught.value.message for word in ("'prompt'", "'n'", "'size'"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"artifact": "a"}, ["a"]),
        ("a", ["a"]),
        ([{"artifact": "a"}, {"artifact": "b"}], ["a", "b"]),
        ([[{"artifact": "a"}], [{"artifact": "b"}, {"artifact": "c"}]], ["a", "b", "c"]),
        ([None, "", {"artifact": "a"}], ["a"]),
    ],
)
def test_images_come_alone_in_lists_and_in_lists_of_lists(value: object, expected: list[str]) -> None:
    params = read(EditImage(), {"prompt": "p", "images": value})
    assert isinstance(params, EditParams)
    assert [picture.artifact for picture in params.images] == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, r"is empty\. Fill it in\."), ([], r"is empty\. Fill it in\."), (7, ": an image is needed here.*Change it")],
)
def test_an_edit_needs_an_image(value: object, said: str) -> None:
    with pytest.raises(InvalidValue, match=rf"Images \('images'\) ?{said}"):
        read(EditImage(), {"prompt": "p", "images": value})


def test_a_mask_and_a_markup_exclude_each_other() -> None:
    params = read(EditImage(), {"prompt": "p", "images": "a", "mask": "", "markup": "b"})
    assert isinstance(params, EditParams)
    [ask] = EditImage().asks(params, "m")
    assert ask.incoming == Incoming(1, markup=True)
    with pytest.raises(InvalidValue, match=r"Markup \('markup'\): it excludes a mask.*Change it\.") as caught:
        read(EditImage(), {"prompt": "p", "images": "a", "mask": "c", "markup": "b"})
    assert caught.value.param == "markup"


def test_mask_and_fidelity_may_be_left_open() -> None:
    params = read(EditImage(), {"prompt": "p", "images": "a", "mask": "", "input_fidelity": "auto"})
    assert isinstance(params, EditParams)
    assert params.mask is None
    assert params.edit("m").input_fidelity is None
    with pytest.raises(InvalidValue, match="one image is needed here"):
        read(EditImage(), {"prompt": "p", "images": "a", "mask": ["b", "c"]})


@pytest.mark.parametrize(
    ("values", "arguments"),
    [
        ({"operation": "resize", "width": "64"}, {"width": 64, "height": None, "fit": "cover"}),
        (
            {"operation": "Crop", "width": 64, "height": 32, "position": "Top Left"},
            {"width": 64, "height": 32, "position": "top left"},
        ),
        ({"operation": "format", "format": "JPG"}, {"format": "jpeg"}),
        (
            {"operation": "watermark", "text": " Studio ", "opacity": "30", "position": "top-left"},
            {"text": "Studio", "position": "top left", "opacity": 0.3},
        ),
        (
            {"operation": "watermark", "text": "Studio", "opacity": 0.5},
            {"text": "Studio", "position": "bottom right", "opacity": 0.5},
        ),
        ({"operation": "crop", "width": 8, "height": 8}, {"width": 8, "height": 8, "position": "center"}),
    ],
)
def test_an_operation_takes_what_it_needs(values: dict[str, Any], arguments: dict[str, Any]) -> None:
    params = read(TransformImage(), {"images": "a", **values})
    assert isinstance(params, TransformParams)
    assert params.arguments() == arguments


@pytest.mark.parametrize(
    ("values", "needs"),
    [
        ({"operation": "resize"}, "resize needs a width"),
        ({"operation": "crop", "width": 3}, "crop needs a width and a height"),
        ({"operation": "format"}, "format needs a file format"),
        ({"operation": "watermark"}, "watermark needs a text"),
        ({"operation": "format", "format": []}, "File format .* it must be 'png', 'jpeg' or 'webp'"),
        ({"operation": "melt"}, "it must be 'resize', 'crop', 'format' or 'watermark'"),
        ({"operation": "watermark", "text": "x", "opacity": "much"}, "'much' is not a number of per cent"),
    ],
)
def test_an_operation_that_lacks_something_says_what(values: dict[str, Any], needs: str) -> None:
    with pytest.raises(InvalidValue, match=needs):
        read(TransformImage(), {"images": "a", **values})


def test_a_step_that_cannot_be_imported_is_named_with_the_command_that_helps(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needy_step.py").write_text("import a_package_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    loaded = load({"needy": "needy_step:Needy", "set_value": "pochoir.steps.set_value:SetValue"})
    sys.modules.pop("needy_step", None)
    assert set(loaded.types) == {"set_value"}
    assert loaded.unavailable["needy"].endswith("pip install a_package_nobody_has")


def test_two_names_for_one_step_are_an_error() -> None:
    with pytest.raises(ValueError, match="calls itself 'set_value'"):
        load({"other": "pochoir.steps.set_value:SetValue"})
