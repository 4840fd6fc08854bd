"""The engines: one line each. A new engine is a file beside this one and its line here.

Other packages add theirs through the entry point group `pochoir.engines`: id = "module:factory".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from pochoir.domain.credits import Credit
from pochoir.domain.errors import EngineNotReady
from pochoir.engines.base import Engine, EngineInfo

ENGINES: Mapping[str, str] = MappingProxyType(
    {
        "builtin": "pochoir.engines.builtin.engine:create",
        "openai": "pochoir.engines.openai:create",
        "openai_compatible": "pochoir.engines.openai_compatible:create",
        "google": "pochoir.engines.google:create",
        "bfl": "pochoir.engines.bfl:create",
        "diffusers": "pochoir.engines.local.engine:create",
        "replay": "pochoir.engines.replay:create",
    }
)
"""Id -> dotted name of the function that makes the engine, imported late."""

CREDITS: Mapping[str, str] = MappingProxyType({"builtin": "pochoir.engines.builtin.credits:credits"})
"""Id of an engine that ships work of others -> dotted name of the function that lists it as credits."""

GROUP = "pochoir.engines"


@dataclass(frozen=True, slots=True)
class Known:
    """An engine that could be used: its info, or the sentence that says why not and what to do."""

    id: str
    info: EngineInfo | None = None
    problem: str = ""

    @property
    def available(self) -> bool:
        return self.info is not None


def names() -> dict[str, str]:
    """Every engine's dotted name: ours and those of installed packages. Raises ValueError when an id is taken twice."""
    found = dict(ENGINES)
    for point in _installed():
        if point.name in found:
            raise ValueError(
                f"The engine id '{point.name}' of {point.value} is taken. Rename it or uninstall its package."
            )
        found[point.name] = point.value
    return found


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """What other packages bring. Looked up once a process: it reads every installed package's files."""
    return tuple(entry_points(group=GROUP))


def load(
    engine_id: str, dotted_names: Mapping[str, str] | None = None, options: Mapping[str, Any] | None = None
) -> Engine:
    """Make an engine; `options` go to its factory. Raises EngineNotReady with the command that installs what is missing."""
    dotted = (names() if dotted_names is None else dotted_names).get(engine_id)
    if dotted is None:
        raise EngineNotReady(
            f"There is no engine '{engine_id}'. Install the package that brings it, or choose another."
        )
    module, _, factory = dotted.partition(":")
    try:
        engine: Engine = getattr(import_module(module), factory)(**(options or {}))
    except ImportError as error:
        missing = (error.name or module).partition(".")[0]
        raise EngineNotReady(
            f"The engine '{engine_id}' needs the package '{missing}'. Run: pip install {missing}"
        ) from error
    if engine.info.id != engine_id:
        raise ValueError(f"The engine {dotted} calls itself '{engine.info.id}', its line says '{engine_id}'.")
    return engine


def credits() -> tuple[Credit, ...]:
    """The work of others that the engines ship, with licences; imported when asked for."""
    found: list[Credit] = []
    for dotted in CREDITS.values():
        module, _, function = dotted.partition(":")
        found.extend(getattr(import_module(module), function)())
    return tuple(found)


def known(dotted_names: Mapping[str, str] | None = None) -> list[Known]:
    """Every registered engine with its info, in the order of the registry; those that cannot be loaded say why."""
    found = []
    for engine_id in names() if dotted_names is None else dotted_names:
        try:
            found.append(Known(engine_id, load(engine_id, dotted_names).info))
        except EngineNotReady as error:
            found.append(Known(engine_id, problem=error.message))
    return found
