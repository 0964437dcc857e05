"""`grantctl doctor`: whole outputs, exit codes, and what it does where little can be looked at."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pexpect  # type: ignore[import-untyped]
import pytest
import yaml

from grantctl.operations import integrity, oauth_lint, resource_integrity
from grantctl.operations.doctor_checks import LEADING_NOWHERE
from grantctl.operations.doctor_findings import Status
from grantctl.operations.doctor_settings import BROKEN
from grantctl.store.database import Database
from grantctl.store.revision import SCHEMA_REVISION
from tests.cli.credential_desk import SIGNED
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI
from tests.operations.health import make_healthy, write_past
from tests.running import json_refusal, refusal, run

NOTHING_IS_READ = "there is none, nor need there be"
DOCS = Path(__file__).parents[2] / "docs" / "doctor.md"


@pytest.fixture
def healthy(database: Database, cli: Cli) -> Cli:
    """The command line on a database in which nothing is wrong, with a secret."""
    make_healthy(database)

    def doctor(
        *arguments: str, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Outcome:
        return cli("doctor", *arguments, env={**SIGNED, **(env or {})})

    return doctor


def healthy_rows(url: str, config: str) -> list[list[str]]:
    """Status, check, subject and message of every row, all of them well."""
    is_file = url.startswith("sqlite")
    private = "its owner's alone" if is_file else "its server says who may read it"
    rows = [
        ["configuration_valid", config, NOTHING_IS_READ],
        ["configuration_private", config, "there is nothing to hide"],
        ["database_reachable", url, "it answers"],
        ["database_current", "", f"revision {SCHEMA_REVISION}"],
        ["database_private", url.removeprefix("sqlite:///") if is_file else "", private],
        ["clocks_agree", "", "this host's clock fits what is stored"],
        ["integrity", "", "`db check` finds nothing wrong"],
        ["secret", "GRANTCTL_SECRET_KEY", "strong enough to sign"],
        ["signing_keys", "", "there is none"],
        ["tokens_expired", "", "none expired over 30 days ago"],
        ["seeds_valid", "", "0 settings named by variables or the file, each can be meant"],
        ["policy_values", "", "0 settings stored, each what it may be"],
        ["default_group", "", "new users are put into no group"],
        ["settings_agree", "", "no variable and no file says something else than the database"],
        ["oauth_lint", "", "no identity provider is set up"],
        ["admins", "", "2 admins of 5 users"],
        ["users_pending", "", "nobody has been pending for over 7 days"],
        [
            "users_without_groups",
            "",
            "some permissions are true by default, so that nobody needs a group",
        ],
        ["groups_without_members", "", "every group has a member, or one below it has"],
        [
            "groups_without_effect",
            "",
            "every group gives its members something, or holds others together",
        ],
        ["memberships_expired", "", "none has expired"],
        ["permission_keys", "", "Open WebUI knows every one"],
        ["flag_values", "", "every one is true or false"],
        ["flags_shadowed", "", "no false is without effect"],
        ["flags_under_default", "", "no false is without effect"],
    ]
    return [["ok", *row] for row in rows]


SECTIONS = [
    *(["configuration"] * 2),
    *(["database"] * 4),
    "integrity",
    *(["credentials"] * 3),
    *(["settings"] * 4),
    "identity provider",
    *(["directory"] * 6),
    *(["permissions"] * 4),
]


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Where the configuration file would be."""
    return str(tmp_path / "home" / "grantctl" / "config.toml")


def test_of_a_healthy_installation_all_is_said_to_be_well(
    healthy: Cli, database: Database, config: str
) -> None:
    rows = healthy_rows(str(database.url), config)
    lines = "".join("\t".join([*row, ""]) + "\n" for row in rows)
    assert healthy() == Outcome(0, lines, "")
    assert healthy("--strict") == Outcome(0, lines, "")


def test_the_document_holds_every_check_and_how_many_there_are_of_each_status(
    healthy: Cli, database: Database, config: str
) -> None:
    rows = healthy_rows(str(database.url), config)
    document: dict[str, object] = {
        "schema": "grantctl.doctor/v1",
        "data": {
            "checks": [
                {
                    "status": status,
                    "check": check,
                    "subject": subject,
                    "message": message,
                    "advice": "",
                    "section": section,
                }
                for (status, check, subject, message), section in zip(rows, SECTIONS, strict=True)
            ],
            "counts": {"ok": 25, "note": 0, "warning": 0, "failure": 0, "skipped": 0},
        },
        "warnings": [],
        "next_cursor": None,
    }
    outcome = healthy("-o", "json")
    assert (outcome.code, json.loads(outcome.out), outcome.err) == (0, document, "")
    assert yaml.safe_load(healthy("-o", "yaml").out) == document
    lines = healthy("-o", "ndjson").out.splitlines()
    checks = document["data"]["checks"]  # type: ignore[index]  # it was just made
    assert [json.loads(line) for line in lines] == checks


def test_fields_choose_what_is_shown_of_a_row(healthy: Cli) -> None:
    names = healthy("-o", "name").out.split()
    assert len(names) == len(SECTIONS)
    assert healthy("--fields", "check").out.split() == names
    found = json.loads(healthy("-o", "json", "--fields", "check,status").out)["data"]
    assert found["checks"] == [{"check": name, "status": "ok"} for name in names]
    assert found["counts"]["ok"] == len(names)
    header = healthy("-o", "csv").out.splitlines()[0]
    assert header == "status,check,subject,message,advice,section"
    for format in ("json", "table", "csv"):
        outcome = healthy("-o", format, "--fields", "colour")
        assert (outcome.code, outcome.out) == (2, "")


@pytest.mark.parametrize(
    ("statement", "code", "strict_code"),
    [
        ("INSERT INTO users (id, name, role, created_at, updated_at) "
         "VALUES ('u-eli', '', 'pending', 1, 1)", 0, 0),
        ("UPDATE users SET role = 'user' WHERE id = 'u-amy'", 0, 3),
        ("UPDATE users SET role = 'user'", 3, 3),
    ],
    ids=["note", "warning", "failure"],
)  # fmt: skip
def test_the_exit_code_follows_the_worst_of_what_was_found(
    statement: str, code: int, strict_code: int, healthy: Cli, database: Database
) -> None:
    write_past(database, statement)
    for format in ("table", "json", "name"):
        assert healthy("-o", format).code == code
        assert healthy("-o", format, "--strict").code == strict_code
    assert healthy().err == ""


def test_data_is_shown_escaped(healthy: Cli, database: Database) -> None:
    write_past(database, "UPDATE groups SET name = 'a\x1b[2J\nb' WHERE id = 'g-sup'")
    write_past(database, "DELETE FROM memberships WHERE group_pk = 4")
    [line] = [one for one in healthy().out.splitlines() if one.startswith("warning")]
    assert line == (
        "warning\tgroups_without_members\t\t1 group without members: `a\\x1b[2J\\nb`"
        "\tgrantctl groups add g-sup USER"
    )


def test_where_the_database_is_not_there_the_rest_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    outcome = run("doctor", "--database", f"sqlite:///{path}", env=SIGNED)
    assert (outcome.code, outcome.err) == (3, "")
    lines = [line.split("\t") for line in outcome.out.splitlines()]
    [failed] = [line for line in lines if line[0] == "failure"]
    assert failed == [
        "failure",
        "database_reachable",
        "",
        f"there is no database at `{path}`",
        "is the path right? a new database is made by: grantctl init",
    ]
    assert {tuple(line[2:]) for line in lines if line[0] == "skipped"} == {
        ("", "the database cannot be looked at", "")
    }
    assert [line[1] for line in lines if line[0] == "ok"] == [
        "configuration_valid",
        "configuration_private",
        "secret",
        "seeds_valid",
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_broken_configuration_is_told_and_does_not_end_it(
    healthy: Cli, tmp_path: Path, database: Database
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("output = 3\n")
    outcome = healthy("--config", str(file), env={"GRANTCTL_COLOR": "blue"})
    assert (outcome.code, outcome.err) == (3, "")
    assert [line.split("\t")[:3] for line in outcome.out.splitlines()[:4]] == [
        ["failure", "configuration_valid", "GRANTCTL_COLOR"],
        ["failure", "configuration_valid", str(file)],
        ["skipped", "configuration_private", str(file)],
        ["ok", "database_reachable", str(database.url)],
    ]


def test_a_wrong_flag_is_an_error_of_usage(tmp_path: Path) -> None:
    outcome = run("doctor", "-o", "tabel")
    assert (outcome.code, refusal(outcome)[0]) == (2, "`--output` may not be `tabel`")
    outcome = run("doctor", "-o", "json", "--config", "")
    assert outcome.code == 2
    assert json_refusal(outcome)["message"] == "`--config` is empty"
    assert run("doctor", "--stirct").code == 2


def test_an_attached_database_can_be_looked_at() -> None:
    outcome = run("doctor", "--database", f"openwebui+sqlite:///{OPEN_WEBUI}", "-o", "json")
    data = json.loads(outcome.out)["data"]
    assert (outcome.code, outcome.err, data["counts"]["failure"]) == (0, "", 0)
    assert data["counts"]["warning"] > 0
    strict = run("doctor", "--database", f"openwebui+sqlite:///{OPEN_WEBUI}", "--strict")
    assert strict.code == 3


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_on_a_terminal_a_tree_is_drawn(
    healthy: Cli, url: str, tmp_path: Path, locale: str, database: Database
) -> None:
    write_past(database, "UPDATE users SET role = 'user' WHERE id = 'u-amy'")
    variables = {"TERM": "dumb", "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "grantctl", "doctor", "--database", url, "--strict"],
        env={**os.environ, **SIGNED, **variables},
        encoding="utf-8",
        timeout=60,
        cwd=str(tmp_path),
        dimensions=(24, 200),
    )
    child.expect(pexpect.EOF)
    child.close()
    lines = str(child.before).splitlines()
    assert child.exitstatus == 3
    advice = "grantctl users set-role USER admin"
    about = "admins: one of 5 users is admin, and nobody could stand in"
    if locale == "C":
        assert lines[0] == "! 1 warning"
        assert lines[1] == "|- + configuration"
        assert [f"|  |- ! {about}", f"|  |  `- {advice}"] == lines[-12:-10]
    else:
        assert lines[0] == "! 1 warning"
        assert lines[1] == "├─ ✓ configuration"
        assert [f"│  ├─ ! {about}", f"│  │  └─ {advice}"] == lines[-12:-10]


def test_every_check_is_described_in_the_documentation(healthy: Cli) -> None:
    text = DOCS.read_text(encoding="utf-8")
    codes = healthy("-o", "name").out.split()
    assert [code for code in codes if f"`{code}`" not in text] == []
    assert [status for status in Status if f"**{status.value}**" not in text] == []


def codes_in(module: ModuleType) -> set[str]:
    """Words with an underscore among the texts of a module, which name nothing in it: codes."""
    nodes = ast.walk(ast.parse(inspect.getsource(module)))
    texts = {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
    return {text for text in texts if re.fullmatch(r"[a-z]+(_[a-z]+)+", text)} - {*vars(module)}


def test_every_finding_of_the_other_checks_is_described_in_the_documentation() -> None:
    text = DOCS.read_text(encoding="utf-8")
    found = codes_in(integrity) | codes_in(resource_integrity)
    linted = codes_in(oauth_lint) - {"preferred_username"}
    assert {"group_cycle", "missing_base", "no_admin"} < found
    assert {"jwks_missing", "blocked_nothing"} < linted
    codes = {"damaged", "import", *found, *(f"oauth_{one}" for one in linted)}
    assert sorted(code for code in codes if f"`{code}`" not in text) == []
    assert [code for code in BROKEN if f"`oauth_{code}` | failure: " not in text] == []
    assert found > LEADING_NOWHERE
    assert linted > BROKEN
