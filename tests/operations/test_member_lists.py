"""The members of groups, direct and inherited, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grantctl.operations.groups import show_group
from grantctl.operations.memberships import add_members, list_members
from grantctl.operations.pages import PageRequest
from grantctl.operations.questions import Question, answer
from grantctl.store.database import Database
from tests.operations.group_examples import (
    EVERYTHING,
    INTENT,
    make_groups,
    make_many_users,
    make_users,
    set_flags,
)

NOW = datetime.now(UTC)


SOON = NOW + timedelta(days=1)


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


def test_a_membership_decides_until_it_expires_and_no_longer(database: Database) -> None:
    make_users(database, "root", "ada")
    make_groups(database, "staff", "staff/backend")
    set_flags(database, "staff", workspace__tools=True)
    add_members(database, INTENT, "backend", ["ada"], expires_at=SOON)
    expected = [("ada", "backend/staff", SOON, False)]
    assert listed(database, "staff", inherited=True) == expected
    assert listed(database, "staff", inherited=True, now=SOON) == [
        ("ada", "backend/staff", SOON, True)
    ]
    with database.reader() as reader:
        for now, allowed in ((SOON - timedelta(microseconds=1), True), (SOON, False)):
            decision = answer(reader, "ada", "workspace.tools", Question(), now=now)
            assert decision.allowed is allowed


def test_inherited_members_are_listed_once_with_the_best_way(database: Database) -> None:
    make_users(database, "ada", "bob", "cyd", "dan")
    make_groups(
        database, "company", "company/engineering", "company/engineering/api", "company/ops"
    )
    add_members(database, INTENT, "company", ["ada"], expires_at=SOON)
    add_members(database, INTENT, "api", ["ada", "bob"])
    add_members(database, INTENT, "ops", ["bob", "cyd"])
    assert listed(database, "company") == [("ada", "", SOON, False)]
    assert listed(database, "company", inherited=True) == [
        ("ada", "", SOON, False),
        ("bob", "ops/company", None, False),
        ("cyd", "ops/company", None, False),
    ]
    assert listed(database, "company", inherited=True, now=SOON)[0] == (
        "ada",
        "api/engineering/company",
        None,
        False,
    )
    assert listed(database, "api") == [("ada", "", None, False), ("bob", "", None, False)]
    assert listed(database, "engineering", inherited=True) == [
        ("ada", "api/engineering", None, False),
        ("bob", "api/engineering", None, False),
    ]
    detail = show_group(database, "company", now=NOW)
    assert (detail.members.direct, detail.members.effective) == (1, 3)


@pytest.mark.parametrize("inherited", [False, True])
def test_pages_of_members_follow_each_other_without_gap_or_twin(
    database: Database, inherited: bool
) -> None:
    ids = make_many_users(database, 25)
    make_groups(database, "a", "a/b")
    add_members(database, INTENT, "a", ids)
    add_members(database, INTENT, "b", ids[10:])
    found: list[str] = []
    cursor = None
    sizes = []
    while True:
        request = PageRequest(10, cursor)
        page = list_members(database, "a", request, now=NOW, inherited=inherited)
        found += [one.user.id for one in page.items]
        sizes.append(len(page.items))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (found, sizes) == (ids, [10, 10, 5])
