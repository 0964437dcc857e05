"""Signing keys: one signs, the others verify or do not; and their files are nobody else's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from grantctl import credentials
from grantctl.errors import ConflictError, GrantctlError, GuardError, InvalidError, NotFoundError
from grantctl.evaluation.token_facts import KeyState, SigningKeyFacts
from grantctl.operations.changes import Change
from grantctl.operations.signing_keys import (
    export_keys,
    generate_key,
    list_keys,
    retire_key,
    revoke_key,
    rotate_key,
)
from grantctl.store.database import Database
from tests.operations.credential_examples import Desk, all_text, dry
from tests.operations.directories import INTENT, events

ALGORITHMS = ("EdDSA", "ES256", "RS256")


@pytest.fixture
def desk(ada_and_bob: Database, tmp_path: Path) -> Desk:
    return Desk(ada_and_bob, tmp_path / "some" / "keys")


def states(desk: Desk) -> dict[str, str]:
    return {one.kid: one.state.value for one in list_keys(desk.database)}


def make(desk: Desk, **named: object) -> SigningKeyFacts:
    return generate_key(desk.database, INTENT, keys=desk.keys, **named)  # type: ignore[arg-type]


def test_the_first_key_signs_and_later_ones_wait(desk: Desk) -> None:
    first, second = make(desk), make(desk)
    third = make(desk, activate=True)
    assert [one.state for one in (first, second, third)] == ["active", "passive", "active"]
    assert states(desk) == {third.kid: "active", second.kid: "passive", first.kid: "passive"}
    assert desk.issue().token.kid == third.kid


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_a_key_of_any_algorithm_signs_is_accepted(desk: Desk, algorithm: str) -> None:
    key = make(desk, algorithm=algorithm)
    issued = desk.issue(secret=None)
    assert (key.algorithm, issued.token.kid) == (algorithm, key.kid)
    assert desk.reason(issued.text, secret=None) == "ok"
    (exported,) = export_keys(desk.database)["keys"]
    assert (exported["kid"], exported["alg"], exported["use"]) == (key.kid, algorithm, "sig")
    assert "d" not in exported
    (known,) = credentials.jwk.parse_key_set(str(export_keys(desk.database)).replace("'", '"'))
    assert known.kid == key.kid


def test_an_algorithm_that_there_is_not_is_refused_and_leaves_nothing(desk: Desk) -> None:
    for algorithm in ("HS256", "none", ""):
        with pytest.raises(InvalidError):
            make(desk, algorithm=algorithm)
    assert not desk.keys.exists()


def test_a_private_key_is_in_a_file_of_its_owner_and_nowhere_else(desk: Desk) -> None:
    old = os.umask(0)
    try:
        key = make(desk)
    finally:
        os.umask(old)
    (file,) = desk.keys.iterdir()
    assert file.name == f"{key.kid}.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.keys.stat().st_mode) == 0o700
    body = "".join(file.read_text().splitlines()[1:-1])
    assert body not in all_text(desk.database)
    assert "PRIVATE" not in all_text(desk.database)
    assert body not in repr(key)


def test_a_file_or_folder_that_others_may_use_is_refused(desk: Desk) -> None:
    key = make(desk)
    file = desk.keys / f"{key.kid}.pem"
    file.chmod(0o644)
    with pytest.raises(GuardError) as error:
        desk.issue()
    assert error.value.hint == f"chmod 600 {file}"
    file.chmod(0o600)
    desk.keys.chmod(0o777)
    with pytest.raises(GuardError) as error:
        make(desk)
    assert error.value.hint == f"chmod 700 {desk.keys}"


def test_a_key_file_that_is_missing_or_of_another_key_is_an_error(desk: Desk) -> None:
    first, second = make(desk), make(desk)
    mine, other = desk.keys / f"{first.kid}.pem", desk.keys / f"{second.kid}.pem"
    mine.write_bytes(other.read_bytes())
    with pytest.raises(InvalidError) as wrong:
        desk.issue()
    assert wrong.value.message == f"`{mine}` holds another key than `{first.kid}`"
    mine.unlink()
    with pytest.raises(NotFoundError):
        desk.issue()
    mine.symlink_to(other)
    with pytest.raises(GuardError):
        desk.issue()


def test_after_rotation_old_tokens_verify_and_new_ones_use_the_new_key(desk: Desk) -> None:
    first = make(desk, algorithm="ES256")
    old = desk.issue()
    second = rotate_key(desk.database, INTENT, keys=desk.keys)
    new = desk.issue()
    assert states(desk) == {second.kid: "active", first.kid: "passive"}
    assert (second.algorithm, new.token.kid) == ("ES256", second.kid)
    assert [desk.reason(one.text) for one in (old, new)] == ["ok", "ok"]
    retired = retire_key(desk.database, INTENT, first.kid)
    assert (retired.state, retired.ended_at is not None) == (KeyState.RETIRED, True)
    assert [desk.reason(one.text) for one in (old, new)] == ["key_retired", "ok"]
    assert retire_key(desk.database, INTENT, first.kid) == retired
    assert [one["kid"] for one in export_keys(desk.database)["keys"]] == [second.kid]
    with pytest.raises(GuardError):
        retire_key(desk.database, INTENT, second.kid)
    for unknown in ("x", "", "../x", "a\0b", "\ud800"):
        with pytest.raises(NotFoundError):
            retire_key(desk.database, INTENT, unknown)


def test_rotation_without_a_key_makes_the_first_one(desk: Desk) -> None:
    key = rotate_key(desk.database, INTENT, keys=desk.keys)
    assert states(desk) == {key.kid: "active"}


def test_a_compromised_key_is_replaced_and_all_of_its_tokens_refused(desk: Desk) -> None:
    first = make(desk)
    old = desk.issue()
    revoked, replacement = revoke_key(desk.database, INTENT, first.kid, keys=desk.keys)
    assert replacement is not None
    assert states(desk) == {replacement.kid: "active", first.kid: "revoked"}
    assert (revoked.state, revoked.kid) == (KeyState.REVOKED, first.kid)
    assert not desk.verdict(old.text).is_active
    new = desk.issue()
    assert (new.token.kid, desk.reason(new.text)) == (replacement.kid, "ok")
    assert revoke_key(desk.database, INTENT, first.kid, keys=desk.keys) == (revoked, None)
    assert {file.stem for file in desk.keys.iterdir()} == {first.kid, replacement.kid}


def test_revoking_a_passive_key_makes_no_other(desk: Desk) -> None:
    make(desk)
    passive = make(desk)
    revoked, replacement = revoke_key(desk.database, INTENT, passive.kid, keys=desk.keys)
    assert (revoked.state, replacement) == (KeyState.REVOKED, None)
    with pytest.raises(NotFoundError):
        revoke_key(desk.database, INTENT, "x", keys=desk.keys)


def test_a_dry_run_leaves_neither_row_nor_file(desk: Desk) -> None:
    first = make(desk)
    before = (states(desk), sorted(desk.keys.iterdir()), events(desk.database))
    assert generate_key(desk.database, dry(), keys=desk.keys).state is KeyState.PASSIVE
    rotate_key(desk.database, dry(), keys=desk.keys)
    revoke_key(desk.database, dry(), first.kid, keys=desk.keys)
    assert (states(desk), sorted(desk.keys.iterdir()), events(desk.database)) == before


@pytest.mark.parametrize("name", ["generate", "rotate", "revoke"])
def test_a_change_that_fails_takes_its_file_away(
    desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make(desk)
    before = (states(desk), sorted(desk.keys.iterdir()))

    def fail(*_: object, **__: object) -> None:
        raise ConflictError("no")

    monkeypatch.setattr(Change, "record", fail)
    attempts = {
        "generate": lambda: make(desk),
        "rotate": lambda: rotate_key(desk.database, INTENT, keys=desk.keys),
        "revoke": lambda: revoke_key(desk.database, INTENT, first.kid, keys=desk.keys),
    }
    with pytest.raises(ConflictError):
        attempts[name]()
    monkeypatch.undo()
    assert (states(desk), sorted(desk.keys.iterdir())) == before


def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(desk: Desk) -> None:
    desk.keys.parent.mkdir(parents=True)
    desk.keys.write_text("a file")
    with pytest.raises(GrantctlError) as error:
        make(desk)
    assert "\n" not in error.value.message
    assert states(desk) == {}


def test_every_change_of_a_key_has_its_audit_entry(desk: Desk) -> None:
    first = make(desk)
    second = rotate_key(desk.database, INTENT, keys=desk.keys)
    retire_key(desk.database, INTENT, first.kid)
    revoke_key(desk.database, INTENT, second.kid, keys=desk.keys)
    actions = [action for action, _, _ in events(desk.database) if action.startswith("key")]
    assert actions == ["key.generate", "key.rotate", "key.retire", "key.revoke", "key.generate"]
