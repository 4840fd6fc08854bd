"""Which engine answers for a model, with which credentials, and whether it is ready. Engines are made late, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from pochoir.domain.catalog import Card
from pochoir.domain.errors import EngineNotReady, ModelNotFound
from pochoir.engines.base import Credentials, Engine, Holds
from pochoir.features.catalog.words import on_day
from pochoir.features.images.artifact import Readiness


class Keys(Protocol):
    """What routing needs of the connections service."""

    async def credentials(self, engine: str, name: str | None = None) -> Credentials | None: ...

    async def upstream_models(self) -> Sequence[tuple[str, str, str | None]]: ...


@dataclass(frozen=True, slots=True)
class Route:
    """An engine, its credentials, and the name under which it knows the model."""

    engine: Engine
    credentials: Credentials
    upstream: str

    @property
    def who(self) -> str:
        """The name of the connection, for what all requests on it share."""
        return who_of(self.engine.info.id, self.credentials)


def who_of(engine_id: str, credentials: Credentials) -> str:
    return f"{engine_id} {credentials.base_url or ''}"


class Routing:
    """`load` imports an engine by id (raises EngineNotReady with the command that installs it)."""

    def __init__(self, load: Callable[[str], Engine], keys: Keys) -> None:
        self._load = load
        self._keys = keys
        self._engines: dict[str, Engine] = {}
        self._holders: dict[str, Holds] = {}

    def engine(self, engine_id: str) -> Engine:
        if engine_id not in self._engines:
            engine = self._engines[engine_id] = self._load(engine_id)
            if isinstance(engine, Holds):  # asked once: it takes as long as the rest of finding a route
                self._holders[engine_id] = engine
        return self._engines[engine_id]

    async def route(self, card: Card, today: date, *, begun: bool = False) -> Route:
        """The first of the card's engines that is ready. Raises with the sentence of `readiness` when none is.

        `begun`: what was begun is seen through, whether or not the model has been shut down since.
        """
        found, state = await self._find(card, today, begun=begun)
        if found is not None:
            return found
        error = ModelNotFound if state.state == "shut_down" else EngineNotReady
        raise error(state.sentence, param="model", code=None if state.state == "shut_down" else state.state)

    async def check(self, engine_id: str, name: str | None = None) -> str:
        """Try the stored credentials of an engine without spending money. A sentence; raises EngineError when they fail."""
        engine = self.engine(engine_id)
        found = await self._keys.credentials(engine_id, name)
        if found is None:
            raise EngineNotReady(f"{engine.info.title} is not connected yet. Enter its key first.")
        return await engine.check(found)

    async def who(self, engine_id: str, name: str | None = None) -> str | None:
        """The name of a connection, for what all requests on it share; None when there is no such connection."""
        found = await self._keys.credentials(engine_id, name)
        return who_of(engine_id, found) if found is not None else None

    async def readiness(self, card: Card, today: date) -> Readiness:
        return (await self._find(card, today))[1]

    def offered_here(self, card: Card) -> bool:
        """Whether one of the card's engines would hold this very model on this machine."""
        for name in card.engines:
            with suppress(EngineNotReady):
                self.engine(name)
        return any(self._holders[name].offers(card.id) for name in card.engines if name in self._holders)

    async def free_here(self, card: Card, today: date) -> bool:
        """Whether an engine that costs nothing would answer for the card on this machine. False when none is ready.

        It is asked before every image: cards of other models are told apart without reading anything.
        """
        if not self.offered_here(card):
            return False
        found, _ = await self._find(card, today)
        return found is not None and found.engine.info.id in self._holders and not found.engine.info.paid

    async def editors(self, cards: Sequence[Card], today: date, most: int = 3) -> str:
        """A sentence that names current models which repaint images: those that are ready here first."""
        able = [card for card in cards if card.abilities.edit and card.engines and card.status(today) == "current"]
        able = [card for card in able if card.engines != ("builtin",)]
        ready = [card.name for card in able if (await self.readiness(card, today)).ready]
        if ready:
            return f"{' or '.join(ready[:most])} can: choose it instead."
        names = " or ".join(card.name for card in able[:most])
        return f"{names} can, once a key is entered on the settings page." if names else "No model here can."

    async def _find(self, card: Card, today: date, *, begun: bool = False) -> tuple[Route | None, Readiness]:
        if not begun and card.status(today) == "shut down":
            after = f" Use {' or '.join(card.successors)}." if card.successors else " Choose another model."
            return None, Readiness("shut_down", f"{card.name} was shut down{on_day(card.shutdown)}.{after}")
        state = Readiness(
            "no_engine", f"No engine here runs {card.name} yet. Choose another model.", f"/models/{card.id}"
        )
        for engine_id in card.engines:
            try:
                engine = self.engine(engine_id)
            except EngineNotReady as error:
                if state.state == "no_engine":
                    state = Readiness("not_installed", error.message)
                continue
            holder = self._holders.get(engine_id)
            if holder is not None and (why := holder.missing(card.id)):
                if state.state == "no_engine":
                    state = Readiness("not_installed", why)
                elif holder.offers(card.id):
                    state = Readiness(state.state, f"{state.sentence} {why}", state.link)
                continue
            found = await self._credentials(card, engine, held=holder is not None)
            if found is not None:
                return Route(engine, *found), Readiness("ready", f"{card.name} is ready.")
            if state.state == "no_engine":
                state = _needs(card, engine)
        return None, state

    async def _credentials(self, card: Card, engine: Engine, *, held: bool) -> tuple[Credentials, str] | None:
        upstream = card.id if held else card.upstream or card.id
        if not engine.info.needs:
            return Credentials(), upstream
        if engine.info.id == "openai_compatible":
            return await self._server(card)
        found = await self._keys.credentials(engine.info.id)
        return (found, upstream) if found else None

    async def _server(self, card: Card) -> tuple[Credentials, str] | None:
        """The connected server that runs the card: its own entry (`<connection>/<model>`), or one said to be this card."""
        for connection, upstream, card_id in await self._keys.upstream_models():
            if card.id in (f"{connection}/{upstream}", card_id):
                found = await self._keys.credentials("openai_compatible", connection)
                if found:
                    return found, upstream
        return None

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.close()
        self._engines.clear()
        self._holders.clear()


def _needs(card: Card, engine: Engine) -> Readiness:
    if engine.info.id == "openai_compatible":
        return Readiness(
            "needs_key",
            f"{card.name} runs on a server of your own. Connect one on the settings page.",
            "/settings#openai_compatible",
        )
    names = [field.env for field in engine.info.needs if field.env and field.required]
    by_environment = f" or set {names[0]}" if names else ""
    return Readiness(
        "needs_key",
        f"{card.name} needs a key. Enter it on the settings page{by_environment}.",
        f"/settings#{engine.info.id}",
    )
