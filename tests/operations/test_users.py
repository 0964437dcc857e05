"""Users: the guards, the search, and what is kept of every change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from grantctl.errors import ConflictError, GuardError, InvalidError, NotFoundError
from grantctl.model import Role, Source
from grantctl.operations.changes import Intent
from grantctl.operations.groups import create_group
from grantctl.operations.memberships import add_members
from grantctl.operations.policies import set_default_role
from grantctl.operations.user_rows import UserDetail, UserRecord
from grantctl.operations.users import (
    create_user,
    delete_users,
    set_password,
    show_user,
    update_user,
    verify_user_password,
)
from grantctl.store.database import Database
from grantctl.store.session import change, read_session
from grantctl.store.tables import UserRow
from tests.operations.directories import DRY, INTENT, add_user, events, labels, roles_of


def shown(database: Database, reference: str) -> UserDetail:
    return show_user(database, reference, now=datetime.now(UTC))


def test_the_first_user_becomes_admin_whatever_role_is_asked_for(database: Database) -> None:
    created = create_user(database, INTENT, email="ada@example.com", role=Role.PENDING)
    assert (created.user.role, created.is_first) == (Role.ADMIN, True)


def test_later_users_get_the_role_asked_for_or_the_default_role(database: Database) -> None:
    for name in ("ada", "bob"):
        create_user(database, INTENT, email=f"{name}@example.com")
    create_user(database, INTENT, email="chen@example.com", role=Role.ADMIN)
    set_default_role(database, INTENT, Role.USER)
    later = create_user(database, INTENT, email="dana@example.com")
    assert not later.is_first
    assert roles_of(database) == {
        "ada": "admin",
        "bob": "pending",
        "chen": "admin",
        "dana": "user",
    }


def test_a_new_user_is_shown_as_it_was_made(database: Database) -> None:
    before = datetime.now(UTC)
    created = create_user(database, INTENT, email="  Ada.Lovelace@Example.COM ").user
    found = shown(database, created.id)
    assert found.user == created
    assert found.memberships == ()
    assert created == UserRecord(
        id=created.id,
        email="ada.lovelace@example.com",
        name="ada.lovelace",
        role=Role.ADMIN,
        has_password=False,
        created_at=created.created_at,
        updated_at=created.created_at,
    )
    assert before <= created.created_at <= datetime.now(UTC)


def test_an_email_has_no_twin_in_any_spelling(database: Database) -> None:
    taken = create_user(database, INTENT, email="zoë@example.com").user
    with pytest.raises(ConflictError) as error:
        create_user(database, INTENT, email="ZOE\u0308@EXAMPLE.com")
    assert error.value.message == "`zoë@example.com` is taken by another user"
    assert error.value.hint == f"grantctl users show {taken.id}"
    assert labels(database) == ["zoë@example.com"]


def test_a_failed_creation_leaves_neither_user_nor_audit_entry(database: Database) -> None:
    add_user(database, "ada")
    before = events(database)
    with pytest.raises(ConflictError):
        add_user(database, "ada")
    with pytest.raises(InvalidError):
        create_user(database, INTENT, email="bob@example.com", password="short")
    assert labels(database) == ["ada@example.com"]
    assert events(database) == before


def test_a_dry_run_answers_the_same_and_keeps_nothing(database: Database) -> None:
    tried = create_user(database, DRY, email="ada@example.com")
    assert tried.is_first
    assert labels(database) == []
    assert events(database) == []


def test_every_change_of_a_user_is_recorded_without_its_hash(database: Database) -> None:
    ada = create_user(database, INTENT, email="ada@example.com", password="correct horse").user
    add_user(database, "bob")
    update_user(database, INTENT, ada.id, name="Ada L.")
    set_password(database, INTENT, "bob@example.com", "battery staple")
    delete_users(database, INTENT, ["bob@example.com"])
    bob = {"email": "bob@example.com", "name": "Bob", "role": "user", "has_password": False}
    old = {"email": "ada@example.com", "name": "ada", "role": "admin", "has_password": True}
    assert events(database) == [
        ("user.create", None, old),
        ("user.create", None, bob),
        ("user.update", old, old | {"name": "Ada L."}),
        ("user.set_password", bob, bob | {"has_password": True}),
        (
            "user.delete",
            bob | {"has_password": True, "memberships": 0, "grants": [], "owned": []},
            None,
        ),
    ]


def test_an_update_that_changes_nothing_writes_nothing(database: Database) -> None:
    add_user(database, "ada")
    before, log = shown(database, "ada@example.com"), events(database)
    assert update_user(database, INTENT, "Ada", email="ADA@example.com", name="Ada") == before
    assert events(database) == log


def test_an_email_can_be_changed_but_not_to_one_that_is_taken(database: Database) -> None:
    for name in ("ada", "bob"):
        add_user(database, name)
    changed = update_user(database, INTENT, "bob@example.com", email="Robert@example.com")
    assert changed.user.email == "robert@example.com"
    assert changed.user.updated_at > changed.user.created_at
    with pytest.raises(ConflictError):
        update_user(database, INTENT, "Bob", email="ada@example.com", name="Other")
    assert shown(database, "Bob").user.email == "robert@example.com"


def test_a_user_is_shown_with_its_direct_groups_by_name(database: Database) -> None:
    add_user(database, "ada")
    create_group(database, INTENT, name="staff")
    below = create_group(database, INTENT, name="engineering", parent="staff").group
    guests = create_group(database, INTENT, name="a guest group").group
    expires_at = datetime.now(UTC) + timedelta(days=1)
    add_members(database, INTENT, "engineering", ["Ada"])
    add_members(database, INTENT, "a guest group", ["Ada"], expires_at=expires_at)
    assert labels(database, group="a guest group") == ["ada@example.com"]
    assert labels(database, group="a guest group", now=expires_at) == []
    assert not any(one.is_expired for one in shown(database, "Ada").memberships)
    first, second = show_user(database, "Ada", now=expires_at).memberships
    assert (first.group_id, first.group_name, first.is_expired) == (
        guests.id,
        "a guest group",
        True,
    )
    assert first.expires_at == expires_at
    assert (second.group_id, second.group_name, second.is_expired) == (
        below.id,
        "engineering",
        False,
    )
    assert (second.source, second.added_by, second.expires_at) == (Source.MANUAL, "tester", None)
    assert second.added_at is not None


def test_a_user_goes_with_its_memberships_and_they_are_counted(database: Database) -> None:
    for name in ("ada", "bob"):
        add_user(database, name)
    for group in ("one", "two"):
        create_group(database, INTENT, name=group)
        add_members(database, INTENT, group, ["ada@example.com", "bob@example.com"])
    deleted = delete_users(database, INTENT, ["bob@example.com"])
    assert [(one.user.label, one.membership_count) for one in deleted] == [("bob@example.com", 2)]
    assert labels(database, group="one") == ["ada@example.com"]
    with pytest.raises(NotFoundError):
        shown(database, "bob@example.com")


def test_a_user_named_twice_is_deleted_once(database: Database) -> None:
    for name in ("ada", "bob"):
        add_user(database, name)
    bob = shown(database, "Bob").user
    deleted = delete_users(database, INTENT, [bob.id, "bob@example.com", "Bob", bob.id])
    assert [one.user for one in deleted] == [bob]
    assert labels(database) == ["ada@example.com"]


def test_deleting_is_all_or_nothing(database: Database) -> None:
    for name in ("ada", "bob"):
        add_user(database, name)
    with pytest.raises(NotFoundError) as error:
        delete_users(database, INTENT, ["bob@example.com", "x@example.com", "y@example.com"])
    assert error.value.message == "no users `x@example.com`, `y@example.com`"
    assert labels(database) == ["ada@example.com", "bob@example.com"]


def test_the_last_admin_cannot_be_deleted_even_among_others(database: Database) -> None:
    for name, role in (("ada", Role.ADMIN), ("bob", Role.ADMIN), ("chen", Role.USER)):
        add_user(database, name, role)
    everybody = ["chen@example.com", "ada@example.com", "bob@example.com"]
    with pytest.raises(GuardError) as error:
        delete_users(database, INTENT, everybody)
    assert error.value.message == "`bob@example.com` is the last admin and must stay one"
    assert labels(database) == ["ada@example.com", "bob@example.com", "chen@example.com"]
    delete_users(database, INTENT, ["ada@example.com"])
    assert labels(database) == ["bob@example.com", "chen@example.com"]


def test_a_password_is_verified_and_an_old_hash_replaced_once(database: Database) -> None:
    user_id = create_user(database, INTENT, email="ada@example.com").user.id
    assert not verify_user_password(database, INTENT, "ada@example.com", "")
    old = "$2b$04$nLTPXRRnrzOKbjalUsU.K.XK8fxn8/UIwCu.q4mlH42P6P8PoBG22"
    assert not verify_user_password(database, INTENT, user_id, "passwort")
    _store_hash(database, user_id, old)
    assert not verify_user_password(database, INTENT, user_id, "Passwort")
    assert _stored_hash(database, user_id) == old
    assert verify_user_password(database, INTENT, user_id, "passwort")
    replaced = _stored_hash(database, user_id)
    assert replaced.startswith("$argon2id$v=19$")
    assert verify_user_password(database, INTENT, user_id, "passwort")
    assert _stored_hash(database, user_id) == replaced
    assert [action for action, _, _ in events(database)] == [
        "user.create",
        "user.upgrade_password_hash",
    ]


def test_an_empty_stored_hash_is_no_password(database: Database) -> None:
    user_id = create_user(database, INTENT, email="ada@example.com").user.id
    _store_hash(database, user_id, "")
    assert not shown(database, user_id).user.has_password
    assert not verify_user_password(database, INTENT, user_id, "")


@pytest.mark.parametrize("reason", ["a\0b", "\udcff", "x" * 2001, " "])
def test_a_reason_that_no_audit_entry_could_hold_is_refused(reason: str) -> None:
    with pytest.raises(InvalidError):
        Intent("tester", reason)
    with pytest.raises(InvalidError):
        Intent(reason)


def _store_hash(database: Database, user_id: str, password_hash: str) -> None:
    def work(session: Session) -> None:
        found = session.exec(select(UserRow).where(UserRow.id == user_id)).one()
        found.password_hash = password_hash

    change(database, work, dry_run=False)


def _stored_hash(database: Database, user_id: str) -> str:
    with read_session(database) as session:
        query = select(UserRow.password_hash).where(UserRow.id == user_id)
        return str(session.exec(query).one())
