"""What looks like a credential is taken out of whatever is said on stderr, and nothing else is."""

from __future__ import annotations

import json

import pytest

from grantctl.errors import UsageError
from grantctl.render.masking import MASK, looks_like_credential, mask_credentials
from grantctl.render.talk import error_json, error_lines, warning_line
from tests.running import json_refusal, refusal, run

JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9"
    ".eyJzdWIiOiJ1LWFkYSIsImp0aSI6IjEifQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
KEY = "gctl_" + "Ab3dE6" * 6
OPENWEBUI_KEY = "sk-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        JWT,
        JWT + "==",
        JWT[:80],
        JWT[:20],
        JWT.rpartition(".")[0] + ".",
        "ewogICJhbGciOiAiSFMyNTYiIH0.eyJzdWIiOiJ1In0.c2ln",
        KEY,
        KEY[:20],
        KEY + "x",
        OPENWEBUI_KEY,
    ],
)
def test_a_credential_whole_or_cut_is_masked(text: str) -> None:
    assert looks_like_credential(text)
    assert mask_credentials(f"`{text}` is no option") == f"`{MASK}` is no option"
    assert mask_credentials(f"--token={text},x") == f"--token={MASK},x"
    error = UsageError(f"no `{text}`", hint=f"try `{text}`")
    assert error_lines(error) == f"error: no `{MASK}`\nhint: try `{MASK}`"
    assert json.loads(error_json(error))["error"]["message"] == f"no `{MASK}`"
    assert text not in error_json(error) + warning_line(text)


@pytest.mark.parametrize(
    "text",
    [
        "chat.controls.valves",
        "workspace.permissions_of_everybody.something_else",
        "task-0123456789abcdefghij",
        "risk-assessment-of-the-whole-company",
        "eye.of.the.tiger",
        "gctl_Ab3d…",
        "6f1c2f0e-0d4c-4b7a-9d7e-0a1b2c3d4e5f",
        "ada@example.com",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert not looks_like_credential(text)
    assert mask_credentials(text) == text


def test_a_text_that_is_cut_cuts_no_credential_before_it_is_masked() -> None:
    for length in range(370, 400):
        line = error_lines(UsageError("x" * length + f" {JWT} " + "y" * 400))
        assert "eyJ" not in line
        assert "EjXk" not in line


@pytest.mark.parametrize("text", [JWT, KEY, OPENWEBUI_KEY])
def test_a_token_in_a_wrong_place_is_not_repeated(text: str) -> None:
    cases = {
        (text,): f"no such command `{MASK}`",
        ("tokens", text): f"no such command `{MASK}`",
        ("check", "a", "b", "c", text): f"got unexpected extra argument(s) ({MASK})",
        ("whoami", text): f"got unexpected extra argument(s) ({MASK})",
        ("tokens", "list", "--limit", text): (
            f"invalid value for `--limit`: `{MASK}` is not a valid int range"
        ),
        ("-o", text, "whoami"): f"`--output` may not be `{MASK}`",
    }
    for arguments, message in cases.items():
        outcome = run(*arguments)
        assert (outcome.code, refusal(outcome)[0]) == (2, message), arguments
        assert text not in outcome.err
        as_json = run(*arguments, env={"GRANTCTL_OUTPUT": "json"})
        assert text not in as_json.err
        if arguments[0] != "-o":
            assert json_refusal(as_json)["message"] == message


@pytest.mark.parametrize(
    "arguments",
    [("login", "ada@example.com"), ("users", "create", "a@b.c"), ("users", "set-password", "ada")],
)
def test_a_password_as_an_argument_is_not_repeated(arguments: tuple[str, ...]) -> None:
    outcome = run(*arguments, "correct horse")
    assert outcome.code == 2
    assert refusal(outcome) == (
        "there is an argument too many, and a password is never one",
        f"grantctl {' '.join(arguments[:-1])} --help",
    )
