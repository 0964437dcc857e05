"""`grantctl tokens`: issued, verified, inspected, listed, revoked and forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt as pyjwt
import pytest

from grantctl.errors import ExitCode
from tests.cli.credential_desk import NOTHING, OTHER_SECRET, SECRET, Desk, steady
from tests.conftest import Outcome
from tests.running import refusal

BOB = "bob@example.com"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])
REVOKED = "invalid: it was revoked on TIME by tester"


def test_a_token_stands_alone_on_stdout_and_is_valid(desk: Desk) -> None:
    outcome = desk("tokens", "issue", BOB)
    assert (outcome.code, outcome.err, outcome.out.count("\n")) == (0, "", 1)
    assert desk.verify(outcome.out) == (
        0,
        "valid: an access token of bob@example.com (user), until TIME",
    )


def test_a_token_carries_what_it_was_issued_with(desk: Desk) -> None:
    told = desk.data(
        "tokens", "issue", BOB, "--ttl", "4w", "--scope", "notes chat.*", "--name", "ci"
    )
    token = told.pop("token")
    assert list(told) == [
        *("id", "kind", "user_id", "name", "scope", "audience", "key", "issued_at", "expires_at")
    ]
    assert (told["kind"], told["user_id"], told["name"]) == ("jwt", "u-bob", "ci")
    assert (told["scope"], told["audience"]) == ("chat.* notes", "grantctl")
    claims = pyjwt.decode(token, SECRET, algorithms=["HS256"], audience="grantctl")
    assert (claims["sub"], claims["jti"], claims["scope"]) == ("u-bob", told["id"], "chat.* notes")
    assert claims["exp"] - claims["iat"] == timedelta(weeks=4).total_seconds()
    assert desk.verify(token) == (
        0,
        "valid: an access token of bob@example.com (user), limited to chat.* notes, until TIME",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("issue",), 2, "missing argument `USER`"),
        (("issue", "nobody"), 4, "no user `nobody`"),
        (("issue", "eli@example.com"), 5, "`eli@example.com` is pending, so no token of its would"),
        (("issue", BOB, "--ttl", "soon"), 2, "`--ttl` may not be `soon`"),
        (("issue", BOB, "--ttl", "0m"), 2, "`--ttl` may not be `0m`"),
        (("issue", BOB, "--ttl", "33d"), 5, "a token may live from 1s to 32d, not 33d"),
        (("issue", BOB, "--scope", "chat.nothing"), 4, "no permission `chat.nothing`"),
        (("issue", BOB, "--scope", ""), 5, "a scope may not be empty"),
        (("list", "--kind", "cookie"), 2, "no kind of token `cookie`"),
        (("list", "--state", "old"), 2, "no state of a token `old`"),
        (("list", "--user", "nobody"), 4, "no user `nobody`"),
        (("show", NOTHING), 4, f"no token `{NOTHING}`"),
        (("revoke",), 2, "say which: ids, `--token -`, `--leaked FILE` or `--all-of USER`"),
        (("revoke", "x", "--all-of", BOB), 2, "one way at a time; say which"),
        (("revoke", "--user", BOB), 2, "say which: ids"),
        (("revoke", "--user", BOB, "--all-of", BOB), 2, "`--user` goes with ids"),
        (("revoke", "--token", "x"), 2, "a token is never taken from the command line"),
        (("revoke", "--leaked", "nowhere"), 2, "`nowhere` cannot be read: no such file"),
        (("revoke", NOTHING), 4, f"no token `{NOTHING}`"),
        (("revoke", "--all-of", "nobody"), 4, "no user `nobody`"),
        (("prune", "--before", "x"), 2, "`--before` may not be `x`"),
    ],
)
@ON_SQLITE
def test_wrong_words_are_one_line_and_the_right_exit_code(
    desk: Desk, arguments: tuple[str, ...], code: int, message: str
) -> None:
    outcome = desk("tokens", *arguments)
    assert outcome.code == code
    assert refusal(outcome)[0].startswith(message)


@ON_SQLITE
def test_without_a_secret_and_a_key_nothing_is_issued(desk: Desk) -> None:
    outcome = desk.cli("tokens", "issue", BOB)
    assert outcome.code == ExitCode.REFUSED
    assert refusal(outcome) == (
        "there is nothing to sign tokens with: no signing key, and no secret",
        "grantctl tokens keys generate, or set GRANTCTL_SECRET_KEY_FILE",
    )


def test_a_dry_run_issues_and_prints_no_token(desk: Desk) -> None:
    assert desk("tokens", "issue", BOB, "--dry-run") == Outcome(
        0, "", "warning: dry run: nothing was changed\n"
    )
    assert desk.data("tokens", "issue", BOB, "--dry-run")["token"] is None
    assert desk("tokens", "list").out == ""


@ON_SQLITE
def test_a_token_comes_from_stdin_or_a_private_file_and_never_from_an_argument(
    desk: Desk, tmp_path: Path
) -> None:
    token, file = desk.issue(), tmp_path / "token"
    file.write_text(f"{token}\n")
    file.chmod(0o600)
    for command in (("tokens", "verify"), ("tokens", "verify", "-")):
        for text in (token, f"{token}\n", f"{token}\r\n"):
            assert desk(*command, stdin=text).code == 0
    assert desk("tokens", "verify", "--file", str(file)).code == 0
    for verb in ("verify", "inspect"):
        outcome = desk("tokens", verb, token, stdin=token)
        assert outcome.code == 2
        assert refusal(outcome) == (
            "a token is never taken from the command line, where others may see it",
            "`-` reads it from stdin, --file FILE from a file",
        )
    outcome = desk("tokens", "verify", "-", "--file", str(file), stdin=token)
    assert refusal(outcome)[0] == "only one of `-` and `--file` can be used"
    file.chmod(0o644)
    outcome = desk("tokens", "verify", "--file", str(file))
    assert outcome.code == ExitCode.REFUSED
    assert refusal(outcome) == (
        f"others than its owner may use the token file `{file}`",
        f"chmod 600 {file}",
    )
    (tmp_path / "link").symlink_to(file)
    outcome = desk("tokens", "verify", "--file", str(tmp_path / "link"))
    assert refusal(outcome)[0].endswith("is a symbolic link, which may come to lead elsewhere")
    for empty in ("", "\n"):
        outcome = desk("tokens", "verify", stdin=empty)
        assert (outcome.code, refusal(outcome)[0]) == (5, "there is no token on stdin")


@ON_SQLITE
@pytest.mark.parametrize(
    "text",
    [
        b"x",
        b"a.b.c",
        b"\xff\xfe.x.y",
        b"x" * 8193,
        b"x" * 10_000_000,
        b"\xef\xbb\xbf",
        b" ",
        b"\0",
        "pässwörd".encode(),
    ],
    ids=lambda text: repr(text[:8]),
)
def test_what_is_no_token_is_invalid_and_not_an_error(desk: Desk, text: bytes) -> None:
    outcome = desk("tokens", "verify", stdin=text)
    assert (outcome.code, outcome.err) == (ExitCode.NO, "")
    assert outcome.out.startswith(("invalid: it ", "invalid: its header "))
    assert desk("tokens", "verify", "-o", "json", stdin=text).code == ExitCode.NO


def test_a_refusal_says_why_in_every_format_and_nothing_that_the_token_claims(desk: Desk) -> None:
    token = desk.issue()
    forged = pyjwt.encode(
        pyjwt.decode(token, options={"verify_signature": False}),
        OTHER_SECRET,
        headers=pyjwt.get_unverified_header(token),
    )
    assert desk.verify(forged) == (
        3,
        "invalid: its signature is wrong: was it signed with another secret?",
    )
    assert desk.data("tokens", "verify", code=3, stdin=forged) == {
        "active": False,
        "reason": "bad_signature",
        "message": "its signature is wrong: was it signed with another secret?",
    }
    for output in ("ndjson", "yaml", "csv", "name"):
        outcome = desk("tokens", "verify", "-o", output, stdin=forged)
        assert (outcome.code, outcome.err) == (3, "")
        assert "u-bob" not in outcome.out
    outcome = desk("tokens", "verify", "-o", "name", stdin=token)
    assert outcome == Outcome(0, "true\n", "")


def test_verify_answers_in_the_terms_of_rfc_7662(desk: Desk) -> None:
    token = desk.issue(BOB, "--scope", "chat.*", "--name", "ci")
    outcome = desk("tokens", "verify", "-o", "json", stdin=token)
    assert json.loads(steady(outcome.out).replace(": TIME", ': "TIME"')) == {
        "schema": "grantctl.introspection/v1",
        "data": {
            "active": True,
            "sub": "u-bob",
            "username": BOB,
            "scope": "chat.*",
            "token_type": "Bearer",
            "kind": "jwt",
            "iss": "grantctl",
            "aud": "grantctl",
            "iat": "TIME",
            "nbf": "TIME",
            "exp": "TIME",
            "jti": "ID",
            "name": "ci",
            "reason": "ok",
            "message": "it is valid",
        },
        "warnings": [],
        "next_cursor": None,
    }


@ON_SQLITE
@pytest.mark.parametrize("output", ["json", "csv", "table", "yaml", "ndjson"])
def test_a_chosen_field_is_there_whether_the_token_is_valid_or_not(desk: Desk, output: str) -> None:
    options = ("--fields", "active,exp,scope", "-o", output)
    assert desk("tokens", "verify", *options, stdin=desk.issue()).code == 0
    refused = desk("tokens", "verify", *options, stdin="a.b.c")
    assert (refused.code, refused.err) == (3, "")
    assert "exp" in refused.out


def test_inspect_says_first_that_nobody_vouches_for_it(desk: Desk) -> None:
    token = desk.issue(BOB, "--scope", "chat.*")
    outcome = desk("tokens", "inspect", stdin=token)
    kid = pyjwt.get_unverified_header(token)["kid"]
    assert (outcome.code, outcome.err) == (0, "")
    assert steady(outcome.out.replace(kid, "KID")).splitlines() == [
        "UNVERIFIED: this is what the token says of itself, and nobody vouches for it",
        "kind:     access",
        "header:",
        "  alg: HS256",
        "  typ: at+jwt",
        "  kid: KID",
        "claims:",
        "  iss:   grantctl",
        "  sub:   u-bob",
        "  aud:   grantctl",
        "  iat:   " + str(pyjwt.decode(token, options={"verify_signature": False})["iat"]),
        *outcome.out.splitlines()[11:13],
        "  jti:   ID",
        "  scope: chat.*",
        "accepted: true",
        "reason:   ok",
        "message:  it is valid",
    ]


@ON_SQLITE
def test_inspect_says_why_a_token_would_be_refused(desk: Desk, tmp_path: Path) -> None:
    token = desk.issue()
    assert desk("tokens", "revoke", desk.id_of(token)).code == 0
    found = desk.data("tokens", "inspect", stdin=token)
    assert (found["verified"], found["accepted"], found["reason"]) == (False, False, "revoked")
    assert found["claims"]["sub"] == "u-bob"
    found = desk.data("tokens", "inspect", code=3, stdin="nonsense")
    assert (found["kind"], found["header"], found["claims"]) == ("other", None, None)
    assert (found["accepted"], found["reason"]) == (False, "malformed")
    elsewhere = desk("tokens", "inspect", stdin=token, GRANTCTL_DATABASE=f"sqlite:///{tmp_path}/no")
    assert elsewhere.code == 0
    assert "message:  the database was not asked: " in elsewhere.out
    assert not (tmp_path / "no").exists()


def test_tokens_are_listed_by_user_kind_and_state(desk: Desk) -> None:
    names = {name: desk.id_of(desk.issue(BOB, "--name", name)) for name in ("one", "two", "three")}
    key = desk.id_of(desk.key("ada@example.com", "--name", "ci"))
    desk.change(names["two"], expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert desk("tokens", "revoke", names["three"], "--reason", "lost").code == 0
    assert steady(desk("tokens", "list").out) == (
        "ID\tbob@example.com\tjwt\tone\tactive\tTIME\t\n"
        "ID\tbob@example.com\tjwt\ttwo\texpired\tTIME\t\n"
        "ID\tbob@example.com\tjwt\tthree\trevoked\tTIME\t\n"
        "ID\tada@example.com\tapi_key\tci\tactive\t\t\n"
    )
    for options, found in {
        ("--state", "active", "--user", "u-bob"): [names["one"]],
        ("--state", "expired"): [names["two"]],
        ("--state", "revoked", "--kind", "jwt"): [names["three"]],
        ("--kind", "api_key"): [key],
        ("--user", "chen@example.com"): [],
    }.items():
        assert desk("tokens", "list", *options, "-o", "name").out.splitlines() == found
    first = desk("tokens", "list", "--limit", "3", "-o", "name")
    cursor = first.err.split("--cursor ")[1].split(",")[0]
    assert desk("tokens", "list", "--cursor", cursor, "-o", "name").out == f"{key}\n"
    shown = desk.data("tokens", "show", names["three"])
    assert (shown["state"], shown["revoked_by"], shown["revoke_reason"]) == (
        "revoked",
        "tester",
        "lost",
    )
    assert (shown["hint"], desk.data("tokens", "show", key)["hint"][:5]) == (None, "gctl_")


def test_revoking_ends_a_token_at_once_and_twice_is_no_error(desk: Desk) -> None:
    kept, *ended = (desk.issue() for _ in range(3))
    ids = [desk.id_of(token) for token in ended]
    assert steady(desk("tokens", "revoke", *ids).out) == "ID\tjwt\t\trevoked\n" * 2
    assert steady(desk("tokens", "revoke", *ids).out) == "ID\tjwt\t\tunchanged\n" * 2
    assert [desk.verify(token) for token in ended] == [(3, REVOKED)] * 2
    assert desk.verify(kept)[0] == 0


def test_one_id_that_there_is_not_revokes_none(desk: Desk) -> None:
    token = desk.issue()
    outcome = desk("tokens", "revoke", desk.id_of(token), NOTHING)
    assert (outcome.code, refusal(outcome)) == (
        4,
        (f"no token `{NOTHING}`", "grantctl tokens list"),
    )
    assert desk.verify(token)[0] == 0
    assert desk("tokens", "revoke", desk.id_of(token), "--dry-run").code == 0
    assert desk.verify(token)[0] == 0


def test_ids_are_revoked_only_if_they_are_the_user_s(desk: Desk) -> None:
    token = desk.issue()
    outcome = desk("tokens", "revoke", desk.id_of(token), "--user", "chen@example.com")
    assert outcome.code == 4
    assert refusal(outcome) == (
        f"`chen@example.com` has no token `{desk.id_of(token)}`",
        "grantctl tokens list --user chen@example.com",
    )
    assert desk("tokens", "revoke", desk.id_of(token), "--user", BOB).code == 0
    assert desk.verify(token) == (3, REVOKED)


def test_a_token_is_revoked_by_its_text_on_stdin(desk: Desk) -> None:
    for text in (desk.issue(), desk.key()):
        assert desk("tokens", "revoke", "--token", "-", stdin=f"{text}\n").code == 0
        assert desk.verify(text) == (3, REVOKED)
    unknown = desk("tokens", "revoke", "--token", "-", stdin="gctl_" + "a" * 36)
    assert unknown.code in (4, 5)
    for given in (("revoke", desk.issue()), ("revoke", "--token", desk.key())):
        outcome = desk("tokens", *given)
        assert outcome.code == 2
        assert refusal(outcome)[0].startswith("a token is never taken from the command line")


def test_every_token_of_a_user_ends_but_not_those_issued_afterwards(desk: Desk) -> None:
    before = [desk.issue(), desk.key(), desk.issue()]
    other = desk.issue("chen@example.com")
    asked = desk("tokens", "revoke", "--all-of", BOB)
    assert asked.code == ExitCode.UNCONFIRMED
    assert refusal(asked) == (
        "revoke every token and API key of `bob@example.com` (3 tokens in force): not confirmed",
        "confirm with --yes",
    )
    assert [desk.verify(token)[0] for token in before] == [0, 0, 0]
    done = desk("tokens", "revoke", "--all-of", BOB, "--yes", "--reason", "he left")
    assert steady(done.out) == "user:       bob@example.com\ncount:      3\nrevoked_at: TIME\n"
    after = desk.issue()
    assert [desk.verify(one)[0] for one in (*before, other, after)] == [3, 3, 3, 0, 0]
    assert desk.verify(before[0])[1] == f"{REVOKED}: he left"


def test_what_leaked_in_a_text_is_found_and_revoked(desk: Desk, tmp_path: Path) -> None:
    token, key, kept = desk.issue(), desk.key(), desk.issue()
    foreign = pyjwt.encode({"jti": NOTHING}, OTHER_SECRET)
    log = tmp_path / "build.log"
    log.write_bytes(
        b"\xff\0" * 1000 + f"Authorization: Bearer {token}\r\nKEY='{key}'\n{foreign}\n".encode()
    )
    outcome = desk("tokens", "revoke", "--leaked", str(log))
    assert outcome.code == 0
    assert sorted(steady(outcome.out).splitlines()) == [
        "ID\tapi_key\t\trevoked",
        "ID\tjwt\t\trevoked",
    ]
    assert outcome.err == "warning: one in the text is not known here\n"
    assert [desk.verify(one)[0] for one in (token, key, kept)] == [3, 3, 0]
    again = desk("tokens", "revoke", "--leaked", "-", stdin=log.read_bytes())
    assert sorted(steady(again.out).splitlines()) == [
        "ID\tapi_key\t\tunchanged",
        "ID\tjwt\t\tunchanged",
    ]
    assert desk("tokens", "revoke", "--leaked", "-", stdin="nothing here") == Outcome(0, "", "")


def test_only_what_expired_long_ago_is_forgotten(desk: Desk) -> None:
    ids = [desk.id_of(desk.issue()) for _ in range(3)]
    now = datetime.now(UTC)
    desk.change(ids[0], expires_at=now - timedelta(days=31))
    desk.change(ids[1], expires_at=now - timedelta(days=29))
    assert desk("tokens", "prune", "--dry-run").out == "count: 1\n"
    assert desk("tokens", "prune").out == "count: 1\n"
    assert desk("tokens", "list", "-o", "name").out.splitlines() == ids[1:]
    assert desk("tokens", "prune", "--before", "1w").out == "count: 1\n"
    assert desk("tokens", "list", "-o", "name").out.splitlines() == ids[2:]


@ON_SQLITE
def test_a_weak_secret_is_an_error_that_names_the_variable(desk: Desk) -> None:
    for secret in ("changeme", "short", "x" * 64):
        outcome = desk("tokens", "issue", BOB, GRANTCTL_SECRET_KEY=secret)
        assert outcome.code == ExitCode.REFUSED
        assert refusal(outcome)[0].startswith("`GRANTCTL_SECRET_KEY` ")
        assert secret not in outcome.err
