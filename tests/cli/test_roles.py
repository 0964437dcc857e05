"""`grantctl roles`: whole outputs, questions, and errors in every format."""

from __future__ import annotations

import json

import pytest

from grantctl.config import OUTPUTS
from tests.cli.steady import hold_steady
from tests.cli.user_examples import ADA, BOB, said
from tests.conftest import Cli

CHEN = "00000000-0000-0000-0000-000000000003"


@pytest.fixture
def people(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Ada is admin; Bob and Chen are pending."""
    hold_steady(monkeypatch)
    for name in ("ada", "bob", "chen"):
        assert cli("users", "create", f"{name}@example.com").code == 0
    return cli


LISTS = {
    "table": """\
admin\tis allowed everything, whatever the permissions say\t1\tfalse
user\tis allowed what a group or the default allows\t0\tfalse
pending\tis denied everything until approved\t2\ttrue
""",
    "name": "admin\nuser\npending\n",
    "csv": """\
role,meaning,users,is_default
admin,"is allowed everything, whatever the permissions say",1,false
user,is allowed what a group or the default allows,0,false
pending,is denied everything until approved,2,true
""",
}


def test_roles_are_listed_with_their_meaning_and_their_holders_counted(people: Cli) -> None:
    for output, expected in LISTS.items():
        assert said(people("roles", "list", "-o", output), expected)
    listed = json.loads(people("roles", "list", "-o", "json").out)
    assert listed["schema"] == "grantctl.roles/v1"
    assert listed["data"][2] == {
        "role": "pending",
        "meaning": "is denied everything until approved",
        "users": 2,
        "is_default": True,
    }


def test_a_role_is_shown_with_a_page_of_those_who_hold_it(people: Cli) -> None:
    more = "warning: there is more: --cursor 2, or --all\n"
    assert said(
        people("roles", "show", "pending", "--limit", "1"),
        f"""\
role:       pending
meaning:    is denied everything until approved
users:      2
is_default: true
holders:
  - id:    {BOB}
    email: bob@example.com
    name:  bob
""",
        more,
    )
    first = people("roles", "show", "pending", "--limit", "1", "-o", "json")
    assert first.err == more
    assert json.loads(first.out)["next_cursor"] == "2"
    rest = people("roles", "show", "pending", "--limit", "1", "--cursor", "2", "-o", "json")
    assert said(rest, rest.out)
    assert json.loads(rest.out) == {
        "schema": "grantctl.role/v1",
        "data": {
            "role": "pending",
            "meaning": "is denied everything until approved",
            "users": 2,
            "is_default": True,
            "holders": [{"id": CHEN, "email": "chen@example.com", "name": "chen"}],
        },
        "warnings": [],
        "next_cursor": None,
    }
    everyone = people("roles", "show", "pending", "--all", "-o", "json").out
    assert [one["id"] for one in json.loads(everyone)["data"]["holders"]] == [BOB, CHEN]
    nobody = "role:       user\nmeaning:    is allowed what a group or the default allows\n"
    assert said(
        people("roles", "show", "user"), f"{nobody}users:      0\nis_default: false\nholders:\n"
    )


def test_a_role_is_given_to_users_named_by_arguments_and_lines(people: Cli) -> None:
    given = people("roles", "assign", "user", "bob@example.com", "-", stdin=f"{CHEN}\nbob\n\n")
    assert said(given, "bob@example.com\tpending\tuser\nchen@example.com\tpending\tuser\n")
    again = people("roles", "assign", "user", "--stdin", stdin=BOB)
    kept = "warning: `bob@example.com` is `user` already\n"
    assert said(again, "bob@example.com\tuser\tuser\n", kept)
    structured = json.loads(people("roles", "assign", "user", BOB, "-o", "json").out)
    assert structured["warnings"] == ["`bob@example.com` is `user` already"]


def test_admin_is_given_to_several_after_a_question_that_names_the_new_ones(people: Cli) -> None:
    refused = people("roles", "assign", "admin", ADA, BOB, CHEN)
    question = "give the admin role, which is allowed everything, to"
    unconfirmed = (
        f"error: {question} `bob@example.com`, `chen@example.com`: not confirmed\n"
        "hint: confirm with --yes\n"
    )
    assert said(refused, "", unconfirmed, 6)
    assert people("roles", "assign", "admin", "--stdin", stdin=f"{BOB}\n").code == 6
    given = people("roles", "assign", "admin", BOB, CHEN, "--yes", "-o", "name")
    assert said(given, "bob@example.com\nchen@example.com\n")


def test_a_question_about_many_names_a_few(people: Cli) -> None:
    for number in range(8):
        people("users", "create", f"user{number}@example.com")
    numbers = [f"user{number}@example.com" for number in range(8)]
    refused = people("roles", "assign", "admin", *numbers)
    named = ", ".join(f"`{name}`" for name in numbers[:5])
    assert f"to {named} and 3 more: not confirmed\n" in refused.err
    deletion = people("users", "delete", *numbers)
    nothing = "with no memberships and no grants"
    assert f"`user4@example.com` {nothing}, 3 more {nothing}" in deletion.err
    assert people("roles", "assign", "user", *numbers).err == ""
    again = people("roles", "assign", "user", *numbers)
    assert again.err.endswith("warning: so are 3 more\n")
    assert again.err.count("\n") == 6


def test_the_default_role_is_shown_and_set(people: Cli) -> None:
    assert said(people("roles", "default"), "role:   pending\nbefore:\nis_set: false\n")
    dry = people("roles", "default", "user", "--dry-run", "-o", "name")
    assert said(dry, "user\n", "warning: dry run: nothing was changed\n")
    assert said(people("roles", "default", "user"), "role:   user\nbefore: pending\nis_set: true\n")
    shown = people("roles", "default", "-o", "json")
    assert json.loads(shown.out) == {
        "schema": "grantctl.default-role/v1",
        "data": {"role": "user", "before": None, "is_set": True},
        "warnings": [],
        "next_cursor": None,
    }
    dana = people("users", "create", "dana@example.com", "--fields", "role")
    assert said(dana, "role: user\n")
    entry = people("audit", "list", "--action", "policy", "-o", "json", "--fields", "actor,after")
    assert json.loads(entry.out)["data"] == [{"actor": "tester", "after": {"value": "user"}}]


FAILURES: tuple[tuple[tuple[str, ...], int, str, str], ...] = (
    (("show", "owner"), 5, "invalid", "no role `owner`"),
    (("show", "user", "--cursor", "x"), 2, "usage", "`x` is no cursor"),
    (("show",), 2, "usage", "missing argument `ROLE`"),
    (("default", "admin"), 5, "invalid", "the default role may not be `admin`"),
    (("default", "owner"), 5, "invalid", "no role `owner`"),
    (("assign", "owner", BOB), 5, "invalid", "no role `owner`"),
    (("assign", "user"), 2, "usage", "missing argument `USER...`"),
    (("assign", "user", "--stdin"), 5, "invalid", "stdin names no user"),
    (("assign", "user", "x", BOB), 4, "not_found", "no user `x`"),
    (("assign", "admin", "x", BOB), 4, "not_found", "no user `x`"),
    (("assign", "user", BOB, ADA), 5, "guard", "`ada@example.com` is the last admin"),
    (("assign", "admin", BOB), 6, "unconfirmed", "give the admin role"),
)


def test_a_failure_is_the_same_in_every_format(people: Cli) -> None:
    """stdout is empty, the exit code does not depend on the format, and JSON is told in JSON."""
    before = people("users", "list", "-o", "json").out
    for arguments, code, kind, message in FAILURES:
        for output in OUTPUTS:
            done = people("roles", *arguments, "-o", output)
            assert (done.out, done.code) == ("", code), (arguments, output)
            if output == "json":
                error = json.loads(done.err)["error"]
                assert (error["code"], error["exit_code"]) == (kind, code)
                assert error["message"].startswith(message)
            else:
                assert done.err.startswith(f"error: {message}"), arguments
    assert people("users", "list", "-o", "json").out == before
