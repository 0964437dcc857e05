"""Open WebUI databases for the tests: the stored ones, and hand-made ones of any form."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from grantctl.evaluation.permissions import grow
from grantctl.interop.directory import FindingKind, ForeignDirectory, ForeignResource
from grantctl.interop.openwebui import read_directory
from grantctl.interop.openwebui.users import MAX_FOREIGN_NAME_LENGTH
from grantctl.model import (
    EVERYONE_ID,
    MAX_ID_LENGTH,
    MAX_NAME_LENGTH,
    PrincipalType,
    action_problem,
    key_problem,
    normalize_email,
    parse_resource,
)
from grantctl.store.url import parse_url

FIXTURES = Path(__file__).parents[1] / "fixtures" / "openwebui"
VERSIONS = ("0.5.20", "0.6.43", "0.8.12", "0.12.4")

BCRYPT = "$2b$12$" + "a" * 53
ADA = {"id": "ada", "name": "Ada", "email": "ada@example.com", "role": "admin", "created_at": 7}
STAFF = {"id": "staff", "name": "Staff", "description": "all of us", "created_at": 7}

_USER = (
    "CREATE TABLE user (id VARCHAR(255), name VARCHAR(255), email VARCHAR(255),"
    " role VARCHAR(255), created_at INTEGER{})"
)
_AUTH = "CREATE TABLE auth (id VARCHAR(255), email VARCHAR(255), password TEXT, active INTEGER{})"
_GROUP = (
    'CREATE TABLE "group" (id TEXT, name TEXT, description TEXT, permissions JSON,'
    " created_at BIGINT{})"
)
_MEMBER = "CREATE TABLE group_member (id TEXT, group_id TEXT, user_id TEXT, created_at BIGINT)"
_DOCUMENT = "CREATE TABLE config (id INTEGER PRIMARY KEY, data JSON, version INTEGER)"
_ROWS = "CREATE TABLE config (key TEXT PRIMARY KEY, value JSON, updated_at BIGINT)"
_REVISION = "CREATE TABLE alembic_version (version_num VARCHAR(32))"
_NAMED = "CREATE TABLE {} (id TEXT, user_id TEXT, name TEXT, created_at BIGINT{})"
_CONTROL = ", access_control JSON"
_TYPED = ", type TEXT"
_BASED = ", base_model_id TEXT"
_FOLDER = _NAMED.format("folder", "")
_NOTE = "CREATE TABLE note (id TEXT, user_id TEXT, title TEXT, created_at BIGINT{})"
_FILE = "CREATE TABLE file (id TEXT, user_id TEXT, filename TEXT, created_at BIGINT{})"
_CONTROLLED = (
    _NAMED.format("model", _BASED + _CONTROL),
    _NAMED.format("knowledge", _CONTROL),
    "CREATE TABLE prompt (id INTEGER PRIMARY KEY, command TEXT, user_id TEXT, title TEXT,"
    " timestamp BIGINT, access_control JSON)",
    _NAMED.format("tool", _CONTROL),
    _NAMED.format("channel", _TYPED + _CONTROL),
    _FOLDER,
    _FILE.format(_CONTROL),
)
_NOTE_CONTROLLED = _NOTE.format(_CONTROL)
_GRANTED = (
    _NAMED.format("model", _BASED),
    _NAMED.format("knowledge", ""),
    _NAMED.format("prompt", ", command TEXT"),
    _NAMED.format("tool", ""),
    _NAMED.format("channel", _TYPED),
    _FOLDER,
    _FILE.format(""),
    _NOTE.format(""),
    _NAMED.format("skill", ""),
)
_CHANNEL_MEMBER = "CREATE TABLE channel_member (channel_id TEXT, user_id TEXT, is_active BOOLEAN)"
_SHARED = (
    _NAMED.format("calendar", ""),
    "CREATE TABLE shared_chat (id TEXT, chat_id TEXT, user_id TEXT, title TEXT, created_at BIGINT)",
)
_SUBJECT = ", oauth_sub TEXT"
_SUBJECTS = ", oauth JSON"
_OLD = (
    *(
        _USER.format(", api_key VARCHAR(255)" + _SUBJECT),
        _AUTH.format(""),
        _GROUP.format(", user_ids JSON"),
    ),
    *_CONTROLLED,
)
_LATER = (_AUTH.format(""), _GROUP.format(""), _MEMBER)
_NEW = (_USER.format(_SUBJECTS), *_LATER)
_NESTED = (
    _USER.format(_SUBJECTS),
    _AUTH.format(", mfa JSON, session_stamp TEXT"),
    _GROUP.format(", parent_group_id TEXT"),
    _MEMBER,
)
_API_KEY = (
    "CREATE TABLE api_key (id TEXT, user_id TEXT, key TEXT, data JSON, expires_at BIGINT,"
    " last_used_at BIGINT, created_at BIGINT, updated_at BIGINT)"
)
_GRANT = (
    "CREATE TABLE access_grant (id TEXT, resource_type TEXT, resource_id TEXT,"
    " principal_type TEXT, principal_id TEXT, permission TEXT, created_at BIGINT)"
)

FORMS: Mapping[str, tuple[str, ...]] = {
    "0.6.5": (*_OLD, _DOCUMENT, _REVISION),
    "0.6.36": (*_OLD, _DOCUMENT, _REVISION, _NOTE_CONTROLLED),
    "0.6.40": (
        _USER.format(_SUBJECT),
        *_LATER,
        *_CONTROLLED,
        _NOTE_CONTROLLED,
        _DOCUMENT,
        _REVISION,
    ),
    "0.6.43": (
        *(*_NEW, *_CONTROLLED, _NOTE_CONTROLLED, _CHANNEL_MEMBER),
        *(_DOCUMENT, _REVISION, _API_KEY),
    ),
    "0.8.12": (*_NEW, *_GRANTED, _CHANNEL_MEMBER, _DOCUMENT, _REVISION, _API_KEY, _GRANT),
    "0.10.0": (*_NEW, *_GRANTED, *_SHARED, _CHANNEL_MEMBER, _ROWS, _REVISION, _API_KEY, _GRANT),
    "0.12.4": (
        *(*_NESTED, *_GRANTED, *_SHARED, _CHANNEL_MEMBER),
        *(_ROWS, _REVISION, _API_KEY, _GRANT),
    ),
}

GRANT = ("resource_type", "resource_id", "principal_type", "principal_id", "permission")

Fields = Mapping[str, Any]  # a row to insert: whatever values a database may hold


def fixture_url(version: str) -> str:
    return f"sqlite:///{FIXTURES / version / 'webui.db'}"


def answers(version: str) -> dict[str, Any]:
    """What that version's own functions answered on its database."""
    text = (FIXTURES / version / "answers.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def read(where: Path | str) -> ForeignDirectory:
    """The directory of a file or a URL."""
    return read_directory(parse_url(f"sqlite:///{where}" if isinstance(where, Path) else where))


def make(
    path: Path,
    form: str,
    *,
    revision: str | None = None,
    users: Iterable[Fields] = (ADA,),
    accounts: Iterable[Fields] = (),
    groups: Iterable[Fields] = (),
    members: Iterable[tuple[str, str]] = (),
    stored: object = None,
    resources: Mapping[str, Iterable[Fields]] | None = None,
    grants: Iterable[tuple[object, ...]] = (),
    api_keys: Iterable[Fields] = (),
    configured: Mapping[str, object] | None = None,
) -> Path:
    """A database in the form of a release; `stored` are its default permissions, `configured` its
    other settings by their dotted names.

    `resources`: rows by table. `grants`: type and id of the resource, type and id of the principal,
    action.
    """
    with sqlite3.connect(path) as connection:
        for statement in FORMS[form]:
            connection.execute(statement)
        for table, rows in (("user", users), ("auth", accounts), ("group", groups)):
            insert(connection, table, rows)
        rows = [{"group_id": group, "user_id": user, "created_at": 9} for group, user in members]
        insert(connection, "group_member", rows)
        for table, found in (resources or {}).items():
            insert(connection, table, found)
        insert(connection, "access_grant", (dict(zip(GRANT, row, strict=True)) for row in grants))
        insert(connection, "api_key", api_keys)
        if revision is not None:
            insert(connection, "alembic_version", [{"version_num": revision}])
        if stored is not None:
            insert(connection, "config", [settings(form, json.dumps(stored))])
        if configured is not None:
            insert(connection, "config", settings_rows(form, configured))
    connection.close()
    return path


def of_groups(tmp_path: Path, *trees: object, stored: object = None) -> ForeignDirectory:
    """A directory with one group a tree, `g0` and so on; a str or bytes is stored as it is."""
    groups = [
        {**STAFF, "id": f"g{at}", "name": f"G{at}", "permissions": as_stored(tree)}
        for at, tree in enumerate(trees)
    ]
    path = make(
        tmp_path / "webui.db", "0.12.4", revision="0bd252b206fb", groups=groups, stored=stored
    )
    directory = read(path)
    check_invariants(directory)
    return directory


def as_stored(tree: object) -> object:
    """The JSON text of a tree; what is text already is stored as it is."""
    return tree if tree is None or isinstance(tree, (str, bytes)) else json.dumps(tree)


def settings(form: str, tree: str) -> Fields:
    """The row of `config` in which that JSON is the stored default permissions."""
    if _ROWS in FORMS[form]:
        return {"key": "user.permissions", "value": tree}
    return {"data": f'{{"version": 0, "user": {{"permissions": {tree}}}}}', "version": 0}


def settings_rows(form: str, configured: Mapping[str, object]) -> list[Fields]:
    """The rows of `config` that hold these settings; what is bytes is stored as it is."""
    if _ROWS in FORMS[form]:
        return [
            {"key": name, "value": value if isinstance(value, bytes) else json.dumps(value)}
            for name, value in configured.items()
        ]
    return [{"data": json.dumps(grow(configured)), "version": 0}]


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[Fields]) -> None:
    for row in rows:
        names = ", ".join(row)
        values = ", ".join("?" * len(row))
        connection.execute(
            f'INSERT INTO "{table}" ({names}) VALUES ({values})',
            [json.dumps(one) if isinstance(one, (dict, list)) else one for one in row.values()],
        )


def told(directory: ForeignDirectory, object_type: str = "") -> list[tuple[FindingKind, str, str]]:
    """The findings about one type of objects."""
    return [
        (one.kind, one.object_id, one.reason)
        for one in directory.findings
        if object_type in ("", one.object_type)
    ]


def check_invariants(directory: ForeignDirectory) -> None:
    """What `grantctl.interop.directory` promises of every directory."""
    users = {user.id for user in directory.users}
    groups = {group.id for group in directory.groups}
    emails = [user.email for user in directory.users if user.email is not None]
    pairs = [(one.group_id, one.user_id) for one in directory.memberships]
    for ids, objects in ((users, directory.users), (groups, directory.groups)):
        assert len(ids) == len(objects)
        assert all(0 < len(one) <= MAX_ID_LENGTH for one in ids)
    assert emails == [normalize_email(email) for email in dict.fromkeys(emails)]
    assert len(set(pairs)) == len(pairs)
    assert {group for group, _ in pairs} <= groups
    assert {user for _, user in pairs} <= users
    assert {group.parent_id for group in directory.groups} - {None} <= groups
    assert all(group.parent_id != group.id for group in directory.groups)
    assert {group for group, _ in directory.flags} <= groups
    assert {key for _, key in directory.flags} <= directory.defaults.keys()
    assert [key for key in directory.defaults if key_problem(key)] == []
    grow(directory.defaults)  # raises where a permission is a category too
    values = {*directory.defaults.values(), *directory.flags.values()}
    assert all(type(value) is bool for value in values)
    check_resources(directory)
    check_api_keys(directory)
    check_identities(directory)
    for texts in (
        [text for user in directory.users for text in (user.id, user.name)],
        [text for one in directory.groups for text in (one.id, one.name, one.description)],
        [text for one in directory.resources for text in texts_of(one)],
        [text for one in directory.findings for text in (one.object_id, one.reason)],
    ):
        assert "\0" not in "".join(texts)
        "".join(texts).encode()  # raises for half of a surrogate pair
        assert all(type(text) is str for text in texts)


def check_resources(directory: ForeignDirectory) -> None:
    """What is promised of resources."""
    refs = [one.ref for one in directory.resources]
    assert len(set(refs)) == len(refs)
    assert refs == [
        one.ref
        for one in sorted(
            directory.resources, key=lambda one: (one.created_at, one.ref.type, one.ref.id)
        )
    ]
    for one in directory.resources:
        assert parse_resource(str(one.ref)) == one.ref
        assert one.base is None or parse_resource(str(one.base)) == one.base
        assert 0 < len(one.name) <= MAX_FOREIGN_NAME_LENGTH
        assert one.owner_id is None or 0 < len(one.owner_id) <= MAX_ID_LENGTH
        assert list(one.grants) == sorted(set(one.grants))
        assert not (one.is_public and one.grants)
        for grant in one.grants:
            assert action_problem(grant.action) is None
            assert 0 < len(grant.principal_id) <= MAX_ID_LENGTH
            is_everyone = grant.principal_type is PrincipalType.EVERYONE
            assert (grant.principal_id == EVERYONE_ID) is is_everyone


def check_api_keys(directory: ForeignDirectory) -> None:
    """What is promised of API keys."""
    hashes = [one.key_hash for one in directory.api_keys]
    assert len(set(hashes)) == len(hashes)
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in hashes)
    assert {one.user_id for one in directory.api_keys} <= {one.id for one in directory.users}
    assert all(re.fullmatch(r"sk-[\x21-\x7e]{0,4}…", one.hint) for one in directory.api_keys)


def check_identities(directory: ForeignDirectory) -> None:
    """What is promised of identities."""
    pairs = [(one.provider, one.subject) for one in directory.identities]
    assert len(set(pairs)) == len(pairs)
    assert {one.user_id for one in directory.identities} <= {one.id for one in directory.users}
    for provider, subject in pairs:
        assert 0 < len(provider) <= MAX_NAME_LENGTH
        assert 0 < len(subject) <= MAX_ID_LENGTH
        (provider + subject).encode()


def texts_of(resource: ForeignResource) -> list[str]:
    """Every text of a resource."""
    base = [] if resource.base is None else [resource.base.type, resource.base.id]
    owner = [] if resource.owner_id is None else [resource.owner_id]
    granted = [text for one in resource.grants for text in (one.action, one.principal_id)]
    return [resource.ref.type, resource.ref.id, resource.name, *base, *owner, *granted]
