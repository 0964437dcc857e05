"""The reader of tokens: found exactly or not at all, and damage is never taken for a token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlmodel import Session, delete, select

from grantctl.errors import DatabaseError
from grantctl.evaluation.token_facts import (
    KeyState,
    SigningKeyFacts,
    StoredToken,
    TokenHolder,
    TokenKind,
    TokenSource,
)
from grantctl.operations.policies import set_policy
from grantctl.store.connection import open_writing
from grantctl.store.credential_tables import SigningKeyRow, TokenRow
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import PolicySettingRow, UserRow
from grantctl.store.token_reader import TokenReader, touch
from grantctl.store.url import SQLITE
from tests.databases import prepared
from tests.operations.directories import INTENT, add_user

T0 = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
HASH = "ab" * 32
JWK = {"kty": "OKP", "crv": "Ed25519", "x": "é", "list": [1, None]}
TIMES = {
    "issued_at": T0,
    "expires_at": T0 + timedelta(hours=1),
    "last_used_at": T0 + timedelta(minutes=1),
    "revoked_at": T0 + timedelta(microseconds=1),
}
STRANGE = ("", "x", "T1", "t1 ", "t%", "t_", "a\0b", "\ud800", "t1\n", "'", "é")


@prepared
def filled(database: Database) -> None:
    """Bob's token t1, an API key of nobody's, two signing keys."""
    add_user(database, "bob")

    def work(session: Session) -> None:
        bob = session.exec(_bob()).one()
        bob.tokens_revoked_at = T0
        session.add(
            TokenRow(
                id="t1",
                kind="jwt",
                user_pk=bob.pk,
                user_id=bob.id,
                name="ñ",
                scope="chat.*",
                audience="a",
                key_kid="k1",
                source="grantctl",
                issued_by="me",
                revoked_by="you",
                revoke_reason="why",
                **TIMES,
            )
        )
        session.add(
            TokenRow(
                id="t2",
                kind="api_key",
                user_pk=None,
                user_id="gone",
                name="",
                scope="",
                key_hash=HASH,
                key_hint="gctl_Ab3d…",
                source="openwebui",
                issued_at=T0,
                issued_by="me",
            )
        )
        for kid, state in (("k1", "active"), ("k2", "revoked")):
            session.add(
                SigningKeyRow(
                    kid=kid,
                    algorithm="EdDSA",
                    public_jwk=JWK,
                    state=state,
                    created_at=T0,
                    created_by="me",
                    ended_at=None if state == "active" else T0,
                )
            )

    change(database, work, dry_run=False)


def _bob() -> Any:
    return select(UserRow).where(UserRow.email == "bob@example.com")


def ask(database: Database, question: Callable[[TokenReader], Any]) -> Any:
    with database.reader() as reader:
        return question(reader.tokens)


def test_a_token_is_found_by_its_id_with_its_user(filled: Database) -> None:
    token, holder = ask(filled, lambda tokens: tokens.by_id("t1"))
    with filled.reader() as reader:
        bob = reader.find_user("bob@example.com")
    assert holder == TokenHolder(bob, T0)
    assert token == StoredToken(
        pk=token.pk,
        id="t1",
        kind=TokenKind.JWT,
        user_id=bob.id,
        name="ñ",
        scope="chat.*",
        audience="a",
        kid="k1",
        hint=None,
        source=TokenSource.GRANTCTL,
        issued_by="me",
        revoked_by="you",
        revoke_reason="why",
        **TIMES,
    )
    assert ask(filled, lambda tokens: tokens.holder(bob.id)) == holder


def test_a_key_is_found_by_its_hash_and_has_no_holder_where_the_user_is_gone(
    filled: Database,
) -> None:
    token, holder = ask(filled, lambda tokens: tokens.by_key_hash(HASH))
    assert (token.id, token.kind, token.source, holder) == ("t2", "api_key", "openwebui", None)
    assert (token.hint, token.expires_at, token.user_id) == ("gctl_Ab3d…", None, "gone")
    assert HASH not in repr(token)


@pytest.mark.parametrize("text", STRANGE)
def test_what_is_not_exactly_so_is_not_found(filled: Database, text: str) -> None:
    for question in (
        lambda tokens: tokens.by_id(text),
        lambda tokens: tokens.by_key_hash(text),
        lambda tokens: tokens.by_key_hash(HASH.upper()),
        lambda tokens: tokens.holder(text),
        lambda tokens: tokens.signing_key(text),
        lambda tokens: tokens.signing_key("K1"),
    ):
        assert ask(filled, question) is None


def test_signing_keys_are_found_by_their_ids_and_one_is_active(filled: Database) -> None:
    expected = SigningKeyFacts("k1", "EdDSA", JWK, KeyState.ACTIVE, T0, "me", None)
    assert ask(filled, lambda tokens: tokens.signing_key("k1")) == expected
    assert ask(filled, lambda tokens: tokens.active_signing_key()) == expected
    other = ask(filled, lambda tokens: tokens.signing_key("k2"))
    assert (other.state, other.ended_at) == (KeyState.REVOKED, T0)


def test_a_second_active_key_is_refused_by_the_database(filled: Database) -> None:
    def work(session: Session) -> None:
        session.execute(sql("UPDATE signing_keys SET state = 'active'"))

    with pytest.raises(DatabaseError):
        change(filled, work, dry_run=False)


def test_policies_are_read_as_they_were_set(filled: Database) -> None:
    values = {
        "tokens.issuer": "true",
        "tokens.max_ttl": "7d",
        "tokens.leeway_seconds": "30",
        "api_keys.enabled": "false",
    }
    for key, value in values.items():
        set_policy(filled, INTENT, key, value)
    assert ask(filled, lambda tokens: tokens.policies()) == {
        "tokens.issuer": "true",
        "tokens.max_ttl": "7d",
        "tokens.leeway_seconds": 30,
        "api_keys.enabled": False,
    }

    def forget(session: Session) -> None:
        session.exec(delete(PolicySettingRow))

    change(filled, forget, dry_run=False)
    assert ask(filled, lambda tokens: tokens.policies()) == {}


def test_a_use_is_noted_once_in_a_while(filled: Database) -> None:
    token, _ = ask(filled, lambda tokens: tokens.by_key_hash(HASH))
    connection = open_writing(filled.url)
    minute = timedelta(minutes=1)
    for later, expected in ((0, 0), (59, 0), (60, 60)):
        touch(connection, token, now=T0 + timedelta(seconds=later), after=minute)
        found, _ = ask(filled, lambda tokens: tokens.by_key_hash(HASH))
        assert found.last_used_at == T0 + timedelta(seconds=expected)
    connection.close()


DAMAGE = (
    ("tokens", "name", "x'ff'"),
    ("tokens", "issued_at", "'yesterday'"),
    ("tokens", "expires_at", "1.5"),
    ("tokens", "expires_at", "9223372036854775807"),
    ("tokens", "revoked_at", "'never'"),
    ("users", "tokens_revoked_at", "'x'"),
    ("users", "role", "'root'"),
    ("signing_keys", "public_jwk", "'[]'"),
    ("signing_keys", "public_jwk", "'{'"),
    ("signing_keys", "created_at", "'x'"),
    ("policy_settings", "value", "'{'"),
)


@pytest.mark.parametrize("engine", [SQLITE], indirect=True)
@pytest.mark.parametrize(("table", "column", "value"), DAMAGE)
def test_a_damaged_row_is_an_error(filled: Database, table: str, column: str, value: str) -> None:
    set_policy(filled, INTENT, "tokens.issuer", "x")
    connection = open_writing(filled.url)
    connection.raw.execute("PRAGMA ignore_check_constraints = ON")
    connection.raw.execute(f"UPDATE {table} SET {column} = {value}")
    connection.close()
    with pytest.raises(DatabaseError) as error:
        ask(
            filled,
            lambda tokens: (tokens.by_id("t1"), tokens.signing_key("k1"), tokens.policies()),
        )
    assert "damaged" in error.value.message
