"""Roles: who holds them, giving them, and the last admin."""

from __future__ import annotations

import pytest

from grantctl.errors import AmbiguousError, GuardError, NotFoundError
from grantctl.model import Role
from grantctl.operations.pages import PageRequest
from grantctl.operations.policies import set_default_role
from grantctl.operations.roles import (
    MEANINGS,
    RoleRecord,
    approve_users,
    list_roles,
    set_role,
    show_role,
)
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from tests.operations.directories import ALL, DRY, INTENT, add_user, events, roles_of

LAST_ADMIN = "`ada@example.com` is the last admin and must stay one"


def add_people(database: Database) -> None:
    """Ada is admin, Bob and Bo are users, Chen is pending."""
    add_user(database, "ada")
    add_user(database, "bob")
    add_user(database, "bo")
    add_user(database, "chen", Role.PENDING)


def test_every_role_is_listed_with_its_holders_counted(database: Database) -> None:
    add_people(database)
    set_default_role(database, INTENT, Role.USER)
    assert list_roles(database) == [
        RoleRecord(Role.ADMIN, MEANINGS[Role.ADMIN], 1, is_default=False),
        RoleRecord(Role.USER, MEANINGS[Role.USER], 2, is_default=True),
        RoleRecord(Role.PENDING, MEANINGS[Role.PENDING], 1, is_default=False),
    ]


def test_a_role_is_shown_with_a_page_of_its_holders(database: Database) -> None:
    add_people(database)
    first = show_role(database, Role.USER, PageRequest(1))
    rest = show_role(database, Role.USER, PageRequest(1, first.holders.next_cursor))
    assert first.record == rest.record == list_roles(database)[1]
    assert [user.label for user in first.holders.items] == ["bob@example.com"]
    assert [user.label for user in rest.holders.items] == ["bo@example.com"]
    assert rest.holders.next_cursor is None


def test_a_role_that_nobody_holds_is_shown_empty(database: Database) -> None:
    detail = show_role(database, Role.USER, ALL)
    assert (detail.record.user_count, detail.holders.items) == (0, ())


def test_several_users_are_given_a_role_each_with_an_audit_entry(database: Database) -> None:
    add_people(database)
    log = events(database)
    changes = set_role(database, INTENT, ["Chen", "bob@example.com", "Bob"], Role.USER)
    assert [(one.user.label, one.before, one.is_changed) for one in changes] == [
        ("chen@example.com", Role.PENDING, True),
        ("bob@example.com", Role.USER, False),
    ]
    chen = {"email": "chen@example.com", "name": "Chen", "role": "pending", "has_password": False}
    assert events(database)[len(log) :] == [("user.set_role", chen, chen | {"role": "user"})]


def test_approving_lets_pending_users_in_and_leaves_others(database: Database) -> None:
    add_people(database)
    changes = approve_users(database, INTENT, ["Ada", "Chen"])
    assert [(one.user.label, one.user.role, one.before) for one in changes] == [
        ("ada@example.com", Role.ADMIN, Role.ADMIN),
        ("chen@example.com", Role.USER, Role.PENDING),
    ]


def test_roles_are_given_to_all_or_to_nobody(database: Database) -> None:
    add_people(database)
    before = roles_of(database)
    with pytest.raises(NotFoundError):
        set_role(database, INTENT, ["Chen", "nobody"], Role.ADMIN)
    with pytest.raises(NotFoundError):
        approve_users(database, INTENT, ["Chen", "nobody"])
    with pytest.raises(GuardError):
        set_role(database, INTENT, ["Bob", "Ada"], Role.PENDING)
    assert roles_of(database) == before


def test_a_name_of_two_users_changes_neither(database: Database) -> None:
    add_people(database)
    create_user(database, INTENT, email="other@example.com", name="Chen")
    with pytest.raises(AmbiguousError, match="more than one user is called `Chen`"):
        approve_users(database, INTENT, ["Chen"])


@pytest.mark.parametrize("role", [Role.USER, Role.PENDING])
def test_the_last_admin_stays_admin(database: Database, role: Role) -> None:
    add_people(database)
    with pytest.raises(GuardError) as error:
        set_role(database, INTENT, ["Ada"], role)
    assert error.value.message == LAST_ADMIN
    set_role(database, INTENT, ["Bob"], Role.ADMIN)
    set_role(database, INTENT, ["Ada"], role)
    assert roles_of(database) == {"ada": role, "bob": "admin", "bo": "user", "chen": "pending"}


def test_all_admins_cannot_be_demoted_in_one_go(database: Database) -> None:
    add_people(database)
    set_role(database, INTENT, ["Bob"], Role.ADMIN)
    with pytest.raises(GuardError) as error:
        set_role(database, INTENT, ["Bob", "Ada"], Role.USER)
    assert error.value.message == LAST_ADMIN
    assert roles_of(database)["bob"] == "admin"


def test_a_dry_run_gives_nobody_a_role_but_meets_the_guards(database: Database) -> None:
    add_people(database)
    before, log = roles_of(database), events(database)
    assert set_role(database, DRY, ["Bob"], Role.ADMIN)[0].user.role is Role.ADMIN
    with pytest.raises(GuardError):
        set_role(database, DRY, ["Ada"], Role.USER)
    assert (roles_of(database), events(database)) == (before, log)


def test_thousands_of_users_are_given_a_role_in_one_change(database: Database) -> None:
    add_people(database)
    set_role(database, INTENT, ["Bob"] * 3000 + ["bo@example.com"], Role.PENDING)
    assert roles_of(database) == {
        "ada": "admin",
        "bob": "pending",
        "bo": "pending",
        "chen": "pending",
    }
