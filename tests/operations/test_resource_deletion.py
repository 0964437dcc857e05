"""Resources deleted, users deleted with what they own, and what is left, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from grantctl.errors import GuardError, InvalidError, NotFoundError
from grantctl.model import ResourceRef
from grantctl.operations.resources import (
    create_resource,
    delete_resources,
    set_owner,
    show_resource,
)
from grantctl.operations.users import delete_users, show_user
from grantctl.store.connection import open_reading
from grantctl.store.database import Database
from tests.databases import prepared
from tests.operations.directories import DRY, INTENT, labels
from tests.operations.resource_examples import (
    BOB,
    EVERYONE,
    STAFF,
    access,
    give,
    log,
    make_directory,
    make_resources,
    names,
)

BASE, PRESET, DEEP = "model:base", "model:preset", "model:deep"


@prepared
def office(database: Database) -> None:
    """Users, groups, a model, a preset of it, a preset of that, and another model."""
    make_directory(database)
    make_resources(database, BASE, "model:other")
    make_resources(database, PRESET, base=BASE)
    make_resources(database, DEEP, base=PRESET)


def grants_left(database: Database) -> int:
    connection = open_reading(database.url)
    try:
        return int(connection.rows("SELECT count(*) FROM access_grants")[0][0])
    finally:
        connection.close()


def test_a_resource_goes_with_its_grants_and_its_last_state_is_kept(office: Database) -> None:
    give(office, "model:other", "read", BOB)
    give(office, "model:other", "write", STAFF)
    set_owner(office, INTENT, ["model:other"], "Bob")
    record = show_resource(office, "model:other").resource
    [deleted] = delete_resources(office, INTENT, ["model:other"])
    assert (deleted.resource, deleted.dependents) == (record, ())
    assert deleted.resource.grant_count == 2
    assert names(office) == [BASE, PRESET, DEEP]
    assert grants_left(office) == 0
    [(action, object_id, before, after)] = log(office, "resource.delete")
    assert (action, object_id, after) == ("resource.delete", "model:other", None)
    bob = show_user(office, "Bob", now=datetime.now(UTC)).user.id
    assert (before["owner"], before["access_control"]["read"]["user_ids"]) == (bob, [bob])
    assert "dependents" not in before


def test_the_base_of_others_is_not_deleted_unasked(office: Database) -> None:
    for name in "bcde":
        create_resource(office, INTENT, f"model:{name}", base=BASE)
    for wanted, message in (
        ([BASE], "`model:base` is the base of `model:b`, `model:c`, `model:d` and 2 more"),
        ([BASE, "model:?"], "`model:base` is the base of `model:preset`"),
        ([BASE, PRESET, "model:?"], "`model:preset` is the base of `model:deep`"),
    ):
        with pytest.raises(GuardError) as raised:
            delete_resources(office, INTENT, wanted)
        assert raised.value.message == message
    assert len(names(office)) == 8


@pytest.mark.parametrize("order", [(BASE, PRESET, DEEP), (DEEP, PRESET, BASE)])
def test_a_base_is_deleted_together_with_what_is_made_of_it(
    office: Database, order: tuple[str, ...]
) -> None:
    deleted = delete_resources(office, INTENT, order)
    assert [str(one.resource.ref) for one in deleted] == [*order]
    assert names(office) == ["model:other"]


def test_everything_is_deleted_at_once(office: Database) -> None:
    assert len(delete_resources(office, INTENT, ["*:*"])) == 4
    assert names(office) == []


def test_who_loses_its_base_by_choice_keeps_its_name_and_gets_it_back(office: Database) -> None:
    [deleted] = delete_resources(office, INTENT, [BASE], leave_missing=True)
    assert deleted.dependents == (ResourceRef("model", "preset"),)
    left = show_resource(office, PRESET).resource
    assert (left.base, left.is_base_missing) == (BASE, True)
    assert left.updated_at > left.created_at
    assert log(office, "resource.delete")[0][2]["dependents"] == [PRESET]
    create_resource(office, INTENT, BASE)
    again = show_resource(office, PRESET).resource
    assert (again.base, again.is_base_missing) == (BASE, False)


def test_a_dry_run_deletes_nothing(office: Database) -> None:
    give(office, BASE, "read", EVERYONE)
    before = log(office)
    assert len(delete_resources(office, DRY, ["*:*"])) == 4
    assert (len(names(office)), grants_left(office), log(office)) == (4, 1, before)


def test_one_that_is_not_there_keeps_the_others(office: Database) -> None:
    with pytest.raises(NotFoundError):
        delete_resources(office, INTENT, [DEEP, "model:gone"])
    assert len(names(office)) == 4


def test_a_deleted_user_leaves_no_grant_behind_and_opens_nothing(office: Database) -> None:
    give(office, BASE, "write", BOB)
    give(office, BASE, "read", BOB)
    give(office, PRESET, "read", BOB)
    give(office, PRESET, "read", STAFF)
    [deleted] = delete_users(office, INTENT, ["Bob"])
    assert deleted.grants == ("model:base read", "model:base write", "model:preset read")
    assert (deleted.owned, deleted.new_owner) == ((), None)
    assert (access(office, BASE), access(office, PRESET)) == (
        ["private"],
        ["restricted", "read staff"],
    )
    [(_, _, before, after)] = log(office, "user.delete")
    assert (before["grants"], before["owned"], after) == ([*deleted.grants], [], None)


def test_a_user_who_owns_something_is_not_deleted_unasked(office: Database) -> None:
    set_owner(office, INTENT, ["*:*"], "Bob")
    with pytest.raises(GuardError) as raised:
        delete_users(office, INTENT, ["Chen", "Bob"])
    assert raised.value.message == (
        "`bob@example.com` owns `model:base`, `model:deep`, `model:other` and 1 more"
    )
    assert raised.value.hint == (
        "hand them over with --reassign-to USER, or leave them without an owner with --orphan"
    )
    assert len(labels(office)) == 3


def test_what_a_deleted_user_owned_is_handed_over(office: Database) -> None:
    set_owner(office, INTENT, [BASE, PRESET], "Bob")
    set_owner(office, INTENT, [DEEP], "Chen")
    ada = show_user(office, "Ada", now=datetime.now(UTC)).user
    bob, chen = delete_users(office, INTENT, ["Bob", "Chen"], reassign_to="ada@example.com")
    assert (bob.owned, bob.new_owner) == (
        (ResourceRef("model", "base"), ResourceRef("model", "preset")),
        ada,
    )
    assert (chen.owned, chen.new_owner) == ((ResourceRef("model", "deep"),), ada)
    assert names(office, owner="Ada") == [BASE, PRESET, DEEP]
    entries = log(office, "resource.set_owner")[-3:]
    assert [(entry[1], entry[3]["owner"]) for entry in entries] == [
        (BASE, ada.id),
        (PRESET, ada.id),
        (DEEP, ada.id),
    ]
    assert log(office, "user.delete")[0][2]["owned"] == [BASE, PRESET]


def test_what_a_deleted_user_owned_may_have_no_owner(office: Database) -> None:
    set_owner(office, INTENT, [BASE], "Bob")
    [deleted] = delete_users(office, INTENT, ["Bob"], orphan=True)
    assert (deleted.owned, deleted.new_owner) == ((ResourceRef("model", "base"),), None)
    record = show_resource(office, BASE).resource
    assert (record.owner, record.is_owner_missing) == (None, False)


def test_nobody_who_is_deleted_too_becomes_the_owner(office: Database) -> None:
    set_owner(office, INTENT, [BASE], "Bob")
    with pytest.raises(InvalidError) as raised:
        delete_users(office, INTENT, ["Bob", "Chen"], reassign_to="chen@example.com")
    assert raised.value.message == (
        "`chen@example.com` is deleted too, so it cannot be the new owner"
    )
    with pytest.raises(InvalidError):
        delete_users(office, INTENT, ["Bob"], reassign_to="Ada", orphan=True)
    with pytest.raises(NotFoundError):
        delete_users(office, INTENT, ["Bob"], reassign_to="nobody")
    assert len(labels(office)) == 3
