"""The checks hold on the project, and are seen to fail when somebody breaks them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checks import documents, orphans, sizes

ROOT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The source and the contracts, to be broken."""
    ignore = shutil.ignore_patterns("__pycache__", "static", "art", "cards", "templates")
    shutil.copytree(ROOT / "src/pochoir", tmp_path / "src/pochoir", ignore=ignore)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_contracts_hold_and_break(copy: Path) -> None:
    whole = lint_imports(copy)
    assert whole.returncode == 0, whole.stdout


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("domain/money.py", "import sqlalchemy"),
        ("domain/ids.py", "from pochoir.infra import clock"),
        ("engines/openai.py", "from pochoir.features.catalog import service"),
        ("engines/replay.py", "from pochoir.engines import openai"),
        ("features/catalog/directory.py", "from pochoir.features.runs import service"),
        ("features/tools/service.py", "from pochoir.features.images import store"),
        ("openai_api/models.py", "from pochoir.pages import registry"),
        ("features/images/service.py", "import fastapi"),
        ("features/runs/service.py", "import dbos"),
        ("features/tools/validation.py", "from pochoir import config"),
    ],
)
def test_a_forbidden_import_is_caught(copy: Path, place: str, line: str) -> None:
    path = copy / "src/pochoir" / place
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    assert lint_imports(copy).returncode != 0


def test_a_new_top_folder_is_caught(copy: Path) -> None:
    (copy / "src/pochoir/utils").mkdir()
    (copy / "src/pochoir/utils/__init__.py").write_text('"""Anything."""\n', encoding="utf-8")
    assert lint_imports(copy).returncode != 0


def test_sizes_catch_what_is_too_long(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    body = "def long() -> None:\n" + "    print()\n" * 61
    (tmp_path / "src/a.py").write_text(body + "x = 1\n" * 450, encoding="utf-8")
    found = sizes.problems(tmp_path, {"src/gone.py": "no longer"})
    assert [sentence.split(" ")[0] for sentence in found] == ["src/a.py", "src/a.py:long", "The"]


def test_our_checks_pass_here() -> None:
    assert sizes.problems(ROOT) == []
    assert documents.problems(ROOT) == []
    assert orphans.problems(ROOT) == []


def test_a_leaf_in_no_registry_is_caught(tmp_path: Path) -> None:
    folder = tmp_path / "src/pochoir/engines"
    folder.mkdir(parents=True)
    (folder / "registry.py").write_text('ENGINES = {"a": "pochoir.engines.a:create"}\n', encoding="utf-8")
    for name in ("a", "b"):
        (folder / f"{name}.py").write_text('"""A leaf."""\n', encoding="utf-8")
    [problem] = orphans.problems(tmp_path)
    assert problem.startswith("src/pochoir/engines/b.py")


def test_an_unpublished_package_is_not_installed_from_an_index(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "src/pochoir/features").mkdir(parents=True)
    told = "README.md installs pochoir from an index. Write .venv/bin/pip install -e '.[…]'."
    for text, caught in (("-e '.[s3]'", False), ('"pochoir[s3]"', True), ("'pochoir[c2pa]'", True), ("pochoir", True)):
        (tmp_path / "README.md").write_text(f"Run `pip install {text}`.\n", encoding="utf-8")
        assert (told in documents.problems(tmp_path)) is caught
