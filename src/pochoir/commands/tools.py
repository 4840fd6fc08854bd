"""`pochoir tool new | list | run`: tools from a sentence, on the command line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pochoir.commands.session import ask
from pochoir.domain.errors import InvalidValue, PochoirError, StorageFull
from pochoir.domain.money import dollars
from pochoir.domain.runs import FINISHED
from pochoir.domain.tools import Spec
from pochoir.features.services import Services
from pochoir.features.tools.text import from_text

Say = Callable[[str], None]


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
    """Read `key=value` pairs; a key may come several times. `key=@file` stands for an image to upload."""
    given: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InvalidValue(f"'{pair}' is no input. Write it as key=value.", param="--input")
        given.setdefault(key.strip(), []).append(value)
    return given


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


async def run_here(services: Services, name: str, given: Given, out: Path, say: Say) -> int:
    """Run a tool in this process, say what happens, write the images into `out`. Returns the exit code."""

    async def read(value: str) -> Any:
        if not value.startswith("@"):
            return value
        artifact = await services.images.library.upload(_file(value[1:]), name=Path(value[1:]).name)
        return {"artifact": artifact.id}

    inputs = {key: _alone([await read(value) for value in values]) for key, values in given.items()}
    run = await services.runs.start(name, inputs)
    _say_quote(say, run.quoted_microusd, run.quote_exact)
    while run.state not in FINISHED:
        await asyncio.sleep(0.1)
        run = await services.runs.get(run.id)
        if run.state == "waiting" and await _only_waits(services, run.id):
            say(f"The run waits for an approval. Start the server and answer on /runs/{run.id}.")
            return 3
    for number, artifact in enumerate(await services.runs.images(run.id), 1):
        path = out / f"{name}-{number}.{artifact.extension}"
        _write(path, await services.copies.copy(artifact), run.id)
        say(f"{path}  {artifact.size}")
    return _say_end(say, run.state, run.error, run.charged_microusd)


async def _only_waits(services: Services, run_id: str) -> bool:
    """Whether all that is left of a run are questions. What else goes on would be cut off with this process."""
    return all(step.state == "waiting" for step in await services.runs.steps(run_id) if step.finished is None)


def run_there(link: str, name: str, given: Given, out: Path, say: Say, key: str = "") -> int:
    """Run a tool on the server that owns the data folder."""

    def read(value: str) -> Any:
        if not value.startswith("@"):
            return value
        return {"artifact": ask(link, "/api/images", _file(value[1:]), key=key)["id"]}

    inputs = {name_: _alone([read(value) for value in values]) for name_, values in given.items()}
    run = ask(link, f"/api/tools/{name}/runs", {"inputs": inputs}, key=key)
    _say_quote(say, run["quoted_microusd"], run["quote_exact"])
    while run["state"] not in FINISHED:
        time.sleep(0.2)
        run = ask(link, f"/api/runs/{run['id']}", key=key)
        if run["state"] == "waiting":
            say(f"The run waits for an approval. Answer on {link}/runs/{run['id']}.")
            return 3
    for number, image in enumerate(run["images"], 1):
        path = out / f"{name}-{number}.{image['extension']}"
        _write(path, ask(link, image["url"], key=key), run["id"])
        say(f"{path}  {image['size']}")
    return _say_end(say, run["state"], run["error"], run["charged_microusd"])


def _file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidValue(f"{name} cannot be read ({error.strerror}). Check its name.", param="--input") from error


def make_folder(out: Path) -> None:
    """The folder for the images, before anything is paid for. Raises InvalidValue where it cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidValue(
            f"The folder {out} cannot be made ({error.strerror}). Choose another one.", param="--out"
        ) from error


def _write(path: Path, data: bytes, run: str) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise StorageFull(
            f"{path} cannot be written ({error.strerror}). The images are kept: start the server and save them from "
            f"/runs/{run}."
        ) from error


def _say_quote(say: Say, amount: int, exact: bool) -> None:
    say(f"Quote: {dollars(amount)}{'' if exact else ' (an estimate)'}")


def _say_end(say: Say, state: str, error: str, charged: int) -> int:
    if state != "succeeded":
        raise PochoirError(error or f"The run was {state}. Start it again.")
    if error:
        say(error)
    say(f"Charged: {dollars(charged)}")
    return 0
