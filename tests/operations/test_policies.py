"""Policy settings: the default role, and whether admins may everything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from grantctl.errors import InvalidError, NotFoundError
from grantctl.model import Role
from grantctl.operations.policies import (
    DEFAULT_ROLE_KEY,
    DefaultRole,
    DefaultRoleChange,
    Policy,
    PolicyChange,
    get_policy,
    set_default_role,
    set_policy,
    show_default_role,
    unset_policy,
)
from grantctl.operations.policy_settings import ADMIN_BYPASS_KEY
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from grantctl.store.session import change, read_session
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


def test_admins_may_everything_until_somebody_decides_otherwise(database: Database) -> None:
    key = ADMIN_BYPASS_KEY
    assert get_policy(database, key) == Policy(key, True, is_set=False)
    assert set_policy(database, INTENT, key, "FALSE") == PolicyChange(
        Policy(key, False, True), True
    )
    assert get_policy(database, key) == Policy(key, False, is_set=True)
    with read_session(database) as session:
        assert session.get_one(PolicySettingRow, key).value is False
    assert set_policy(database, INTENT, key, "false").before is False
    assert unset_policy(database, INTENT, key) == PolicyChange(Policy(key, True, False), False)
    assert unset_policy(database, INTENT, key) == PolicyChange(Policy(key, True, False), True)
    assert events(database) == [
        ("policy.set", None, {"value": False}),
        ("policy.unset", {"value": False}, None),
    ]


def test_the_default_role_is_one_of_the_policy_settings(database: Database) -> None:
    assert set_policy(database, INTENT, DEFAULT_ROLE_KEY, "user").before == "pending"
    assert show_default_role(database) == DefaultRole(Role.USER, is_set=True)
    assert get_policy(database, DEFAULT_ROLE_KEY) == Policy(DEFAULT_ROLE_KEY, "user", is_set=True)
    unset_policy(database, INTENT, DEFAULT_ROLE_KEY)
    assert show_default_role(database) == DefaultRole(Role.PENDING, is_set=False)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (ADMIN_BYPASS_KEY, "1"),
        (ADMIN_BYPASS_KEY, ""),
        (ADMIN_BYPASS_KEY, "true "),
        (DEFAULT_ROLE_KEY, "admin"),
        (DEFAULT_ROLE_KEY, "owner"),
    ],
)
def test_a_value_that_may_not_be_is_refused(database: Database, key: str, text: str) -> None:
    with pytest.raises(InvalidError):
        set_policy(database, INTENT, key, text)
    assert events(database) == []


def test_a_setting_that_there_is_not_is_not_found(database: Database) -> None:
    for attempt in (
        lambda: get_policy(database, "access.admin"),
        lambda: set_policy(database, INTENT, "access.admin", "true"),
        lambda: unset_policy(database, INTENT, "access.admin"),
    ):
        with pytest.raises(NotFoundError) as raised:
            attempt()
        assert raised.value.message == "no policy setting `access.admin`"
        assert raised.value.hint == (
            "did you mean `access.admin_bypass`? all of them: grantctl config show"
        )


@pytest.mark.parametrize("stored", [0, 1, "true", None, [], {}])
def test_what_another_program_stored_is_never_taken_for_a_yes_or_a_no(
    database: Database, stored: object
) -> None:
    _store(database, stored, ADMIN_BYPASS_KEY)
    with pytest.raises(InvalidError) as raised:
        get_policy(database, ADMIN_BYPASS_KEY)
    assert raised.value.hint == "grantctl config set access.admin_bypass true"
    set_policy(database, INTENT, ADMIN_BYPASS_KEY, "true")
    assert events(database) == [("policy.set", {"value": stored}, {"value": True})]
    assert get_policy(database, ADMIN_BYPASS_KEY).value is True


def _store(database: Database, value: object, key: str = DEFAULT_ROLE_KEY) -> None:
    def work(session: Session) -> None:
        row = PolicySettingRow(key=key, value=value, updated_by="another program")
        row.updated_at = datetime.now(UTC)
        session.add(row)

    change(database, work, dry_run=False)
