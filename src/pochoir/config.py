"""Settings: the only reader of the environment. Read by bootstrap.py and cli.py, nowhere else.

Every setting has a flag of `pochoir serve` or a variable `POCHOIR_…`; docs/settings.md lists them all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import quote

from pochoir.domain.errors import InvalidValue

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8300
LEVELS = ("debug", "info", "warning", "error")


WITH_DRIVER = "postgresql+psycopg"
"""The scheme that names the driver as well."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. `environment` is what connections may read keys from."""

    data: Path
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    database: str = ""
    """A SQLAlchemy URL; empty means SQLite in the data folder."""
    durable_database: str = ""
    """Where runs are journalled; empty means SQLite in the data folder."""
    hosts: tuple[str, ...] = ()
    """Further host names under which the server may be asked, besides loopback's: small letters, no port."""
    proxies: tuple[str, ...] = ()
    """Addresses and networks of proxies, besides this machine, that are believed when they say who asks."""
    secret_key: str = field(default="", repr=False)
    secure_cookies: bool = False
    """Send cookies over HTTPS only; for servers behind a TLS proxy."""
    log_level: str = "info"
    blobs: str = ""
    """`s3://bucket/prefix` for images in S3-compatible storage; empty means the data folder."""
    models: str = ""
    """Where downloaded models are; empty means `models` in the data folder."""
    models_gb: float = 0.0
    """Gigabytes of memory that a local model may take; 0 for no bound."""
    batch_lines: int = 4
    """Requests of one batch that are answered at the same time."""
    links: str = "public"
    """Which links to images are followed: `public`, `all` or `none`."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def single_user(self) -> bool:
        """Whether one person uses the server, from this machine and without log-in: nothing says that others come in."""
        return self.loopback and not (self.hosts or self.proxies or self.secure_cookies)

    @property
    def loopback(self) -> bool:
        """Whether the server listens to this machine only. Through a proxy others may reach it all the same."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def database_url(self) -> str:
        return self.database or _sqlite(self.data / "pochoir.sqlite")

    @property
    def models_folder(self) -> Path:
        return Path(self.models).expanduser().absolute() if self.models else self.data / "models"

    @property
    def durable_url(self) -> str:
        return self.durable_database or _sqlite(self.data / "durable.sqlite")


def _sqlite(path: Path) -> str:
    return f"sqlite:///{quote(str(path), safe='/ ')}"


LINKS = ("public", "all", "none")
VARIABLES = {
    "POCHOIR_DATA": "the folder that holds everything: database, images, keys (default: ./data)",
    "POCHOIR_HOST": "the address to listen on (default: 127.0.0.1)",
    "POCHOIR_PORT": "the port to listen on (default: 8300; 0 takes a free one)",
    "POCHOIR_DATABASE_URL": "a PostgreSQL URL instead of SQLite, for example postgresql+psycopg://user@host/name",
    "POCHOIR_DURABLE_URL": "where runs are journalled, for example postgresql://user@host/name",
    "POCHOIR_HOSTS": "further host names under which the server may be asked, comma-separated; people then log in",
    "POCHOIR_SECRET_KEY": "the key that seals stored keys, instead of secret.key in the data folder",
    "POCHOIR_SECURE_COOKIES": "1 when people reach the server by HTTPS, through a proxy; they then log in",
    "POCHOIR_PROXIES": "addresses of proxies on other machines that are believed when they say who asks, comma-separated",
    "POCHOIR_BLOBS": "s3://bucket/folder to keep images in S3-compatible storage instead of the data folder",
    "POCHOIR_S3_ENDPOINT": "the address of that storage where it is not AWS, for example http://localhost:9000",
    "POCHOIR_MODELS": "the folder of downloaded models (default: models in the data folder)",
    "POCHOIR_MODELS_GB": "how many gigabytes of memory a local model may take (default: no bound)",
    "POCHOIR_BATCH_LINES": "how many requests of one batch are answered at the same time (default: 4)",
    "POCHOIR_LINKS": "links to images that are followed: public, all (also inside your network) or none (default: public)",
    "POCHOIR_API_KEY": "the API key that `pochoir tool run` sends to a running server which asks for one",
    "POCHOIR_REPLAY_FOLDER": "the folder of recorded answers, for the connection of that name",
    "POCHOIR_LOG_LEVEL": "debug, info, warning or error (default: info)",
}


def read(
    environment: Mapping[str, str] | None = None,
    *,
    data: Path | None = None,
    host: str | None = None,
    port: int | None = None,
) -> Settings:
    """Settings from flags, then the environment, then defaults. Raises InvalidValue for what cannot be read."""
    env = os.environ if environment is None else environment
    return Settings(
        data=_folder(data or Path(env.get("POCHOIR_DATA") or "data")),
        host=host or env.get("POCHOIR_HOST") or DEFAULT_HOST,
        port=_port("POCHOIR_PORT", env.get("POCHOIR_PORT") or str(DEFAULT_PORT))
        if port is None
        else _port("--port", port),
        database=_database("POCHOIR_DATABASE_URL", env.get("POCHOIR_DATABASE_URL", ""), WITH_DRIVER),
        durable_database=_database(
            "POCHOIR_DURABLE_URL", env.get("POCHOIR_DURABLE_URL", ""), "postgresql", WITH_DRIVER
        ),
        hosts=tuple(_host(name) for name in _parts(env.get("POCHOIR_HOSTS", ""))),
        proxies=tuple(_network(text) for text in _parts(env.get("POCHOIR_PROXIES", ""))),
        secret_key=env.get("POCHOIR_SECRET_KEY", ""),
        secure_cookies=_yes("POCHOIR_SECURE_COOKIES", env.get("POCHOIR_SECURE_COOKIES", "")),
        log_level=_log_level(env.get("POCHOIR_LOG_LEVEL", "info").lower()),
        blobs=env.get("POCHOIR_BLOBS", ""),
        models=env.get("POCHOIR_MODELS", ""),
        models_gb=_gigabytes(env.get("POCHOIR_MODELS_GB", "")),
        batch_lines=_batch_lines(env.get("POCHOIR_BATCH_LINES", "4")),
        links=_links(env.get("POCHOIR_LINKS", "public").lower()),
        environment=dict(env),
    )


def _folder(path: Path) -> Path:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(
            f"The data folder's name {str(path)!r} is no UTF-8, so no database can lie in it. Choose another with --data.",
            param="data",
        ) from error
    return path.expanduser().absolute()


def _port(name: str, given: str | int) -> int:
    text = str(given)
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise InvalidValue(f"{name} is '{text}', which is no port. Use a number from 0 to 65535.", param="port")
    return int(text)


def _database(name: str, text: str, *schemes: str) -> str:
    """A database's address: of SQLite, or of PostgreSQL under one of the `schemes` that this setting takes."""
    if text and not text.startswith(("sqlite:///", *(f"{scheme}://" for scheme in schemes))):
        raise InvalidValue(
            f"{name} names no database that works here. Write it as {schemes[0]}://user@host/name, or leave it empty for "
            "SQLite in the data folder.",
            param=name.removeprefix("POCHOIR_").lower(),
        )
    return text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _host(text: str) -> str:
    """A name as browsers send it: small letters, without its port, an IPv6 address in brackets."""
    name = text.lower()
    if name.startswith("["):
        name = name.partition("]")[0] + "]"
    elif name.count(":") > 1:
        name = f"[{name}]"
    else:
        name = name.partition(":")[0]
    if not name or set(text) & set("/@* \t"):
        raise InvalidValue(
            f"POCHOIR_HOSTS has '{text}', which is no host name. Use names such as pochoir.example.com, with commas "
            "between.",
            param="hosts",
        )
    return name


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise InvalidValue(
            f"POCHOIR_PROXIES has '{text}', which is no address. Use addresses such as 10.0.0.5 or networks such as "
            "10.0.0.0/24, with commas between.",
            param="proxies",
        ) from None


def _yes(name: str, text: str) -> bool:
    answer = text.strip().lower()
    if answer in {"1", "true", "yes", "on"}:
        return True
    if answer in {"", "0", "false", "no", "off"}:
        return False
    raise InvalidValue(f"{name} is '{text}'. Use 1 for yes or 0 for no.", param=name.removeprefix("POCHOIR_").lower())


def _gigabytes(text: str) -> float:
    try:
        found = float(text or 0)
    except ValueError:
        found = -1.0
    if not 0 <= found < 100_000:
        raise InvalidValue(f"POCHOIR_MODELS_GB is '{text}'. Use a number of gigabytes.", param="models_gb")
    return found


def _links(text: str) -> str:
    if text not in LINKS:
        raise InvalidValue(f"POCHOIR_LINKS is '{text}'. Use {', '.join(LINKS)}.", param="links")
    return text


def _batch_lines(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= 64:
        raise InvalidValue(f"POCHOIR_BATCH_LINES is '{text}'. Use a number from 1 to 64.", param="batch_lines")
    return int(text)


def _log_level(text: str) -> str:
    if text not in LEVELS:
        raise InvalidValue(f"POCHOIR_LOG_LEVEL is '{text}'. Use one of {', '.join(LEVELS)}.", param="log_level")
    return text
