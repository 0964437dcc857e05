"""`grantctl check`: the answer, in every format, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grantctl.config import OUTPUTS
from tests.cli.office import undated
from tests.conftest import Cli, Outcome

ALLOWED = ("bob@example.com", "chat.controls")
DENIED = ("dana@example.com", "chat.controls")
NEITHER = "none of 2 groups sets it true (0 false, 2 absent), and the default is false"
BY_LEAVES = "permissions under it are allowed"


ANSWERS: list[tuple[tuple[str, ...], int, str]] = [
    (ALLOWED, 0, "allowed: group `engineering` sets it true"),
    (("BOB@Example.com", "chat.controls"), 0, "allowed: group `engineering` sets it true"),
    (("Bob", "chat.controls"), 0, "allowed: group `engineering` sets it true"),
    (("u-bob", "chat.controls"), 0, "allowed: group `engineering` sets it true"),
    (
        ("chen@example.com", "notes"),
        0,
        "allowed: group `staff`, held through `interns`, sets it true",
    ),
    (DENIED, 3, f"denied: {NEITHER}"),
    (("ada@example.com", "notes"), 0, "allowed: admins are allowed everything"),
    (("eli@example.com", "chat.share"), 3, "denied: pending users are denied everything"),
    (("eli@example.com", "chat.share", "--ignore-role"), 0, "allowed: the default is true"),
    (
        ("ada@example.com", "notes", "--ignore-role"),
        3,
        "denied: the user is in no group, and the default is false",
    ),
    (("Flo", "chat.share"), 0, "allowed: the default is true"),
    (("Flo", "notes"), 3, "denied: the user is in no group, and the default is false"),
    (("Flo", "chat"), 0, f"allowed: 2 of 4 {BY_LEAVES}, and one is enough"),
    (("Flo", "chat", "--all"), 3, f"denied: 2 of 4 {BY_LEAVES}, and every one is asked for"),
    (("ada@example.com", "chat", "--all"), 0, "allowed: admins are allowed everything"),
]


def test_the_answer_is_a_line_and_an_exit_code(office: Cli) -> None:
    for arguments, code, out in ANSWERS:
        outcome = office("check", *arguments)
        assert (outcome.code, outcome.out) == (code, f"{out}\n"), arguments
        assert office("check", "-q", *arguments) == Outcome(code, "", "")


WARNINGS = [
    (
        "Flo",
        "chat.valves",
        "`chat.valves` is gated by `chat.controls`, which the user is denied",
    ),
    (
        "dana@example.com",
        "chat.share",
        "`support` says false for `chat.share` without effect: true anywhere wins",
    ),
    (
        "ada@example.com",
        "chat.enforced",
        "`chat.enforced` restricts: where it is true, the user may do less",
    ),
    (
        "gus@example.com",
        "chat.controls",
        "the membership in `engineering` expired on 2020-01-01 00:00 UTC and counts no more",
    ),
]


def test_warnings_are_said_on_stderr_and_are_part_of_json(office: Cli) -> None:
    for user, key, warning in WARNINGS:
        assert office("check", user, key).err == f"warning: {warning}\n"
        assert office("check", user, key, "-o", "name").err == f"warning: {warning}\n"
        outcome = office("check", user, key, "-o", "json")
        document = json.loads(outcome.out)
        assert outcome.err == ""
        assert document["warnings"] == [warning]
        assert [notice["message"] for notice in document["data"]["notices"]] == [warning]


def group(name: str, id: str) -> dict[str, Any]:
    return {"id": id, "name": name}


def test_json_holds_the_whole_decision(office: Cli) -> None:
    outcome = office("check", *DENIED, "-o", "json")
    membership = {
        "source": "oauth",
        "added_by": None,
        "added_at": "2026-01-05T09:30:00Z",
        "expires_at": None,
    }
    staff, support = group("staff", "g-staff"), group("support", "g-sup")
    flag = {"membership": membership, "value": None, "decides": False}
    expected = {
        "schema": "grantctl.decision/v1",
        "data": {
            "allowed": False,
            "verdict": "deny",
            "reason": "not_granted",
            "cause": NEITHER,
            "user": {
                "id": "u-dana",
                "email": "dana@example.com",
                "name": "Dana",
                "role": "user",
            },
            "permission": "chat.controls",
            "kind": "permission",
            "asks_all": False,
            "ignores_role": False,
            "scope": None,
            "decided_at": "NOW",
            "steps": [
                {"rule": "pending", "verdict": None, "detail": "role user is not pending"},
                {"rule": "admin", "verdict": None, "detail": "role user is not admin"},
                {
                    "rule": "group",
                    "verdict": None,
                    "detail": "none of 2 groups sets it true (0 false, 2 absent)",
                },
                {"rule": "default", "verdict": None, "detail": "the default is false"},
                {"rule": "not_granted", "verdict": False, "detail": NEITHER},
            ],
            "leaves": [
                {
                    "permission": "chat.controls",
                    "allowed": False,
                    "default": False,
                    "default_decides": False,
                    "groups": [
                        {"group": staff, "path": [support, staff], **flag},
                        {"group": support, "path": [support], **flag},
                    ],
                }
            ],
            "expired": [],
            "remedies": [
                {
                    "description": "add the user to `engineering`, which has it",
                    "commands": ["grantctl groups add engineering dana@example.com"],
                },
                {
                    "description": "set it for every member of `support`",
                    "commands": ["grantctl permissions set --group=support chat.controls=true"],
                },
                {
                    "description": "set it for every user",
                    "commands": ["grantctl permissions set --default chat.controls=true"],
                },
            ],
            "notices": [],
        },
        "warnings": [],
        "next_cursor": None,
    }
    assert (outcome.code, outcome.err) == (3, "")
    assert undated(outcome.out) == json.dumps(expected, indent=2) + "\n"
    line = json.dumps(expected["data"], separators=(",", ":")) + "\n"
    assert undated(office("check", *DENIED, "-o", "ndjson").out) == line


def test_explain_s_json_is_check_s(office: Cli) -> None:
    for question in (ALLOWED, DENIED, ("eli@example.com", "notes"), ("Flo", "chat", "--all")):
        for output in ("json", "ndjson", "yaml", "csv"):
            one, other = (office(verb, *question, "-o", output) for verb in ("check", "explain"))
            assert undated(one.out) == undated(other.out)
            assert (one.code, one.err) == (other.code, other.err)


FIELDS = "allowed,reason,cause,permission"


IN_FORMATS = [
    (
        "table",
        "allowed:    true\n"
        "reason:     group\n"
        "cause:      group `engineering` sets it true\n"
        "permission: chat.controls\n",
    ),
    (
        "json",
        '{\n  "schema": "grantctl.decision/v1",\n  "data": {\n    "allowed": true,\n'
        '    "reason": "group",\n    "cause": "group `engineering` sets it true",\n'
        '    "permission": "chat.controls"\n  },\n  "warnings": [],\n'
        '  "next_cursor": null\n}\n',
    ),
    (
        "ndjson",
        '{"allowed":true,"reason":"group","cause":"group `engineering` sets it true",'
        '"permission":"chat.controls"}\n',
    ),
    (
        "yaml",
        "schema: grantctl.decision/v1\ndata:\n  allowed: true\n  reason: group\n"
        "  cause: group `engineering` sets it true\n  permission: chat.controls\n"
        "warnings: []\nnext_cursor: null\n",
    ),
    (
        "csv",
        "allowed,reason,cause,permission\n"
        "true,group,group `engineering` sets it true,chat.controls\n",
    ),
]


def test_fields_choose_what_is_shown_in_every_format(office: Cli) -> None:
    for output, out in IN_FORMATS:
        outcome = office("check", *ALLOWED, "--fields", FIELDS, "-o", output)
        assert outcome == Outcome(0, out, ""), output


def test_the_name_of_a_decision_is_its_verdict_or_the_field_that_is_asked_for(office: Cli) -> None:
    assert office("check", *ALLOWED, "-o", "name").out == "allow\n"
    assert office("check", *DENIED, "-o", "name").out == "deny\n"
    assert office("check", *DENIED, "-o", "name", "--fields", "reason").out == "not_granted\n"


@pytest.mark.parametrize("verb", ["check", "explain"])
def test_the_exit_code_is_the_same_in_every_format(office: Cli, verb: str) -> None:
    for arguments, code in (
        (ALLOWED, 0),
        (DENIED, 3),
        (("nobody", "notes"), 4),
        (("Bob", "note"), 4),
        (("Bob",), 2),
    ):
        for output in OUTPUTS:
            outcome = office(verb, *arguments, "-o", output)
            assert outcome.code == code
            assert bool(outcome.out) is (code in (0, 3))


UNKNOWN = [
    (("nobody", "notes"), "error: no user `nobody`\nhint: grantctl users list\n"),
    (
        ("bob", "notes"),
        "error: no user `bob`\nhint: did you mean `bob@example.com`? grantctl users list\n",
    ),
    (
        ("Bob", "note"),
        "error: no permission `note`\nhint: did you mean `notes`? grantctl permissions list\n",
    ),
    (
        ("a\x1b[31mb", "notes"),
        "error: no user `a\\x1b[31mb`\nhint: grantctl users list\n",
    ),
]


def test_what_is_unknown_is_an_error_and_no_answer(office: Cli) -> None:
    for arguments, err in UNKNOWN:
        assert office("check", *arguments) == Outcome(4, "", err)


def test_under_json_an_error_is_json_and_stdout_empty(office: Cli) -> None:
    outcome = office("check", "nobody", "notes", "-o", "json")
    assert (outcome.code, outcome.out) == (4, "")
    assert json.loads(outcome.err) == {
        "error": {
            "code": "not_found",
            "message": "no user `nobody`",
            "hint": "grantctl users list",
            "exit_code": 4,
        }
    }


@pytest.mark.parametrize(("arguments", "missing"), [((), "USER"), (("Bob",), "KEY|ACTION")])
def test_a_question_without_its_words_is_a_usage_error(
    office: Cli, arguments: tuple[str, ...], missing: str
) -> None:
    outcome = office("check", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (f"error: missing argument `{missing}`\nhint: grantctl check --help\n")


def test_an_unknown_field_is_a_usage_error(office: Cli) -> None:
    outcome = office("check", *ALLOWED, "--fields", "alowed")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: no field `alowed`\nhint: did you mean `allowed`?")


def test_a_right_that_was_taken_away_is_gone_at_the_next_check(office: Cli, tmp_path: Path) -> None:
    assert office("check", *ALLOWED).code == 0
    assert office("groups", "remove", "engineering", "bob@example.com").code == 0
    assert office("check", *ALLOWED).code == 3
