"""`grantctl users`: whole outputs, exit codes, questions, and errors in every format."""

from __future__ import annotations

import json

import pytest

from tests.cli.steady import hold_steady
from tests.cli.user_examples import ADA, BOB, make_people, said
from tests.conftest import Cli


@pytest.fixture
def people(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line of a directory with Ada, the admin, and Bob, who is pending."""
    return make_people(cli, monkeypatch)


ROW = (
    '{"user":"ada@example.com","name":"Ada Okafor","role":"admin",'
    f'"id":"{ADA}","email":"ada@example.com","has_password":false,'
    '"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}\n'
)
LISTS = {
    "table": "ada@example.com\tAda Okafor\tadmin\n",
    "ndjson": ROW,
    "name": "ada@example.com\n",
    "csv": "user,name,role,id,email,has_password,created_at,updated_at\n"
    f"ada@example.com,Ada Okafor,admin,{ADA},ada@example.com,false,"
    "2026-01-01T00:00:00Z,2026-01-01T00:00:00Z\n",
    "yaml": f"""\
schema: grantctl.users/v1
data:
- user: ada@example.com
  name: Ada Okafor
  role: admin
  id: {ADA}
  email: ada@example.com
  has_password: false
  created_at: '2026-01-01T00:00:00Z'
  updated_at: '2026-01-01T00:00:00Z'
warnings: []
next_cursor: '1'
""",
}


def test_a_page_of_users_is_listed_in_every_format_and_says_that_there_is_more(people: Cli) -> None:
    more = "warning: there is more: --cursor 1, or --all\n"
    for output, expected in LISTS.items():
        assert said(people("users", "list", "--limit", "1", "-o", output), expected, more)
    document = people("users", "list", "--limit", "1", "-o", "json")
    assert document.err == more
    assert json.loads(document.out) == {
        "schema": "grantctl.users/v1",
        "data": [json.loads(ROW)],
        "warnings": [],
        "next_cursor": "1",
    }
    rest = people("users", "list", "--limit", "1", "--cursor", "1", "-o", "name")
    assert said(rest, "bob@example.com\n")
    assert said(
        people("users", "list", "--all", "-o", "name"), "ada@example.com\nbob@example.com\n"
    )


def test_users_are_listed_by_role_group_and_text(people: Cli) -> None:
    for arguments, found in (
        (("--role", "pending"), "bob@example.com\n"),
        (("--role", "user"), ""),
        (("--group", "staff"), "bob@example.com\n"),
        (("--text", "OKA"), "ada@example.com\n"),
        (("--text", "%"), ""),
        (("--text", "example", "--role", "admin", "--group", "staff"), ""),
    ):
        assert said(people("users", "list", "-o", "name", *arguments), found)


def test_a_user_is_shown_with_its_groups(people: Cli) -> None:
    assert said(
        people("users", "show", "Bob [red]"),
        f"""\
id:           {BOB}
email:        bob@example.com
name:         Bob [red]
role:         pending
has_password: false
created_at:   2026-01-01T01:00:00Z
updated_at:   2026-01-01T01:00:00Z
groups:
  - id:         00000000-0000-0000-0000-000000000003
    name:       staff
    source:     manual
    added_by:   tester
    added_at:   2026-01-01T03:00:00Z
    expires_at:
    is_expired: false
identities:
""",
    )
    shown = people("users", "show", BOB, "-o", "json", "--fields", "name,groups")
    assert json.loads(shown.out) == {
        "schema": "grantctl.user/v1",
        "data": {
            "name": "Bob [red]",
            "groups": [
                {
                    "id": "00000000-0000-0000-0000-000000000003",
                    "name": "staff",
                    "source": "manual",
                    "added_by": "tester",
                    "added_at": "2026-01-01T03:00:00Z",
                    "expires_at": None,
                    "is_expired": False,
                }
            ],
        },
        "warnings": [],
        "next_cursor": None,
    }
    assert said(people("users", "show", BOB, "-o", "name"), "bob@example.com\n")


def test_the_first_user_becomes_admin_and_the_output_says_so(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_steady(monkeypatch)
    first = "`ada@example.com` is the first user, so it became `admin`"
    tried = cli("users", "create", "Ada@Example.com", "--dry-run", "-o", "name")
    dry = f"warning: {first}\nwarning: dry run: nothing was changed\n"
    assert said(tried, "ada@example.com\n", dry)
    made = cli("users", "create", "ada@example.com", "--role", "user", "-o", "json")
    assert (made.code, made.err) == (0, "")
    document = json.loads(made.out)
    assert document["data"]["role"] == "admin"
    assert document["warnings"] == [f"{first}, not `user`"]
    assert said(cli("users", "create", "bob@example.com", "-o", "name"), "bob@example.com\n")


def test_a_user_is_changed(people: Cli) -> None:
    changed = people("users", "update", "bob@example.com", "--email", "ROB@example.com")
    assert said(people("users", "show", BOB), changed.out)
    assert "email:        rob@example.com\n" in changed.out
    assert "updated_at:   2026-01-01T04:00:00Z\n" in changed.out
    nothing = "error: nothing to change\nhint: --email EMAIL or --name NAME\n"
    assert said(people("users", "update", "ada@example.com"), "", nothing, 2)


def test_users_are_approved_and_suspended_together(people: Cli) -> None:
    approved = people("users", "approve", "bob@example.com", ADA)
    kept = "warning: `ada@example.com` is `admin` already\n"
    assert said(approved, "bob@example.com\tpending\tuser\nada@example.com\tadmin\tadmin\n", kept)
    suspended = people("users", "suspend", "-", stdin="\ufeffbob@example.com\r\n\n")
    hint = "hint: who is pending is denied everything, until: grantctl users approve USER\n"
    assert said(suspended, "bob@example.com\tuser\tpending\n", hint)
    assert people("audit", "list", "--limit", "1", "--fields", "action").out == "user.set_role\n"


def test_a_role_is_given_and_admin_only_after_a_question(people: Cli) -> None:
    assert said(people("users", "set-role", BOB, "user"), "bob@example.com\tpending\tuser\n")
    refused = people("users", "set-role", BOB, "admin")
    question = "give the admin role, which is allowed everything, to `bob@example.com`"
    unconfirmed = f"error: {question}: not confirmed\nhint: confirm with --yes\n"
    assert said(refused, "", unconfirmed, 6)
    assert said(
        people("users", "create", "bob2@example.com", "--role", "admin"),
        "",
        unconfirmed.replace("bob@", "bob2@"),
        6,
    )
    dry = people("users", "set-role", BOB, "admin", "--dry-run")
    assert said(dry, "bob@example.com\tuser\tadmin\n", "warning: dry run: nothing was changed\n")
    given = people("users", "set-role", BOB, "admin", "--yes", "-o", "json")
    assert json.loads(given.out) == {
        "schema": "grantctl.role-changes/v1",
        "data": [
            {
                "user": "bob@example.com",
                "before": "user",
                "role": "admin",
                "id": BOB,
                "email": "bob@example.com",
                "name": "Bob [red]",
            }
        ],
        "warnings": [],
        "next_cursor": None,
    }
    again = people("users", "set-role", BOB, "admin")
    warned = "warning: `bob@example.com` is `admin` already\n"
    assert said(again, "bob@example.com\tadmin\tadmin\n", warned)


def test_a_deletion_says_what_goes_along_before_it_asks(people: Cli) -> None:
    refused = people("users", "delete", "bob@example.com")
    unconfirmed = (
        "error: delete `bob@example.com` with 1 membership and no grants: not confirmed\n"
        "hint: confirm with --yes\n"
    )
    assert said(refused, "", unconfirmed, 6)
    dry = people("users", "delete", "Bob [red]", "--dry-run")
    row = "bob@example.com\tBob [red]\tpending\t1\t0\t0\t\n"
    assert said(dry, row, "warning: dry run: nothing was changed\n")
    assert people("groups", "members", "staff", "-o", "name").out == "bob@example.com\n"
    assert said(people("users", "delete", BOB, "bob@example.com", "--yes"), row)
    assert said(people("users", "list", "-o", "name"), "ada@example.com\n")
    assert said(people("groups", "members", "staff"))


def test_what_a_deleted_user_owns_is_handed_over_or_has_no_owner(people: Cli) -> None:
    for one in "abcd":
        people("resources", "create", f"model:{one}", "--owner", BOB)
    people("resources", "grant", "model:a", "read", "--user", BOB)
    guard = (
        "error: `bob@example.com` owns `model:a`, `model:b`, `model:c` and 1 more\n"
        "hint: hand them over with --reassign-to USER, "
        "or leave them without an owner with --orphan\n"
    )
    for arguments in ((), ("--yes",), ("--dry-run",)):
        assert said(people("users", "delete", BOB, *arguments), "", guard, 5)
    belongings = "delete `bob@example.com` with 1 membership and 1 grant"
    for option, what in (
        (("--orphan",), "leaving 4 resources without an owner"),
        (("--reassign-to", ADA), "handing 4 resources over to `ada@example.com`"),
    ):
        unconfirmed = f"error: {belongings}, {what}: not confirmed\nhint: confirm with --yes\n"
        assert said(people("users", "delete", BOB, *option), "", unconfirmed, 6)
    row = "bob@example.com\tBob [red]\tpending\t1\t1\t4\t"
    dry = people("users", "delete", BOB, "--orphan", "--dry-run")
    assert said(dry, f"{row}\n", "warning: dry run: nothing was changed\n")
    given = people("users", "delete", BOB, "--reassign-to", ADA, "--yes")
    assert said(given, f"{row}ada@example.com\n")
    listed = people("resources", "list", "--fields", "resource,owner,access")
    assert said(listed, "".join(f"model:{one}\tada@example.com\tprivate\n" for one in "abcd"))


def test_a_new_owner_is_somebody_who_stays(people: Cli) -> None:
    people("resources", "create", "model:a", "--owner", BOB)
    people("users", "create", "chen@example.com")
    both = people("users", "delete", BOB, "--orphan", "--reassign-to", ADA)
    assert said(both, "", "error: say one of the two: `--reassign-to USER` or `--orphan`\n", 2)
    gone = people("users", "delete", BOB, "chen@example.com", "--reassign-to", "chen@example.com")
    error = "error: `chen@example.com` is deleted too, so it cannot be the new owner\n"
    assert said(gone, "", error, 5)
    nobody = people("users", "delete", BOB, "--reassign-to", "nobody", "--yes")
    assert said(nobody, "", "error: no user `nobody`\nhint: grantctl users list\n", 4)
