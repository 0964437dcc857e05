"""What a database looks like: which tables and columns of Open WebUI's it has.

Owns telling an Open WebUI database from others, and which of its forms each thing is kept in:

- members: the JSON list `group.user_ids` up to 0.6.36, the table `group_member` since. Where both
  are there, a migration was cut short, and Open WebUI itself reads the table;
- parents of groups: `group.parent_group_id` since 0.12.0;
- settings: one JSON document in `config.data` up to 0.9.6, one row a key since 0.10.0;
- API keys: `user.api_key` up to 0.6.40, the table `api_key` since 0.6.41. Where both are there, a
  migration was cut short, and Open WebUI itself reads the table;
- identities at a provider: `user.oauth_sub` up to 0.6.40, JSON in `user.oauth` since 0.6.41. Where
  both are there, Open WebUI itself reads the latter;
- resources and their access: see `resource_tables`;
- `auth.session_stamp` since 0.12.0: from there on every request of a switched-off account is
  refused, before only its login.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from grantctl.errors import DatabaseError
from grantctl.interop.openwebui import queries
from grantctl.interop.openwebui.resource_tables import ResourceTables, find_tables
from grantctl.interop.openwebui.values import as_text
from grantctl.store.connection import Connection
from grantctl.store.url import SQLITE

_NEEDED = {
    "user": {"id", "name", "email", "role", "created_at"},
    "auth": {"id", "password", "active"},
    "group": {"id", "name", "description", "permissions", "created_at"},
}
_API_KEY_COLUMNS = {"user_id", "key", "expires_at", "created_at"}
_MEMBER_COLUMNS = {"group_id", "user_id", "created_at"}


class SettingsForm(Enum):
    """How the settings are kept."""

    NONE = "none"
    DOCUMENT = "document"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Layout:
    """The form of one database.

    `revisions`: what its migrations recorded, usually one. `tables`: those of Open WebUI's that
    matter here.
    """

    tables: frozenset[str]
    revisions: tuple[str, ...]
    has_member_table: bool
    has_parents: bool
    has_session_stamp: bool
    settings: SettingsForm
    api_keys_query: str | None = None
    identities_query: str | None = None
    resources: ResourceTables = field(default_factory=ResourceTables)

    @property
    def groups_query(self) -> str:
        if not self.has_member_table:
            return queries.GROUPS_WITH_MEMBERS
        return queries.GROUPS_WITH_PARENTS if self.has_parents else queries.GROUPS


def read_layout(connection: Connection) -> Layout:
    """The form of the database. Raises DatabaseError where it is not Open WebUI's."""
    columns = _read_columns(connection)
    _require_openwebui(columns, connection.label)
    return Layout(
        tables=frozenset(columns),
        revisions=_read_revisions(connection, columns),
        has_member_table=_has_member_table(columns),
        has_parents="parent_group_id" in columns["group"],
        has_session_stamp="session_stamp" in columns["auth"],
        settings=_settings_form(columns.get("config", set())),
        api_keys_query=_api_keys_query(columns),
        identities_query=_identities_query(columns["user"]),
        resources=find_tables(columns),
    )


def _read_columns(connection: Connection) -> dict[str, set[str]]:
    is_sqlite = connection.engine == SQLITE
    query = queries.COLUMNS_IN_SQLITE if is_sqlite else queries.COLUMNS_IN_POSTGRES
    columns: dict[str, set[str]] = {}
    for table, column in connection.rows(query):
        columns.setdefault(as_text(table) or "", set()).add(as_text(column) or "")
    return columns


def _require_openwebui(columns: Mapping[str, set[str]], label: str) -> None:
    if "grantctl_revision" in columns:
        raise DatabaseError(
            f"this is a database of grantctl's own, not Open WebUI's: {label}",
            hint="use it as it is, without `openwebui+` before its URL: grantctl db status",
        )
    for table, needed in _NEEDED.items():
        lacking = sorted(needed - columns.get(table, set()))
        if table not in columns or lacking:
            what = (
                f"no column `{table}.{lacking[0]}`" if table in columns else f"no table `{table}`"
            )
            raise DatabaseError(
                f"this is not a database of Open WebUI, it has {what}: {label}",
                hint="name its webui.db or its Postgres database; 0.5.20 and later can be read",
            )
    if "user_ids" not in columns["group"] and not _has_member_table(columns):
        raise DatabaseError(
            f"this Open WebUI database keeps no members of groups: {label}",
            hint="start Open WebUI once, so that it ends its migrations",
        )


def _has_member_table(columns: Mapping[str, set[str]]) -> bool:
    return columns.get("group_member", set()) >= _MEMBER_COLUMNS


def _api_keys_query(columns: Mapping[str, set[str]]) -> str | None:
    if columns.get("api_key", set()) >= _API_KEY_COLUMNS:
        return queries.API_KEYS
    return queries.API_KEYS_OF_USERS if "api_key" in columns["user"] else None


def _identities_query(columns: set[str]) -> str | None:
    if "oauth" in columns:
        return queries.IDENTITIES
    return queries.IDENTITIES_IN_ONE_TEXT if "oauth_sub" in columns else None


def _read_revisions(connection: Connection, columns: Mapping[str, set[str]]) -> tuple[str, ...]:
    if "version_num" not in columns.get("alembic_version", set()):
        return ()
    return tuple(sorted(as_text(one) or "" for (one,) in connection.rows(queries.REVISION)))


def _settings_form(columns: set[str]) -> SettingsForm:
    if columns >= {"key", "value"}:
        return SettingsForm.ROWS
    return SettingsForm.DOCUMENT if columns >= {"id", "data"} else SettingsForm.NONE
