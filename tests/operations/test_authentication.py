"""Who asks: every reason for a refusal, and that nothing but a verdict comes of any text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, delete, select

from grantctl import credentials
from grantctl.credentials.reasons import TokenClass
from grantctl.credentials.secret import HmacSecret, secret_kid
from grantctl.errors import DatabaseError
from grantctl.evaluation.scopes import Scope
from grantctl.evaluation.token_facts import TokenKind
from grantctl.model import Role
from grantctl.operations.authentication import introspection, touch_last_used, write_last_use
from grantctl.operations.flags import set_flags
from grantctl.operations.roles import set_role
from grantctl.operations.tokens import revoke_tokens, show_token
from grantctl.store.credential_tables import TokenRow
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import PolicySettingRow, UserRow
from tests.operations.credential_examples import (
    SECRET,
    Desk,
    session_token,
    twin,
    user_id_of,
)
from tests.operations.directories import INTENT, add_user

BOB = "bob@example.com"
OTHER = HmacSecret(b"o" * 40, secret_kid(b"o" * 40), "test")
CHARACTERS = st.text(max_size=60)


@pytest.fixture
def desk(ada_and_bob: Database, tmp_path: Path) -> Desk:
    return Desk(ada_and_bob, tmp_path / "keys")


def in_database(desk: Desk, work: Callable[[Session], None]) -> None:
    change(desk.database, work, dry_run=False)


def alter_token(desk: Desk, token_id: str, **values: object) -> None:
    def work(session: Session) -> None:
        row = session.exec(select(TokenRow).where(TokenRow.id == token_id)).one()
        for name, value in values.items():
            setattr(row, name, value)

    in_database(desk, work)


def store_policy(desk: Desk, key: str, value: object) -> None:
    def work(session: Session) -> None:
        session.add(
            PolicySettingRow(key=key, value=value, updated_at=datetime.now(UTC), updated_by="x")
        )

    in_database(desk, work)


# JWTs


def test_an_unknown_or_changed_or_foreign_token_is_refused_with_its_reason(desk: Desk) -> None:
    issued = desk.issue()
    header, claims, signature = issued.text.split(".")
    assert desk.reason(f"{header}.{claims}.{twin(signature[:20])}{signature[20:]}") != "ok"
    assert desk.reason(issued.text, secret=OTHER) == "unknown_key"
    assert desk.reason(issued.text, secret=None) == "no_secret"
    assert desk.reason(issued.text + "=") == "malformed"
    for text in ("", ".", "..", "a.b.c", "Bearer x", "\ud800", "\0", "gctl_x", "sk-", "x" * 99999):
        assert desk.reason(text) == "malformed"

    def forget(session: Session) -> None:
        session.exec(delete(TokenRow))

    in_database(desk, forget)
    assert desk.reason(issued.text) == "unknown_token"


@pytest.mark.parametrize(
    "values",
    [
        {"user_id": "somebody else"},
        {"key_kid": "another"},
        {"kind": "api_key"},
    ],
)
def test_a_token_that_is_not_the_stored_one_is_unknown(
    desk: Desk, values: dict[str, object]
) -> None:
    issued = desk.issue()
    alter_token(desk, issued.token.id, **values)
    assert desk.reason(issued.text) == "unknown_token"


def test_what_is_stored_of_a_token_decides_what_it_may_and_until_when(desk: Desk) -> None:
    issued = desk.issue(scope="chat.*")
    alter_token(desk, issued.token.id, scope="chat.controls")
    assert desk.verdict(issued.text).scope == Scope(("chat.controls",))
    alter_token(desk, issued.token.id, expires_at=datetime.now(UTC))
    assert desk.reason(issued.text) == "expired"


def test_a_token_of_a_user_who_was_deleted_past_us_is_refused(desk: Desk) -> None:
    issued, session = desk.issue(), session_token(user_id_of(desk.database, BOB))

    def forget(work: Session) -> None:
        work.exec(delete(UserRow).where(UserRow.email == BOB))  # type: ignore[arg-type]

    in_database(desk, forget)
    for text in (issued.text, session):
        assert desk.reason(text) == "user_deleted"


def test_a_user_who_became_pending_past_us_is_refused_as_forbidden(desk: Desk) -> None:
    issued, session = desk.issue(), session_token(user_id_of(desk.database, BOB))

    def suspend(work: Session) -> None:
        work.exec(select(UserRow).where(UserRow.email == BOB)).one().role = "pending"

    in_database(desk, suspend)
    for text in (issued.text, session):
        verdict = desk.verdict(text)
        assert verdict.refusal is not None
        assert verdict.reason.value == "user_pending"
        assert verdict.refusal.token_class is TokenClass.FORBIDDEN


def test_issuer_audience_and_leeway_are_those_of_the_settings(desk: Desk) -> None:
    issued = desk.issue(ttl=timedelta(minutes=1))
    late = timedelta(minutes=1, seconds=20)
    assert desk.reason(issued.text, later=late) == "expired"
    desk.policy("tokens.issuer", "https://id.example.com")
    assert desk.reason(issued.text) == "wrong_issuer"
    assert desk.reason(desk.issue().text) == "ok"
    desk.policy("tokens.audience", "other")
    desk.policy("tokens.issuer", "grantctl")
    assert desk.reason(issued.text) == "wrong_audience"


def test_a_setting_that_is_broken_is_an_error_and_never_a_yes(desk: Desk) -> None:
    issued = desk.issue()
    store_policy(desk, "tokens.max_ttl", 5)
    with pytest.raises(DatabaseError) as error:
        desk.verdict(issued.text)
    assert "`tokens.max_ttl`" in error.value.message


# Sessions of Open WebUI


def test_sessions_of_open_webui_are_accepted_only_where_that_is_on(desk: Desk) -> None:
    text = session_token(user_id_of(desk.database, BOB), jti="j")
    verdict = desk.verdict(text)
    assert (verdict.is_active, verdict.token, verdict.kind) == (True, None, TokenKind.JWT)
    assert verdict.user is not None
    assert verdict.user.email == BOB
    assert introspection(verdict)["kind"] == "openwebui"
    assert desk.reason(text, secret=None) == "no_secret"
    assert desk.reason(text, secret=OTHER) == "bad_signature"
    assert desk.reason(session_token("nobody")) == "user_deleted"
    desk.policy("tokens.accept_openwebui_sessions", "false")
    assert desk.reason(text) == "wrong_type"


# API keys


def test_the_gates_before_an_api_key_are_asked_in_their_order(desk: Desk) -> None:
    desk.let_everybody_have_keys()
    add_user(desk.database, "pam")
    bob, pam = desk.key(scope="chat.*"), desk.key("pam@example.com")
    ada = desk.key("ada@example.com")
    assert desk.verdict(bob.text).scope == Scope(("chat.*",))
    revoke_tokens(desk.database, INTENT, [bob.token.id])
    assert desk.reason(bob.text) == "revoked"
    set_role(desk.database, INTENT, ["pam@example.com"], Role.PENDING)
    set_flags(desk.database, INTENT, None, {"features.api_keys": False})
    assert desk.reason(bob.text) == "api_keys_not_permitted"
    assert desk.reason(pam.text) == "user_pending"
    assert desk.reason(ada.text) == "ok"
    desk.policy("api_keys.enabled", "false")
    for key in (bob, pam, ada):
        verdict = desk.verdict(key.text)
        assert verdict.refusal is not None
        assert verdict.reason.value == "api_keys_disabled"
        assert verdict.refusal.token_class is TokenClass.FORBIDDEN
    assert desk.reason(credentials.api_keys.make_api_key()) == "unknown_token"


def test_neither_the_hash_nor_the_hint_nor_another_spelling_of_a_key_authenticates(
    desk: Desk,
) -> None:
    desk.let_everybody_have_keys()
    key = desk.key(expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert key.token.hint is not None
    digest = credentials.api_keys.hash_api_key(key.text)
    others = (
        digest,
        key.token.hint,
        key.token.id,
        key.text.swapcase(),
        f" {key.text}",
        twin(key.text),
    )
    for text in (*others, f"{key.text}\n", f"sk-{digest}"):
        assert not desk.verdict(text).is_active
    assert desk.reason(key.text) == "ok"
    assert desk.reason(key.text, later=timedelta(hours=2)) == "expired"


# Whatever comes


@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    text=CHARACTERS
    | st.tuples(CHARACTERS, CHARACTERS, CHARACTERS).map(".".join)
    | CHARACTERS.map(lambda text: f"gctl_{text}")
    | CHARACTERS.map(lambda text: f"sk-{text}")
)
def test_any_text_ends_in_a_verdict(desk: Desk, text: str) -> None:
    verdict = desk.verdict(text)
    assert (verdict.is_active, verdict.user, verdict.claims, verdict.scope) == (
        False,
        None,
        None,
        None,
    )


@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    claims=st.dictionaries(
        st.sampled_from(["sub", "jti", "iat", "exp", "nbf", "scope", "aud", "iss", "email"]),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | CHARACTERS,
        max_size=6,
    ),
    user=CHARACTERS,
)
def test_any_claims_that_the_secret_signs_end_in_a_verdict(
    desk: Desk, claims: dict[str, object], user: str
) -> None:
    try:
        text = session_token(user, **claims)
    except (TypeError, ValueError):
        return  # its library signs no such thing
    assert not desk.verdict(text).is_active


# What is told


def test_an_accepted_token_is_told_in_the_words_of_rfc_7662(desk: Desk) -> None:
    issued = desk.issue(name="ci", scope="chat.*")
    bob = user_id_of(desk.database, BOB)
    second = int(issued.token.issued_at.timestamp())
    assert introspection(desk.verdict(issued.text)) == {
        "active": True,
        "sub": bob,
        "username": BOB,
        "scope": "chat.*",
        "token_type": "Bearer",
        "kind": "jwt",
        "iss": "grantctl",
        "aud": "grantctl",
        "iat": second,
        "nbf": second,
        "exp": second + 3600,
        "jti": issued.token.id,
        "name": "ci",
        "reason": "ok",
        "message": "it is valid",
    }


def test_a_refused_token_tells_a_stranger_nothing(desk: Desk) -> None:
    issued = desk.issue()
    revoke_tokens(desk.database, INTENT, [issued.token.id])
    verdict = desk.verdict(issued.text)
    assert introspection(verdict) == {"active": False}
    full = introspection(verdict, full=True)
    assert list(full) == ["active", "reason", "message"]
    assert (full["reason"], full["message"].endswith(": a test")) == ("revoked", True)


# Use


def test_the_last_use_is_noted_once_a_minute(desk: Desk) -> None:
    issued = desk.issue()
    now = datetime.now(UTC)

    def use(later: float) -> datetime | None:
        verdict = desk.verdict(issued.text)
        touch_last_used(desk.database, verdict, now + timedelta(seconds=later))
        return show_token(desk.database, issued.token.id).token.last_used_at

    assert use(0) == now
    assert use(59) == now
    assert use(60) == now + timedelta(seconds=60)
    stale = issued.token  # as another process read it before
    write_last_use(desk.database.url, stale, now=now + timedelta(seconds=90))
    assert show_token(desk.database, stale.id).token.last_used_at == now + timedelta(seconds=60)


def test_a_database_that_cannot_be_written_is_no_matter(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = desk.verdict(desk.issue().text)

    def fail(_: object) -> None:
        raise DatabaseError("read only")

    monkeypatch.setattr("grantctl.operations.token_use.open_writing", fail)
    touch_last_used(desk.database, verdict, datetime.now(UTC))


PROGRAM = """
import sys
from datetime import UTC, datetime
from grantctl.credentials.secret import HmacSecret
from grantctl.operations.authentication import authenticate, introspection
from grantctl.store.database import Database
from grantctl.store.url import parse_url
url, text, secret, kid = sys.argv[1:]
given = HmacSecret(secret.encode(), kid, "test")
with Database(parse_url(url)).reader() as reader:
    verdict = authenticate(reader, text, secret=given, now=datetime.now(UTC))
names = ("sqlalchemy", "sqlmodel", "alembic", "rich", "typer", "pydantic", "jwt", "cryptography")
print(introspection(verdict, full=True)["reason"], *[one for one in names if one in sys.modules])
"""


def test_neither_sqlmodel_nor_anything_heavy_is_loaded_on_the_way(desk: Desk, url: str) -> None:
    desk.let_everybody_have_keys()
    for text, expected in (
        (desk.issue().text, "ok jwt cryptography"),
        (desk.key().text, "ok"),
        ("nonsense", "malformed"),
    ):
        command = [sys.executable, "-c", PROGRAM, url, text, SECRET.value.decode(), SECRET.kid]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (f"{expected}\n", "")
