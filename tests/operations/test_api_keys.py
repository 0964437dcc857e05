"""API keys: several for a user, gates at their making, and replacing one by another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grantctl import credentials
from grantctl.errors import GuardError, InvalidError, NotFoundError
from grantctl.model import Role
from grantctl.operations.api_keys import rotate_key
from grantctl.operations.flags import set_flags
from grantctl.operations.policies import unset_policy
from grantctl.operations.tokens import list_tokens, revoke_tokens, show_token
from grantctl.store.database import Database
from tests.operations.credential_examples import Desk, all_text, dry
from tests.operations.directories import ALL, INTENT, add_user, events

BOB = "bob@example.com"


@pytest.fixture
def desk(ada_and_bob_with_keys: Database, tmp_path: Path) -> Desk:
    return Desk(ada_and_bob_with_keys, tmp_path / "keys")


def test_a_user_may_have_several_keys_each_with_a_name_a_scope_and_an_end(desk: Desk) -> None:
    end = datetime.now(UTC) + timedelta(days=90)
    first, second = desk.key(name="ci", scope="chat.*", expires_at=end), desk.key()
    assert credentials.api_keys.key_problem(first.text) is None
    assert first.text != second.text
    token = first.token
    assert (token.name, token.scope, token.expires_at) == ("ci", "chat.*", end)
    assert token.hint == first.text[:9] + "…"
    assert (second.token.expires_at, second.token.scope) == (None, "")
    assert [desk.reason(one.text) for one in (first, second)] == ["ok", "ok"]


def test_a_key_is_made_only_where_it_would_be_accepted(desk: Desk) -> None:
    add_user(desk.database, "pam", Role.PENDING)
    desk.policy("api_keys.enabled", "false")
    with pytest.raises(GuardError) as error:
        desk.key("pam@example.com")
    assert error.value.message == "API keys are switched off"
    unset_policy(desk.database, INTENT, "api_keys.enabled")
    set_flags(desk.database, INTENT, None, {"features.api_keys": False})
    with pytest.raises(GuardError) as error:
        desk.key("pam@example.com")
    assert error.value.message.startswith("`pam@example.com` is pending")
    with pytest.raises(GuardError) as error:
        desk.key()
    assert error.value.message == f"`{BOB}` lacks the permission `features.api_keys`"
    assert error.value.hint == f"grantctl explain {BOB} features.api_keys"
    assert desk.reason(desk.key("ada@example.com").text) == "ok"
    assert len(list_tokens(desk.database, ALL).items) == 1


def test_what_no_key_could_have_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidError):
        desk.key(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(InvalidError):
        desk.key(name="x" * 201)
    with pytest.raises(NotFoundError):
        desk.key(scope="chat.contrls")
    with pytest.raises(NotFoundError):
        desk.key("nobody")


def test_a_replaced_key_works_for_its_grace_only(desk: Desk) -> None:
    old = desk.key(name="ci", scope="chat.*", expires_at=datetime.now(UTC) + timedelta(days=9))
    new = rotate_key(desk.database, INTENT, old.token.id, grace=timedelta(hours=1))
    assert (new.token.name, new.token.scope) == ("ci", "chat.*")
    assert new.token.expires_at is not None
    assert old.token.expires_at is not None
    length = old.token.expires_at - old.token.issued_at
    assert new.token.expires_at - new.token.issued_at == length
    assert [desk.reason(one.text) for one in (old, new)] == ["ok", "ok"]
    assert desk.reason(old.text, later=timedelta(hours=1, seconds=1)) == "expired"
    at_once = rotate_key(desk.database, INTENT, new.token.id)
    assert [desk.reason(one.text) for one in (new, at_once)] == ["revoked", "ok"]
    assert at_once.token.scope == "chat.*"


def test_a_grace_never_lets_a_key_live_longer(desk: Desk) -> None:
    end = datetime.now(UTC) + timedelta(minutes=5)
    old = desk.key(expires_at=end)
    rotate_key(desk.database, INTENT, old.token.id, grace=timedelta(days=1))
    assert show_token(desk.database, old.token.id).token.expires_at == end


def test_what_has_ended_or_is_no_key_is_not_replaced(desk: Desk) -> None:
    key, token = desk.key(), desk.issue()
    with pytest.raises(InvalidError):
        rotate_key(desk.database, INTENT, token.token.id)
    with pytest.raises(InvalidError):
        rotate_key(desk.database, INTENT, key.token.id, grace=timedelta.max)
    revoke_tokens(desk.database, INTENT, [key.token.id])
    with pytest.raises(GuardError):
        rotate_key(desk.database, INTENT, key.token.id)
    with pytest.raises(NotFoundError):
        rotate_key(desk.database, INTENT, "x")


def test_a_dry_run_replaces_nothing(desk: Desk) -> None:
    key = desk.key()
    before = events(desk.database)
    tried = rotate_key(desk.database, dry(), key.token.id)
    assert (desk.reason(key.text), desk.reason(tried.text)) == ("ok", "unknown_token")
    assert events(desk.database) == before


def test_no_key_is_stored_or_shown_again(desk: Desk) -> None:
    old = desk.key()
    new = rotate_key(desk.database, INTENT, old.token.id)
    text = all_text(desk.database) + repr((old, new)) + repr(list_tokens(desk.database, ALL))
    for key in (old, new):
        assert key.text not in text
        assert key.text[9:] not in text
    digest = credentials.api_keys.hash_api_key(new.text)
    assert digest not in repr(list_tokens(desk.database, ALL)) + repr(events(desk.database))
