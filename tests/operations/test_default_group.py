"""The group that every new user is put into."""

from __future__ import annotations

import pytest

from grantctl.errors import InvalidError, NotFoundError
from grantctl.evaluation.facts import Group
from grantctl.operations.changes import Change, perform
from grantctl.operations.default_group import join_default_group
from grantctl.operations.group_deletion import delete_groups
from grantctl.operations.groups import create_group
from grantctl.operations.memberships import add_members
from grantctl.operations.policies import set_policy, unset_policy
from grantctl.operations.policy_settings import DEFAULT_GROUP
from grantctl.operations.user_rows import find_user_row
from grantctl.operations.users import create_user, show_user
from grantctl.store.database import Database
from tests.operations.directories import DRY, INTENT, add_user, events
from tests.operations.test_seeding import store


def groups_of(database: Database, email: str) -> list[tuple[str, str, str | None]]:
    from datetime import UTC, datetime

    detail = show_user(database, email, now=datetime.now(UTC))
    return [(one.group_name, one.source.value, one.added_by) for one in detail.memberships]


def test_new_users_are_put_into_it_and_both_changes_are_recorded(database: Database) -> None:
    group = create_group(database, INTENT, name="staff").group.id
    assert set_policy(database, INTENT, DEFAULT_GROUP, "staff").policy.value == group
    ada = add_user(database, "ada")
    assert groups_of(database, ada) == [("staff", "manual", "tester")]
    user_id = create_user(database, INTENT, email="bob@example.com").user.id
    assert groups_of(database, "bob@example.com") == [("staff", "manual", "tester")]
    assert [(action, after) for action, _, after in events(database)][-2:] == [
        (
            "user.create",
            {"email": "bob@example.com", "name": "bob", "role": "pending", "has_password": False},
        ),
        ("group.add_members", {"added": [user_id], "updated": [], "expires_at": None}),
    ]
    unset_policy(database, INTENT, DEFAULT_GROUP)
    assert groups_of(database, add_user(database, "chen")) == []


def test_a_group_that_is_gone_keeps_nobody_out(database: Database) -> None:
    create_group(database, INTENT, name="staff")
    set_policy(database, INTENT, DEFAULT_GROUP, "staff")
    delete_groups(database, INTENT, ["staff"])
    assert groups_of(database, add_user(database, "ada")) == []


def test_the_group_is_found_by_its_id_alone(database: Database) -> None:
    create_group(database, INTENT, name="staff")
    store(database, DEFAULT_GROUP, "staff")
    assert groups_of(database, add_user(database, "ada")) == []


def test_who_is_a_member_already_stays_one_as_they_are(database: Database) -> None:
    create_group(database, INTENT, name="staff")
    ada = add_user(database, "ada")
    add_members(database, INTENT, "staff", [ada])
    set_policy(database, INTENT, DEFAULT_GROUP, "staff")
    before = len(events(database))

    def work(change: Change) -> Group | None:
        return join_default_group(change, find_user_row(change.session, ada))

    found = perform(database, INTENT, work)
    assert found is not None
    assert (found.name, len(events(database))) == ("staff", before)


def test_only_a_group_that_there_is_can_be_chosen(database: Database) -> None:
    for _ in range(2):
        create_group(database, DRY, name="staff")
    with pytest.raises(NotFoundError):
        set_policy(database, INTENT, DEFAULT_GROUP, "staff")
    assert set_policy(database, INTENT, DEFAULT_GROUP, "").policy.value == ""
    assert groups_of(database, add_user(database, "ada")) == []


def test_a_broken_setting_makes_nobody_and_can_be_mended(database: Database) -> None:
    store(database, DEFAULT_GROUP, 7)
    with pytest.raises(InvalidError) as caught:
        add_user(database, "ada")
    assert caught.value.hint == "grantctl config set users.default_group ''"
    unset_policy(database, INTENT, DEFAULT_GROUP)
    add_user(database, "ada")
