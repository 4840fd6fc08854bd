"""Every example spec can run and fits the published schema; what the how-to prints is a spec too."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from pochoir.features.tools.schema import json_schema
from pochoir.features.tools.text import from_text
from pochoir.features.tools.validation import check, inputs_of
from pochoir.steps import registry

ROOT = Path(__file__).parents[2]
KINDS = registry.load().types
EXAMPLES = sorted((ROOT / "examples").glob("*.tool.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    spec = from_text(text)
    check(spec, KINDS)
    jsonschema.validate(yaml.safe_load(text), json_schema(KINDS))
    inputs_of(spec, {})


def test_the_spec_in_the_how_to_can_run() -> None:
    page = (ROOT / "docs/howto/write-a-tool-spec.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    check(from_text(block), KINDS)
    for name in KINDS:
        assert f"`{name}`" in page
