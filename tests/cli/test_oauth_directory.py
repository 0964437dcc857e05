"""`grantctl oauth sync`, `lint`, `link` and `unlink`, and identities in `users show`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.cli.provider_desk import make_desk
from tests.conftest import Cli, Outcome
from tests.credentials.provider import ISSUER
from tests.running import refusal


@pytest.fixture
def engine() -> str:
    """The words are the same on both engines; what is written is tested on both elsewhere."""
    return "sqlite"


@pytest.fixture(scope="module")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_desk(sqlite_template, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def idp(cli: Cli, desk: Path, url: str) -> Cli:
    """Commands on a copy of that directory."""
    shutil.copyfile(desk, url.removeprefix("sqlite:///"))
    return cli


PEOPLE = """\
{"sub": "1", "email": "ada@example.com", "roles": ["staff"], "groups": ["eng"]}

{"sub": "2", "email": "no"}
{"sub": "1", "email": "ada@example.com", "roles": "staff", "groups": "old;eng"}
"""
REFUSED = (
    "warning: line 3: a new user needs an e-mail address; "
    "of the claim `email`: `no` is not an e-mail address\n"
)


def test_a_synchronisation_tells_how_many_and_who_was_refused(idp: Cli, tmp_path: Path) -> None:
    file = tmp_path / "people.ndjson"
    file.write_text(PEOPLE)
    counts = "created\t1\nupdated\t1\nunchanged\t0\nrefused\t1\n"
    dry = idp("oauth", "sync", "--file", str(file), "--dry-run")
    assert dry == Outcome(8, counts, f"{REFUSED}warning: dry run: nothing was changed\n")
    assert idp("oauth", "sync", "--file", "-", stdin=PEOPLE) == Outcome(8, counts, REFUSED)
    assert idp("users", "list", "-o", "name").out == "root@example.com\nada@example.com\n"
    good = PEOPLE.replace('{"sub": "2", "email": "no"}\n', "")
    again = idp("oauth", "sync", "--file", "-", stdin=good)
    assert (again.code, again.err) == (0, "")


def test_each_line_has_a_row_in_the_other_formats(idp: Cli) -> None:
    outcome = idp("oauth", "sync", "--file", "-", "-o", "ndjson", "--dry-run", stdin=PEOPLE)
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    assert outcome.code == 8
    assert rows == [
        {
            "line": 1,
            "user": "ada@example.com",
            "outcome": "created",
            "role_before": None,
            "role": "user",
            "groups_added": ["everyone", "eng"],
            "groups_removed": [],
            "reason": None,
            "message": None,
            "subject": "1",
            "warnings": [],
        },
        {
            "line": 3,
            "user": "2",
            "outcome": "refused",
            "role_before": None,
            "role": None,
            "groups_added": [],
            "groups_removed": [],
            "reason": "email_unusable",
            "message": REFUSED.removeprefix("warning: line 3: ").rstrip(),
            "subject": "2",
            "warnings": [],
        },
        {
            "line": 4,
            "user": "ada@example.com",
            "outcome": "updated",
            "role_before": "user",
            "role": "user",
            "groups_added": ["old"],
            "groups_removed": [],
            "reason": None,
            "message": None,
            "subject": "1",
            "warnings": [],
        },
    ]
    arguments = ("oauth", "sync", "--file", "-", "--dry-run")
    assert yaml.safe_load(idp(*arguments, "-o", "yaml", stdin=PEOPLE).out)["data"] == rows
    table = idp(*arguments, "--fields", "line,outcome,reason", stdin=PEOPLE)
    assert table.out == "1\tcreated\t\n3\trefused\temail_unusable\n4\tupdated\t\n"


def test_a_malformed_line_ends_it_before_anything_is_written(idp: Cli) -> None:
    outcome = idp("oauth", "sync", "--file", "-", stdin=f"{PEOPLE}{{\n")
    assert (outcome.code, *refusal(outcome)) == (
        5,
        "line 5 is not JSON",
        'one JSON object a line, e.g. {"sub": "117", "email": "ada@example.com"}',
    )
    assert idp("users", "list", "-o", "name").out == "root@example.com\n"
    assert idp("oauth", "sync").code == 2


def test_many_refused_lines_are_not_all_told(idp: Cli) -> None:
    outcome = idp("oauth", "sync", "--file", "-", stdin='{"sub": "x"}\n' * 25)
    told = outcome.err.splitlines()
    assert (len(told), told[-1]) == (21, "warning: 5 more are refused: -o ndjson tells all")


def test_settings_that_are_well_and_settings_that_are_not(idp: Cli, tmp_path: Path) -> None:
    assert idp("oauth", "lint") == Outcome(0, "", "nothing is amiss\n")
    idp("config", "set", "oauth.admin_roles", "[]")
    samples = tmp_path / "samples.ndjson"
    samples.write_text('{"sub": "1", "email": "a@example.com", "name": "A", "roles": ["staff"]}\n')
    outcome = idp("oauth", "lint", "--claims", str(samples))
    assert outcome == Outcome(
        3,
        "admin_roles_empty\toauth.admin_roles\tno claimed role keeps anybody an admin\t"
        "grantctl config set oauth.admin_roles ROLE,…\n"
        "claim_never_seen\toauth.groups_claim\tnone of 1 samples has the claim `groups`\t"
        "is it called otherwise, or not in the provider's scope? "
        "grantctl config set oauth.groups_claim CLAIM\n",
        "",
    )
    document = json.loads(idp("oauth", "lint", "-o", "json").out)
    assert document["schema"] == "grantctl.oauth-lint/v1"
    assert [row["code"] for row in document["data"]] == ["admin_roles_empty"]


def test_without_a_provider_there_is_nothing_to_look_at(cli: Cli) -> None:
    assert cli("oauth", "lint") == Outcome(0, "", "no identity provider is set up\n")


def test_identities_are_linked_shown_and_taken_away(idp: Cli) -> None:
    arguments = ("root@example.com", "--subject", "r-1")
    linked = idp("oauth", "link", *arguments, "-o", "json")
    record = json.loads(linked.out)
    assert (linked.code, record["schema"]) == (0, "grantctl.identity/v1")
    identities = record["data"].pop("identities")
    assert record["data"] == {
        "user": "root@example.com",
        "outcome": "linked",
        "issuer": ISSUER,
        "subject": "r-1",
    }
    shown = json.loads(idp("users", "show", "root@example.com", "-o", "ndjson").out)
    assert shown["identities"] == identities
    (identity,) = identities
    assert (identity["issuer"], identity["subject"], identity["last_login_at"]) == (
        *(ISSUER, "r-1", None),
    )
    assert "  - issuer:        https://idp.example/realms/main\n" in (
        idp("users", "show", "root@example.com").out
    )
    again = idp("oauth", "link", *arguments, "--fields", "outcome")
    assert (again.code, again.out) == (0, "outcome: unchanged\n")
    dry = idp("oauth", "unlink", *arguments, "--dry-run", "--fields", "outcome,identities")
    assert (dry.out, dry.err) == (
        "outcome:    unlinked\nidentities:\n",
        "warning: dry run: nothing was changed\n",
    )
    assert idp("oauth", "unlink", *arguments).code == 0
    gone = idp("oauth", "unlink", *arguments)
    assert (gone.code, refusal(gone)[0]) == (
        4,
        f"`root@example.com` has no identity `r-1` of `{ISSUER}`",
    )
    actions = idp("audit", "list", "--action", "identity", "--fields", "action").out
    assert actions == "identity.unlink\nidentity.link\n"


@pytest.mark.parametrize("command", ["link", "unlink"])
def test_a_subject_must_be_named(idp: Cli, command: str) -> None:
    assert idp("oauth", command, "root@example.com").code == 2
    nobody = idp("oauth", command, "nobody", "--subject", "x")
    assert nobody.code == 4
