"""Identities that an operator gives and takes: one user a subject, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grantctl.errors import ConflictError, InvalidError, NotFoundError
from grantctl.operations.identities import IdentityChange, link_identity, unlink_identity
from grantctl.operations.users import delete_users
from grantctl.store.database import Database
from tests.credentials.provider import ISSUER
from tests.operations.directories import DRY, INTENT, add_user, events
from tests.operations.oauth_examples import Realm, make_realm

BOB, CHEN = "bob@example.com", "chen@example.com"


@pytest.fixture
def realm(database: Database, tmp_path: Path) -> Realm:
    made = make_realm(database, tmp_path)
    for name in ("bob", "chen"):
        add_user(database, name)
    return made


def found(change: IdentityChange) -> list[tuple[str, str]]:
    return [(one.issuer, one.subject) for one in change.identities]


def test_a_user_may_have_several_and_each_is_kept_in_the_audit_log(realm: Realm) -> None:
    first = link_identity(realm.database, INTENT, BOB, subject="b-1")
    second = link_identity(realm.database, INTENT, BOB, subject="b-1", issuer="google")
    assert (first.is_changed, found(first)) == (True, [(ISSUER, "b-1")])
    assert found(second) == [("google", "b-1"), (ISSUER, "b-1")]
    assert [one[0::2] for one in events(realm.database)[-2:]] == [
        ("identity.link", {"issuer": ISSUER, "subject": "b-1"}),
        ("identity.link", {"issuer": "google", "subject": "b-1"}),
    ]
    gone = unlink_identity(realm.database, INTENT, BOB, subject="b-1")
    assert (gone.is_changed, found(gone)) == (True, [("google", "b-1")])
    assert events(realm.database)[-1] == (
        "identity.unlink",
        {"issuer": ISSUER, "subject": "b-1"},
        None,
    )


def test_linking_again_changes_nothing(realm: Realm) -> None:
    link_identity(realm.database, INTENT, BOB, subject="b-1")
    changes = len(events(realm.database))
    assert not link_identity(realm.database, INTENT, BOB, subject="b-1").is_changed
    assert len(events(realm.database)) == changes


def test_a_subject_that_is_another_user_s_is_a_conflict(realm: Realm) -> None:
    link_identity(realm.database, INTENT, BOB, subject="b 1")
    bob = realm.user(BOB).user.id
    with pytest.raises(ConflictError) as error:
        link_identity(realm.database, INTENT, CHEN, subject="b 1")
    assert error.value.message == f"`b 1` of `{ISSUER}` stands for another user already"
    assert error.value.hint == (
        f"grantctl users show {bob}, and: "
        f"grantctl oauth unlink {bob} --issuer {ISSUER} --subject 'b 1'"
    )
    for other in ("B 1", "b 1 ", "b\u00a01"):
        assert link_identity(realm.database, INTENT, CHEN, subject=other).is_changed


def test_what_is_not_the_user_s_cannot_be_taken_away(realm: Realm) -> None:
    link_identity(realm.database, INTENT, BOB, subject="b-1")
    for user, subject in ((CHEN, "b-1"), (BOB, "b-2")):
        with pytest.raises(NotFoundError, match="has no identity"):
            unlink_identity(realm.database, INTENT, user, subject=subject)


def test_a_dry_run_keeps_nothing(realm: Realm) -> None:
    assert found(link_identity(realm.database, DRY, BOB, subject="b-1")) == [(ISSUER, "b-1")]
    assert realm.user(BOB).identities == ()


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("subject", ["", " ", "x" * 256, "a\0b", "a\x1bb"])
def test_a_subject_that_no_claim_may_have_is_refused(realm: Realm, subject: str) -> None:
    with pytest.raises(InvalidError, match=r"^a subject "):
        link_identity(realm.database, INTENT, BOB, subject=subject)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_issuer_must_be_known(database: Database) -> None:
    add_user(database, "bob")
    with pytest.raises(InvalidError, match=r"^no issuer is named, and none is set$"):
        link_identity(database, INTENT, BOB, subject="b-1")


def test_identities_go_with_their_user_and_may_then_be_another_s(realm: Realm) -> None:
    link_identity(realm.database, INTENT, BOB, subject="b-1")
    delete_users(realm.database, INTENT, [BOB])
    assert link_identity(realm.database, INTENT, CHEN, subject="b-1").is_changed
