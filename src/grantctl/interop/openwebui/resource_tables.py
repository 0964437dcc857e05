"""Which kinds of resources there are, and in which tables each release keeps them.

Owns the types, each called as its table is, and the columns that tell the forms of a table apart:

- the access control is the JSON column `access_control` up to 0.7.2, the table `access_grant` since
  0.8.0. Where both are there, a migration was cut short, and Open WebUI itself reads the table;
- a prompt is known by its command up to 0.7.2, by an id of its own since;
- notes came with 0.6.6, skills with 0.8.0, calendars and shared chats with 0.9.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grantctl.interop.openwebui import queries

CHANNEL, FILE, MODEL, NOTE = "channel", "file", "model", "note"

_GRANT_COLUMNS = frozenset(
    ("resource_type", "resource_id", "principal_type", "principal_id", "permission")
)
_CHANNEL_MEMBER_COLUMNS = frozenset(("channel_id", "user_id", "is_active"))
_CONTROL = "access_control"


@dataclass(frozen=True, slots=True)
class ResourceForm:
    """One form of a table: the columns by which it is known, and the query that reads it."""

    type: str
    columns: frozenset[str]
    query: str

    @property
    def has_control(self) -> bool:
        return _CONTROL in self.columns


def _form(type_: str, columns: str, query: str) -> ResourceForm:
    return ResourceForm(type_, frozenset(columns.split()), query)


_NAMED = "id user_id name created_at"
_TITLED = "id user_id title created_at"
_FILED = "id user_id filename created_at"

# Of the forms of one type, that with the access control first.
_FORMS = (
    _form(MODEL, f"{_NAMED} base_model_id {_CONTROL}", queries.MODELS_WITH_CONTROL),
    _form(MODEL, f"{_NAMED} base_model_id", queries.MODELS),
    _form("knowledge", f"{_NAMED} {_CONTROL}", queries.KNOWLEDGE_WITH_CONTROL),
    _form("knowledge", _NAMED, queries.KNOWLEDGE),
    _form("prompt", f"command user_id title timestamp {_CONTROL}", queries.PROMPTS_BY_COMMAND),
    _form("prompt", _NAMED, queries.PROMPTS),
    _form("tool", f"{_NAMED} {_CONTROL}", queries.TOOLS_WITH_CONTROL),
    _form("tool", _NAMED, queries.TOOLS),
    _form(CHANNEL, f"{_NAMED} type {_CONTROL}", queries.CHANNELS_WITH_CONTROL),
    _form(CHANNEL, f"{_NAMED} type", queries.CHANNELS),
    _form(NOTE, f"{_TITLED} {_CONTROL}", queries.NOTES_WITH_CONTROL),
    _form(NOTE, _TITLED, queries.NOTES),
    _form("skill", _NAMED, queries.SKILLS),
    _form("calendar", _NAMED, queries.CALENDARS),
    _form("folder", _NAMED, queries.FOLDERS),
    _form(FILE, f"{_FILED} {_CONTROL}", queries.FILES_WITH_CONTROL),
    _form(FILE, _FILED, queries.FILES),
    _form("shared_chat", "chat_id user_id title created_at", queries.SHARED_CHATS),
)

RESOURCE_TYPES = tuple(dict.fromkeys(form.type for form in _FORMS))


@dataclass(frozen=True, slots=True)
class ResourceTables:
    """Where one database keeps its resources, one form a type; `unread`: tables of no form known.

    `has_grants`: their access is in `access_grant`. `has_channel_members`: who is in a channel of
    the kinds that only its members enter is in `channel_member`.
    """

    forms: tuple[ResourceForm, ...] = ()
    unread: tuple[str, ...] = ()
    has_grants: bool = False
    has_channel_members: bool = False


def find_tables(columns: Mapping[str, set[str]]) -> ResourceTables:
    """The forms of the tables that have these columns."""
    has_grants = columns.get("access_grant", set()) >= _GRANT_COLUMNS
    forms: dict[str, ResourceForm] = {}
    for form in _FORMS:
        fits = columns.get(form.type, set()) >= form.columns
        if fits and form.type not in forms and not (has_grants and form.has_control):
            forms[form.type] = form
    unread = [one for one in RESOURCE_TYPES if one in columns and one not in forms]
    if "access_grant" in columns and not has_grants:
        unread.append("access_grant")
    return ResourceTables(
        forms=tuple(forms.values()),
        unread=tuple(unread),
        has_grants=has_grants,
        has_channel_members=columns.get("channel_member", set()) >= _CHANNEL_MEMBER_COLUMNS,
    )
