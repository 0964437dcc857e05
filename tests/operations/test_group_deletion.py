"""Groups deleted, and what goes along, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grantctl.errors import (
    NotFoundError,
)
from grantctl.operations.access_grants import Principals, grant
from grantctl.operations.groups import (
    DeletedGroup,
    delete_groups,
    plan_deletion,
    show_group,
)
from grantctl.operations.memberships import MemberRecord, add_members, list_members
from grantctl.operations.resources import AccessState, create_resource, show_resource
from grantctl.store.connection import open_reading
from grantctl.store.database import Database
from tests.operations.group_examples import (
    EVERYTHING,
    INTENT,
    audit,
    counts,
    make_groups,
    make_users,
    paths,
    set_flags,
)

NOW = datetime.now(UTC)


LATER = NOW + timedelta(days=1)


def test_a_deletion_takes_memberships_and_flags_and_frees_the_children(database: Database) -> None:
    make_users(database, "ada", "bob")
    make_groups(database, "company", "company/backend", "company/backend/api", "company/backend/db")
    set_flags(database, "backend", chat__share=True, chat__controls=False)
    add_members(database, INTENT, "backend", ["ada"])
    add_members(database, INTENT, "backend", ["bob"], expires_at=LATER)
    add_members(database, INTENT, "api", ["bob"])
    create_resource(database, INTENT, "model:a")
    for action in ("use", "read"):
        grant(database, INTENT, ["model:a"], action, Principals(groups=("backend",)))
    backend = show_group(database, "backend", now=NOW)
    expected = DeletedGroup(
        backend.group.id, "backend", 2, 2, ("model:a read", "model:a use"), backend.children
    )
    assert plan_deletion(database, ["backend"]) == [expected]
    assert delete_groups(database, INTENT, ["backend"]) == [expected]
    assert paths(database) == ["company", "api", "db"]
    child = show_group(database, "api", now=NOW).group
    assert (child.parent, child.updated_at > child.created_at) == (None, True)
    assert counts(database) == {"company": (0, 0), "api": (1, 1), "db": (0, 0)}
    entry = audit(database)[-1]
    assert (entry.action, entry.object_id, entry.after) == (
        "group.delete",
        backend.group.id,
        None,
    )
    assert entry.before == {
        "name": "backend",
        "description": "",
        "parent": show_group(database, "company", now=NOW).group.id,
        "members": [one.user.id for one in _members_of(database, "ada", "bob")],
        "permissions": {"chat.controls": False, "chat.share": True},
        "grants": ["model:a read", "model:a use"],
        "children": [child.id for child in backend.children],
    }
    assert _rows_left(database) == [(0,), (0,), (0,)]
    assert show_resource(database, "model:a").resource.state is AccessState.PRIVATE


def _members_of(database: Database, *names: str) -> tuple[MemberRecord, ...]:
    make_groups(database, "probe")
    add_members(database, INTENT, "probe", list(names))
    return list_members(database, "probe", EVERYTHING, now=NOW).items


def _rows_left(database: Database) -> list[tuple[int]]:
    """How many memberships, flags and grants point to a group that is no more."""
    connection = open_reading(database.url)
    try:
        return [
            *connection.rows(
                "SELECT count(*) FROM memberships WHERE group_pk NOT IN (SELECT pk FROM groups)"
            ),
            *connection.rows(
                "SELECT count(*) FROM group_permissions "
                "WHERE group_pk NOT IN (SELECT pk FROM groups)"
            ),
            *connection.rows("SELECT count(*) FROM access_grants"),
        ]
    finally:
        connection.close()


def test_a_parent_and_its_child_are_deleted_together_and_once(database: Database) -> None:
    make_groups(database, "a", "a/b", "a/b/c")
    b = show_group(database, "b", now=NOW).group.id
    deleted = delete_groups(database, INTENT, ["b", "a", b])
    assert [(one.name, [child.name for child in one.children]) for one in deleted] == [
        ("b", ["c"]),
        ("a", []),
    ]
    assert paths(database) == ["c"]


def test_one_unknown_group_keeps_all_from_being_deleted(database: Database) -> None:
    make_groups(database, "a", "b")
    with pytest.raises(NotFoundError):
        delete_groups(database, INTENT, ["a", "nobody"])
    assert paths(database) == ["a", "b"]
