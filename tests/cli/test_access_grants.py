"""`grantctl resources grant|revoke|publish|restrict`: outputs, warnings and questions."""

from __future__ import annotations

import json

import pytest

from grantctl.config import OUTPUTS
from grantctl.model import PrincipalType
from grantctl.store.database import Database
from tests.cli.user_examples import BOB, make_people, said
from tests.conftest import Cli
from tests.operations.resource_examples import add_dangling

DRY = "warning: dry run: nothing was changed\n"
STAFF = "00000000-0000-0000-0000-000000000003"


@pytest.fixture
def models(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Ada, Bob in the group staff, the private models a and b, and the public model c."""
    make_people(cli, monkeypatch)
    for arguments in (("model:a",), ("model:b",), ("model:c", "--public")):
        assert cli("resources", "create", *arguments).code == 0
    return cli


def unconfirmed(question: str) -> str:
    return f"error: {question}: not confirmed\nhint: confirm with --yes\n"


def test_a_grant_says_what_became_of_each(models: Cli) -> None:
    granted = models(
        *("resources", "grant", "model:a", "read"),
        *("--user", "ada@example.com", "--user", "Bob [red]", "--group", "staff", "--everyone"),
    )
    assert said(
        granted,
        "model:a\tread\tuser\tada@example.com\tgranted\n"
        "model:a\tread\tuser\tbob@example.com\tgranted\n"
        "model:a\tread\tgroup\tstaff\tgranted\n"
        "model:a\tread\teveryone\teveryone\tgranted\n",
    )
    again = models(*("resources", "grant", "model:a", "read", "--user", BOB, "-o", "json"))
    assert json.loads(again.out) == {
        "schema": "grantctl.grant-changes/v1",
        "data": [
            {
                "resource": "model:a",
                "action": "read",
                "principal_type": "user",
                "principal": "bob@example.com",
                "outcome": "unchanged",
                "type": "model",
                "id": "a",
                "principal_id": BOB,
                "is_dangling": False,
            }
        ],
        "warnings": [],
        "next_cursor": None,
    }


def test_a_grant_on_a_public_resource_says_what_becomes_of_it(models: Cli) -> None:
    implied = models("resources", "grant", "model:c", "read", "--group", "staff")
    assert said(
        implied,
        "model:c\tread\tgroup\tstaff\tunchanged\n",
        "warning: `model:c`: public, so everyone may read already\n",
    )
    opened = models("resources", "grant", "model:c", "write", "--group", "staff")
    assert said(
        opened,
        "model:c\twrite\tgroup\tstaff\tgranted\n",
        "warning: `model:c`: no more public but restricted, and everyone may still read\n",
    )
    assert models("resources", "list", "--fields", "resource,access,grants").out == (
        "model:a\tprivate\t0\nmodel:b\tprivate\t0\nmodel:c\trestricted\t2\n"
    )
    warned = models("resources", "publish", "model:a", "-o", "name")
    assert said(warned, "model:a\n")
    told = models("resources", "grant", "model:a", "use", "--everyone", "-o", "json")
    assert (told.err, json.loads(told.out)["warnings"]) == (
        "",
        ["`model:a`: no more public but restricted, and everyone may still read"],
    )


def test_a_pattern_is_asked_about_before_it_grants_or_revokes(models: Cli) -> None:
    assert models("users", "approve", BOB).code == 0
    grant = ("resources", "grant", "model:*", "read", "--group", "staff", "--user", BOB)
    of_three = "3 resources: `model:a`, `model:b`, `model:c`"
    whom = "user `bob@example.com`, group `staff`"
    gain = "(1 user gains it)"  # Ada is admin; Bob, in the group staff, is meant twice
    asked = unconfirmed(f"grant `read` on {of_three}, to {whom} {gain}")
    assert said(models(*grant), "", asked, 6)
    assert models("resources", "show", "model:a", "--fields", "grants").out == "grants:\n"
    rows = (
        "model:{0}\tread\tuser\tbob@example.com\t{1}\nmodel:{0}\tread\tgroup\tstaff\t{1}\n".format
    )
    public = "warning: `model:c`: public, so everyone may read already\n"
    expected = rows("a", "granted") + rows("b", "granted") + rows("c", "unchanged")
    assert said(models(*grant, "--dry-run"), expected, public + DRY)
    assert said(models(*grant, "--yes"), expected, public)
    revoke = ("resources", "revoke", "model:?", "read", "--group", "staff")
    question = f"revoke `read` on {of_three}, from group `staff` (nobody gains or loses it)"
    assert said(models(*revoke), "", unconfirmed(question), 6)
    one = models("resources", "revoke", "model:[a]*", "read", "--everyone")
    assert (one.code, one.out) == (4, "")
    alone = models("resources", "grant", "*:a", "use", "--everyone")
    question = "grant `use` on `model:a`, to everyone (1 user gains it)"
    assert said(alone, "", unconfirmed(question), 6)


def test_of_very_many_resources_the_first_are_measured(
    models: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grantctl.cli.resource_impact.MAX_MEASURED", 1)
    assert models("users", "approve", BOB).code == 0
    refused = models("resources", "publish", "model:*")
    assert "`model:c` (of the first 1 resources: 1 user gains it): not" in refused.err


def test_a_question_about_many_principals_names_a_few(models: Cli) -> None:
    for number in range(6):
        models("users", "create", f"user{number}@example.com")
    users = [part for number in range(6) for part in ("--user", f"user{number}@example.com")]
    refused = models("resources", "grant", "model:*", "read", *users, "--everyone")
    named = ", ".join(f"user `user{number}@example.com`" for number in range(5))
    assert f", to {named} and 2 more (nobody gains or loses it): not confirmed\n" in refused.err


def test_a_revoke_says_what_became_of_each_and_who_still_may(models: Cli) -> None:
    models("resources", "grant", "model:a", "read", "--user", BOB, "--group", "staff")
    revoked = models("resources", "revoke", "model:a", "read", "--user", BOB, "--everyone")
    assert said(
        revoked,
        "model:a\tread\tuser\tbob@example.com\trevoked\n"
        "model:a\tread\teveryone\teveryone\tunchanged\n",
        "warning: `bob@example.com` may still `read` `model:a`: is in group `staff`\n",
    )
    models("resources", "set-owner", "model:b", BOB)
    models("resources", "set-owner", "model:a", BOB)
    many = models("resources", "revoke", "model:*", "write", "--user", BOB, "--yes")
    assert many.err == (
        "warning: `model:c`: public, so everyone may read: grantctl resources restrict RESOURCE\n"
        "warning: `bob@example.com` may still `write` `model:a`: owns it, and so may 1 more\n"
    )


def test_a_public_resource_is_closed_by_taking_reading_from_everyone(models: Cli) -> None:
    public = (
        "warning: `model:c`: public, so everyone may read: grantctl resources restrict RESOURCE\n"
    )
    revoke = ("resources", "revoke", "model:c", "read")
    for option, name in (("--user", "bob@example.com"), ("--group", "staff")):
        row = f"model:c\tread\t{option[2:]}\t{name}\tunchanged\n"
        assert said(models(*revoke, option, name), row, public)
    assert said(models(*revoke, "--everyone"), "model:c\tread\teveryone\teveryone\trevoked\n")
    assert models("resources", "list", "--access", "public").out == ""


def test_grants_to_nobody_are_shown_and_revoked(models: Cli, database: Database) -> None:
    add_dangling(database, "a", "read", PrincipalType.USER, "u-gone")
    add_dangling(database, "a", "write", PrincipalType.GROUP, "g-gone")
    add_dangling(database, "b", "write", PrincipalType.USER, "u-gone")
    shown = models("resources", "show", "model:a", "-o", "json", "--fields", "grants")
    assert json.loads(shown.out)["data"]["grants"] == [
        {
            "action": "write",
            "principal_type": "group",
            "principal": "g-gone",
            "id": "g-gone",
            "is_dangling": True,
        },
        {
            "action": "read",
            "principal_type": "user",
            "principal": "u-gone",
            "id": "u-gone",
            "is_dangling": True,
        },
    ]
    by_id = models("resources", "revoke", "model:a", "read", "--user", "u-gone")
    assert said(by_id, "model:a\tread\tuser\tu-gone\trevoked\n")
    again = models("resources", "revoke", "model:a", "read", "--user", "u-gone")
    assert (again.code, again.out) == (4, "")
    refused = models("resources", "revoke", "model:*", "--dangling")
    question = (
        "revoke every action on 3 resources: `model:a`, `model:b`, `model:c`, "
        "from group `g-gone`, user `u-gone` (nobody gains or loses it)"
    )
    assert said(refused, "", unconfirmed(question), 6)
    public = (
        "warning: `model:c`: public, so everyone may read: grantctl resources restrict RESOURCE\n"
    )
    gone = models("resources", "revoke", "model:*", "--dangling", "--yes")
    assert said(
        gone,
        "model:a\twrite\tgroup\tg-gone\trevoked\nmodel:b\twrite\tuser\tu-gone\trevoked\n",
        public,
    )


def test_resources_are_opened_and_closed(models: Cli) -> None:
    assert models("users", "approve", BOB).code == 0
    models("resources", "grant", "model:b", "write", "--group", "staff")
    refused = models("resources", "publish", "model:*")
    question = "let everyone read 3 resources: `model:a`, `model:b`, `model:c` (1 user gains it)"
    assert said(refused, "", unconfirmed(question), 6)
    published = models("resources", "publish", "model:*", "--yes")
    kept = "warning: `model:b`: restricted as before, and everyone may read\n"
    rows = (
        "model:a\tpublished\tprivate\tpublic\t0\n"
        "model:b\tpublished\trestricted\trestricted\t2\n"
        "model:c\tunchanged\tpublic\tpublic\t0\n"
    )
    assert said(published, rows, kept)
    for arguments, question in (
        ((), "take from everyone 3 resources: `model:a`, `model:b`, `model:c` (1 user loses it)"),
        (
            ("--private",),
            "take from everybody but its owner 3 resources: `model:a`, `model:b`, `model:c` "
            "(1 user loses it)",
        ),
    ):
        refused = models("resources", "restrict", "model:*", *arguments)
        assert said(refused, "", unconfirmed(question), 6)
    closed = models("resources", "restrict", "model:b")
    assert said(closed, "model:b\trestricted\trestricted\trestricted\t1\n")
    closed = models("resources", "restrict", "model:*", "--private", "--yes")
    assert said(
        closed,
        "model:a\trestricted\tpublic\tprivate\t0\n"
        "model:b\trestricted\trestricted\tprivate\t0\n"
        "model:c\trestricted\tpublic\tprivate\t0\n",
    )


FAILURES: tuple[tuple[tuple[str, ...], int, str, str], ...] = (
    (("grant", "model:a", "read"), 2, "usage", "say to whom: `--user USER`"),
    (("grant", "model:a"), 2, "usage", "missing argument `ACTION`"),
    (("grant", "model:a", "re ad", "--everyone"), 5, "invalid", "`re ad` is no action"),
    (("grant", "model:a", "read", "--user", "x"), 4, "not_found", "no user `x`"),
    (("grant", "model:*", "read", "--user", "x"), 4, "not_found", "no user `x`"),
    (("grant", "model:a", "read", "--group", "x"), 4, "not_found", "no group `x`"),
    (("grant", "model:x", "read", "--everyone"), 4, "not_found", "no resource `model:x`"),
    (("grant", "model", "read", "--everyone"), 5, "invalid", "`model` does not name"),
    (("revoke", "model:a", "read"), 2, "usage", "say from whom: `--user USER`"),
    (("revoke", "model:a"), 2, "usage", "say from whom: `--user USER`"),
    (("revoke", "model:a", "--user", BOB), 2, "usage", "missing argument `ACTION`"),
    (("revoke", "model:a", "--dangling", "--everyone"), 2, "usage", "missing argument `ACTION`"),
    (("revoke", "model:a", "read", "--group", "x"), 4, "not_found", "no group `x`"),
    (("publish",), 2, "usage", "missing argument `RESOURCE`"),
    (("publish", "x*:*"), 4, "not_found", "no resource matches `x*:*`"),
    (("restrict", "nope:*", "--yes"), 4, "not_found", "no resource is of the type `nope`"),
)


def test_a_failure_is_the_same_in_every_format(models: Cli) -> None:
    before = models("resources", "list", "-o", "json").out
    for arguments, code, kind, message in FAILURES:
        for output in OUTPUTS:
            done = models("resources", *arguments, "-o", output)
            assert (done.out, done.code) == ("", code), (arguments, output, done)
            if output == "json":
                error = json.loads(done.err)["error"]
                assert (error["code"], error["exit_code"]) == (kind, code)
                assert error["message"].startswith(message)
            else:
                assert done.err.startswith(f"error: {message}"), (arguments, done.err)
    assert models("resources", "list", "-o", "json").out == before


def test_what_is_granted_is_what_check_answers(models: Cli) -> None:
    models("users", "approve", BOB)
    for arguments, code in (
        (("grant", "model:a", "read", "--group", "staff"), 0),
        (("revoke", "model:a", "read", "--group", "staff"), 3),
        (("publish", "model:a"), 0),
        (("restrict", "model:a"), 3),
        (("set-owner", "model:a", BOB), 0),
    ):
        assert models("resources", *arguments).code == 0
        assert models("check", BOB, "read", "model:a").code == code, arguments
    assert models("config", "set", "access.admin_bypass", "false").code == 0
    assert models("check", "ada@example.com", "write", "model:b").code == 3
    assert models("config", "unset", "access.admin_bypass").code == 0
    assert models("check", "ada@example.com", "write", "model:b").code == 0
