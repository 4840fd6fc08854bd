"""Downloads of open-weight models: never a mixture of two revisions that passes for one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

import pochoir
from pochoir.commands import local_models
from pochoir.config import Settings
from pochoir.domain.errors import EngineError, EngineNotReady, StorageFull
from pochoir.engines.local import download as local
from pochoir.engines.local.download import File, Plan, download
from pochoir.engines.local.store import RECORD, kept
from pochoir.features.catalog.cards import load_cards

MODEL = "z-image-turbo"
CARDS = Path(pochoir.__file__).parent / "features/catalog/cards"
NAMES = ("model_index.json", "transformer/a.safetensors", "transformer/b.safetensors")


class Source:
    """What would come over the network: every file of a revision repeats its name; `cut` ends the download there."""

    def __init__(self, patch: pytest.MonkeyPatch, models: Path) -> None:
        self.models = models
        self.cut = ""
        self.fetched: list[str] = []
        self.seen: list[str | None] = []
        """The revision that the folder said it held, before each file came."""
        patch.setattr(local, "_fetch", self.fetch)

    def fetch(self, wanted: Plan, file: File, folder: Path, hub: str) -> None:
        self.seen.append(self.held())
        if file.name == self.cut:
            raise EngineError("Cut off.")
        self.fetched.append(file.name)
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.name).write_bytes(contents(wanted.revision)[file.name])

    def bring(self, revision: str, names: tuple[str, ...] = NAMES) -> None:
        found = contents(revision, names)
        files = [File(name, len(data), hashlib.sha256(data).hexdigest(), "") for name, data in found.items()]
        download(Plan(MODEL, "some/where", revision, tuple(files)), self.models, say=lambda _: None)

    def held(self) -> str | None:
        there = kept(self.models, MODEL)
        return there.revision if there else None

    def there(self) -> set[str]:
        folder = self.models / MODEL
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def contents(revision: str, names: tuple[str, ...] = NAMES) -> Mapping[str, bytes]:
    return {name: revision.encode() * 16 for name in names}


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Source:
    return Source(monkeypatch, tmp_path)


def test_another_revision_that_was_cut_off_passes_for_none(source: Source) -> None:
    source.bring("A")
    assert source.held() == "A"
    source.cut = NAMES[2]
    with pytest.raises(EngineError, match="Cut off"):
        source.bring("B")
    assert source.held() is None, "half of it is B, and half A"
    source.cut, source.fetched, source.seen = "", [], []
    source.bring("B")
    assert (source.fetched, source.held()) == ([NAMES[2]], "B")
    assert source.seen == [None]


def test_files_of_an_earlier_revision_go_and_others_stay(source: Source) -> None:
    source.bring("A")
    folder = source.models / MODEL
    (folder / ".cache/huggingface").mkdir(parents=True)
    (folder / ".cache/huggingface/state.json").write_text("{}")
    (folder / "notes.md").write_text("mine")
    source.bring("B", NAMES[:2])
    assert source.there() == {*NAMES[:2], RECORD, ".cache/huggingface/state.json", "notes.md"}
    assert source.held() == "B"


def test_a_download_that_changes_nothing_leaves_the_model_in_use(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.bring("A")
    source.fetched.clear()
    source.bring("A")
    assert (source.fetched, source.held()) == ([], "A")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1})())
    with pytest.raises(StorageFull):
        source.bring("B")
    assert source.held() == "A"


@pytest.mark.parametrize("model", ["gpt-image-2", "flux-2-dev"])
def test_a_model_that_cannot_run_here_needs_no_packages(tmp_path: Path, model: str) -> None:
    [card] = [card for card in load_cards(CARDS) if card.id == model]
    with pytest.raises(EngineNotReady, match=f"no recipe for '{model}'. Choose from: z-image-turbo"):
        local_models.download(Settings(data=tmp_path), card, "main", "", lambda _: True, print)
