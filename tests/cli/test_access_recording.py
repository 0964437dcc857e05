"""`grantctl test record`: today's access as tests, which pass until it is otherwise."""

from __future__ import annotations

import json
from pathlib import Path

from grantctl.store.database import Database
from tests.commands import Cli, Outcome, invoke
from tests.contract.damage import OPEN_WEBUI

RECORDED = """\
# What was so when it was recorded: grantctl test record

[[test]]
user = "chen@example.com"
through = ["group:engineering"]
may = [
  "chat.controls",
]

[[test]]
user = "chen@example.com"
through = ["default"]
may = [
  "chat.share",
  "chat.valves",
]

[[test]]
user = "chen@example.com"
through = ["group:staff"]
may = [
  "notes",
]

[[test]]
user = "chen@example.com"
may_not = [
  "chat.enforced",
]

[[test]]
user = "u-flo"
through = ["default"]
may = [
  "chat.share",
  "chat.valves",
]

[[test]]
user = "u-flo"
may_not = [
  "chat.controls",
  "chat.enforced",
  "notes",
]
"""


def test_a_recording_freezes_today_s_access_and_passes_until_it_changes(
    office: Cli, tmp_path: Path
) -> None:
    outcome = office("test", "record", "Chen", "u-flo", "chen@example.com")
    assert outcome == Outcome(0, RECORDED, "")
    file = _file(tmp_path, outcome.out)
    yaml = office("test", "record", "Chen", "u-flo", "--format", "yaml").out
    assert yaml.startswith(
        "# What was so when it was recorded: grantctl test record\ntests:\n"
        '  - user: "chen@example.com"\n    through: ["group:engineering"]\n    may:\n'
        '      - "chat.controls"\n'
    )
    other = _file(tmp_path, yaml, "policy.yaml")
    assert office("test", file, other) == Outcome(0, "", "20 passed\n")
    office("permissions", "set", "--group=staff", "notes=false")
    changed = office("test", file, other, "-o", "csv", "--fields=status,line,assertion")
    assert changed.code == 3
    assert [line for line in changed.out.splitlines()[1:] if "passed" not in line] == [
        "failed,22,chen@example.com may notes through group:staff",
        "failed,15,chen@example.com may notes through group:staff",
    ]


def test_resources_are_recorded_where_their_type_is_asked_for(
    resource_office: Database, cli: Cli, tmp_path: Path
) -> None:
    del resource_office
    whole = cli("test", "record", "bob@example.com", "--type", "*").out
    outcome = cli("test", "record", "bob@example.com", "--type", "tool").out
    assert "model:" in whole
    assert "model:" not in outcome
    assert outcome.endswith(
        'through = ["owner", "group:staff"]\nmay = [\n  "read tool:calculator",\n]\n\n'
        '[[test]]\nuser = "bob@example.com"\nthrough = ["owner"]\nmay = [\n'
        '  "write tool:calculator",\n]\n\n'
        '[[test]]\nuser = "bob@example.com"\nthrough = ["everyone"]\nmay = [\n'
        '  "read tool:whiteboard",\n  "write tool:whiteboard",\n]\n\n'
        '[[test]]\nuser = "bob@example.com"\nmay_not = [\n  "chat.enforced",\n]\n'
    )
    assert cli("test", _file(tmp_path, whole)).code == 0


def test_nothing_is_recorded_of_what_nobody_knows(office: Cli) -> None:
    assert office("test", "record", "Bob", "nobody") == Outcome(
        4, "", "error: no user `nobody`\nhint: grantctl users list\n"
    )
    assert office("test", "record", "Bob", "-o", "json").code == 2
    assert office("test", "record", "Bob", "--format", "json").code == 2
    assert office("test", "record", "Bob", "--type", "none").code == 4
    assert office("test", "record").code == 2


def test_of_an_attached_open_webui_database_access_is_recorded_and_tested_as_well(
    tmp_path: Path,
) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}
    listed = invoke(["users", "list", "-o", "ndjson"], env=env)
    users = [json.loads(line) for line in listed.out.splitlines()]
    frozen = invoke(["test", "record", *(one["id"] for one in users), "--type=*"], env=env)
    assert (frozen.code, frozen.err) == (0, "")
    count = sum(line.startswith("  ") for line in frozen.out.splitlines())
    assert count > 100
    passing = _file(tmp_path, frozen.out)
    assert invoke(["test", passing], env=env) == Outcome(0, "", f"{count} passed\n")
    everybody = invoke(["who-can", "chat", "-o", "name"], env=env).out.splitlines()
    only = _file(tmp_path, f"[[test]]\nonly = {json.dumps(everybody)}\nmay = 'chat'\n")
    assert invoke(["test", only], env=env) == Outcome(0, "", "1 passed\n")
    fewer = _file(tmp_path, f"[[test]]\nonly = {json.dumps(everybody[1:])}\nmay = 'chat'\n")
    outcome = invoke(["test", fewer], env=env)
    assert outcome.out.splitlines()[2] == f"  got: 1 more may: {everybody[0]}"
    assert outcome.code == 3


def _file(folder: Path, text: str, name: str = "policy.toml") -> str:
    """Write a file, and name it."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)
