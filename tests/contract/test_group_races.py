"""Groups under concurrency: what is decided in a transaction stays true beside other writers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest

from grantctl.errors import ConflictError, GroupCycleError, NotFoundError
from grantctl.operations.groups import create_group, delete_groups, move_group, show_group
from grantctl.operations.memberships import add_members, list_members
from grantctl.store.database import Database
from tests.conftest import Cli
from tests.operations.group_examples import (
    EVERYTHING,
    INTENT,
    audit,
    make_groups,
    make_many_users,
    paths,
)

ROUNDS = 5
WRITERS = 20


def at_once(*attempts: Callable[[], object]) -> list[object]:
    """Run all at the same moment; the result of each, or the error that it raised."""
    barrier = Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return attempt()
        except (ConflictError, GroupCycleError, NotFoundError) as error:
            return error

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def test_of_two_moves_that_would_close_a_circle_one_is_refused(database: Database) -> None:
    make_groups(database, "a", "b")
    for _ in range(ROUNDS):
        results = at_once(
            lambda: move_group(database, INTENT, "a", "b"),
            lambda: move_group(database, INTENT, "b", "a"),
        )
        assert [isinstance(one, GroupCycleError) for one in results].count(True) == 1
        assert paths(database) in (["a", "a/b"], ["b/a", "b"])
        move_group(database, INTENT, "a", None)
        move_group(database, INTENT, "b", None)


def test_of_three_moves_in_a_ring_one_is_refused(database: Database) -> None:
    make_groups(database, "a", "b", "c")
    for _ in range(ROUNDS):
        results = at_once(
            lambda: move_group(database, INTENT, "a", "b"),
            lambda: move_group(database, INTENT, "b", "c"),
            lambda: move_group(database, INTENT, "c", "a"),
        )
        assert [isinstance(one, GroupCycleError) for one in results].count(True) == 1
        for name in "abc":
            move_group(database, INTENT, name, None)


def test_a_name_is_given_once_however_many_want_it(database: Database) -> None:
    results = at_once(*[lambda: create_group(database, INTENT, name="staff")] * 8)
    assert [isinstance(one, ConflictError) for one in results].count(False) == 1
    assert paths(database) == ["staff"]


def test_a_group_is_deleted_once_and_never_left_with_members(database: Database) -> None:
    make_groups(database, "staff")
    users = make_many_users(database, 4)
    results = at_once(
        lambda: delete_groups(database, INTENT, ["staff"]),
        lambda: delete_groups(database, INTENT, ["staff"]),
        *[lambda user=user: add_members(database, INTENT, "staff", [user]) for user in users],
    )
    assert [isinstance(one, NotFoundError) for one in results[:2]].count(True) == 1
    with pytest.raises(NotFoundError):
        show_group(database, "staff", now=datetime.now(UTC))
    [deleted] = [entry for entry in audit(database) if entry.action == "group.delete"]
    added = [entry.after["added"] for entry in audit(database, ["group.add_members"])]
    assert sorted(deleted.before["members"]) == sorted(user for [user] in added)


def test_processes_that_add_to_one_group_at_once_all_succeed(
    database: Database, url: str, forked: Cli
) -> None:
    users = make_many_users(database, WRITERS)
    make_groups(database, "staff")
    environment = {"GRANTCTL_DATABASE": url, "GRANTCTL_ACTOR": "racer"}
    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = pool.map(
            lambda user: forked("groups", "add", "staff", user, env=environment, timeout=120),
            users,
        )
        results = [(outcome.code, outcome.err) for outcome in outcomes]
    assert results == [(0, "")] * WRITERS
    page = list_members(database, "staff", EVERYTHING, now=datetime.now(UTC))
    assert [one.user.id for one in page.items] == users
    assert len(audit(database, ["group.add_members"])) == WRITERS


def test_processes_that_move_against_each_other_close_no_circle(
    database: Database, url: str, forked: Cli
) -> None:
    make_groups(database, "a", "b")
    environment = {"GRANTCTL_DATABASE": url}
    results = at_once(
        lambda: forked("groups", "move", "a", "--parent", "b", env=environment),
        lambda: forked("groups", "move", "b", "--parent", "a", env=environment),
    )
    codes = sorted(getattr(one, "code", -1) for one in results)
    assert codes == [0, 5]
    assert paths(database) in (["a", "a/b"], ["b/a", "b"])
