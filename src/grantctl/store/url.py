"""Database URLs: what they may look like, and how they are shown.

Owns parsing and masking. Leaves opening to `connection`.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from grantctl.errors import UsageError
from grantctl.lean import dataclass

SQLITE = "sqlite"
POSTGRES = "postgresql"
ATTACHED_PREFIX = "openwebui+"
URL_HINT = (
    "e.g. sqlite:///grantctl.db, sqlite:////var/lib/grantctl.db or postgresql://user@host/name"
)
HIDDEN = "***"

_SCHEME = re.compile(r"[A-Za-z0-9+.-]{1,40}")
_AUTHORITY = re.compile(r"[^/?#]*")
_HOST = r"(?:\[[^\]@]*\]|[^:,@\[\]]*)(?::[0-9]*)?"
_HOSTS = re.compile(f"{_HOST}(?:,{_HOST})*")
_NO_SECRET = re.compile(r"[^@:=]*")
_SECRET_PARAMETERS = ("pass", "secret", "token", "key")


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

    def __str__(self) -> str:
        """The URL without its password; that of a SQLite file can be parsed again."""
        prefix = ATTACHED_PREFIX if self.is_attached else ""
        if self.engine != SQLITE:
            return prefix + mask_password(self.dsn)
        name = str(self.path).replace("%", "%25")
        return f"{prefix}sqlite:///{'./' if name.startswith('~') else ''}{name}"

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
    if not separator or not _SCHEME.fullmatch(scheme) or "\0" in rest:
        raise UsageError(f"`{mask_password(text)[:200]}` is no database URL", hint=URL_HINT)
    if scheme == SQLITE:
        return DatabaseUrl(SQLITE, _sqlite_path(tail), "", is_attached)
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return DatabaseUrl(POSTGRES, None, f"postgresql://{tail}", is_attached)
    raise UsageError(f"`{scheme}` databases are not supported", hint=URL_HINT)


def file_url(name: str) -> DatabaseUrl:
    """The URL of the SQLite file of that name. Raises UsageError for a name that is none."""
    if not name or "\0" in name:
        raise UsageError("a SQLite URL names a file", hint=URL_HINT)
    path = Path(name)
    if name.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:
            home = path.parts[0]
            raise UsageError(f"there is no home folder `{home}`", hint=URL_HINT) from None
    return DatabaseUrl(SQLITE, path, "", is_attached=False)


def _sqlite_path(tail: str) -> Path | None:
    if not tail.startswith("/"):
        raise UsageError("a SQLite URL has three slashes before a relative path", hint=URL_HINT)
    name = unquote(tail[1:])
    return file_url("" if name == ":memory:" else name).path


def mask_password(url: str) -> str:
    """The URL with `***` in place of a password, wherever it may stand; never raises.

    What can be read in two ways is left out as a whole: rather too little is shown than a secret.
    """
    prefix = ATTACHED_PREFIX if url.startswith(ATTACHED_PREFIX) else ""
    scheme, separator, tail = url.removeprefix(prefix).partition("://")
    if not separator:
        return url if _NO_SECRET.fullmatch(url) else HIDDEN
    if not _SCHEME.fullmatch(scheme):
        return HIDDEN
    if scheme == SQLITE and tail.startswith("/"):
        return url  # a path: there is no password in it
    return f"{prefix}{scheme}://{_masked(tail)}"


def _masked(tail: str) -> str:
    matched = _AUTHORITY.match(tail)
    authority = matched[0] if matched else ""
    path, mark, query = tail[len(authority) :].partition("?")
    user, at, hosts = authority.rpartition("@")
    # A raw `/`, `?` or `#` in a password ends the authority early: an `@` follows. Without any `@`,
    # what looks like a port may be a password whose host was forgotten.
    if "@" in path + query or not _HOSTS.fullmatch(hosts):
        return HIDDEN
    name, colon, _ = user.partition(":")
    return f"{name}{f':{HIDDEN}' if colon else ''}{at}{hosts}{path}{mark}{_masked_query(query)}"


def _masked_query(query: str) -> str:
    shown: list[str] = []
    for parameter in query.split("&") if query else ():
        name, equals, _ = parameter.partition("=")
        plain = unquote(parameter).lower()
        if not equals or any(word in plain for word in _SECRET_PARAMETERS):
            # A raw `&` in a password ends its parameter early: nothing behind it is shown.
            return "&".join([*shown, f"{name}={HIDDEN}" if equals else HIDDEN])
        shown.append(parameter)
    return "&".join(shown)
