"""JWTs: what may be issued, what is listed, and that revoking lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from grantctl.errors import GuardError, InvalidError, NotFoundError, UsageError
from grantctl.evaluation.scopes import Scope
from grantctl.evaluation.token_facts import TokenKind
from grantctl.model import Role
from grantctl.operations.pages import PageRequest
from grantctl.operations.roles import set_role
from grantctl.operations.token_rows import find_token_row
from grantctl.operations.tokens import (
    TokenState,
    issue_token,
    list_tokens,
    prune_tokens,
    revoke_all,
    revoke_leaked,
    revoke_text,
    revoke_tokens,
    show_token,
)
from grantctl.operations.users import delete_users
from grantctl.store.database import Database
from grantctl.store.session import change
from tests.operations.credential_examples import (
    SECRET,
    Desk,
    all_text,
    dry,
    session_token,
    user_id_of,
)
from tests.operations.directories import ALL, INTENT, add_user, events

BOB = "bob@example.com"


@pytest.fixture
def desk(ada_and_bob: Database, tmp_path: Path) -> Desk:
    return Desk(ada_and_bob, tmp_path / "keys")


def ids(desk: Desk, **filters: object) -> list[str]:
    page = list_tokens(desk.database, ALL, **filters)  # type: ignore[arg-type]
    return [record.token.id for record in page.items]


def test_a_token_is_accepted_with_what_it_was_issued_for(desk: Desk) -> None:
    issued = desk.issue(name="ci", ttl=timedelta(minutes=5), scope="chat.* read:model:*")
    verdict = desk.verdict(issued.text)
    assert (verdict.is_active, verdict.reason.value, verdict.refusal) == (True, "ok", None)
    assert verdict.user is not None
    assert verdict.user.email == BOB
    assert verdict.token == issued.token == show_token(desk.database, issued.token.id).token
    assert verdict.scope == Scope(("chat.*", "read:model:*"))
    assert verdict.claims is not None
    assert verdict.claims.subject == verdict.user.id == issued.token.user_id
    assert issued.token.expires_at is not None
    lifetime = issued.token.expires_at - issued.token.issued_at
    assert timedelta(minutes=4, seconds=59) <= lifetime <= timedelta(minutes=5)
    assert desk.reason(issued.text, later=timedelta(minutes=5, seconds=1)) == "expired"


def test_a_token_lives_for_the_time_that_the_settings_say_and_no_longer(desk: Desk) -> None:
    desk.policy("tokens.default_ttl", "2h")
    desk.policy("tokens.max_ttl", "1h")
    token = desk.issue().token
    assert token.expires_at is not None
    assert token.expires_at - token.issued_at <= timedelta(hours=1)
    for ttl in (timedelta(hours=1, seconds=1), timedelta(0), timedelta(seconds=-1)):
        with pytest.raises(InvalidError) as error:
            desk.issue(ttl=ttl)
    assert error.value.message.startswith("a token may live from 1s to 1h")
    issued = desk.issue(ttl=timedelta(hours=1))
    desk.policy("tokens.max_ttl", "30m")
    assert desk.reason(issued.text) == "lifetime_too_long"


def test_a_pending_user_gets_none(desk: Desk) -> None:
    add_user(desk.database, "pam", Role.PENDING)
    with pytest.raises(GuardError) as error:
        desk.issue("pam@example.com")
    assert "is pending" in error.value.message
    assert ids(desk) == []


@pytest.mark.parametrize(
    ("scope", "kind", "message"),
    [
        ("chat.controls chat.contrls", NotFoundError, "no permission `chat.contrls`"),
        ("nothing.*", NotFoundError, "no permission `nothing`"),
        ("chat", InvalidError, "`chat` is a category"),
        ("", InvalidError, "a scope may not be empty"),
        ("a\x00b", InvalidError, "`a\x00b` is no entry of a scope"),
    ],
)
def test_a_scope_names_only_what_there_is(
    desk: Desk, scope: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as error:
        desk.issue(scope=scope)
    assert str(error.value).startswith(message)
    desk.issue(scope="* chat.* chat.controls do:anything:at-all")


def test_without_key_and_secret_nothing_is_issued(desk: Desk) -> None:
    with pytest.raises(GuardError) as error:
        desk.issue(secret=None)
    assert error.value.hint is not None
    assert "grantctl tokens keys generate" in error.value.hint


def test_another_audience_is_accepted_only_where_it_is_expected(desk: Desk) -> None:
    text = desk.issue(audience="billing").text
    assert desk.reason(text) == "wrong_audience"
    assert desk.reason(text, audience="billing") == "ok"
    assert desk.reason(desk.issue().text, audience="billing") == "wrong_audience"


def test_a_dry_run_stores_nothing(desk: Desk) -> None:
    before = events(desk.database)
    issued = issue_token(desk.database, dry(), BOB, secret=SECRET, keys=desk.keys)
    assert desk.reason(issued.text) == "unknown_token"
    assert events(desk.database) == before


def test_lists_tell_state_kind_and_user_a_page_at_a_time(desk: Desk) -> None:
    desk.let_everybody_have_keys()
    first, second = desk.issue().token, desk.issue("ada@example.com").token
    key = desk.key().token
    revoke_tokens(desk.database, INTENT, [second.id])
    later = datetime.now(UTC) + timedelta(days=1)
    assert ids(desk) == [first.id, second.id, key.id]
    assert ids(desk, user=BOB) == [first.id, key.id]
    assert ids(desk, kind=TokenKind.API_KEY) == [key.id]
    assert ids(desk, state=TokenState.ACTIVE) == [first.id, key.id]
    assert ids(desk, state=TokenState.ACTIVE, now=later) == [key.id]
    assert ids(desk, state=TokenState.EXPIRED, now=later) == [first.id]
    assert ids(desk, state=TokenState.REVOKED, now=later) == [second.id]
    page = list_tokens(desk.database, PageRequest(2))
    assert [one.token.id for one in page.items] == [first.id, second.id]
    assert page.items[0].user == BOB
    rest = list_tokens(desk.database, PageRequest(2, page.next_cursor))
    assert ([one.token.id for one in rest.items], rest.next_cursor) == ([key.id], None)
    with pytest.raises(UsageError):
        list_tokens(desk.database, PageRequest(2, "x"))
    for unknown in ("nobody", "a\0b", "\ud800"):
        with pytest.raises(NotFoundError):
            list_tokens(desk.database, ALL, user=unknown)
        with pytest.raises(NotFoundError):
            show_token(desk.database, unknown)


def test_tokens_of_a_deleted_user_stay_listed_by_its_id(desk: Desk) -> None:
    issued, user_id = desk.issue(), user_id_of(desk.database, BOB)
    delete_users(desk.database, INTENT, [BOB])
    (record,) = list_tokens(desk.database, ALL, user=user_id).items
    assert (record.token.id, record.user, record.state) == (
        issued.token.id,
        user_id,
        TokenState.REVOKED,
    )
    assert record.token.revoke_reason == "its user was deleted"


def test_revoking_counts_at_once_and_twice_is_no_error(desk: Desk) -> None:
    issued, other = desk.issue(), desk.issue()
    (first,) = revoke_tokens(desk.database, INTENT, [issued.token.id, issued.token.id])
    (again,) = revoke_tokens(desk.database, INTENT, [issued.token.id])
    assert (first.was_revoked, again.was_revoked) == (False, True)
    assert again.token == first.token
    assert first.token.revoke_reason == "a test"
    assert desk.reason(issued.text) == "revoked"
    assert desk.reason(other.text) == "ok"
    with pytest.raises(NotFoundError) as error:
        revoke_tokens(desk.database, INTENT, [other.token.id, "x", "y"])
    assert error.value.message == "no tokens `x`, `y`"
    assert desk.reason(other.text) == "ok"


def test_a_token_is_revoked_by_its_text_by_any_twin_of_it_and_never_by_its_spelling(
    desk: Desk,
) -> None:
    issued = desk.issue()
    other_signature = issued.text.rsplit(".", 1)[0] + "." + "A" * 43
    revoke_text(desk.database, INTENT, f" {other_signature}\n")
    assert desk.reason(issued.text) == "revoked"
    desk.let_everybody_have_keys()
    key = desk.key()
    revoke_text(desk.database, INTENT, key.text)
    assert desk.reason(key.text) == "revoked"
    with pytest.raises(InvalidError):
        revoke_text(desk.database, INTENT, "no token")
    with pytest.raises(NotFoundError):
        revoke_text(desk.database, INTENT, session_token("x", jti="unknown"))


def test_a_session_of_open_webui_can_be_revoked_by_its_text(desk: Desk) -> None:
    bob = user_id_of(desk.database, BOB)
    text, forged = session_token(bob, jti="j1"), session_token(bob, jti="j2")[:-4] + "AAAA"
    assert desk.reason(text) == "ok"
    with pytest.raises(NotFoundError):
        revoke_text(desk.database, INTENT, forged, secret=SECRET)
    revoke_text(desk.database, INTENT, text, secret=SECRET)
    assert desk.reason(text) == "revoked"
    prune_tokens(desk.database, INTENT, older_than=timedelta(0))
    assert desk.reason(text) == "revoked"


def test_every_token_in_a_leaked_text_is_revoked(desk: Desk) -> None:
    desk.let_everybody_have_keys()
    token, key, safe = desk.issue(), desk.key(), desk.issue()
    log = f"GET /?t={token.text}&k={key.text}\nsk-{'0' * 32} and {session_token('x', jti='q')}"
    report = revoke_leaked(desk.database, INTENT, log)
    assert {one.token.id for one in report.tokens} == {token.token.id, key.token.id}
    assert report.unknown_count == 2
    assert [desk.reason(one.text) for one in (token, key, safe)] == ["revoked", "revoked", "ok"]
    assert all(one.was_revoked for one in revoke_leaked(desk.database, INTENT, log).tokens)


def test_revoking_all_ends_what_was_issued_before_and_nothing_that_comes_after(
    desk: Desk,
) -> None:
    desk.let_everybody_have_keys()
    bob = user_id_of(desk.database, BOB)
    old = [desk.issue(), desk.issue(), desk.key()]
    session = session_token(bob, iat=int(datetime.now(UTC).timestamp()))
    others = desk.issue("ada@example.com")
    ended = revoke_all(desk.database, INTENT, BOB)
    new = [desk.issue(), desk.key()]  # within the same second, most of the time
    assert (ended.user, ended.count) == (BOB, 3)
    assert [desk.reason(one.text) for one in old] == ["revoked"] * 3
    assert [desk.reason(one.text) for one in new] == ["ok"] * 2
    assert desk.reason(others.text) == "ok"
    assert desk.reason(session) == "user_tokens_revoked"
    assert desk.reason(session_token(bob)) == "user_tokens_revoked"


def test_api_keys_can_be_spared(desk: Desk) -> None:
    desk.let_everybody_have_keys()
    token, key = desk.issue(), desk.key()
    assert revoke_all(desk.database, INTENT, BOB, api_keys=False).count == 1
    assert (desk.reason(token.text), desk.reason(key.text)) == ("revoked", "ok")


def test_revocation_outlives_pruning(desk: Desk) -> None:
    desk.let_everybody_have_keys()
    now = datetime.now(UTC)
    short = desk.issue(ttl=timedelta(seconds=1))
    key, mortal = desk.key(), desk.key(expires_at=now + timedelta(days=1))
    revoke_tokens(desk.database, INTENT, [key.token.id, mortal.token.id])
    assert prune_tokens(desk.database, INTENT, older_than=timedelta(0)) == 0
    assert prune_tokens(desk.database, INTENT, older_than=timedelta(days=-5)) == 0
    assert prune_tokens(desk.database, INTENT, older_than=timedelta.max) == 0
    _expire_long_ago(desk.database, short.token.id)
    assert prune_tokens(desk.database, dry(), older_than=timedelta(days=1)) == 1
    assert prune_tokens(desk.database, INTENT, older_than=timedelta(days=1)) == 1
    assert ids(desk) == [key.token.id, mortal.token.id]
    assert desk.reason(short.text, later=timedelta(seconds=-1)) != "ok"
    assert desk.reason(key.text) == "revoked"


def _expire_long_ago(database: Database, token_id: str) -> None:
    def work(session: Session) -> None:
        row = find_token_row(session, token_id)
        row.expires_at = datetime.now(UTC) - timedelta(days=2)

    change(database, work, dry_run=False)


def test_no_secret_is_in_any_table_or_result(desk: Desk) -> None:
    desk.let_everybody_have_keys()
    issued, key = desk.issue(name="ci"), desk.key(name="ci")
    revoked = revoke_tokens(desk.database, INTENT, [issued.token.id, key.token.id])
    secret_parts = (issued.text, issued.text.rsplit(".", 1)[1], key.text, SECRET.value.decode())
    texts = [all_text(desk.database), *map(repr, (issued, key, revoked, SECRET))]
    texts += [repr(desk.verdict(issued.text)), repr(desk.verdict(key.text))]
    for text in texts:
        assert not [part for part in secret_parts if part in text]
    actions = [action for action, _, _ in events(desk.database) if not action.startswith("user")]
    assert actions == [
        "permission.set_defaults",
        "token.issue",
        "api_key.create",
        "token.revoke",
        "token.revoke",
    ]


def test_a_suspended_user_s_tokens_stay_ended_after_approval(desk: Desk) -> None:
    desk.let_everybody_have_keys()
    token, key = desk.issue(), desk.key()
    set_role(desk.database, INTENT, [BOB], Role.PENDING)
    assert (desk.reason(token.text), desk.reason(key.text)) == ("revoked", "user_pending")
    set_role(desk.database, INTENT, [BOB], Role.USER)
    assert (desk.reason(token.text), desk.reason(key.text)) == ("revoked", "revoked")
    assert desk.reason(desk.issue().text) == "ok"
