"""Open WebUI databases for the tests: the stored ones, and hand-made ones of any form."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from grantctl.evaluation.permissions import grow
from grantctl.interop.directory import FindingKind, ForeignDirectory
from grantctl.interop.openwebui import read_directory
from grantctl.model import MAX_ID_LENGTH, key_problem, normalize_email
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
_OLD = (_USER.format(", api_key VARCHAR(255)"), _AUTH.format(""), _GROUP.format(", user_ids JSON"))
_NEW = (_USER.format(""), _AUTH.format(""), _GROUP.format(""), _MEMBER)
_NESTED = (
    _USER.format(""),
    _AUTH.format(", mfa JSON, session_stamp TEXT"),
    _GROUP.format(", parent_group_id TEXT"),
    _MEMBER,
)
_API_KEY = "CREATE TABLE api_key (id TEXT)"
_GRANT = "CREATE TABLE access_grant (id TEXT)"

FORMS: Mapping[str, tuple[str, ...]] = {
    "0.6.5": (*_OLD, _DOCUMENT, _REVISION),
    "0.6.36": (*_OLD, _DOCUMENT, _REVISION, "CREATE TABLE note (id TEXT)"),
    "0.6.40": (*_NEW, _DOCUMENT, _REVISION),
    "0.6.43": (*_NEW, _DOCUMENT, _REVISION, _API_KEY),
    "0.8.12": (*_NEW, _DOCUMENT, _REVISION, _API_KEY, _GRANT),
    "0.10.0": (*_NEW, _ROWS, _REVISION, _API_KEY, _GRANT),
    "0.12.4": (*_NESTED, _ROWS, _REVISION, _API_KEY, _GRANT),
}

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
) -> Path:
    """A database in the form of a release; `stored` are its default permissions."""
    with sqlite3.connect(path) as connection:
        for statement in FORMS[form]:
            connection.execute(statement)
        for table, rows in (("user", users), ("auth", accounts), ("group", groups)):
            insert(connection, table, rows)
        rows = [{"group_id": group, "user_id": user, "created_at": 9} for group, user in members]
        insert(connection, "group_member", rows)
        if revision is not None:
            insert(connection, "alembic_version", [{"version_num": revision}])
        if stored is not None:
            insert(connection, "config", [settings(form, json.dumps(stored))])
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
    for texts in (
        [text for user in directory.users for text in (user.id, user.name)],
        [text for one in directory.groups for text in (one.id, one.name, one.description)],
        [text for one in directory.findings for text in (one.object_id, one.reason)],
    ):
        assert "\0" not in "".join(texts)
        "".join(texts).encode()  # raises for half of a surrogate pair
        assert all(type(text) is str for text in texts)
