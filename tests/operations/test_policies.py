"""Policy settings: the default role."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from grantctl.errors import InvalidError
from grantctl.model import Role
from grantctl.operations.policies import (
    DEFAULT_ROLE_KEY,
    DefaultRole,
    DefaultRoleChange,
    set_default_role,
    show_default_role,
)
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import PolicySettingRow
from tests.operations.directories import DRY, INTENT, add_user, events


def test_new_users_are_pending_until_somebody_decides_otherwise(database: Database) -> None:
    assert show_default_role(database) == DefaultRole(Role.PENDING, is_set=False)


def test_the_default_role_can_be_set_and_the_change_is_recorded(database: Database) -> None:
    assert set_default_role(database, INTENT, Role.USER) == DefaultRoleChange(Role.USER, "pending")
    assert show_default_role(database) == DefaultRole(Role.USER, is_set=True)
    assert set_default_role(database, INTENT, Role.PENDING) == DefaultRoleChange(
        Role.PENDING, "user"
    )
    assert events(database) == [
        ("policy.set", None, {"value": "user"}),
        ("policy.set", {"value": "user"}, {"value": "pending"}),
    ]


def test_choosing_what_is_the_default_anyway_is_a_choice_and_twice_is_none(
    database: Database,
) -> None:
    for _ in range(2):
        set_default_role(database, INTENT, Role.PENDING)
    assert show_default_role(database) == DefaultRole(Role.PENDING, is_set=True)
    assert events(database) == [("policy.set", None, {"value": "pending"})]


def test_a_dry_run_sets_nothing(database: Database) -> None:
    assert set_default_role(database, DRY, Role.USER).role is Role.USER
    assert show_default_role(database) == DefaultRole(Role.PENDING, is_set=False)


def test_the_default_role_may_not_be_admin(database: Database) -> None:
    with pytest.raises(InvalidError) as error:
        set_default_role(database, INTENT, Role.ADMIN)
    assert error.value.message == (
        "the default role may not be `admin`: every new user would be allowed everything"
    )
    assert events(database) == []


@pytest.mark.parametrize("stored", ["admin", "owner", "", 7, None, ["user"]])
def test_a_default_role_from_elsewhere_makes_nobody_admin_and_can_be_mended(
    database: Database, stored: object
) -> None:
    add_user(database, "ada")
    _store(database, stored)
    with pytest.raises(InvalidError):
        show_default_role(database)
    with pytest.raises(InvalidError):
        create_user(database, INTENT, email="bob@example.com")
    set_default_role(database, INTENT, Role.USER)
    assert create_user(database, INTENT, email="bob@example.com").user.role is Role.USER


def _store(database: Database, value: object) -> None:
    def work(session: Session) -> None:
        row = PolicySettingRow(key=DEFAULT_ROLE_KEY, value=value, updated_by="another program")
        row.updated_at = datetime.now(UTC)
        session.add(row)

    change(database, work, dry_run=False)
