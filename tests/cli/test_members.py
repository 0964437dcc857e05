"""`grantctl groups add`, `remove` and `members`, whole outputs on both engines."""

from __future__ import annotations

import json

import pytest

from grantctl.store.database import Database
from tests.conftest import Cli
from tests.databases import prepared
from tests.operations.group_examples import (
    make_groups,
    make_users,
    settled,
)

DRY_RUN = "warning: dry run: nothing was changed\n"


@prepared
def company(database: Database) -> None:
    """Three groups below one another, one beside them, and three users in some."""
    make_users(database, "ada", "bob", "cyd")
    make_groups(database, "company", "company/backend", "company/backend/api", "guests")


def test_users_are_added_and_removed_with_what_happened_to_each(
    cli: Cli, company: Database
) -> None:
    added = cli("groups", "add", "api", "ada", "bob@example.com")
    assert (added.code, added.err) == (0, "")
    assert added.out == "ada@example.com\tadded\t\nbob@example.com\tadded\t\n"
    again = cli("groups", "add", "api", "cyd", "ada", "--expires", "2999-12-31", "--dry-run")
    assert (again.code, again.err) == (0, DRY_RUN)
    assert again.out == (
        "cyd@example.com\tadded\t2999-12-31T00:00:00Z\n"
        "ada@example.com\tupdated\t2999-12-31T00:00:00Z\n"
    )
    removed = cli("groups", "remove", "api", "cyd", "ada", "-o", "csv")
    assert (removed.code, removed.err) == (0, "")
    assert settled(removed.out) == (
        "user,outcome,expires_at,group,id\n"
        "cyd@example.com,unchanged,,api,ID\n"
        "ada@example.com,removed,,api,ID\n"
    )
    assert cli("groups", "members", "api", "-o", "name").out == "bob@example.com\n"


def test_users_come_from_stdin_one_a_line(cli: Cli, company: Database) -> None:
    lines = "\ufeffada\r\n\n   \n  BOB@example.com  \n"
    for arguments in (("--stdin",), ("-",)):
        added = cli("groups", "add", "api", *arguments, stdin=lines, env={})
        assert (added.code, added.err) == (0, "")
        assert [line.split("\t")[0] for line in added.out.splitlines()] == [
            "ada@example.com",
            "bob@example.com",
        ]
    both = cli("groups", "remove", "api", "cyd", "-", stdin="ada", env={})
    assert both.out == "cyd@example.com\tunchanged\t\nada@example.com\tremoved\t\n"
    broken = cli("groups", "add", "api", "-", stdin=b"cyd\n\xff\xfe\n")
    assert (broken.code, broken.out, broken.err) == (5, "", "error: line 2 of stdin is not UTF-8\n")
    none = cli("groups", "add", "api")
    assert none.code == 2
    assert none.err.startswith("error: missing argument `USER...`\n")
    unknown = cli("groups", "add", "api", "-", stdin="cyd\nx\ny\n")
    assert (unknown.code, unknown.err) == (
        4,
        "error: no users `x`, `y`\nhint: grantctl users list\n",
    )
    assert cli("groups", "members", "api", "-o", "name").out == "bob@example.com\n"


@pytest.mark.parametrize(
    ("when", "complaint"),
    [
        ("soon", "`soon` is no date, time or duration"),
        ("2001-01-01", "`2001-01-01` is not in the future"),
    ],
)
def test_a_wrong_expiry_is_a_usage_error(
    cli: Cli, company: Database, when: str, complaint: str
) -> None:
    outcome = cli("groups", "add", "api", "ada", "--expires", when)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"error: {complaint}\n"
        "hint: e.g. 2030-12-31 (its start in UTC), 2030-12-31T18:00+02:00, 90d, 12h, 4w or 30m\n"
    )


def test_members_are_listed_with_way_and_expiry(cli: Cli, company: Database) -> None:
    cli("groups", "add", "company", "ada")
    cli("groups", "add", "api", "bob", "ada", "--expires", "2999-12-31T12:00+01:00")
    direct = cli("groups", "members", "company")
    assert (direct.code, direct.err) == (0, "")
    assert direct.out == "ada@example.com\tada\tadmin\tmanual\t\t\tfalse\n"
    inherited = cli("groups", "members", "company", "--inherited")
    assert inherited.out == direct.out + (
        "bob@example.com\tbob\tuser\tmanual\tapi › backend › company\t2999-12-31T11:00:00Z\tfalse\n"
    )
    page = cli("groups", "members", "company", "--inherited", "--limit", "1", "-o", "json")
    document = json.loads(settled(page.out))
    assert document["schema"] == "grantctl.group-members/v1"
    assert document["data"] == [
        {
            "user": "ada@example.com",
            "name": "ada",
            "role": "admin",
            "source": "manual",
            "via": [],
            "expires_at": None,
            "is_expired": False,
            "added_by": "tester",
            "added_at": "TIME",
            "id": "ID",
            "email": "ada@example.com",
        }
    ]
    rest = cli(
        "groups",
        "members",
        "company",
        "--inherited",
        "--cursor",
        document["next_cursor"],
        "-o",
        "name",
    )
    assert (rest.out, rest.err) == ("bob@example.com\n", "")
