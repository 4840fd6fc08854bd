"""`pochoir tool new | list | run`: tools from a sentence, on the command line."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pochoir.commands.remote import Answered, Remote
from pochoir.commands.saving import Saving
from pochoir.commands.session import Stopped
from pochoir.domain.errors import InvalidValue, NotFound
from pochoir.domain.money import dollars
from pochoir.domain.runs import FINISHED, Run
from pochoir.domain.tools import SLUG_PATTERN, Spec
from pochoir.features.services import Services
from pochoir.features.tools.text import from_text

FINISH_SECONDS = 120.0
"""How long a run that is stopped by Ctrl-C waits for what is with the engine; another Ctrl-C ends it at once."""


async def new(services: Services, text: str, name: str | None) -> dict[str, Any]:
    """Build a tool from a description and keep it. Returns its name, its spec and what was guessed."""
    stored = await services.tools.draft(text)
    draft = stored.draft
    tool = await services.tools.create(draft.spec, name=name, note="Built from a description.")
    return {
        "name": tool.name,
        "spec": draft.spec.as_data(),
        "guesses": [guess.model_dump() for guess in draft.guesses],
        "left_out": list(draft.left_out),
    }


def read_spec(path: Path) -> Spec:
    """A spec from a file (YAML or JSON). Raises InvalidValue for the file, InvalidSpec for what is in it."""
    try:
        return from_text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} cannot be read ({error}). Check its name.", param="file") from error


async def add(services: Services, spec: Spec, name: str | None) -> str:
    """Keep a tool; returns its name."""
    return (await services.tools.create(spec, name=name, note="From a file.")).name


def new_lines(made: Mapping[str, Any]) -> list[str]:
    """What `tool new` says to a person."""
    spec = made["spec"]
    lines = [f"{spec['title']}  ({made['name']})", f"Model: {spec['model']}", "Inputs:"]
    for field in spec.get("inputs", []):
        given = field.get("default", field.get("sample"))
        lines.append(f"  {field['key']}: {field.get('type', 'text')}" + (f", for example {given!r}" if given else ""))
    for kind, title in (
        ("understood", "Understood"),
        ("assumed", "Assumed, please check"),
        ("missing", "Still missing"),
    ):
        told = [guess["text"] for guess in made["guesses"] if guess["kind"] == kind]
        lines += [f"{title}:", *(f"  {text}" for text in told)] if told else []
    lines += ["Left out:", *(f"  {text}" for text in made["left_out"])] if made["left_out"] else []
    example = " ".join(f"--input {field['key']}=…" for field in spec.get("inputs", []) if "default" not in field)
    lines.append(f"Run it with: pochoir tool run {made['name']} {example}".rstrip())
    return lines


async def listed(services: Services) -> list[dict[str, Any]]:
    """Every tool with its title, model and version."""
    rows = []
    for tool in await services.tools.tools():
        spec = await services.tools.spec(tool.name)
        rows.append({"name": tool.name, "title": spec.title, "model": spec.model, "version": tool.current})
    return rows


Given = Mapping[str, Sequence[str]]
"""The values of each input, in the order in which they were given."""


def parse_inputs(pairs: Sequence[str]) -> dict[str, list[str]]:
    """Read `key=value` pairs; a key may come several times. `key=@file` stands for an image to upload.

    A text that begins with @ is written with two of them.
    """
    given: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InvalidValue(f"'{pair}' is no input. Write it as key=value.", param="--input")
        given.setdefault(key.strip(), []).append(value)
    return given


def _is_text(value: str) -> bool:
    return not value.startswith("@") or value.startswith("@@")


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


async def run_here(services: Services, name: str, given: Given, saving: Saving) -> int:
    """Run a tool in this process, say what happens, write the images. Returns the exit code.

    Raises Stopped after Ctrl-C: the run is cancelled, and what was with the engine by then is kept.
    """

    async def read(value: str) -> Any:
        if _is_text(value):
            return value.removeprefix("@")
        artifact = await services.images.library.upload(_file(value[1:]), name=Path(value[1:]).name)
        return {"artifact": artifact.id}

    inputs = {key: _alone([await read(value) for value in values]) for key, values in given.items()}
    starting = asyncio.create_task(services.runs.start(name, inputs))
    stopped = False
    try:
        run = await asyncio.shield(starting)
        _say_quote(saving.say, run.quoted_microusd, run.quote_exact)
        while run.state not in FINISHED:
            await asyncio.sleep(0.1)
            run = await services.runs.get(run.id)
            if run.state == "waiting" and await _only_waits(services, run.id):
                saving.say(f"The run waits for an approval. Start the server and answer on /runs/{run.id}.")
                return 3
    except asyncio.CancelledError:
        stopped = True
        run = await _cancelled(services, (await starting).id, saving)
    for artifact in await services.runs.images(run.id):
        saving.write(await services.copies.copy(artifact), artifact.extension, str(artifact.size))
    page = f"/runs/{run.id} of the workspace"
    if stopped:
        raise saving.stopped(page, run.charged_microusd, run.maybe_charged)
    return saving.end(page, run.state, run.error, run.charged_microusd)


async def _only_waits(services: Services, run_id: str) -> bool:
    """Whether all that is left of a run are questions. What else goes on would be cut off with this process."""
    return all(step.state == "waiting" for step in await services.runs.steps(run_id) if step.finished is None)


async def _cancelled(services: Services, run_id: str, saving: Saving) -> Run:
    if (task := asyncio.current_task()) is not None:
        task.uncancel()  # Ctrl-C has cancelled it; what is left to do takes a while
    saving.say("Stopping. What is being made is waited for and kept. Press Ctrl-C again to leave it.")
    return await services.runs.cancel_and_wait(run_id, FINISH_SECONDS)


def run_there(server: Remote, name: str, given: Given, saving: Saving) -> int:
    """Run a tool on the server that holds the data folder. Raises Stopped after Ctrl-C: the server cancels the run."""

    def read(value: str) -> Any:
        if _is_text(value):
            return value.removeprefix("@")
        return {"artifact": server.ask("/api/images", _file(value[1:]))["id"]}

    if not re.fullmatch(SLUG_PATTERN, name):  # it would be another address
        raise NotFound(f"There is no tool '{name}'. Choose one from the list of tools.")
    inputs = {key: _alone([read(value) for value in values]) for key, values in given.items()}
    try:
        run = server.ask(f"/api/tools/{name}/runs", {"inputs": inputs})
    except KeyboardInterrupt as error:
        raise Stopped(f"Stopped. The run may have begun: look at {server.link}/runs, and cancel it there.") from error
    _say_quote(saving.say, run["quoted_microusd"], run["quote_exact"])
    stopped = False
    try:
        while run["state"] not in FINISHED:
            time.sleep(0.2)
            run = server.ask(f"/api/runs/{run['id']}")
            if run["state"] == "waiting":
                saving.say(f"The run waits for an approval. Answer on {server.link}/runs/{run['id']}.")
                return 3
    except KeyboardInterrupt:
        stopped = True
        run = _cancelled_there(server, run["id"])
    for image in run["images"]:
        saving.write(server.ask(image["url"]), image["extension"], image["size"])
    page = f"{server.link}/runs/{run['id']}"
    if stopped:
        rest = "What the server is still making is kept and charged too."
        raise saving.stopped(page, run["charged_microusd"], run["may_have_been_charged"], rest)
    return saving.end(page, run["state"], run["error"], run["charged_microusd"])


def _cancelled_there(server: Remote, run_id: str) -> Any:
    try:
        return server.ask(f"/api/runs/{run_id}/cancel", {})
    except Answered:  # it ended at the same moment
        return server.ask(f"/api/runs/{run_id}")


def _file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidValue(f"{name} cannot be read ({error.strerror}). Check its name.", param="--input") from error


def _say_quote(say: Callable[[str], None], amount: int, exact: bool) -> None:
    say(f"Quote: {dollars(amount)}{'' if exact else ' (an estimate)'}")
