"""Reads what should change and applies it to the spec, clause by clause; what is not understood is said."""

from __future__ import annotations

from collections.abc import Mapping

from pochoir.domain.errors import InvalidSpec
from pochoir.domain.tools import Spec
from pochoir.features.tools import diff, validation
from pochoir.features.tools.contract import Change
from pochoir.features.tools.say.changes import CHANGES
from pochoir.features.tools.say.clauses import clauses
from pochoir.features.tools.say.edit import Edit
from pochoir.features.tools.text import from_data
from pochoir.steps.base import StepType


def say(spec: Spec, text: str, models: Mapping[str, str], kinds: Mapping[str, StepType]) -> Change:
    """The changed spec, its difference, and a sentence for each thing that was understood.

    `models` are the names of models in lower case with their ids. A clause that would break the tool is not taken.
    """
    edit = Edit(spec, models, text)
    sentences: list[str] = []
    unknown: list[str] = []
    for clause in clauses(text):
        before = edit.spec
        told = _apply(edit, clause)
        if not told:
            unknown.append(f"“{clause}” was not understood. Say it in other words, or change it in the form.")
            continue
        try:
            validation.check(from_data(edit.spec.as_data()), kinds)
        except InvalidSpec as error:
            edit.spec = before
            unknown.append(f"“{clause}” cannot be done: {error.problems[0]}")
            continue
        sentences += told
    return Change(edit.spec, tuple(diff.lines(spec, edit.spec)), tuple(dict.fromkeys(sentences)), tuple(unknown))


def _apply(edit: Edit, clause: str) -> list[str]:
    """Let every kind of change look at the clause; those that know it apply themselves."""
    edit.begin(clause)
    return [sentence for change in CHANGES if (sentence := change(edit))]
