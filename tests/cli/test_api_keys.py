"""`grantctl tokens create-key` and `rotate-key`: shown once, and the gates before each."""

from __future__ import annotations

import re

import pytest

from grantctl.credentials.api_keys import PATTERN
from grantctl.errors import ExitCode
from tests.cli.credential_desk import NOTHING, Desk, steady
from tests.conftest import Outcome
from tests.running import refusal

BOB = "bob@example.com"
ONCE = "hint: the key is shown this once: keep it where only its user can read it\n"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


def test_a_key_stands_alone_on_stdout_and_is_valid(desk: Desk) -> None:
    outcome = desk("tokens", "create-key", BOB, "--name", "ci")
    assert (outcome.code, outcome.err) == (0, ONCE)
    assert re.fullmatch(PATTERN + "\n", outcome.out)
    assert desk.verify(outcome.out) == (
        0,
        "valid: an API key of bob@example.com (user), without end",
    )
    limited = desk.key(BOB, "--expires", "90d", "--scope", "chat.*")
    assert desk.verify(limited) == (
        0,
        "valid: an API key of bob@example.com (user), limited to chat.*, until TIME",
    )


def test_a_key_needs_no_secret_and_no_signing_key(desk: Desk) -> None:
    made = desk.cli("tokens", "create-key", BOB)
    assert desk.cli("tokens", "verify", stdin=made.out).code == 0
    broken = {"GRANTCTL_SECRET_KEY": "short"}
    assert desk.cli("tokens", "verify", stdin=made.out, env=broken).code == 0


def test_a_key_is_shown_once_and_kept_nowhere(desk: Desk) -> None:
    key = desk.key(BOB, "--name", "ci")
    hint = f"{key[:9]}…"
    shown = desk.data("tokens", "show", desk.id_of(key))
    assert shown["hint"] == hint
    for command in ("tokens list -o csv", "tokens list -o json", "audit list -o json"):
        outcome = desk(*command.split())
        assert key not in outcome.out
        assert hint in outcome.out or "hint" not in outcome.out
    assert desk.verify(hint) == (3, "invalid: an API key has 41 characters")


def test_a_mistyped_key_is_refused_by_its_checksum(desk: Desk) -> None:
    key = desk.key()
    wrong = key[:20] + ("a" if key[20] != "a" else "b") + key[21:]
    assert desk.verify(wrong) == (3, "invalid: its checksum is wrong: was it mistyped, or cut?")
    assert (
        desk.verify(key.upper())[0] == desk.verify(f" {key}")[0] == desk.verify(f"{key} ")[0] == 3
    )


def test_each_gate_closes_at_once_and_is_named(desk: Desk) -> None:
    key, ada = desk.key(), desk.key("ada@example.com")
    assert desk("permissions", "set", "--default", "features.api_keys=false").code == 0
    assert desk.verify(key) == (
        3,
        "invalid: its user lacks the permission `features.api_keys`",
    )
    assert desk.verify(ada)[0] == 0
    refused = desk("tokens", "create-key", BOB)
    assert (refused.code, refusal(refused)) == (
        5,
        (
            "`bob@example.com` lacks the permission `features.api_keys`",
            "grantctl explain bob@example.com features.api_keys",
        ),
    )
    assert desk("config", "set", "api_keys.enabled", "false").code == 0
    assert desk.verify(ada) == desk.verify(key) == (3, "invalid: API keys are switched off")
    refused = desk("tokens", "create-key", "ada@example.com")
    assert refusal(refused) == (
        "API keys are switched off",
        "grantctl config set api_keys.enabled true",
    )
    assert desk("config", "unset", "api_keys.enabled").code == 0
    assert desk.verify(ada)[0] == 0


def test_suspending_ends_keys_for_good(desk: Desk) -> None:
    key = desk.key()
    assert desk("users", "suspend", BOB).code == 0
    assert desk.verify(key) == (3, "invalid: its user is pending")
    assert desk("users", "approve", BOB).code == 0
    assert desk.verify(key) == (
        3,
        "invalid: it was revoked on TIME by tester: its user was suspended",
    )


def test_rotating_keeps_name_and_scope_and_ends_the_old_key(desk: Desk) -> None:
    old = desk.key(BOB, "--name", "ci", "--scope", "chat.*", "--expires", "90d")
    outcome = desk("tokens", "rotate-key", desk.id_of(old))
    assert (outcome.code, outcome.err) == (0, ONCE)
    new = outcome.out.strip()
    assert desk.verify(old)[0] == 3
    assert desk.verify(new) == (
        0,
        "valid: an API key of bob@example.com (user), limited to chat.*, until TIME",
    )
    assert desk.data("tokens", "show", desk.id_of(new))["name"] == "ci"


def test_during_the_grace_both_keys_work(desk: Desk) -> None:
    old = desk.key()
    new = desk.alone("tokens", "rotate-key", desk.id_of(old), "--grace", "24h")
    assert desk.verify(new) == (0, "valid: an API key of bob@example.com (user), without end")
    assert desk.verify(old) == (0, "valid: an API key of bob@example.com (user), until TIME")


def test_a_dry_run_makes_and_prints_no_key(desk: Desk) -> None:
    key = desk.key()
    for command in (("create-key", BOB), ("rotate-key", desk.id_of(key))):
        assert desk("tokens", *command, "--dry-run") == Outcome(
            0, "", "warning: dry run: nothing was changed\n"
        )
    assert desk.verify(key)[0] == 0
    assert len(desk("tokens", "list").out.splitlines()) == 1


@ON_SQLITE
def test_wrong_words_are_one_line_and_the_right_exit_code(desk: Desk) -> None:
    jwt = desk.id_of(desk.issue())
    revoked = desk.id_of(desk.key())
    assert desk("tokens", "revoke", revoked).code == 0
    cases = {
        ("create-key",): (2, "missing argument `USER`"),
        ("create-key", "nobody"): (4, "no user `nobody`"),
        ("create-key", "eli@example.com"): (5, "`eli@example.com` is pending, so no API key"),
        ("create-key", BOB, "--expires", "yesterday"): (2, "`yesterday` is no date, time or"),
        ("create-key", BOB, "--expires", "2020-01-01"): (2, "`2020-01-01` is not in the future"),
        ("create-key", BOB, "--scope", "chat."): (5, "`chat.` is no entry of a scope"),
        ("rotate-key", NOTHING): (4, f"no token `{NOTHING}`"),
        ("rotate-key", jwt): (5, f"`{jwt}` is a JWT, no API key"),
        ("rotate-key", revoked): (5, f"the API key `{revoked}` was revoked"),
        ("rotate-key", revoked, "--grace", "x"): (2, "`--grace` may not be `x`"),
    }
    for arguments, (code, message) in cases.items():
        outcome = desk("tokens", *arguments)
        assert (outcome.code, arguments) == (code, arguments)
        assert refusal(outcome)[0].startswith(message), outcome
        assert ExitCode(outcome.code)


def test_every_command_of_a_key_is_in_the_audit_log(desk: Desk) -> None:
    key = desk.key(BOB, "--name", "ci", "--reason", "ticket 7")
    new = desk.alone("tokens", "rotate-key", desk.id_of(key))
    assert desk("tokens", "revoke", desk.id_of(new)).code == 0
    outcome = desk("audit", "list", "--fields", "actor,action,reason", "--limit", "4")
    assert set(steady(outcome.out).splitlines()) == {
        "tester\ttoken.revoke\t",
        "tester\tapi_key.rotate\t",
        "tester\tapi_key.replace\t",
        "tester\tapi_key.create\tticket 7",
    }
