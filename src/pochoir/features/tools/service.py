"""Tools: drafts from descriptions, versions, the switch of the model, changes that are said.

Every version stays; a change, a switch and a restore each add one. What is stored has passed `validation.check`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError

from pochoir.domain.errors import Conflict, InvalidRequest, NotFound
from pochoir.domain.tools import SLUG_PATTERN, Spec, Tool, Version
from pochoir.features.tools import diff, store, switch, validation
from pochoir.features.tools.builders import Builders
from pochoir.features.tools.contract import (
    MAX_DESCRIPTION,
    BuilderName,
    Change,
    Engines,
    Models,
    Pricer,
    StoredDraft,
    SwitchPlan,
)
from pochoir.features.tools.model_builder.endpoint import Endpoints
from pochoir.features.tools.rules.models import names_of
from pochoir.features.tools.say.say import say
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.steps.base import StepType


class ToolsService:
    """`kinds` are the step types that can be used; `connections` may hold the workspace's language model."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        catalog: Models,
        images: Engines,
        kinds: Mapping[str, StepType],
        connections: Endpoints | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._catalog = catalog
        self._images = images
        self.kinds = kinds
        self._builders = Builders(clock, catalog, images, kinds, connections)

    # -- drafts --------------------------------------------------------------------------------------------------------

    async def draft(self, text: str, builder: BuilderName = "auto") -> StoredDraft:
        """Build a draft from a description and keep it. Raises InvalidRequest for an empty or over-long text.

        `auto` asks the workspace's language model when one is connected and falls back on the rules, saying so.
        """
        text = _readable(text).strip()
        if not text:
            raise InvalidRequest("The description is empty. Say in a sentence what the tool should make.", param="text")
        if len(text) > MAX_DESCRIPTION:
            raise InvalidRequest(
                f"The description has {len(text):,} characters; {MAX_DESCRIPTION:,} are the most. Shorten it.",
                param="text",
            )
        draft = await (await self._builders.named(builder)).build(text)
        stored = StoredDraft(self._clock.new_id("draft"), text, draft, self._clock.stamp())
        async with self._db.transaction() as conn:
            await store.add_draft(conn, stored)
        return stored

    async def draft_of(self, draft_id: str) -> StoredDraft:
        """Raises NotFound."""
        async with self._db.reading() as conn:
            stored = await store.draft_of(conn, draft_id)
        if stored is None:
            raise NotFound(f"There is no draft '{draft_id}'. Describe the tool again.")
        return stored

    async def save_draft(self, draft_id: str, spec: Spec) -> StoredDraft:
        """Keep what the review form says. Raises NotFound, InvalidSpec."""
        validation.check(spec, self.kinds)
        async with self._db.transaction() as conn:
            stored = await self.draft_of(draft_id)
            await store.change_draft(conn, draft_id, stored.draft.model_copy(update={"spec": spec}), stored.tool)
            return await self.draft_of(draft_id)

    # -- tools and versions --------------------------------------------------------------------------------------------

    async def create(self, spec: Spec, name: str | None = None, note: str = "") -> Tool:
        """Make a tool whose first version is `spec`. Without a name, one is made from the title.

        Raises InvalidSpec, InvalidRequest for an unusable name, Conflict when the name is taken.
        """
        validation.check(spec, self.kinds)
        if name is not None and not re.fullmatch(SLUG_PATTERN, name):
            raise InvalidRequest(
                f"'{name}' cannot be a tool's name. Use small letters, digits and dashes, such as product-shots.",
                param="name",
            )
        try:
            async with self._db.transaction() as conn:
                free = name or _free(slug(spec.title), await store.names_like(conn, slug(spec.title)))
                at = self._clock.stamp()
                tool = Tool(id=self._clock.new_id("tool"), name=free, current=1, created=at)
                await store.add(conn, tool)
                await store.add_version(conn, tool, spec, note or "First version.", at)
        except IntegrityError as error:
            raise Conflict(f"There is a tool '{name}' already. Choose another name.", param="name") from error
        return tool

    async def create_from(self, draft_id: str, spec: Spec) -> Tool:
        """The tool of a draft, made once: who goes back and asks again gets the same one.

        What differs then is its next version while it has one only, else a tool of its own: nobody's change is undone.
        Raises NotFound, InvalidSpec.
        """
        async with self._db.transaction() as conn:
            stored = await self.save_draft(draft_id, spec)
            known = await store.by_name(conn, stored.tool) if stored.tool is not None else None
            if known is not None:
                differs = diff.lines(await self.spec(known.name), spec)
                if not differs:
                    return known
                if known.current == 1:
                    await self.change(known.name, spec, "Changed in its draft.")
                    return await self.tool(known.name)
            tool = await self.create(spec, note="Built from a description.")
            await store.change_draft(conn, draft_id, stored.draft, tool.name)
        return tool

    async def tools(self, *, archived: bool = False) -> list[Tool]:
        """Newest first; archived ones only when asked for."""
        async with self._db.reading() as conn:
            return await store.all_tools(conn, archived=archived)

    async def tool(self, name: str) -> Tool:
        """Raises NotFound."""
        async with self._db.reading() as conn:
            tool = await store.by_name(conn, name)
        if tool is None:
            raise NotFound(f"There is no tool '{name}'. Choose one from the list of tools.")
        return tool

    async def spec(self, name: str, number: int | None = None) -> Spec:
        """The spec of the current version, or of version `number`. Raises NotFound."""
        return (await self.version(name, number)).spec

    async def version(self, name: str, number: int | None = None) -> Version:
        """The current version, or version `number`. Raises NotFound."""
        async with self._db.reading() as conn:
            tool = await self.tool(name)
            asked = tool.current if number is None else number
            found = await store.version(conn, tool, asked) if 1 <= asked <= tool.current else None
        if found is None:
            raise NotFound(f"The tool '{name}' has no version {number}. It has 1 to {tool.current}.")
        return found

    async def versions(self, name: str) -> list[Version]:
        """Newest first. Raises NotFound."""
        async with self._db.reading() as conn:
            return await store.versions_of(conn, await self.tool(name))

    def check(self, spec: Spec) -> None:
        """Raises InvalidSpec for what `create` and `change` would refuse."""
        validation.check(spec, self.kinds)

    async def change(self, name: str, spec: Spec, note: str = "", base: int | None = None) -> Version:
        """Add a version. `base`: the number of the version that was changed.

        Raises NotFound, InvalidSpec, InvalidRequest when nothing differs, and Conflict when `base` is not in use any more.
        """
        validation.check(spec, self.kinds)
        async with self._db.transaction() as conn:
            now = await self.version(name)
            if base is not None and base != now.number:
                raise Conflict(
                    f"The tool was changed meanwhile: version {now.number} is in use, and this was made from version "
                    f"{base}. Look at what would differ now, then take it or leave it."
                )
            lines = diff.lines(now.spec, spec)
            if not lines:
                raise InvalidRequest(f"Nothing differs from version {now.number} of '{name}'. Change something first.")
            return await store.add_version(
                conn, await self.tool(name), spec, note or "; ".join(lines), self._clock.stamp()
            )

    async def restore(self, name: str, number: int) -> Version:
        """Add a version equal to version `number`. Raises NotFound, InvalidRequest when it is the same already."""
        old = await self.version(name, number)
        return await self.change(name, old.spec, f"Version {number} restored.")

    async def differences(self, name: str, old: int, new: int) -> list[str]:
        """The lines that differ between two versions. Raises NotFound."""
        return diff.lines(await self.spec(name, old), await self.spec(name, new))

    async def archive(self, name: str, archived: bool = True) -> Tool:
        """Put a tool away, or bring it back. Nothing is deleted. Raises NotFound."""
        async with self._db.transaction() as conn:
            tool = await self.tool(name)
            await store.archive(conn, name, archived)
        return tool.model_copy(update={"archived": archived})

    # -- the model -----------------------------------------------------------------------------------------------------

    async def plan_switch(self, name: str, model: str, price: Pricer | None = None) -> SwitchPlan:
        """What a switch would change. Changes nothing. Raises NotFound, ModelNotFound.

        `price` gives the price of a run of a spec; without it the plan has no prices.
        """
        old = await self.spec(name)
        after = await self._catalog.card(model)
        new = old.model_copy(update={"model": model})
        before = {card.id: card for card in await self._catalog.cards()}.get(old.model)
        gained, lost, changed = switch.abilities(before, after) if before else ((), (), ())
        mapped, problems = switch.mappings(new, self.kinds, after)
        readiness = await self._images.readiness(after)
        return SwitchPlan(
            tool=name,
            before=before,
            after=after,
            lines=tuple(diff.lines(old, new)),
            price_before=await price(old) if price else None,
            price_after=await price(new) if price else None,
            gained=gained,
            lost=lost,
            changed=changed,
            mapped=mapped,
            problems=problems,
            ready="" if readiness.ready else readiness.sentence,
        )

    async def switch_model(self, name: str, model: str) -> Version:
        """Add a version that differs in the one line `model`. Raises NotFound, ModelNotFound, InvalidRequest."""
        await self._catalog.card(model)
        old = await self.spec(name)
        return await self.change(
            name, old.model_copy(update={"model": model}), f"Model switched from {old.model} to {model}."
        )

    # -- edit by saying ------------------------------------------------------------------------------------------------

    async def say(self, name: str, text: str) -> Change:
        """What a sentence would change in the tool: a proposal, taken with `change`. Raises NotFound, InvalidRequest."""
        return await self.say_to(await self.spec(name), text)

    async def say_to(self, spec: Spec, text: str) -> Change:
        """The same for a spec that is not stored, such as a draft's."""
        text = _readable(text)
        if not text.strip():
            raise InvalidRequest("Say what should change, for example: make it square.", param="text")
        if len(text) > MAX_DESCRIPTION:
            raise InvalidRequest("This is too long to change a tool with. Say it in a few sentences.", param="text")
        return say(spec, text, names_of(await self._catalog.cards()), self.kinds)


def slug(title: str) -> str:
    """A tool's name from its title: small letters, digits and dashes; `tool` when nothing is left."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:50].strip("-") or "tool"


def _readable(text: str) -> str:
    """The text with a question mark for each half of a character, as a terminal gives for bytes that it cannot read."""
    return text.encode("utf-8", "replace").decode()


def _free(base: str, taken: set[str]) -> str:
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
