"""A spec as YAML or JSON text, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from yaml.events import AliasEvent

from pochoir.domain.errors import InvalidSpec
from pochoir.domain.faults import reason
from pochoir.domain.storable import first_fault
from pochoir.domain.tools import Spec

MAX_TEXT = 200_000


class _Loader(yaml.SafeLoader):
    """YAML without anchors: a few lines of them can unfold into gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(AliasEvent):
            raise yaml.YAMLError("anchors and aliases (& and *) are not taken here")
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def to_yaml(spec: Spec) -> str:
    return str(yaml.dump(spec.as_data(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def from_text(text: str) -> Spec:
    """A spec from YAML or JSON. Raises InvalidSpec with what is wrong and where."""
    if len(text) > MAX_TEXT:
        raise InvalidSpec([f"The text has {len(text):,} characters; {MAX_TEXT:,} are the most. Shorten it."])
    try:
        data = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader
    except RecursionError:
        raise InvalidSpec(["The text is nested too deeply. Write it with fewer levels."]) from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"Line {mark.line + 1}: " if mark else ""
        raise InvalidSpec([f"{line}{getattr(error, 'problem', None) or error}. Correct the text."]) from None
    return from_data(data)


def from_data(data: Any) -> Spec:
    """A spec from JSON-like data. Raises InvalidSpec with one sentence for each fault of shape."""
    if not isinstance(data, dict):
        raise InvalidSpec(["It has no keys such as title, model and steps. Write them."])
    if found := first_fault(data):
        place, words = found
        raise InvalidSpec([f"{_where(place)}: it holds {words}, which cannot be stored. Change it."])
    try:
        return Spec.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise InvalidSpec([_sentence(fault) for fault in faults[:20]]) from None


def _sentence(fault: ErrorDetails) -> str:
    *above, last = fault["loc"] or ("spec",)
    words = f"The {last} of {_where(above)}" if above else f"The {last}"
    if fault["type"] == "string_too_short":
        return f"{words} is empty. Write one."
    if fault["type"] == "string_too_long":
        return f"{words} is longer than {fault['ctx']['max_length']:,} characters. Shorten it."
    return f"{_where(fault['loc'])}: {reason(fault)}. Change it."


def _where(place: Iterable[str | int]) -> str:
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in place) or "The spec"
