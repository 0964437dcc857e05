"""Database URLs: what they may look like, and how they are shown.

Owns parsing. Leaves masking to `masked_url`, opening to `connection`.
"""

from __future__ import annotations

from grantctl.errors import UsageError
from grantctl.lean import dataclass

SQLITE = "sqlite"
POSTGRES = "postgresql"
ATTACHED_PREFIX = "openwebui+"
URL_HINT = (
    "e.g. sqlite:///grantctl.db, sqlite:////var/lib/grantctl.db or postgresql://user@host/name"
)

_MAX_SCHEME = 40
_MAX_ECHO = 200

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A database that grantctl can open.

    `engine` is `sqlite` or `postgresql`; `file` names the file of the former; `dsn` is the
    connection string of the latter, password included. `is_attached`: an Open WebUI database, to be
    read as it is.
    """

    engine: str
    file: str | None
    dsn: str
    is_attached: bool

    @property
    def path(self) -> Path | None:
        """The file as a path. It is made here: `pathlib` takes longer to import than a check."""
        from pathlib import Path

        return None if self.file is None else Path(self.file)

    def __str__(self) -> str:
        """The URL without its password; that of a SQLite file can be parsed again."""
        prefix = ATTACHED_PREFIX if self.is_attached else ""
        if self.engine != SQLITE:
            return prefix + _masked(self.dsn)
        name = str(self.file).replace("%", "%25")
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
    if not separator or not _is_scheme(scheme) or "\0" in rest:
        raise UsageError(f"`{_masked(text)[:_MAX_ECHO]}` is no database URL", hint=URL_HINT)
    if scheme == SQLITE:
        return DatabaseUrl(SQLITE, _sqlite_file(tail), "", is_attached)
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return DatabaseUrl(POSTGRES, None, f"postgresql://{tail}", is_attached)
    raise UsageError(f"`{scheme}` databases are not supported", hint=URL_HINT)


def file_url(name: str) -> DatabaseUrl:
    """The URL of the SQLite file of that name. Raises UsageError for a name that is none."""
    if not name or "\0" in name:
        raise UsageError("a SQLite URL names a file", hint=URL_HINT)
    return DatabaseUrl(SQLITE, _written_plainly(name), "", is_attached=False)


def _written_plainly(name: str) -> str:
    """The name of a file as `pathlib` writes it, the home folder put in."""
    is_plain = name[0] not in "~." and "//" not in name and "/./" not in name
    if is_plain and not name.endswith(("/", "/.")):
        return name
    from pathlib import Path

    path = Path(name)
    if name.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:
            home = path.parts[0]
            raise UsageError(f"there is no home folder `{home}`", hint=URL_HINT) from None
    return str(path)


def _sqlite_file(tail: str) -> str | None:
    if not tail.startswith("/"):
        raise UsageError("a SQLite URL has three slashes before a relative path", hint=URL_HINT)
    name = _unquoted(tail[1:])
    return file_url("" if name == ":memory:" else name).file


def _is_scheme(text: str) -> bool:
    return 0 < len(text) <= _MAX_SCHEME and all(
        one.isascii() and (one.isalnum() or one in "+.-") for one in text
    )


def _unquoted(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def _masked(text: str) -> str:
    from grantctl.store.masked_url import mask_password

    return mask_password(text)
