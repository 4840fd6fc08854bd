"""What every registered engine must hold to; a new one is tested on the day it is registered."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pochoir.domain.errors import EngineError, EngineNotReady, PochoirError
from pochoir.domain.images import ImageRequest, ImageResult, Size
from pochoir.engines.base import Credentials, Engine, EngineInfo, Holds
from pochoir.engines.registry import ENGINES, Known, known, load, names

ASK = ImageRequest("some-model", "A red circle", size=Size(256, 256), output_format="png")


@pytest.fixture(params=sorted(ENGINES))
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    made = load(request.param)
    yield made
    await made.close()


async def test_an_engine_says_what_it_is(engine: Engine) -> None:
    info = engine.info
    assert isinstance(info, EngineInfo)
    assert info.title
    assert info.timeout > 0
    fields = [field.name for field in info.needs]
    assert len(fields) == len(set(fields))
    assert all(field.label for field in info.needs)
    assert all(field.secret for field in info.needs if field.name == "key"), "a key is a secret"


async def test_making_one_opens_nothing_and_closing_twice_does_no_harm(engine: Engine) -> None:
    await engine.close()
    await engine.close()


async def test_its_methods_have_the_contracts_parameters(engine: Engine) -> None:
    for name in ("generate", "stream", "check", "close"):
        ours = inspect.signature(getattr(Engine, name))
        assert list(inspect.signature(getattr(engine, name)).parameters) == list(ours.parameters)[1:], name


async def test_without_credentials_it_refuses_in_words_or_needs_none(engine: Engine) -> None:
    """An engine that needs something says what is missing; one that needs nothing makes the image."""
    if any(field.required for field in engine.info.needs):
        for call in (engine.generate(ASK, Credentials()), engine.check(Credentials())):
            with pytest.raises(EngineNotReady, match=r"\.$"):
                await call
        with pytest.raises(EngineNotReady):
            [item async for item in engine.stream(ASK, Credentials(), 0)]
        return
    if isinstance(engine, Holds):
        assert engine.missing(ASK.model).endswith(".")
        with pytest.raises(EngineNotReady, match=r"\.$"):
            await engine.generate(ASK, Credentials())
        return
    result = await engine.generate(ASK, Credentials())
    assert len(result.images) == 1
    assert result.images[0].size == result.size == Size(256, 256)
    items = [item async for item in engine.stream(ASK, Credentials(), 2)]
    assert isinstance(items[-1], ImageResult)
    assert sum(isinstance(item, ImageResult) for item in items) == 1
    assert (await engine.check(Credentials())).endswith(".")


async def test_a_dead_address_is_a_domain_error_and_charges_nothing(engine: Engine) -> None:
    if not any(field.name == "base_url" for field in engine.info.needs):
        pytest.skip("this engine calls no server")
    with pytest.raises(EngineError, match=r"\.$") as caught:
        await engine.generate(ASK, Credentials("key", "http://127.0.0.1:9/v1"))
    assert not caught.value.may_have_been_charged


def test_every_engine_is_known_with_its_info() -> None:
    found = {entry.id: entry for entry in known()}
    assert set(found) >= set(ENGINES)
    for entry in found.values():
        assert entry.available, entry.problem


def test_an_engine_whose_package_is_missing_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "needy_engine.py").write_text("import a_package_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    table = {"needy": "needy_engine:create"}
    with pytest.raises(EngineNotReady, match="pip install a_package_that_is_not_there"):
        load("needy", table)
    assert known(table) == [
        Known(
            "needy",
            problem="The engine 'needy' needs the package 'a_package_that_is_not_there'. "
            "Run: pip install a_package_that_is_not_there",
        )
    ]


def test_an_unknown_engine_and_a_wrong_name_are_refused() -> None:
    with pytest.raises(EngineNotReady, match="There is no engine 'nobody'"):
        load("nobody")
    with pytest.raises(ValueError, match="calls itself 'openai'"):
        load("other", {"other": "pochoir.engines.openai:create"})


def test_the_registry_imports_no_engine_by_itself() -> None:
    assert set(names()) >= set(ENGINES)
    assert "pochoir.engines.registry" in sys.modules
    assert issubclass(EngineNotReady, PochoirError)
