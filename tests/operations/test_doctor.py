"""Every finding of `doctor` about what is in the database, provoked; what mends it mends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grantctl.operations.changes import Intent
from grantctl.operations.groups import create_group
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from grantctl.store.url import SQLITE, parse_url
from tests.cli.credential_desk import SIGNED
from tests.conftest import Cli
from tests.contract.damage import OPEN_WEBUI
from tests.operations.doctor_cases import CASES, GROUP, MEMBER
from tests.operations.health import (
    Row,
    amiss,
    checks,
    commands_in,
    look,
    make_healthy,
    write_past,
)

INTENT = Intent("tester")
HEALTHY_CHECKS = (
    "configuration_valid",
    "configuration_private",
    "database_reachable",
    "database_current",
    "database_private",
    "clocks_agree",
    "integrity",
    "secret",
    "signing_keys",
    "tokens_expired",
    "seeds_valid",
    "policy_values",
    "default_group",
    "settings_agree",
    "oauth_lint",
    "admins",
    "users_pending",
    "users_without_groups",
    "groups_without_members",
    "groups_without_effect",
    "memberships_expired",
    "permission_keys",
    "flag_values",
    "flags_shadowed",
    "flags_under_default",
)


@pytest.fixture
def healthy(database: Database) -> Database:
    """A database in which nothing is wrong."""
    make_healthy(database)
    return database


def test_in_a_healthy_installation_every_check_is_well(healthy: Database, url: str) -> None:
    rows = look(url)
    assert amiss(rows) == []
    assert tuple(check for _, check, *_ in rows) == HEALTHY_CHECKS


def test_a_new_database_lacks_nothing_but_a_user(database: Database, url: str) -> None:
    if database.url.path is not None:
        database.url.path.chmod(0o600)
    assert amiss(look(url)) == [
        (
            "note",
            "admins",
            "",
            "there is no user yet; the first one becomes admin",
            "grantctl users create EMAIL",
        )
    ]


@pytest.mark.parametrize(
    ("engine", "name"), [(engine, name) for name, case in CASES.items() for engine in case.engines]
)
def test_what_is_wrong_is_found_alone_and_its_command_mends_it(
    name: str, healthy: Database, url: str, cli: Cli
) -> None:
    case = CASES[name]
    write_past(healthy, *case.statements)
    environ = {**SIGNED, **case.environ}
    found = amiss(look(url, environ))
    assert found == list(case.rows)
    if case.mends:
        command = commands_in(found[0][4])[-1 if ", then: " in found[0][4] else 0]
        confirmed = ["--yes"] if "undefine" in command else []
        outcome = cli(*command[1:], *confirmed, env=environ)
        assert outcome.code == 0, outcome
        assert amiss(look(url, environ)) == []


def test_a_group_gives_by_what_it_is_granted_what_is_above_it_and_what_it_holds_together(
    healthy: Database, url: str
) -> None:
    write_past(
        healthy,
        *(GROUP.format(f"{pk}, 'g-{pk}', 'n{pk}', '', 1, 1") for pk in (10, 11, 12, 13)),
        "UPDATE groups SET parent_pk = 1 WHERE pk = 11",  # below one that gives
        "UPDATE groups SET parent_pk = 12 WHERE pk = 13",  # holds together
        "INSERT INTO resources (pk, type, id, name, is_public, created_at, updated_at)"
        " VALUES (50, 'model', 'm', '', false, 1, 1)",
        *(
            "INSERT INTO access_grants (resource_pk, action, principal_type, group_pk)"
            f" VALUES (50, 'read', 'group', {pk})"
            for pk in (10, 13)
        ),
        *(MEMBER.format(f"3, {pk}, 'manual'") for pk in (10, 11, 13)),
    )
    assert amiss(look(url)) == []


def test_flags_are_judged_at_the_moment_of_the_look(healthy: Database, url: str) -> None:
    now = datetime.now(UTC)
    soon = (now + timedelta(hours=1)).timestamp() * 1_000_000
    write_past(
        healthy,
        f"INSERT INTO memberships (user_pk, group_pk, source, expires_at)"
        f" VALUES (5, 2, 'manual', {soon:.0f})",
    )
    assert checks(look(url))["flags_shadowed"] == "warning"
    if healthy.url.engine == SQLITE:  # the other would tell of the clock as well
        later = look(url, clock=lambda: now + timedelta(hours=1, seconds=1))
        assert [row[1] for row in amiss(later)] == ["memberships_expired"]


AHEAD = "the newest entry of the audit log lies {} s in the future"
JUDGED = ": tokens and expiries are judged wrongly"
NTP = "let both hosts keep their clocks by NTP"


@pytest.mark.parametrize(
    ("seconds", "rows"),
    [
        (4, []),
        (30, [("warning", "clocks_agree", "", AHEAD.format(30), NTP)]),
        (90, [("failure", "clocks_agree", "", AHEAD.format(90) + JUDGED, NTP)]),
    ],
)
def test_what_was_written_in_the_future_shows_whose_clock_is_wrong(
    seconds: int, rows: list[Row], healthy: Database, url: str
) -> None:
    now = datetime.now(UTC)
    newest = (now + timedelta(seconds=seconds)).timestamp() * 1_000_000
    write_past(healthy, f"UPDATE audit_events SET at = {newest:.0f}")
    found = amiss(look(url, clock=lambda: now))
    if healthy.url.engine == SQLITE:
        assert found == rows
    else:  # its own clock goes on meanwhile, by less than a test takes
        assert [row for row in found if "audit" in row[3]] == rows


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [
        (20, "warning", "ahead of the database server's"),
        (-90, "failure", f"behind the database server's{JUDGED}"),
    ],
)
def test_the_clock_of_a_server_is_compared_with_ones_own(
    seconds: int, status: str, words: str, healthy: Database, url: str
) -> None:
    write_past(healthy, "UPDATE audit_events SET at = 1")
    found = amiss(look(url, clock=lambda: datetime.now(UTC) + timedelta(seconds=seconds)))
    [(found_status, check, subject, message, advice)] = found
    assert (found_status, check, subject, advice) == (status, "clocks_agree", "", NTP)
    assert message == f"this host's clock is {abs(seconds)} s {words}"


def test_nothing_is_written_by_a_look(healthy: Database, url: str, cli: Cli) -> None:
    create_user(healthy, INTENT, email="flo@example.com", name="Flo")
    create_group(healthy, INTENT, name="idle")
    before = cli("audit", "list", "-o", "json").out
    assert look(url) == look(url)
    assert cli("audit", "list", "-o", "json").out == before


NO_SENSE = "the database is damaged: a value in it makes no sense"


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("statement", "damaged"),
    [
        ("UPDATE memberships SET expires_at = 'never'", set()),
        ("UPDATE groups SET name = x'ff00'", set()),
        ("UPDATE users SET created_at = 'today', role = 'pending'", set()),
        ("UPDATE group_permissions SET permission_pk = 'x'", {"flags_shadowed"}),
        ("UPDATE audit_events SET at = 'now'", {"clocks_agree"}),
        ("UPDATE audit_events SET at = 9223372036854775807", {"clocks_agree"}),
    ],
)
def test_values_that_make_no_sense_end_no_look(
    statement: str, damaged: set[str], healthy: Database, url: str
) -> None:
    write_past(healthy, statement)
    told = {row[1] for row in look(url) if row[3] == NO_SENSE}
    assert told == damaged


def test_an_attached_database_is_looked_at_as_it_would_be_imported() -> None:
    url = f"openwebui+sqlite:///{OPEN_WEBUI}"
    rows = look(url, {})
    found = checks(rows)
    assert {row[0] for row in rows} == {"ok", "note", "warning"}
    for check in ("database_private", "clocks_agree", "signing_keys", "tokens_expired"):
        assert check not in found
    assert found["database_reachable"] == "ok"
    assert ("ok", "database_reachable", url, "read as Open WebUI 0.6.43", "") in rows
    assert [row for row in rows if row[1] == "secret"] == [
        (
            "ok",
            "secret",
            "",
            "there is none, nor is it needed: for an attached database no token is issued",
            "",
        )
    ]
    commands = {" ".join(words[:3]) for row in rows for words in commands_in(row[4])}
    assert commands == {
        "grantctl db check",
        "grantctl import openwebui",
        "grantctl permissions list",
        "grantctl users list",
    }
    assert {row[4] for row in rows if row[4] and not commands_in(row[4])} == {
        "change it in Open WebUI"
    }


def test_what_is_no_boolean_in_a_tree_of_an_attached_database_is_told() -> None:
    rows = look(f"openwebui+sqlite:///{OPEN_WEBUI}", {})
    group = "group 24c437cc-bedc-449b-afb5-dc3592451c3f"
    told = [row for row in rows if row[:3] == ("warning", "import", group)]
    assert [row[3] for row in told] == [
        "adapted: `chat` is a category and null here: taken as nothing set",
        "adapted: `features.api_keys` is null here: taken as false",
        "adapted: `features.channels` is `0` here: taken as false",
        "adapted: `features.folders` is a list here: taken as false",
    ]
    assert (
        "warning",
        "import",
        "and 11 more",
        "of the same kind",
        "grantctl import openwebui SOURCE --dry-run",
    ) in rows
    [minor] = [row for row in rows if row[:2] == ("note", "import")]
    assert minor[3].endswith(" values taken in another form, and nothing lost")


def test_an_attached_database_that_cannot_be_read_is_a_finding(url: str) -> None:
    parsed = parse_url(url)
    [first, *rest] = amiss(look(f"openwebui+{url}"))
    assert first[:2] == ("failure", "database_reachable")
    assert {row[0] for row in rest} == {"skipped"}
    assert str(parsed) in first[3]
