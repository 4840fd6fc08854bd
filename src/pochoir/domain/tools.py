"""The spec of a tool: inputs, steps, outputs, declared in data. Versions of it are what runs.

A spec is plain JSON or YAML. Every text in a step's `with` may hold `{{ … }}` templates over the inputs, the outputs of
earlier steps (`{{ steps.shots.images }}`) and, inside a repeat, its variable. The rules that need more than the shape
(templates parse, names exist, step parameters fit, no cycle) are in features/tools/validation.py.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

KEY_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,59}$"

MAX_CHOICES = 200

InputType = Literal["text", "long_text", "number", "choice", "boolean", "date", "image", "images", "table_row"]
Key = Annotated[str, Field(pattern=KEY_PATTERN)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Choice(_Part):
    """One option of a choice: the value that templates see and the label that people see."""

    value: str = Field(min_length=1, max_length=2_000)
    label: str | None = Field(default=None, max_length=200)


class Input(_Part):
    """One field of the tool's form."""

    key: Key
    label: str = Field(min_length=1, max_length=120)
    type: InputType = "text"
    help: str = Field(default="", max_length=500)
    required: bool = True
    default: Any = None
    sample: Any = None
    choices: tuple[Choice, ...] = Field(default=(), max_length=MAX_CHOICES)
    several: bool = False
    """A choice of which more than one may be picked; its value is a list."""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    table: str | None = None


class Step(_Part):
    """One step. `type` is a registered step type; `with` its parameters; `when` a template that must be true to run.

    A `repeat` step has `over` (a template that gives a list), `as` (the variable's name) and `steps`, run for each item.
    """

    id: Key
    type: str = Field(min_length=1, max_length=60)
    title: str = Field(default="", max_length=120)
    when: str | None = None
    params: dict[str, Any] = Field(default_factory=dict, alias="with")
    over: str | None = None
    as_: Key | None = Field(default=None, alias="as")
    steps: tuple[Step, ...] = Field(default=(), max_length=30)


class Output(_Part):
    """One result of the tool: `value` is a template, usually `{{ steps.<id>.images }}`."""

    key: Key
    label: str = Field(min_length=1, max_length=120)
    value: str


class Limits(_Part):
    """What the tool's owner allows.

    `repeat_after_crash`: how often an image request that may have been charged is sent again when a killed run resumes
    (each attempt is shown). `max_microusd`: a run whose quote is higher is refused, and one in which more turns out to be
    asked for, as a language model wrote what is repeated over, is stopped there.
    """

    repeat_after_crash: int = Field(default=1, ge=0, le=5)
    max_microusd: int | None = Field(default=None, ge=0)


class Spec(_Part):
    """A tool, whole. Switching the model changes the one line `model`."""

    pochoir: Literal[1] = 1
    title: str = Field(min_length=1, max_length=120)
    summary: str = Field(default="", max_length=1_000)
    model: str = Field(min_length=1, max_length=200)
    inputs: tuple[Input, ...] = Field(default=(), max_length=40)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=30)
    outputs: tuple[Output, ...] = Field(min_length=1, max_length=20)
    limits: Limits = Limits()

    def as_data(self) -> dict[str, Any]:
        """The spec as JSON-ready data, defaults left out, in the order of the fields."""
        data = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {"pochoir": self.pochoir, **data}


class Guess(_Part):
    """One thing that a builder decided. `where` is a path in the spec (`inputs.season`, `steps.shots.with.size`).

    `kind`: understood (said in the description), assumed (a default; to be checked), missing (the user must fill it).
    """

    kind: Literal["understood", "assumed", "missing"]
    where: str
    text: str


class Draft(_Part):
    """What a builder gives: a spec to review, what it guessed, what it could not do, and who built it."""

    spec: Spec
    guesses: tuple[Guess, ...] = ()
    left_out: tuple[str, ...] = ()
    """One sentence each on what was asked for and could not be had."""
    job: str = ""
    language: str = "en"
    builder: str = "rules"


class Version(_Part):
    """A stored version of a tool's spec: `number` counts from 1, `note` says what changed."""

    tool: str
    number: int
    spec: Spec
    note: str = ""
    created: str


class Tool(_Part):
    """A tool as the workspace knows it: `name` is its slug, unique."""

    id: str
    name: str
    current: int
    created: str
    archived: bool = False
