"""Database URLs: what they may look like, and how they are shown.

Owns parsing and masking. Leaves opening to `connection`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from grantctl.errors import UsageError

SQLITE = "sqlite"
POSTGRES = "postgresql"
ATTACHED_PREFIX = "openwebui+"

_HINT = "e.g. sqlite:///grantctl.db, sqlite:////var/lib/grantctl.db or postgresql://user@host/name"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A database that grantctl can open.

    `engine` is `sqlite` or `postgresql`; `path` the file of the former; `dsn` the connection string
    of the latter, password included. `is_attached`: an Open WebUI database, to be read as it is.
    """

    engine: str
    path: Path | None
    dsn: str
    is_attached: bool

    @property
    def is_memory(self) -> bool:
        return self.engine == SQLITE and self.path is None

    def __str__(self) -> str:
        """The URL without its password."""
        prefix = ATTACHED_PREFIX if self.is_attached else ""
        if self.engine == SQLITE:
            return f"{prefix}sqlite:///{self.path or ':memory:'}"
        return prefix + mask_password(self.dsn)

    __repr__ = __str__


def parse_url(text: str) -> DatabaseUrl:
    """The database that a URL names. Raises UsageError for one that cannot be understood.

    Understood are `sqlite:///relative`, `sqlite:////absolute`, `postgresql://` (and `postgres://`,
    `postgresql+psycopg://`), and each of them behind `openwebui+`.
    """
    rest = text.strip()
    is_attached = rest.startswith(ATTACHED_PREFIX)
    rest = rest.removeprefix(ATTACHED_PREFIX)
    scheme, separator, tail = rest.partition("://")
    if not separator or "\0" in rest:
        raise UsageError(f"`{mask_password(text)[:200]}` is no database URL", hint=_HINT)
    if scheme == SQLITE:
        return DatabaseUrl(SQLITE, _sqlite_path(tail), "", is_attached)
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return DatabaseUrl(POSTGRES, None, f"postgresql://{tail}", is_attached)
    raise UsageError(f"`{scheme[:40]}` databases are not supported", hint=_HINT)


def _sqlite_path(tail: str) -> Path:
    if not tail.startswith("/"):
        raise UsageError("a SQLite URL has three slashes before a relative path", hint=_HINT)
    name = tail[1:]
    if name in ("", ":memory:"):
        raise UsageError("a SQLite URL names a file", hint=_HINT)
    return Path(unquote(name)).expanduser()


def mask_password(url: str) -> str:
    """The URL with `***` in place of a password, wherever it may stand; never raises."""
    if url.removeprefix(ATTACHED_PREFIX).startswith(f"{SQLITE}:"):
        return url  # a path: there is none in it
    try:
        parts = urlsplit(url)
        query = "&".join(
            f"{item.split('=')[0]}=***" if "pass" in item.split("=")[0].lower() else item
            for item in parts.query.split("&")
        )
        # A raw `/`, `?` or `#` in a password ends the authority early: mask up to the last `@`.
        if "@" in url and "@" not in parts.netloc:
            raise ValueError(url)
        user, at, host = parts.netloc.rpartition("@")
        name, colon, _ = user.partition(":")
        netloc = f"{name}{':***' if colon else ''}{at}{host}"
        return urlunsplit(parts._replace(netloc=netloc, query=query))
    except ValueError:
        scheme, _, tail = url.partition("://")
        return f"{scheme}://***@{tail.rpartition('@')[2]}" if "@" in tail else f"{scheme}://***"
