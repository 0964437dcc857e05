"""Access granted, revoked, opened and closed: what each state becomes, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grantctl.errors import GrantctlError, InvalidError, NotFoundError
from grantctl.model import PrincipalType, ResourceRef
from grantctl.operations import groups
from grantctl.operations.access_grants import (
    GrantsChanged,
    Outcome,
    Principals,
    StillAllowed,
    grant,
    publish,
    restrict,
    revoke,
)
from grantctl.operations.changes import Change, perform
from grantctl.operations.memberships import add_members
from grantctl.operations.resources import set_owner, show_resource
from grantctl.operations.users import show_user
from grantctl.store.database import Database
from grantctl.store.resource_tables import ResourceRow
from tests.databases import prepared
from tests.operations.directories import DRY, INTENT
from tests.operations.resource_examples import (
    BOB,
    EVERYONE,
    STAFF,
    access,
    add_dangling,
    give,
    log,
    make_directory,
    make_resources,
    take,
)

A = "model:a"
PUBLIC, PRIVATE = ["public"], ["private"]
READ_BY_ALL = "read *"
BOB_READS, BOB_WRITES = "read bob@example.com", "write bob@example.com"


@prepared
def office(database: Database) -> None:
    """Users, groups and the private model:a."""
    make_directory(database)
    make_resources(database, A)


def id_of(database: Database, user: str) -> str:
    return show_user(database, f"{user}@example.com", now=datetime.now(UTC)).user.id


def outcomes(changed: GrantsChanged) -> list[tuple[str, str, str, str]]:
    return [
        (
            str(one.ref),
            one.grant.action,
            one.grant.name or one.grant.principal_id,
            one.outcome.value,
        )
        for one in changed.grants
    ]


def test_a_grant_makes_a_private_resource_restricted_and_is_recorded(office: Database) -> None:
    both = Principals(("Bob", "bob@example.com"), ("staff",), everyone=True)
    changed = give(office, A, "write", both)
    assert outcomes(changed) == [
        (A, "write", "bob@example.com", "granted"),
        (A, "write", "staff", "granted"),
        (A, "write", "*", "granted"),
    ]
    assert access(office, A) == ["restricted", "write *", "write staff", BOB_WRITES]
    staff = groups.show_group(office, "staff", now=datetime.now(UTC)).group.id
    facts: dict[str, Any] = {"name": "a", "owner": None, "base": None, "access_control": {}}
    control = {
        "read": {"user_ids": [], "group_ids": []},
        "write": {"user_ids": ["*", id_of(office, "bob")], "group_ids": [staff]},
    }
    assert log(office, "resource.grant") == [
        ("resource.grant", A, facts, facts | {"access_control": control})
    ]
    record = show_resource(office, A).resource
    assert record.updated_at > record.created_at


def test_what_is_granted_already_is_left_unchanged_and_not_recorded(office: Database) -> None:
    give(office, A, "read", BOB)
    entries, record = log(office), show_resource(office, A)
    again = give(office, A, "read", BOB)
    assert outcomes(again) == [(A, "read", "bob@example.com", "unchanged")]
    assert not again.resources[0].is_changed
    assert (log(office), show_resource(office, A)) == (entries, record)
    more = give(office, A, "read", Principals(("Bob",), ("staff",)))
    assert [one.outcome for one in more.grants] == [Outcome.UNCHANGED, Outcome.GRANTED]
    assert access(office, A) == ["restricted", "read staff", BOB_READS]


def test_write_is_another_action_than_read(office: Database) -> None:
    give(office, A, "write", BOB)
    give(office, A, "Read", BOB)
    assert access(office, A) == ["restricted", "Read bob@example.com", BOB_WRITES]
    take(office, A, "read", BOB)
    assert access(office, A) == ["restricted", "Read bob@example.com", BOB_WRITES]


def test_a_grant_takes_public_reading_from_nobody(office: Database) -> None:
    publish(office, INTENT, [A])
    changed = give(office, A, "write", STAFF)
    assert access(office, A) == ["restricted", READ_BY_ALL, "write staff"]
    assert outcomes(changed) == [(A, "write", "staff", "granted")]
    [resource] = changed.resources
    assert (resource.before.state.value, resource.after.state.value) == ("public", "restricted")
    _, _, before, after = log(office, "resource.grant")[0]
    assert before["access_control"] is None
    assert after["access_control"]["read"] == {"user_ids": ["*"], "group_ids": []}


def test_reading_of_a_public_resource_is_granted_already(office: Database) -> None:
    publish(office, INTENT, [A])
    changed = give(office, A, "read", Principals(("Bob",), ("staff",), everyone=True))
    assert {one.outcome for one in changed.grants} == {Outcome.UNCHANGED}
    assert access(office, A) == PUBLIC


STATES: dict[str, list[tuple[str, Principals]]] = {
    "private": [],
    "read by bob": [("read", BOB)],
    "read by everyone": [("read", EVERYONE)],
    "written by everyone": [("write", EVERYONE), ("write", BOB)],
}
PUBLISHED = {
    "public": PUBLIC,
    "private": PUBLIC,
    "read by bob": ["restricted", READ_BY_ALL, BOB_READS],
    "read by everyone": ["restricted", READ_BY_ALL],
    "written by everyone": ["restricted", READ_BY_ALL, "write *", BOB_WRITES],
}
RESTRICTED = {
    "public": PRIVATE,
    "private": PRIVATE,
    "read by bob": ["restricted", BOB_READS],
    "read by everyone": PRIVATE,
    "written by everyone": ["restricted", BOB_WRITES],
}


def be(database: Database, state: str) -> list[str]:
    """Bring model:a into a state; what its access then is."""
    if state == "public":
        publish(database, INTENT, [A])
    for action, to in STATES.get(state, ()):
        give(database, A, action, to)
    return access(database, A)


@pytest.mark.parametrize("state", PUBLISHED)
def test_publishing_lets_everyone_read_and_takes_nothing_away(office: Database, state: str) -> None:
    before = be(office, state)
    [change] = publish(office, INTENT, [A])
    assert access(office, A) == PUBLISHED[state]
    assert change.is_changed is (before != PUBLISHED[state])
    assert [again.is_changed for again in publish(office, INTENT, [A])] == [False]


@pytest.mark.parametrize("state", RESTRICTED)
def test_restricting_takes_from_everyone_and_from_nobody_else(office: Database, state: str) -> None:
    before = be(office, state)
    [change] = restrict(office, INTENT, [A])
    assert access(office, A) == RESTRICTED[state]
    assert change.is_changed is (before != RESTRICTED[state])
    assert [again.is_changed for again in restrict(office, INTENT, [A])] == [False]


@pytest.mark.parametrize("state", RESTRICTED)
def test_private_means_that_every_grant_goes(office: Database, state: str) -> None:
    be(office, state)
    restrict(office, INTENT, [A], private=True)
    assert access(office, A) == PRIVATE


def test_the_last_revoke_leaves_a_resource_private_never_public(office: Database) -> None:
    give(office, A, "read", Principals(("Bob",), ("staff",)))
    changed = take(office, A, "read", Principals(("Bob",), ("staff", "guests"), everyone=True))
    assert outcomes(changed) == [
        (A, "read", "bob@example.com", "revoked"),
        (A, "read", "staff", "revoked"),
        (A, "read", "guests", "unchanged"),
        (A, "read", "*", "unchanged"),
    ]
    assert access(office, A) == PRIVATE
    _, _, before, after = log(office, "resource.revoke")[0]
    assert (len(before["access_control"]["read"]["user_ids"]), after["access_control"]) == (1, {})


def test_only_taking_reading_from_everyone_closes_a_public_resource(office: Database) -> None:
    publish(office, INTENT, [A])
    for action, of in (("read", BOB), ("read", STAFF), ("write", EVERYONE)):
        changed = take(office, A, action, of)
        assert [one.outcome for one in changed.grants] == [Outcome.UNCHANGED]
        assert access(office, A) == PUBLIC
    changed = take(office, A, "read", Principals(("Bob",), everyone=True))
    assert [one.outcome for one in changed.grants] == [Outcome.UNCHANGED, Outcome.REVOKED]
    assert access(office, A) == PRIVATE


def test_who_may_still_do_it_another_way_is_told(office: Database) -> None:
    ref = ResourceRef("model", "a")
    groups.create_group(office, INTENT, name="interns", parent="staff")
    add_members(office, INTENT, "interns", ["bob@example.com"])
    give(office, A, "read", Principals(("Bob", "Chen"), ("staff",)))
    changed = take(office, A, "read", Principals(("Bob", "Chen")))
    assert changed.still_allowed == (StillAllowed("bob@example.com", ref, "is in group `staff`"),)
    give(office, A, "read", EVERYONE)
    changed = take(office, A, "read", BOB)
    assert changed.still_allowed == (StillAllowed("bob@example.com", ref, "everyone may"),)
    set_owner(office, INTENT, [A], "Bob")
    changed = take(office, A, "read", BOB)
    assert changed.still_allowed == (StillAllowed("bob@example.com", ref, "owns it"),)
    assert take(office, A, "read", Principals((), ("staff",), everyone=True)).still_allowed == ()


def test_a_membership_that_ended_gives_no_other_way(office: Database) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    add_members(office, INTENT, "staff", ["Bob"], expires_at=soon)
    give(office, A, "read", Principals(("Bob",), ("staff",)))
    while datetime.now(UTC) <= soon:
        pass
    assert take(office, A, "read", BOB).still_allowed == ()


def test_a_grant_to_nobody_is_revoked_by_the_id_that_is_missing(office: Database) -> None:
    make_resources(office, "model:b")
    add_dangling(office, "a", "read", PrincipalType.USER, "u-gone")
    add_dangling(office, "a", "read", PrincipalType.GROUP, "g-gone")
    add_dangling(office, "b", "write", PrincipalType.USER, "u-gone")
    assert access(office, A) == ["restricted", "read g-gone (missing)", "read u-gone (missing)"]
    gone = Principals(("u-gone",), ("g-gone",))
    for reference, action in ((A, "write"), ("model:b", "read")):
        with pytest.raises(NotFoundError) as raised:
            take(office, reference, action, gone)
        assert raised.value.message == "no user `u-gone`"
    with pytest.raises(NotFoundError, match="no group `u-gone`"):
        take(office, A, "read", Principals((), ("u-gone",)))
    with pytest.raises(NotFoundError, match="no user `u-gone`"):
        give(office, A, "read", gone)
    changed = take(office, A, "read", gone)
    assert outcomes(changed) == [
        (A, "read", "u-gone", "revoked"),
        (A, "read", "g-gone", "revoked"),
    ]
    assert access(office, A) == PRIVATE
    assert access(office, "model:b") == ["restricted", "write u-gone (missing)"]


def test_a_grant_that_waits_for_a_users_id_goes_with_the_users_own(office: Database) -> None:
    add_dangling(office, "a", "read", PrincipalType.USER, id_of(office, "bob"))
    assert outcomes(give(office, A, "read", BOB)) == [(A, "read", "bob@example.com", "granted")]
    assert outcomes(take(office, A, "read", BOB)) == [(A, "read", "bob@example.com", "revoked")]
    assert access(office, A) == PRIVATE


def test_every_grant_to_nobody_is_revoked_at_once(office: Database) -> None:
    make_resources(office, "model:b")
    for id_, action in (("a", "read"), ("a", "write"), ("b", "read")):
        add_dangling(office, id_, action, PrincipalType.USER, "u-gone")
    give(office, A, "read", BOB)
    changed = revoke(office, INTENT, ["model:*"], "read", Principals(), dangling=True)
    assert outcomes(changed) == [
        (A, "read", "u-gone", "revoked"),
        ("model:b", "read", "u-gone", "revoked"),
    ]
    changed = revoke(office, INTENT, ["model:*"], None, Principals(), dangling=True)
    assert outcomes(changed) == [(A, "write", "u-gone", "revoked")]
    assert (access(office, A), access(office, "model:b")) == (["restricted", BOB_READS], PRIVATE)
    assert revoke(office, INTENT, [A], None, Principals(), dangling=True).grants == ()
    with pytest.raises(InvalidError):
        revoke(office, INTENT, [A], None, BOB)


def test_a_pattern_changes_each_resource_as_it_is_with_an_entry_for_each(office: Database) -> None:
    make_resources(office, "model:b", "model:c")
    publish(office, INTENT, ["model:b"])
    give(office, "model:c", "write", BOB)
    changed = grant(office, INTENT, ["model:*"], "write", BOB)
    assert outcomes(changed) == [
        (A, "write", "bob@example.com", "granted"),
        ("model:b", "write", "bob@example.com", "granted"),
        ("model:c", "write", "bob@example.com", "unchanged"),
    ]
    assert [access(office, f"model:{one}") for one in "abc"] == [
        ["restricted", BOB_WRITES],
        ["restricted", READ_BY_ALL, BOB_WRITES],
        ["restricted", BOB_WRITES],
    ]
    assert [entry[1] for entry in log(office, "resource.grant")] == ["model:c", A, "model:b"]


def test_more_resources_than_one_statement_takes_are_changed(office: Database) -> None:
    references = [f"many:{number:04}" for number in range(1200)]

    def seed(change: Change) -> None:
        for reference in references:
            id_ = reference.partition(":")[2]
            change.session.add(
                ResourceRow(
                    type="many",
                    id=id_,
                    name=id_,
                    is_public=False,
                    created_at=change.now,
                    updated_at=change.now,
                )
            )

    perform(office, INTENT, seed)
    changed = grant(office, INTENT, ["many:*"], "read", BOB)
    assert [str(one.ref) for one in changed.grants] == references
    changed = revoke(office, INTENT, references, "read", BOB)
    assert {one.outcome for one in changed.grants} == {Outcome.REVOKED}
    assert access(office, references[-1]) == PRIVATE


REFUSALS: tuple[tuple[str, str, Principals, type[GrantctlError], str], ...] = (
    (A, "", BOB, InvalidError, "`` is no action: it is empty"),
    (A, "a b", BOB, InvalidError, "`a b` is no action: it holds a space or an invisible character"),
    (A, "-x", BOB, InvalidError, "`-x` is no action: it begins with a dash"),
    (A, "read*", BOB, InvalidError, "`read*` is no action: it holds one of `:=,*?`"),
    ("model:x", "read", BOB, NotFoundError, "no resource `model:x`"),
    (A, "read", Principals(("Bob", "nobody")), NotFoundError, "no user `nobody`"),
    (A, "read", Principals(("Bob",), ("none",)), NotFoundError, "no group `none`"),
)


@pytest.mark.parametrize(("reference", "action", "principals", "kind", "message"), REFUSALS)
def test_one_wrong_word_and_nothing_is_granted_or_revoked(
    office: Database,
    reference: str,
    action: str,
    principals: Principals,
    kind: type[GrantctlError],
    message: str,
) -> None:
    for change in (give, take):
        with pytest.raises(kind) as raised:
            change(office, reference, action, principals)
        assert raised.value.message == message
    assert access(office, A) == PRIVATE


def test_a_dry_run_says_what_it_would_do_and_does_nothing(office: Database) -> None:
    entries = log(office)
    assert grant(office, DRY, [A], "read", BOB).resources[0].after.state.value == "restricted"
    assert publish(office, DRY, [A])[0].after.state.value == "public"
    give(office, A, "read", EVERYONE)
    assert restrict(office, DRY, [A])[0].after.state.value == "private"
    assert revoke(office, DRY, [A], "read", EVERYONE).grants[0].outcome is Outcome.REVOKED
    assert access(office, A) == ["restricted", READ_BY_ALL]
    assert len(log(office)) == len(entries) + 1
