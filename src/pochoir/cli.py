"""The command line. Parses and prints; what is done stands in commands/."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from pochoir import __version__, config
from pochoir.domain.errors import InvalidValue, PochoirError, Unavailable

T = TypeVar("T")
Work = TypeVar("Work", bound=Callable[..., Any])


class Commands(typer.Typer):
    """A group of commands, which take no text that is not UTF-8: it could be neither stored nor sent."""

    def command(self, *args: Any, **options: Any) -> Callable[[Work], Work]:
        add = super().command(*args, **options)

        def added(work: Work) -> Work:
            @wraps(work)
            def checked(**given: Any) -> Any:
                for value in given.values():
                    for text in value if isinstance(value, list) else [value]:
                        if isinstance(text, str):
                            _check_text(text)
                return work(**given)

            add(checked)
            return work

        return added


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        shown = text.encode("utf-8", "replace").decode()
        raise InvalidValue(f"'{shown}' holds bytes that are no UTF-8. Type it again.") from error


app = Commands(
    help="A self-hosted AI image workspace. Start it with: pochoir serve",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
tool = Commands(help="Build tools from a description and run them.", no_args_is_help=True)
owner = Commands(help="The owner account, needed before the server may listen to other machines.", no_args_is_help=True)
app.add_typer(tool, name="tool")
app.add_typer(owner, name="owner")

Data = Annotated[Path | None, typer.Option("--data", help="The folder that holds everything (POCHOIR_DATA).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
"""Options that several commands take."""


def main() -> None:
    """Entry of the `pochoir` command. Errors are said in a sentence; exit code 2 for input, 130 after Ctrl-C, else 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter still gets the rest
    try:
        try:
            app(standalone_mode=True)
        finally:
            sys.stdout.flush()
    except PochoirError as error:
        sys.exit(_fail(error))
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left in its buffer goes nowhere
        what = f"{error.filename} cannot be used" if error.filename else "The command broke off"
        told = Unavailable(f"{what} ({error.strerror or error}). Look at what is in the way, then try again.")
        sys.exit(1 if isinstance(error, BrokenPipeError) else _fail(told))
    except Exception as error:  # asked for here only: a command that ends well loads no database
        if not isinstance(error, _database_errors()):
            raise
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        sys.exit(
            _fail(Unavailable(f"The database failed ({reason}). Look whether it runs and is whole, then try again."))
        )


def _database_errors() -> type[Exception]:
    from sqlalchemy.exc import SQLAlchemyError

    return SQLAlchemyError


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on (POCHOIR_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one (POCHOIR_PORT).")] = None,
    data: Data = None,
) -> None:
    """Start the server and print one link."""
    from pochoir import server

    server.serve(config.read(data=data, host=host, port=port))


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


@app.command()
def generate(
    prompt: str,
    model: Annotated[str, typer.Option(help="A model of the catalogue.")] = "pochoir-sketch",
    size: Annotated[str, typer.Option(help="Width and height in pixels, or auto.")] = "auto",
    quality: Annotated[str, typer.Option(help="low, medium, high …, or auto.")] = "auto",
    n: Annotated[int, typer.Option("--n", help="How many images.")] = 1,
    background: Annotated[str, typer.Option(help="auto, opaque or transparent.")] = "auto",
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same image, where the model can.")] = None,
    image: Annotated[list[Path] | None, typer.Option(help="An image that goes in; more than once for several.")] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write; its ending gives the format.")
    ] = Path("image.png"),
    data: Data = None,
) -> None:
    """Make images from a prompt."""
    from pochoir.commands import images, session

    lines = session.run(
        config.read(data=data),
        lambda services: images.generate(
            services,
            prompt,
            model=model,
            size=size,
            quality=quality,
            n=n,
            background=background,
            seed=seed,
            images=image or [],
            output=output,
        ),
    )
    print("\n".join(lines))


@app.command()
def models(
    text: Annotated[str, typer.Argument(help="Words to look for; all models when left out.")] = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List the image models with status and price."""
    from pochoir.commands import catalog, session
    from pochoir.features.catalog.directory import DirectoryQuery

    query = DirectoryQuery(text=text)
    rows = session.run(config.read(data=data), lambda services: catalog.models(services, query))
    _say(rows, lambda found: catalog.models_lines(found, text), as_json)


@app.command()
def download(
    model: Annotated[str, typer.Argument(help="A model with open weights, for example z-image-turbo.")],
    revision: Annotated[str, typer.Option(help="A branch, tag or commit of its repository.")] = "main",
    yes: Annotated[bool, typer.Option("--yes", help="Agree to the licence without being asked.")] = False,
    hub: Annotated[str, typer.Option(help="A mirror of the hub, when you use one.")] = "",
    data: Data = None,
) -> None:
    """Bring an open-weight model to this machine."""
    from pochoir.commands import local_models, session

    settings = config.read(data=data)
    card = session.run(settings, lambda services: services.catalog.card(model))

    def agreed(lines: list[str]) -> bool:
        print(*lines, sep="\n")
        return yes or typer.confirm("Download it under this licence?")

    if not local_models.download(settings, card, revision, hub, agreed, print):
        raise typer.Exit(1)


@app.command()
def compare(a: str, b: str, as_json: Json = False, data: Data = None) -> None:
    """Compare two models, section by section."""
    from pochoir.commands import catalog, session

    found = session.run(config.read(data=data), lambda services: catalog.compare(services, a, b))
    _say(found, catalog.compare_lines, as_json)


@app.command()
def cost(
    model: Annotated[str, typer.Option(help="A model of the catalogue.")],
    size: Annotated[str, typer.Option(help="Width and height in pixels, or auto.")] = "auto",
    quality: Annotated[str, typer.Option(help="low, medium, high …, or auto.")] = "auto",
    images: Annotated[int, typer.Option(help="How many images.")] = 1,
    references: Annotated[int, typer.Option(help="How many images go in for each.")] = 0,
    batch: Annotated[bool, typer.Option("--batch", help="As a batch, where the provider sells it cheaper.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """What images cost, by the code that quotes and charges."""
    from pochoir.commands import catalog, session

    found = session.run(
        config.read(data=data),
        lambda services: catalog.cost(
            services, model, size=size, quality=quality, images=images, references=references, batch=batch
        ),
    )
    _say(found, catalog.cost_lines, as_json)


@app.command()
def ledger(as_json: Json = False, data: Data = None) -> None:
    """The newest charges."""
    from pochoir.commands import catalog, session

    found = session.run(config.read(data=data), catalog.ledger)
    if as_json:
        _print_json(found.rows)
    else:
        print("\n".join(catalog.ledger_lines(found)))


@tool.command("new")
def tool_new(
    text: str,
    name: Annotated[str | None, typer.Option(help="Its short name; made from the title when left out.")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Describe a tool in a sentence and get it built. With --json, only its spec goes to standard output."""
    from pochoir.commands import session, tools

    made = session.run(config.read(data=data), lambda services: tools.new(services, text, name))
    if as_json:
        _print_json(made["spec"])
        print("\n".join(tools.new_lines(made)), file=sys.stderr)
    else:
        print("\n".join(tools.new_lines(made)))


@tool.command("add")
def tool_add(
    file: Path,
    name: Annotated[str | None, typer.Option(help="Its short name; made from the title when left out.")] = None,
    data: Data = None,
) -> None:
    """Keep a tool from its spec in a YAML or JSON file."""
    from pochoir.commands import session, tools

    spec = tools.read_spec(file)
    print(session.run(config.read(data=data), lambda services: tools.add(services, spec, name)))


@tool.command("list")
def tool_list(as_json: Json = False, data: Data = None) -> None:
    """List the tools."""
    from pochoir.commands import session, tools

    rows = session.run(config.read(data=data), tools.listed)
    if as_json:
        _print_json(rows)
    elif not rows:
        print('There is no tool yet. Make one with: pochoir tool new "what it should do"')
    else:
        for row in rows:
            print(f"{row['name']:30}  {row['title']:40}  {row['model']}  version {row['version']}")


@tool.command("run")
def tool_run(
    name: str,
    given: Annotated[
        list[str] | None,
        typer.Option("--input", help="key=value; key=@file for an image; key=@@text for a text that begins with @."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder for the images.")] = Path(),
    key: Annotated[
        str, typer.Option(envvar="POCHOIR_API_KEY", help="An API key, when the running server asks for one.")
    ] = "",
    data: Data = None,
) -> None:
    """Run a tool and save its images."""
    from pochoir.commands import remote, session, tools
    from pochoir.commands.saving import Saving

    settings = config.read(data=data)
    inputs = tools.parse_inputs(given or [])
    saving = Saving(out, name, print)
    saving.check()
    server = remote.running(settings, key)
    if server:
        code = tools.run_there(server, name, inputs, saving)
    else:
        code = session.run(settings, lambda services: tools.run_here(services, name, inputs, saving), durable=True)
    raise typer.Exit(code)


@owner.command("create")
def owner_create(
    email: Annotated[str, typer.Option(prompt=True)],
    name: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[
        str | None, typer.Option(help="Asked for when left out, so that no list of processes and no history shows it.")
    ] = None,
    data: Data = None,
) -> None:
    """Make the owner account. The password is asked for, or read from standard input where that is no terminal."""
    from pochoir.commands import session

    if password is None:
        if sys.stdin.isatty():
            password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
        else:
            password = sys.stdin.readline().rstrip("\r\n")
    member = session.run(config.read(data=data), lambda services: services.accounts.create_owner(email, name, password))
    print(f"{member.email} owns this workspace now. Log in on the page.")


def _fail(error: PochoirError) -> int:
    """Say on standard error what went wrong; the exit code for it."""
    print(f"pochoir: {error.message}", file=sys.stderr)
    if error.code == "stopped":
        return 130
    return 2 if error.status < 500 else 1


def _say(data: T, lines: Callable[[T], list[str]], as_json: bool) -> None:
    if as_json:
        _print_json(data)
    else:
        print("\n".join(lines(data)))


def _print_json(data: Any) -> None:
    plain = sys.stdout.encoding.lower().replace("-", "") != "utf8"
    print(json.dumps(data, ensure_ascii=plain, indent=2))
