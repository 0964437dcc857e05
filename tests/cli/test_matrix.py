"""`grantctl access --matrix`: all members of a group at once, as data and as a page."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from grantctl.config import OUTPUTS
from grantctl.store.database import Database
from tests.commands import Cli, Outcome, invoke
from tests.contract.damage import OPEN_WEBUI

TABLE = (
    "user\tchat.controls\tchat.enforced\tchat.share\tchat.valves\tnotes\n"
    "bob@example.com\tgroup\tabsent\tdefault\tdefault\tgroup\n"
    "chen@example.com\tgroup\tabsent\tdefault\tdefault\tgroup\n"
    "dana@example.com\tabsent\tabsent\tdefault\tdefault\tgroup\n"
    "eli@example.com\tpending\tpending\tpending\tpending\tpending\n"
)
NDJSON = (
    '{"user":"bob@example.com","id":"u-bob","name":"Bob","role":"user","cells":'
    '{"chat.controls":{"allowed":true,"cause":"group",'
    '"detail":"group `engineering` sets it true"}}}\n'
    '{"user":"chen@example.com","id":"u-chen","name":"Chen","role":"user","cells":'
    '{"chat.controls":{"allowed":true,"cause":"group",'
    '"detail":"group `engineering`, held through `interns`, sets it true"}}}\n'
)


def test_a_group_s_members_are_rows_and_its_permissions_columns(office: Cli) -> None:
    assert office("access", "--matrix", "staff") == Outcome(0, TABLE, "")
    rows = list(csv.reader(io.StringIO(office("access", "--matrix", "staff", "-o", "csv").out)))
    assert rows == [line.split("\t") for line in TABLE.splitlines()]


def test_a_key_leaves_the_permissions_under_it_and_data_has_the_decision_s_words(
    office: Cli,
) -> None:
    arguments = ("access", "chat.controls", "--matrix", "engineering")
    assert office(*arguments, "-o", "ndjson") == Outcome(0, NDJSON, "")
    document = json.loads(office(*arguments, "-o", "json").out)
    assert document == {
        "schema": "grantctl.access-matrix/v1",
        "data": [json.loads(line) for line in NDJSON.splitlines()],
        "warnings": [],
        "next_cursor": None,
    }
    assert office(*arguments, "-o", "name").out == "bob@example.com\nchen@example.com\n"
    assert office(*arguments, "-o", "yaml").out.startswith("schema: grantctl.access-matrix/v1\n")
    assert office(*arguments, "--fields", "chat.controls").out == "chat.controls\ngroup\ngroup\n"


def test_what_the_matrix_says_is_what_access_says(office: Cli) -> None:
    found = json.loads(office("access", "--matrix", "staff", "-o", "json").out)["data"]
    assert [one["user"] for one in found] == [line.split("\t")[0] for line in TABLE.splitlines()][
        1:
    ]
    for one in found:
        alone = json.loads(office("access", one["id"], "-o", "json").out)["data"]
        assert {key: cell["allowed"] for key, cell in one["cells"].items()} == {
            each["permission"]: each["verdict"] == "allow" for each in alone
        }
    ignored = office("access", "--matrix", "support", "notes", "--ignore-role", "-o", "csv").out
    assert ignored == "user,notes\ndana@example.com,group\neli@example.com,group\n"


def test_with_a_type_the_columns_are_resources_and_one_action_is_asked(
    resource_office: Database, cli: Cli
) -> None:
    assert cli("access", "--matrix", "staff", "--type", "tool").out == (
        "user\ttool:calculator\ttool:whiteboard\n"
        "bob@example.com\towner\teveryone\n"
        "chen@example.com\tgroup\towner\n"
        "dana@example.com\tgroup\teveryone\n"
        "eli@example.com\tpending\tpending\n"
    )
    written = cli("access", "--matrix", "staff", "--type", "tool", "--action", "write")
    assert written.out.splitlines()[2] == "chen@example.com\tabsent\towner"
    models = cli("access", "--matrix", "support", "--type", "model").out
    assert models == (
        "user\tmodel:gpt-4o\tmodel:helper\tmodel:llama3\tmodel:lost\n"
        "dana@example.com\tabsent\tbase\tpublic\tbase\n"
        "eli@example.com\tpending\tpending\tpending\tpending\n"
    )


def test_a_limit_is_said(office: Cli) -> None:
    warning = "the group has more than 1 members: a higher --limit shows more"
    outcome = office("access", "--matrix", "staff", "notes", "--limit", "1")
    assert outcome == Outcome(0, "user\tnotes\nbob@example.com\tgroup\n", f"warning: {warning}\n")
    as_json = office("access", "--matrix", "staff", "--limit", "1", "-o", "json")
    assert (json.loads(as_json.out)["warnings"], as_json.err) == ([warning], "")


def test_a_page_is_a_new_file_for_its_owner_alone(office: Cli, tmp_path: Path) -> None:
    path = tmp_path / "staff.html"
    written = office("access", "--matrix", "staff", "--html", str(path))
    assert written == Outcome(0, "", f"{path}: staff: 4 users by 5 permissions\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>\n")
    assert page.endswith("</html>\n")
    again = office("access", "--matrix", "support", "--html", str(path))
    assert again == Outcome(
        5,
        "",
        f"error: `{path}` exists\nhint: another file, or replace this one: --force\n",
    )
    assert path.read_text(encoding="utf-8") == page
    assert office("access", "--matrix", "support", "--html", str(path), "--force").code == 0
    assert "<title>support: permissions</title>" in path.read_text(encoding="utf-8")
    assert list(tmp_path.glob(".grantctl*")) == []


def test_a_page_can_go_to_stdout(office: Cli) -> None:
    outcome = office("access", "--matrix", "staff", "--html", "-")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.count("<td class=") == 20


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--html", "x.html"), 2, "`--html`, `--force` and `--limit` go with `--matrix`"),
        (("Bob", "--limit", "5"), 2, "`--html`, `--force` and `--limit` go with `--matrix`"),
        (("--matrix", "staff", "--force"), 2, "`--force` replaces a file: name it"),
        (("--matrix", "staff", "chat", "x"), 2, "`--matrix` takes its users from the group"),
        (("--matrix", "staff", "--batch", "-"), 2, "`--matrix` takes its users from the group"),
        (("--matrix", "staff", "chat", "--type", "tool"), 2, "`--type` asks for resources"),
        (("--matrix", "staff", "--action", "read"), 2, "`--action`, `--ignore-owner`"),
        (("--matrix", "staff", "--html", "-", "--fields", "user"), 2, "`--html` is a page"),
        (("--matrix", "staff", "--fields", "x"), 2, "no field `x`"),
        (("--matrix", "stuff"), 4, "no group `stuff`"),
        (("--matrix", "staff", "chta"), 4, "no permission `chta`"),
        (("--matrix", "staff", "--type", "none"), 4, "there are no resources"),
    ],
)
def test_what_does_not_fit_is_said(
    office: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    outcome = office("access", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith(f"error: {said}")


def test_the_exit_code_is_the_same_in_every_format(office: Cli) -> None:
    for output in OUTPUTS:
        assert office("access", "--matrix", "staff", "-o", output).code == 0
        outcome = office("access", "--matrix", "nobody", "-o", output)
        assert (outcome.code, outcome.out) == (4, "")


def test_an_attached_database_has_a_matrix_too() -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}
    groups = json.loads(invoke(("groups", "list", "-o", "json"), env=env).out)["data"]
    [group] = [one["id"] for one in groups if one["members"]][:1]
    for more in ((), ("--type", "*")):
        outcome = invoke(("access", "--matrix", group, *more, "-o", "json"), env=env)
        assert (outcome.code, outcome.err) == (0, "")
        assert json.loads(outcome.out)["data"]
