"""Resources under concurrency: nothing dangles and nothing goes round in a circle, both engines."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import func, or_, select

from grantctl.errors import ConflictError, GuardError, NotFoundError
from grantctl.operations.access_grants import Principals, grant, publish, restrict
from grantctl.operations.groups import create_group, delete_groups
from grantctl.operations.resources import (
    create_resource,
    delete_resources,
    set_owner,
    update_resource,
)
from grantctl.operations.users import create_user, delete_users
from grantctl.store.database import Database
from grantctl.store.resource_tables import AccessGrantRow, ResourceRow
from grantctl.store.session import read_session
from tests.conftest import Cli
from tests.operations.directories import INTENT, add_user
from tests.operations.resource_examples import access, make_resources, names

ROUNDS = 5
BOB = Principals(users=("bob@example.com",))


def at_once(*attempts: Callable[[], object]) -> list[object]:
    """Run all at the same moment; the result of each, or the error that it raised."""
    barrier = Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return attempt()
        except (ConflictError, GuardError, NotFoundError) as error:
            return error

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def dangling(database: Database) -> int:
    """Grants and resources that name nobody, or something that is not there."""
    with read_session(database) as session:
        grants = select(func.count()).where(AccessGrantRow.missing_id.is_not(None))  # type: ignore[union-attr]
        resources = select(func.count()).where(
            or_(
                ResourceRow.missing_owner.is_not(None),  # type: ignore[union-attr]
                ResourceRow.missing_base.is_not(None),  # type: ignore[union-attr]
            )
        )
        return int(session.exec(grants).one()) + int(session.exec(resources).one())


def test_a_user_who_is_deleted_while_granted_to_leaves_nothing_dangling(
    database: Database,
) -> None:
    add_user(database, "ada")
    make_resources(database, "model:a")
    for _ in range(ROUNDS):
        add_user(database, "bob")
        results = at_once(
            lambda: grant(database, INTENT, ["model:a"], "read", BOB),
            lambda: delete_users(database, INTENT, ["bob@example.com"], orphan=True),
            lambda: set_owner(database, INTENT, ["model:a"], "bob@example.com"),
        )
        assert not isinstance(results[1], Exception)
        assert access(database, "model:a") == ["private"]
        assert (dangling(database), names(database, type="model")) == (0, ["model:a"])


def test_a_group_that_is_deleted_while_granted_to_leaves_nothing_dangling(
    database: Database,
) -> None:
    make_resources(database, "model:a")
    staff = Principals(groups=("staff",))
    for _ in range(ROUNDS):
        create_group(database, INTENT, name="staff")
        results = at_once(
            lambda: grant(database, INTENT, ["model:a"], "read", staff),
            lambda: delete_groups(database, INTENT, ["staff"]),
        )
        assert not isinstance(results[1], Exception)
        assert access(database, "model:a") == ["private"]
        assert dangling(database) == 0


def test_a_base_that_is_deleted_while_it_is_chosen_is_not_left_missing(database: Database) -> None:
    make_resources(database, "model:preset")
    for _ in range(ROUNDS):
        make_resources(database, "model:base")
        results = at_once(
            lambda: update_resource(database, INTENT, "model:preset", base="model:base"),
            lambda: delete_resources(database, INTENT, ["model:base"]),
        )
        assert [isinstance(one, Exception) for one in results].count(True) == 1
        assert dangling(database) == 0
        update_resource(database, INTENT, "model:preset", no_base=True)
        if "model:base" in names(database):
            delete_resources(database, INTENT, ["model:base"])


def test_of_two_bases_that_would_close_a_circle_one_is_refused(database: Database) -> None:
    make_resources(database, "model:a", "model:b")
    for _ in range(ROUNDS):
        results = at_once(
            lambda: update_resource(database, INTENT, "model:a", base="model:b"),
            lambda: update_resource(database, INTENT, "model:b", base="model:a"),
        )
        assert [isinstance(one, GuardError) for one in results].count(True) == 1
        for one in "ab":
            update_resource(database, INTENT, f"model:{one}", no_base=True)


def test_a_resource_is_made_once_however_many_want_it(database: Database) -> None:
    results = at_once(*[lambda: create_resource(database, INTENT, "model:a")] * 8)
    assert [isinstance(one, ConflictError) for one in results].count(False) == 1
    assert names(database) == ["model:a"]


def test_grants_that_are_made_at_once_are_all_kept(database: Database) -> None:
    make_resources(database, "model:a")
    emails = [f"user{number}@example.com" for number in range(8)]
    for email in emails:
        create_user(database, INTENT, email=email)
    results = at_once(
        *[
            lambda email=email: grant(database, INTENT, ["model:a"], "read", Principals((email,)))
            for email in emails
        ],
        lambda: grant(database, INTENT, ["model:a"], "read", Principals((emails[0],))),
    )
    assert not any(isinstance(one, Exception) for one in results)
    assert access(database, "model:a") == ["restricted", *(f"read {email}" for email in emails)]


def test_opened_and_closed_at_once_a_resource_is_in_a_state_that_there_is(
    database: Database,
) -> None:
    add_user(database, "bob")
    make_resources(database, "model:a")
    for _ in range(ROUNDS):
        at_once(
            lambda: publish(database, INTENT, ["model:a"]),
            lambda: grant(database, INTENT, ["model:a"], "write", BOB),
            lambda: restrict(database, INTENT, ["model:a"]),
        )
        state, *grants = access(database, "model:a")
        assert (state == "public") <= (not grants)
        restrict(database, INTENT, ["model:a"], private=True)


def test_processes_that_grant_and_delete_at_once_leave_nothing_dangling(
    database: Database, url: str, forked: Cli
) -> None:
    for name in ("ada", "bob"):
        add_user(database, name)
    make_resources(database, "model:a", "model:b", "model:c")
    environment = {"GRANTCTL_DATABASE": url}
    granting = [
        ("resources", "grant", f"model:{one}", "read", "--user", "bob@example.com") for one in "abc"
    ]
    deleting = ("users", "delete", "bob@example.com", "--yes")
    results = at_once(
        *[lambda line=line: forked(*line, env=environment) for line in (*granting, deleting)]
    )
    codes = [getattr(one, "code", -1) for one in results]
    assert codes[3] == 0
    assert set(codes[:3]) <= {0, 4}
    assert [access(database, f"model:{one}") for one in "abc"] == [["private"]] * 3
