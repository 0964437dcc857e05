"""`grantctl login`: a short token for a password, and one refusal for all that may be wrong."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import jwt as pyjwt
import pexpect  # type: ignore[import-untyped]
import pytest

from grantctl.errors import ExitCode
from tests.cli.credential_desk import SECRET, Desk, environment
from tests.conftest import Outcome
from tests.running import json_refusal, refusal

BOB, PASSWORD = "bob@example.com", "pässwörd-Ω 🔑"
WRONG = Outcome(3, "", "error: the e-mail or the password is wrong\n")
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


@pytest.fixture
def door(desk: Desk) -> Desk:
    """The desk, where bob has a password."""
    assert desk("users", "set-password", BOB, "--stdin", stdin=PASSWORD).code == 0
    return desk


def login(desk: Desk, email: str = BOB, password: str = PASSWORD, *options: str) -> Outcome:
    return desk("login", email, "--stdin", *options, stdin=password)


def test_a_password_is_exchanged_for_a_short_token(door: Desk) -> None:
    outcome = login(door, " Bob@Example.com", f"{PASSWORD}\n")
    assert (outcome.code, outcome.err, outcome.out.count("\n")) == (0, "", 1)
    claims = pyjwt.decode(outcome.out.strip(), SECRET, algorithms=["HS256"], audience="grantctl")
    assert claims["exp"] - claims["iat"] == timedelta(minutes=15).total_seconds()
    assert door.verify(outcome.out)[0] == 0
    limited = json.loads(login(door, BOB, PASSWORD, "--scope", "chat.*", "-o", "json").out)["data"]
    assert (limited["name"], limited["scope"]) == ("login", "chat.*")


def test_a_login_from_a_private_file(door: Desk, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    assert door("login", BOB, "--file", str(file)).code == 0
    file.chmod(0o644)
    outcome = door("login", BOB, "--file", str(file))
    assert (outcome.code, refusal(outcome)[1]) == (5, f"chmod 600 {file}")


def test_whatever_is_wrong_it_says_the_same(door: Desk) -> None:
    assert door("users", "set-password", "eli@example.com", "--stdin", stdin=PASSWORD).code == 0
    for email, password in (
        (BOB, "wrong horse battery"),
        (BOB, PASSWORD.upper()),
        (BOB, f"{PASSWORD} "),
        ("nobody@example.com", PASSWORD),
        ("chen@example.com", PASSWORD),
        ("eli@example.com", PASSWORD),
        ("", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("u-bob", PASSWORD),
    ):
        assert login(door, email, password) == WRONG, email
        as_json = login(door, email, password, "-o", "json")
        assert json_refusal(as_json) == {
            "code": "unauthenticated",
            "message": "the e-mail or the password is wrong",
            "hint": None,
            "exit_code": 3,
        }


def test_after_five_failures_an_address_is_locked_until_somebody_unlocks_it(door: Desk) -> None:
    for email in (BOB, "nobody@example.com"):
        for _ in range(5):
            assert login(door, email, "wrong horse battery") == WRONG
        assert login(door, email) == WRONG
    unlocked = door("users", "unlock", BOB, "--dry-run")
    assert (unlocked.code, login(door)) == (0, WRONG)
    assert door("users", "unlock", BOB) == Outcome(
        0, "user:    bob@example.com\noutcome: unlocked\n", ""
    )
    assert login(door).code == 0
    assert door("users", "unlock", BOB).out.endswith("outcome: unchanged\n")
    assert door("users", "unlock", "nobody@example.com").code == 0
    missing = door("users", "unlock", "somebody@example.com")
    assert (missing.code, refusal(missing)[0]) == (4, "no user `somebody@example.com`")


def test_a_new_password_ends_the_tokens_of_a_login(door: Desk) -> None:
    token = login(door).out
    assert door("users", "set-password", BOB, "--stdin", stdin="another one").code == 0
    assert door.verify(token) == (
        3,
        "invalid: it was revoked on TIME by tester: its user's password was changed",
    )
    assert login(door) == WRONG


@ON_SQLITE
def test_wrong_words_are_one_line_and_the_right_exit_code(door: Desk) -> None:
    cases: dict[tuple[str, ...], tuple[int, str]] = {
        (): (2, "missing argument `EMAIL`"),
        (BOB,): (2, "there is no terminal to ask for the password on"),
        (BOB, PASSWORD): (2, "there is an argument too many, and a password is never one"),
        (BOB, "--stdin"): (5, "there is no password in stdin"),
        (BOB, "--stdin", "--file", "x"): (2, "only one of `--stdin` and `--file` can be used"),
        (BOB, "--file", "nowhere"): (2, "the password file `nowhere` cannot be read"),
        (BOB, "--password", PASSWORD): (2, "no such option: --password"),
    }
    for arguments, (code, message) in cases.items():
        outcome = door("login", *arguments)
        assert outcome.code == code, outcome
        assert refusal(outcome)[0].startswith(message)
        assert PASSWORD not in outcome.err
    unsigned = door.cli("login", BOB, "--stdin", stdin=PASSWORD)
    assert unsigned.code == ExitCode.REFUSED
    assert refusal(unsigned)[0].startswith("there is nothing to sign tokens with")


def prompted(url: str, *arguments: str) -> pexpect.spawn:
    return pexpect.spawn(
        sys.executable,
        ["-m", "grantctl", *arguments],
        env={**environment(url), "TERM": "dumb", "PATH": "/usr/bin:/bin"},
        timeout=30,
        encoding="utf-8",
    )


def answered(child: pexpect.spawn, prompt: str, text: str) -> tuple[int | None, str]:
    """The exit code, and what the terminal showed after the prompt."""
    child.expect_exact(prompt)
    child.sendline(text)
    child.expect(pexpect.EOF)
    child.close()
    assert not text or text not in child.before
    return child.exitstatus, child.before


@ON_SQLITE
def test_on_a_terminal_password_and_token_are_asked_for_once_and_unseen(
    door: Desk, url: str
) -> None:
    code, shown = answered(prompted(url, "login", BOB), "password for bob@example.com: ", PASSWORD)
    token = shown.strip()
    assert (code, len(token.split("."))) == (0, 3)
    code, shown = answered(
        prompted(url, "login", BOB), "password for bob@example.com: ", "mistaken"
    )
    assert (code, shown.strip()) == (3, "error: the e-mail or the password is wrong")
    code, shown = answered(prompted(url, "tokens", "verify"), "token: ", token)
    assert (code, shown.strip()[:38]) == (0, "valid: an access token of bob@example.")
    question = ("check", "--token", "-", "chat.controls")
    code, shown = answered(prompted(url, *question), "token: ", token)
    assert (code, shown.strip()) == (0, "allowed: group `engineering` sets it true")
    code, shown = answered(prompted(url, "tokens", "verify", "-"), "token: ", "")
    assert (code, shown.strip()) == (5, "error: there is no token in what was typed")
