"""Users added to groups and removed from them, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from grantctl.errors import AmbiguousError, InvalidError, NotFoundError
from grantctl.operations.memberships import add_members, list_members, remove_members
from grantctl.operations.questions import Question, answer
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import GroupRow, MembershipRow, UserRow
from tests.operations.group_examples import (
    DRY_RUN,
    EVERYTHING,
    INTENT,
    audit,
    make_groups,
    make_many_users,
    make_users,
    set_flags,
)

NOW = datetime.now(UTC)


SOON = NOW + timedelta(days=1)


LATER = NOW + timedelta(days=30)


ADDED = ("group.add_members", "group.remove_members")


def listed(
    database: Database, group: str, *, now: datetime = NOW, inherited: bool = False
) -> list[tuple[str, str, datetime | None, bool]]:
    """(user, way, expiry, whether it is past) of every member."""
    page = list_members(database, group, EVERYTHING, now=now, inherited=inherited)
    return [
        (
            one.user.name,
            "/".join(group.name for group in one.via),
            one.membership.expires_at,
            one.is_expired,
        )
        for one in page.items
    ]


def outcomes(
    database: Database, group: str, *users: str, until: datetime | None = None
) -> list[str]:
    changed = add_members(database, INTENT, group, users, expires_at=until)
    return [one.outcome.value for one in changed.members]


def write_membership(
    database: Database, user: str, group: str, source: str, expires_at: datetime | None
) -> None:
    """A membership as an import or a log-in leaves one."""

    def write(session: Session) -> None:
        user_pk = session.exec(select(UserRow.pk).where(UserRow.name == user)).one()
        group_pk = session.exec(select(GroupRow.pk).where(GroupRow.name == group)).one()
        session.add(
            MembershipRow(user_pk=user_pk, group_pk=group_pk, source=source, expires_at=expires_at)
        )

    change(database, write, dry_run=False)


def test_users_are_added_by_whatever_names_them_and_recorded_once(database: Database) -> None:
    make_users(database, "ada", "bob", "cyd")
    make_groups(database, "staff")
    before = {
        one.user.name: one for one in list_members(database, "staff", EVERYTHING, now=NOW).items
    }
    assert before == {}
    changed = add_members(
        database, INTENT, "staff", ["bob", "ADA@Example.com", "bob@example.com"], expires_at=LATER
    )
    assert [(one.user.name, one.outcome.value, one.expires_at) for one in changed.members] == [
        ("bob", "added", LATER),
        ("ada", "added", LATER),
    ]
    [bob, ada] = [one.user.id for one in changed.members]
    assert outcomes(database, "staff", bob) == ["unchanged"]
    [entry] = audit(database, ADDED)
    assert (entry.action, entry.object_type, entry.object_id) == (
        "group.add_members",
        "group",
        changed.group.id,
    )
    assert entry.before is None
    assert entry.after == {
        "added": [bob, ada],
        "updated": [],
        "expires_at": LATER.isoformat().replace("+00:00", "Z"),
    }
    [first, _] = list_members(database, "staff", EVERYTHING, now=NOW).items
    membership = first.membership
    assert (first.user.name, membership.source.value, membership.added_by) == (
        "ada",
        "manual",
        "tester",
    )
    assert membership.added_at is not None
    assert NOW <= membership.added_at <= datetime.now(UTC)


def test_who_is_in_already_stays_as_they_are_but_for_a_given_expiry(database: Database) -> None:
    make_users(database, "ada", "bob")
    make_groups(database, "staff")
    write_membership(database, "ada", "staff", "import", None)
    write_membership(database, "bob", "staff", "oauth", LATER)
    assert outcomes(database, "staff", "ada", "bob") == ["unchanged", "unchanged"]
    assert outcomes(database, "staff", "bob", until=LATER) == ["unchanged"]
    assert audit(database, ADDED) == []
    assert outcomes(database, "staff", "ada", "bob", until=SOON) == ["updated", "updated"]
    members = list_members(database, "staff", EVERYTHING, now=NOW).items
    assert [(one.membership.source.value, one.membership.expires_at) for one in members] == [
        ("import", SOON),
        ("oauth", SOON),
    ]
    [entry] = audit(database, ADDED)
    sources = {one.user.id: one.membership.source.value for one in members}
    assert {id: one["source"] for id, one in entry.before["members"].items()} == sources
    assert (entry.after["added"], entry.after["updated"]) == ([], list(sources))


def test_an_expired_member_who_is_added_again_is_a_member_again(database: Database) -> None:
    make_users(database, "root", "ada")
    make_groups(database, "staff")
    set_flags(database, "staff", workspace__tools=True)
    write_membership(database, "ada", "staff", "oauth", NOW - timedelta(days=1))
    assert not is_allowed(database, "ada", "workspace.tools")
    assert outcomes(database, "staff", "ada") == ["added"]
    assert is_allowed(database, "ada", "workspace.tools")
    assert listed(database, "staff") == [("ada", "", None, False)]
    [entry] = audit(database, ADDED)
    assert [one["source"] for one in entry.before["members"].values()] == ["oauth"]
    assert outcomes(database, "staff", "ada") == ["unchanged"]


def is_allowed(database: Database, user: str, key: str) -> bool:
    with database.reader() as reader:
        return answer(reader, user, key, Question(), now=datetime.now(UTC)).allowed


def test_an_expiry_in_the_past_is_refused(database: Database) -> None:
    make_users(database, "ada")
    make_groups(database, "staff")
    with pytest.raises(InvalidError, match="cannot expire in the past"):
        add_members(database, INTENT, "staff", ["ada"], expires_at=NOW - timedelta(seconds=1))
    assert listed(database, "staff") == []


@pytest.mark.parametrize("act", [add_members, remove_members])
def test_every_unknown_user_is_named_and_nobody_else_is_touched(
    database: Database, act: object
) -> None:
    assert act in (add_members, remove_members)
    make_users(database, "ada", "bob")
    make_groups(database, "staff")
    add_members(database, INTENT, "staff", ["bob"])
    verb = add_members if act is add_members else remove_members
    with pytest.raises(NotFoundError) as caught:
        verb(database, INTENT, "staff", ["ada", "nobody", "bob", "a\0", "\udcff", ""])
    assert caught.value.message == "no users `nobody`, `a\0`, `\udcff`, ``"
    with pytest.raises(NotFoundError) as caught:
        verb(database, INTENT, "staff", ["ada", "ada@example.co"])
    assert caught.value.message == "no user `ada@example.co`"
    assert caught.value.hint == "did you mean `ada@example.com`? grantctl users list"
    with pytest.raises(NotFoundError, match="no group `nowhere`"):
        verb(database, INTENT, "nowhere", ["ada"])
    assert listed(database, "staff") == [("bob", "", None, False)]


def test_a_name_that_two_users_share_is_ambiguous(database: Database) -> None:
    make_users(database, "ada")
    make_groups(database, "staff")
    ids = make_many_users(database, 2)

    def share(session: Session) -> None:
        for row in session.exec(select(UserRow).where(UserRow.id.in_(ids))):  # type: ignore[attr-defined]
            row.name = "twin"

    change(database, share, dry_run=False)
    with pytest.raises(AmbiguousError) as caught:
        add_members(database, INTENT, "staff", ["ada", "twin"])
    assert caught.value.message == "more than one user is called `twin`"
    assert caught.value.hint == "say which by id: u0 (u0@example.com), u1 (u1@example.com)"
    assert listed(database, "staff") == []


def test_members_are_removed_and_others_reported_as_unchanged(database: Database) -> None:
    make_users(database, "ada", "bob", "cyd")
    make_groups(database, "staff", "guests")
    add_members(database, INTENT, "staff", ["ada", "bob"], expires_at=LATER)
    add_members(database, INTENT, "guests", ["ada"])
    changed = remove_members(database, INTENT, "staff", ["ada", "cyd", "ada@example.com"])
    assert [(one.user.name, one.outcome.value) for one in changed.members] == [
        ("ada", "removed"),
        ("cyd", "unchanged"),
    ]
    assert listed(database, "staff") == [("bob", "", LATER, False)]
    assert listed(database, "guests") == [("ada", "", None, False)]
    entry = audit(database, ADDED)[-1]
    assert (entry.action, entry.after) == ("group.remove_members", None)
    [(id, facts)] = entry.before["members"].items()
    assert (id, facts["source"], facts["added_by"]) == (
        changed.members[0].user.id,
        "manual",
        "tester",
    )
    count = len(audit(database, ADDED))
    remove_members(database, INTENT, "staff", ["ada", "cyd"])
    assert len(audit(database, ADDED)) == count


def test_a_dry_run_changes_no_membership(database: Database) -> None:
    make_users(database, "ada", "bob")
    make_groups(database, "staff")
    add_members(database, INTENT, "staff", ["ada"])
    tried = add_members(database, DRY_RUN, "staff", ["ada", "bob"])
    assert [one.outcome.value for one in tried.members] == ["unchanged", "added"]
    gone = remove_members(database, DRY_RUN, "staff", ["ada"])
    assert [one.outcome.value for one in gone.members] == ["removed"]
    assert listed(database, "staff") == [("ada", "", None, False)]
    assert len(audit(database, ADDED)) == 1


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def count(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def test_ten_thousand_users_take_some_statements_and_one_audit_entry(database: Database) -> None:
    ids = make_many_users(database, 10_000)
    make_groups(database, "everyone")
    names = [f"User {id}" for id in ids[:5000]] + [f"{id}@EXAMPLE.com" for id in ids[5000:]]
    started = perf_counter()
    with counted_statements() as seen:
        changed = add_members(database, INTENT, "everyone", names)
        removed = remove_members(database, INTENT, "everyone", names)
    assert {one.outcome.value for one in changed.members} == {"added"}
    assert {one.outcome.value for one in removed.members} == {"removed"}
    assert len(seen) < 400
    assert perf_counter() - started < 20  # measured: about 2 seconds for both
    [added, gone] = audit(database, ADDED)
    assert (added.after["added"], list(gone.before["members"])) == (ids, ids)
