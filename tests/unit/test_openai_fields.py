"""The translation by itself: fields to requests, errors to envelopes, results to bodies."""

from __future__ import annotations

import json
from typing import Any

import pybase64
import pytest

from pochoir.domain import errors
from pochoir.domain.errors import InvalidValue, PochoirError
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, Size
from pochoir.domain.money import Charge, Usage
from pochoir.engines.base import PartialImage
from pochoir.features.images.artifact import Made
from pochoir.openai_api import answers
from pochoir.openai_api.envelope import error_data, error_response
from pochoir.openai_api.fields import RULES, from_form, read_fields
from upstream.server import picture


def test_a_prompt_alone_is_enough() -> None:
    asked = read_fields({"prompt": "A fox"})
    assert asked.request == ImageRequest("pochoir-sketch", "A fox")
    assert (asked.stream, asked.partial_images) == (False, 0)


def test_auto_and_null_leave_the_choice_to_the_model() -> None:
    given = {"prompt": "A fox", "size": "auto", "quality": "auto", "background": "auto", "n": None, "seed": None}
    assert read_fields(given).request == ImageRequest("pochoir-sketch", "A fox")


def test_every_field_finds_its_place() -> None:
    given: dict[str, Any] = {
        "prompt": "A fox",
        "model": "gpt-image-2@x",
        "n": 2,
        "size": "1536x1024",
        "quality": "high",
        "background": "transparent",
        "output_format": "webp",
        "output_compression": 80,
        "moderation": "low",
        "input_fidelity": "high",
        "seed": 7,
        "stream": True,
        "partial_images": 2,
        "response_format": "b64_json",
        "user": "u",
        "style": "vivid",
        "svg": {"model": "m"},
    }
    asked = read_fields(given)
    assert asked.request == ImageRequest(
        "gpt-image-2@x",
        "A fox",
        n=2,
        size=Size(1536, 1024),
        quality="high",
        background="transparent",
        output_format="webp",
        output_compression=80,
        moderation="low",
        input_fidelity="high",
        seed=7,
        options={"user": "u", "style": "vivid", "svg": {"model": "m"}},
    )
    assert (asked.stream, asked.partial_images) == (True, 2)


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({}, "prompt", "missing_required_parameter"),
        ({"prompt": None}, "prompt", "missing_required_parameter"),
        ({"prompt": 5}, "prompt", "invalid_type"),
        ({"prompt": ["A fox"]}, "prompt", "invalid_type"),
        ({"prompt": "x" * 32_001}, "prompt", "string_above_max_length"),
        ({"prompt": "x", "n": 11}, "n", "integer_above_max_value"),
        ({"prompt": "x", "n": 0}, "n", "integer_below_min_value"),
        ({"prompt": "x", "n": "2"}, "n", "invalid_type"),
        ({"prompt": "x", "n": True}, "n", "invalid_type"),
        ({"prompt": "x", "n": 1.5}, "n", "invalid_type"),
        ({"prompt": "x", "size": "big"}, "size", "invalid_value"),
        ({"prompt": "x", "size": "0x0"}, "size", "invalid_value"),
        ({"prompt": "x", "size": 1024}, "size", "invalid_type"),
        ({"prompt": "x", "background": "blue"}, "background", "invalid_value"),
        ({"prompt": "x", "output_format": "bmp"}, "output_format", "invalid_value"),
        ({"prompt": "x", "output_compression": 101}, "output_compression", "integer_above_max_value"),
        ({"prompt": "x", "partial_images": 4}, "partial_images", "integer_above_max_value"),
        ({"prompt": "x", "stream": "yes"}, "stream", "invalid_type"),
        ({"prompt": "x", "response_format": "link"}, "response_format", "invalid_value"),
        ({"prompt": "x", "seed": -1}, "seed", "integer_below_min_value"),
        ({"prompt": "x", "model": ""}, "model", "string_below_min_length"),
    ],
)
def test_a_wrong_field_is_refused_with_openais_code(given: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(InvalidValue, match=r"\.$") as caught:
        read_fields(given)
    assert (caught.value.param, caught.value.code) == (param, code)


@pytest.mark.parametrize("name", sorted(RULES))
@pytest.mark.parametrize("value", [{}, [], {"a": [1]}, "\x00" * 600, -(2**70), 2**70, 1e308, "", False])
def test_no_value_of_any_field_breaks_the_reading(name: str, value: Any) -> None:
    problem = None
    try:
        read_fields({"prompt": "A fox", name: value})
    except InvalidValue as error:
        problem = error
    assert problem is None or (problem.param == name and problem.message.endswith("."))


def test_forms_carry_text_that_becomes_numbers_booleans_and_objects() -> None:
    form = {
        "prompt": "5",
        "n": "2",
        "stream": "true",
        "output_compression": "x",
        "svg[model]": "gpt-5",
        "svg[reasoning][effort]": "low",
        "frame_count": "9",
        "style": "vivid",
    }
    assert from_form(form) == {
        "prompt": "5",
        "n": 2,
        "stream": True,
        "output_compression": "x",
        "svg": {"model": "gpt-5", "reasoning": {"effort": "low"}},
        "frame_count": 9,
        "style": "vivid",
    }
    for twice in ({"svg": "x", "svg[model]": "y"}, {"svg[model]": "y", "svg": "x"}):
        with pytest.raises(InvalidValue, match="in two ways"):
            from_form(twice)
    with pytest.raises(InvalidValue, match="more than 4 levels deep"):
        from_form({"svg" + "[a]" * 5: "x"})


@pytest.mark.parametrize(
    ("text", "value"),
    [("-5", -5), (" 2 ", 2), (str(2**63 - 1), 2**63 - 1), ("--5", "--5"), ("-", "-"), ("9" * 5_000, "9" * 5_000)],
)
def test_a_forms_number_is_one_or_stays_the_text_that_it_is(text: str, value: int | str) -> None:
    assert from_form({"seed": text}) == {"seed": value}


@pytest.mark.parametrize(
    ("error", "status", "kind", "code", "headers"),
    [
        (errors.UnknownParameter("No.", param="x"), 400, "invalid_request_error", "unknown_parameter", {}),
        (errors.Refused("No."), 400, "image_generation_user_error", "moderation_blocked", {}),
        (errors.NotSignedIn("No."), 401, "invalid_request_error", "invalid_api_key", {}),
        (errors.ModelNotFound("No."), 404, "invalid_request_error", "model_not_found", {}),
        (errors.TooLarge("No."), 413, "invalid_request_error", "too_large", {}),
        (
            errors.BudgetExceeded("No."),
            402,
            "insufficient_quota",
            "budget_exceeded",
            {"x-should-retry": "false"},
        ),
        (
            errors.KeyBudgetExceeded("No.", retry_after=5),
            429,
            "insufficient_quota",
            "key_budget_exceeded",
            {"x-should-retry": "false", "retry-after": "5", "retry-after-ms": "5000"},
        ),
        (
            errors.TooManyRequests("No.", retry_after=0.5),
            429,
            "requests",
            "rate_limit_exceeded",
            {"retry-after": "1", "retry-after-ms": "500"},
        ),
        (
            errors.ProviderPaused("No.", retry_after=30),
            503,
            "server_error",
            "provider_paused",
            {"retry-after": "30", "retry-after-ms": "30000"},
        ),
        (errors.Conflict("No."), 409, "invalid_request_error", "conflict", {"x-should-retry": "false"}),
        (
            errors.EngineRateLimited("No.", retry_after=1.2),
            429,
            "requests",
            "rate_limit_exceeded",
            {"retry-after": "2", "retry-after-ms": "1200"},
        ),
        (
            errors.EngineTimeout("No.", may_have_been_charged=True),
            504,
            "server_error",
            "engine_timeout",
            {"x-should-retry": "false"},
        ),
        (errors.EngineError("No."), 502, "server_error", "engine_error", {}),
        (
            errors.EngineNotReady("No."),
            503,
            "server_error",
            "engine_not_ready",
            {"x-should-retry": "false"},
        ),
        (PochoirError("No."), 500, "server_error", "internal_error", {"x-should-retry": "false"}),
    ],
)
def test_errors_have_openais_envelope_and_say_whether_to_repeat(
    error: PochoirError, status: int, kind: str, code: str, headers: dict[str, str]
) -> None:
    response = error_response(error, "req_1")
    assert response.status_code == status
    told = json.loads(bytes(response.body))["error"]
    details = told.pop("moderation_details", None)
    assert told == {"message": "No.", "type": kind, "param": error.param, "code": code}
    assert (details is not None) == isinstance(error, errors.Refused)
    shown = {name: value for name, value in response.headers.items() if "retry" in name}
    assert shown == headers
    assert response.headers["x-request-id"] == "req_1"


def made(*images: GeneratedImage, **changes: Any) -> Made:
    result = ImageResult(images, Usage(text_in=11, image_out=272, images=1), "snap", Size(8, 8), **changes)
    return Made(result, (), Charge((), result.usage, ""), "att_1", "model-1", notes=("Mapped.",))


DATA = picture((8, 8))
IMAGE = GeneratedImage(DATA, "image/png", Size(8, 8))


@pytest.mark.parametrize("b64", [None, pybase64.b64encode(DATA), memoryview(pybase64.b64encode(DATA))])
def test_a_body_is_the_same_whether_the_base64_was_kept_or_not(b64: Any) -> None:
    image = GeneratedImage(DATA, "image/png", Size(8, 8), revised_prompt='say "hi"\n', b64=b64)
    body = json.loads(b"".join(answers.whole(made(image, IMAGE, quality="low"), 1_795_435_200)))
    assert [pybase64.b64decode(item["b64_json"]) for item in body["data"]] == [DATA, DATA]
    assert [item.get("revised_prompt") for item in body["data"]] == ['say "hi"\n', None]
    assert body["created"] == 1_795_435_200
    assert (body["size"], body["quality"], body["output_format"]) == ("8x8", "low", "png")
    assert "background" not in body
    assert body["usage"] == {
        "input_tokens": 11,
        "input_tokens_details": {"text_tokens": 11, "image_tokens": 0},
        "output_tokens": 272,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": 272},
        "total_tokens": 283,
    }
    assert body["pochoir"]["notes"] == ["Mapped."]


def test_usage_that_was_not_reported_is_not_told() -> None:
    assert "usage" not in json.loads(b"".join(answers.whole(made(IMAGE, usage_reported=False), 1)))


def test_events_are_one_line_of_json_each_and_count_usage_once() -> None:
    two = made(IMAGE, IMAGE)
    sent = [
        answers.partial_event("image_generation", PartialImage(1, IMAGE), 5),
        answers.completed_event("image_generation", two, 0, 5),
        answers.completed_event("image_generation", two, 1, 5),
        answers.error_event(error_data(errors.Refused("No."))),
    ]
    read = []
    for event in sent:
        name, data, *rest = event.decode().split("\n")
        assert rest == ["", ""]
        read.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {read[-1]['type']}"
    assert read[0]["partial_image_index"] == 1
    assert [item["usage"]["total_tokens"] for item in read[1:3]] == [0, 283]
    assert read[3]["error"]["code"] == "moderation_blocked"
