"""`grantctl import openwebui`: whole outputs, repetition, dry runs; and attached databases."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI, footprint
from tests.interop.sources import ADA, STAFF, make
from tests.running import json_refusal, refusal, run

BOB = {"id": "bob", "name": "Bob", "email": "Bob@Example.com", "role": "user", "created_at": 8}
CHANGED = (
    ("permissions", "set", "--default", "chat.controls=false"),
    ("users", "create", "eve@example.com"),
    ("groups", "create", "staff"),
    ("db", "migrate"),
    ("init",),
    ("import", "openwebui", str(OPEN_WEBUI)),
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small Open WebUI database in a folder of its own."""
    (tmp_path / "source").mkdir()
    staff = {**STAFF, "permissions": {"chat": {"controls": False, "odd": 1}}}
    return make(
        tmp_path / "source" / "webui.db",
        "0.12.4",
        revision="0bd252b206fb",
        users=(ADA, BOB),
        groups=(staff,),
        members=(("staff", "ada"), ("staff", "nobody")),
        resources={
            "model": [{"id": "gpt", "name": "GPT", "user_id": "gone", "created_at": 7}],
            "tool": [{"id": "hammer", "name": "Hammer", "user_id": "ada", "created_at": 8}],
        },
        grants=[
            ("model", "gpt", "user", "bob", "read"),
            ("model", "gpt", "user", "nobody", "read"),
            ("model", "gpt", "anyone", "*", "read"),
            ("tool", "hammer", "user", "*", "read"),
            ("tool", "saw", "user", "*", "read"),
        ],
    )


def tally(out: str) -> dict[str, list[int]]:
    """The counts of each kind, from the plain table."""
    rows = [line.split("\t") for line in out.splitlines()]
    return {kind: [int(number) for number in numbers] for kind, *numbers in rows}


SAID = """read as Open WebUI 0.12.4
5 adapted:
  user bob: its e-mail address `Bob@Example.com` kept in lower case as `bob@example.com`
  group staff: `chat.odd` is `1` here: taken as true
  permission chat.odd: not in this version's own tree: taken into the catalogue, default false
  owner gone: there is no such user: kept as the missing owner of `model:gpt`
  model gpt: 1 of its access grants name nobody, e.g. user `nobody`: kept
3 rejected:
  membership staff/nobody: there is no user `nobody`: left out
  model gpt: 1 of its access grants left out: `anyone` gives a signed-in user nothing
  access grants tool: 1 left out: no tool has the id that they name
"""


def test_an_import_says_what_it_brought_and_what_it_could_not_take(cli: Cli, source: Path) -> None:
    before = footprint(source.parent)
    dry = cli("import", "openwebui", str(source), "--dry-run")
    outcome = cli("import", "openwebui", str(source), "--reason", "moving in")
    assert dry == Outcome(0, outcome.out, SAID + "warning: dry run: nothing was changed\n")
    assert (outcome.code, outcome.err) == (0, SAID)
    counts = tally(outcome.out)
    assert list(counts) == [
        *("permissions", "users", "groups", "memberships", "group permissions"),
        *("resources", "access grants", "api keys", "identities", "settings"),
    ]
    assert {kind: numbers[0] for kind, numbers in counts.items() if kind != "permissions"} == {
        "users": 2,
        "groups": 1,
        "memberships": 1,
        "group permissions": 2,
        "resources": 2,
        "access grants": 2,
        "api keys": 0,
        "identities": 0,
        "settings": 0,
    }
    assert counts["permissions"][0] > 0
    assert cli("users", "list", "--fields", "email,role").out == (
        "ada@example.com\tadmin\nbob@example.com\tuser\n"
    )
    assert footprint(source.parent) == before


def test_one_entry_of_the_audit_log_stands_for_an_import(cli: Cli, source: Path) -> None:
    cli("import", "openwebui", str(source), "--dry-run")
    cli("import", "openwebui", str(source), "--reason", "moving in")
    cli("import", "openwebui", str(source))
    listed = cli("audit", "list", "--action", "directory", "-o", "ndjson").out.splitlines()
    assert len(listed) == 1
    entry = json.loads(listed[0])
    assert (entry["actor"], entry["object_id"], entry["reason"]) == (
        "tester",
        "Open WebUI 0.12.4",
        "moving in",
    )
    assert entry["after"]["source"] == f"sqlite:///{source}"
    for kind in ("users", "resources", "access grants"):
        assert entry["after"]["counts"][kind] == {"created": 2, "updated": 0}


def test_a_second_import_finds_nothing_to_do(cli: Cli) -> None:
    first = cli("import", "openwebui", str(OPEN_WEBUI))
    before = cli("audit", "list")
    second = cli("import", "openwebui", str(OPEN_WEBUI))
    assert (second.code, second.err) == (0, first.err)
    for kind, (created, updated, unchanged, _) in tally(first.out).items():
        assert tally(second.out)[kind] == [0, 0, created + updated + unchanged, 0]
    assert cli("audit", "list") == before


def test_what_was_changed_here_is_brought_up_to_date_and_what_is_only_here_stays(
    cli: Cli, source: Path
) -> None:
    cli("import", "openwebui", str(source))
    cli("users", "create", "eve@example.com", "--name", "Eve")
    cli("users", "set-role", "bob@example.com", "pending")
    cli("groups", "add", "staff", "eve@example.com")
    counts = tally(cli("import", "openwebui", str(source)).out)
    assert counts["users"] == [0, 1, 1, 1]
    assert counts["memberships"] == [0, 0, 1, 1]
    assert cli("users", "list", "--fields", "email,role").out == (
        "ada@example.com\tadmin\nbob@example.com\tuser\neve@example.com\tpending\n"
    )


def test_every_format_tells_the_same(cli: Cli, source: Path) -> None:
    command = ("import", "openwebui", str(source), "--dry-run")
    document = json.loads(cli(*command, "-o", "json").out)
    assert document["schema"] == "grantctl.import/v1"
    data = document["data"]
    assert (data["layout"], data["changed"]) == ("Open WebUI 0.12.4", True)
    rejected = {
        "kind": "rejected",
        "object_type": "membership",
        "object_id": "staff/nobody",
        "reason": "there is no user `nobody`: left out",
    }
    kinds = [one["kind"] for one in data["findings"]]
    assert (kinds.count("adapted"), kinds.count("rejected")) == (5, 3)
    assert rejected in data["findings"]
    assert yaml.safe_load(cli(*command, "-o", "yaml").out) == document
    assert json.loads(cli(*command, "-o", "ndjson").out) == data
    plain = tally(cli(*command).out)
    assert {row["kind"]: list(row.values())[1:] for row in data["rows"]} == plain
    csv = cli(*command, "-o", "csv")
    assert csv.out.splitlines()[0] == "kind,created,updated,unchanged,only_here"
    assert tally(csv.out.replace(",", "\t").partition("\n")[2]) == plain
    assert cli(*command, "-o", "name").out.splitlines() == list(plain)
    for output in ("json", "yaml", "ndjson"):
        assert cli(*command, "-o", output).err == "warning: dry run: nothing was changed\n"
    for output in ("csv", "name", "table"):
        assert cli(*command, "-o", output).err.startswith("read as Open WebUI 0.12.4\n")


def test_the_source_may_be_a_path_or_a_url(cli: Cli, source: Path) -> None:
    named = [str(source), f"sqlite:///{source}", f"openwebui+sqlite:///{source}"]
    outcomes = [cli("import", "openwebui", one, "--dry-run") for one in named]
    assert outcomes[0].code == 0
    assert outcomes[1:] == outcomes[:2]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.db", "there is no database at `"),
        ("text.db", "the file is no SQLite database: "),
        ("folder", "`"),
        ("ours.db", "this is a database of grantctl's own, not Open WebUI's: "),
        ("~nobody-there/webui.db", "there is no home folder `~nobody-there`"),
    ],
)
def test_a_source_that_is_none_changes_nothing(
    name: str, message: str, cli: Cli, tmp_path: Path, sqlite_template: Path
) -> None:
    (tmp_path / "text.db").write_text("no database\n" * 99, encoding="utf-8")
    (tmp_path / "folder").mkdir()
    shutil.copyfile(sqlite_template, tmp_path / "ours.db")
    before = cli("audit", "list")
    source = name if name.startswith("~") else str(tmp_path / name)
    for flags in ((), ("--dry-run",)):
        outcome = cli("import", "openwebui", source, *flags)
        assert outcome.code == (2 if name.startswith("~") else 7)
        said, hint = refusal(outcome)
        assert said.startswith(message)
        assert hint is not None
    assert cli("audit", "list") == before


def test_the_last_admin_is_not_taken_away(cli: Cli, tmp_path: Path) -> None:
    first = make(tmp_path / "first.db", "0.12.4", users=(ADA,))
    second = make(tmp_path / "second.db", "0.12.4", users=({**ADA, "role": "user"},))
    cli("import", "openwebui", str(first))
    outcome = cli("import", "openwebui", str(second))
    assert (outcome.code, *refusal(outcome)) == (
        5,
        "the import would leave no admin: the source demotes the last one",
        "make another admin first: grantctl users set-role USER admin",
    )
    assert cli("users", "list", "--fields", "email,role").out == "ada@example.com\tadmin\n"


def test_a_source_beside_a_target_that_is_not_there_is_not_read(source: Path) -> None:
    env = {"GRANTCTL_DATABASE": f"sqlite:///{source.parent}/none.db"}
    before = footprint(source.parent)
    outcome = run("import", "openwebui", str(source), env=env)
    assert outcome.code == 7
    assert footprint(source.parent) == before


def test_open_webui_s_own_file_is_never_the_target(source: Path) -> None:
    before = footprint(source.parent)
    for url, code in ((f"sqlite:///{source}", 7), (f"openwebui+sqlite:///{source}", 5)):
        env = {"GRANTCTL_DATABASE": url}
        for flags in ((), ("--dry-run",)):
            assert run("import", "openwebui", str(source), *flags, env=env).code == code
    assert footprint(source.parent) == before


def test_an_attached_database_is_asked_as_one_of_grantctl_s_own(source: Path) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{source}"}
    before = footprint(source.parent)
    denied = run("check", "bob@example.com", "chat.odd", env=env)
    assert (denied.code, denied.out.partition(":")[0], denied.err) == (3, "denied", "")
    assert run("explain", "ada@example.com", "chat.odd", env=env).code == 0
    assert run("who-can", "chat.odd", env=env) == Outcome(0, "ada@example.com\tadmin\t\n", "")
    assert run("access", "bob@example.com", "chat.odd", env=env).out == "chat.odd\tdeny\t\t\n"
    assert run("users", "list", "-o", "name", env=env).out == "ada@example.com\nbob@example.com\n"
    assert "chat.odd" in run("permissions", "list", "-o", "name", env=env).out.splitlines()
    assert run("groups", "list", "-o", "name", env=env) == Outcome(0, "Staff\n", "")
    for code, asked in (
        (0, ("bob@example.com", "read", "model:gpt")),
        (3, ("bob@example.com", "write", "model:gpt")),
        (0, ("bob@example.com", "read", "tool:hammer")),
        (4, ("bob@example.com", "read", "tool:saw")),
    ):
        assert run("check", *asked, env=env).code == code, asked
    checked = run("db", "check", env=env)
    assert (checked.code, [line.split("\t")[1] for line in checked.out.splitlines()]) == (
        3,
        ["model:gpt"] * 2,  # its owner and one of its grants lead nowhere
    )
    assert footprint(source.parent) == before


@pytest.mark.parametrize("command", CHANGED, ids=" ".join)
def test_an_attached_database_is_never_changed(command: tuple[str, ...], source: Path) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{source}"}
    before = footprint(source.parent)
    for flags in ((), ("--dry-run",)):
        outcome = run(*command, *flags, env=env)
        assert (outcome.code, *refusal(outcome)) == (
            5,
            "an attached Open WebUI database is only read, never changed",
            "bring it into a database of grantctl's own: grantctl init, "
            "then: grantctl import openwebui",
        )
    assert json_refusal(run(*command, "-o", "json", env=env))["code"] == "guard"
    assert footprint(source.parent) == before
