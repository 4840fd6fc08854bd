"""Settings: the only reader of the environment. Read by bootstrap.py and cli.py, nowhere else.

Every setting has a flag of `pochoir serve` or a variable `POCHOIR_…`; docs/settings.md lists them all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from pochoir.domain.errors import InvalidValue

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8300
LEVELS = ("debug", "info", "warning", "error")


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
    """Further host names under which the server may be asked, besides loopback's."""
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
    def loopback(self) -> bool:
        """Whether only this machine can reach the server; then one person uses it, without log-in."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.data / 'pochoir.sqlite'}"

    @property
    def models_folder(self) -> Path:
        return Path(self.models).expanduser().absolute() if self.models else self.data / "models"

    @property
    def durable_url(self) -> str:
        return self.durable_database or f"sqlite:///{self.data / 'durable.sqlite'}"


LINKS = ("public", "all", "none")
VARIABLES = {
    "POCHOIR_DATA": "the folder that holds everything: database, images, keys (default: ./data)",
    "POCHOIR_HOST": "the address to listen on (default: 127.0.0.1)",
    "POCHOIR_PORT": "the port to listen on (default: 8300; 0 takes a free one)",
    "POCHOIR_DATABASE_URL": "a PostgreSQL URL instead of SQLite, for example postgresql+psycopg://user@host/name",
    "POCHOIR_DURABLE_URL": "where runs are journalled, for example postgresql://user@host/name",
    "POCHOIR_HOSTS": "further host names under which the server may be asked, comma-separated",
    "POCHOIR_SECRET_KEY": "the key that seals stored keys, instead of secret.key in the data folder",
    "POCHOIR_SECURE_COOKIES": "1 when people reach the server by HTTPS, through a proxy",
    "POCHOIR_BLOBS": "s3://bucket/folder to keep images in S3-compatible storage instead of the data folder",
    "POCHOIR_S3_ENDPOINT": "the address of that storage where it is not AWS, for example http://localhost:9000",
    "POCHOIR_MODELS": "the folder of downloaded models (default: models in the data folder)",
    "POCHOIR_MODELS_GB": "how many gigabytes of memory a local model may take (default: no bound)",
    "POCHOIR_BATCH_LINES": "how many requests of one batch are answered at the same time (default: 4)",
    "POCHOIR_LINKS": "links to images that are followed: public, all (also inside your network) or none (default: public)",
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
    if port is None:
        text = env.get("POCHOIR_PORT", str(DEFAULT_PORT))
        if not text.isdecimal() or int(text) > 65535:
            raise InvalidValue(
                f"POCHOIR_PORT is '{text}', which is no port. Use a number from 0 to 65535.", param="port"
            )
        port = int(text)
    return Settings(
        data=(data or Path(env.get("POCHOIR_DATA", "data"))).expanduser().absolute(),
        host=host or env.get("POCHOIR_HOST", DEFAULT_HOST),
        port=port,
        database=env.get("POCHOIR_DATABASE_URL", ""),
        durable_database=env.get("POCHOIR_DURABLE_URL", ""),
        hosts=tuple(name.strip() for name in env.get("POCHOIR_HOSTS", "").split(",") if name.strip()),
        secret_key=env.get("POCHOIR_SECRET_KEY", ""),
        secure_cookies=env.get("POCHOIR_SECURE_COOKIES", "").lower() in {"1", "true", "yes"},
        log_level=_log_level(env.get("POCHOIR_LOG_LEVEL", "info").lower()),
        blobs=env.get("POCHOIR_BLOBS", ""),
        models=env.get("POCHOIR_MODELS", ""),
        models_gb=_gigabytes(env.get("POCHOIR_MODELS_GB", "")),
        batch_lines=_batch_lines(env.get("POCHOIR_BATCH_LINES", "4")),
        links=_links(env.get("POCHOIR_LINKS", "public").lower()),
        environment=dict(env),
    )


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
    if not text.isdecimal() or not 1 <= int(text[:9]) <= 64:
        raise InvalidValue(f"POCHOIR_BATCH_LINES is '{text}'. Use a number from 1 to 64.", param="batch_lines")
    return int(text)


def _log_level(text: str) -> str:
    if text not in LEVELS:
        raise InvalidValue(f"POCHOIR_LOG_LEVEL is '{text}'. Use one of {', '.join(LEVELS)}.", param="log_level")
    return text
