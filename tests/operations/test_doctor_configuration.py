"""What `doctor` says of the configuration file and of variables, and how it goes on without."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from grantctl.errors import UsageError
from grantctl.operations.doctor import examine, load_anyway
from tests.cli.credential_desk import SIGNED
from tests.operations.health import Row, look, make_healthy, require_command

WITH_PASSWORD = 'database = "postgresql://me:hunter2@host/name"\n'
WITHOUT = 'database = "postgresql://me@host/name"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file that its owner alone may read."""
    path = tmp_path / "config.toml"
    path.touch(0o600)
    return path


def told(check: str, file: Path, environ: Mapping[str, str] = SIGNED, **flags: str) -> list[Row]:
    """The rows of one check, without a database that answers."""
    flags = {"config": str(file), **flags}
    report = examine(load_anyway(flags, environ), environ)
    return [
        (one.status.value, one.check, one.subject, one.message, one.advice)
        for one in report.findings
        if one.check == check
    ]


@pytest.mark.parametrize(
    ("text", "message", "advice"),
    [
        ("output = 3\n", "`{file}` line 1: `output` is a number, not text", 'output = "…"'),
        ("outptu = ''\n", "`{file}` line 1: unknown key `outptu`", "did you mean `output`? "),
        ("\n[[[", "`{file}` line 2: ", "one setting a line: "),
        ("output = 'tabel'\n", "`{file}` line 1: `output` may not be `tabel`", "did you mean"),
        ("context = 'prod'\n", "`{file}` line 1: `context` names no context of ", "make it:"),
        ("[contexts.a]\nkeys = 1\n", "`{file}` line 2: `contexts.a.keys` is a number", "keys = "),
    ],
)
def test_a_file_that_cannot_be_understood_is_a_failure_and_says_where(
    text: str, message: str, advice: str, file: Path
) -> None:
    file.write_text(text)
    [(status, _, subject, found, helps)] = told("configuration_valid", file)
    assert (status, subject) == ("failure", str(file))
    assert found.startswith(message.format(file=file))
    assert helps.startswith(advice)
    assert told("configuration_private", file) == [
        (
            "skipped",
            "configuration_private",
            str(file),
            "whether it holds a password cannot be told",
            "",
        )
    ]


def test_a_file_that_is_missing_or_no_file_is_a_failure(tmp_path: Path) -> None:
    gone = tmp_path / "gone.toml"
    message = f"no configuration file `{gone}`"
    assert told("configuration_valid", gone) == [
        ("failure", "configuration_valid", str(gone), message, "`--config` names it")
    ]
    message = f"cannot read the configuration file `{tmp_path}`: is a directory"
    assert told("configuration_valid", tmp_path) == [
        ("failure", "configuration_valid", str(tmp_path), message, "")
    ]


def test_a_file_that_the_system_does_not_give_is_a_failure(tmp_path: Path) -> None:
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    message = f"cannot read the configuration file `{loop}`: too many levels of symbolic links"
    assert told("configuration_valid", loop) == [
        ("failure", "configuration_valid", str(loop), message, "")
    ]


def test_contexts_that_nobody_named_are_looked_at_too(file: Path) -> None:
    file.write_text(
        '[contexts.one]\ncolor = "blue"\n[contexts.two]\ndatabase = "mysql://me:hunter2@h/n"\n'
    )
    rows = told("configuration_valid", file)
    assert [row[:3] for row in rows] == [
        ("failure", "configuration_valid", "context one"),
        ("failure", "configuration_valid", "context two"),
    ]
    assert rows[0][3] == f"`{file}` line 2: `contexts.one.color` may not be `blue`"
    assert rows[1][3] == "`mysql` databases are not supported"
    assert "hunter2" not in str(rows)


@pytest.mark.parametrize(
    ("variables", "messages"),
    [
        ({"GRANTCTL_OUTPUT": "tabel"}, {"GRANTCTL_OUTPUT": "may not be `tabel`"}),
        (
            {"GRANTCTL_COLOR": "blue", "GRANTCTL_ACTOR": " "},
            {
                "GRANTCTL_COLOR": "may not be `blue`",
                "GRANTCTL_ACTOR": "may have 1 to 200 characters, not all spaces",
            },
        ),
        (
            {"GRANTCTL_DATABASE": "${DATABASE:-hunter2}"},
            {"GRANTCTL_DATABASE": "is still a placeholder"},
        ),
        (
            {"GRANTCTL_KEYS": "a\x1bb"},
            {"GRANTCTL_KEYS": "holds the control character U+001B"},
        ),
    ],
)
def test_each_variable_that_cannot_be_meant_is_told_and_left_out(
    variables: Mapping[str, str], messages: Mapping[str, str], file: Path
) -> None:
    rows = told("configuration_valid", file, {**SIGNED, **variables})
    assert {row[2]: row[3] for row in rows} == {
        variable: f"`{variable}` {message}" for variable, message in messages.items()
    }
    assert {row[0] for row in rows} == {"failure"}
    assert "hunter2" not in str(rows)


def test_a_context_that_a_variable_names_and_the_file_has_not_is_a_failure(file: Path) -> None:
    file.write_text(f"[contexts.prod]\n{WITHOUT}")
    [row] = told("configuration_valid", file, {**SIGNED, "GRANTCTL_CONTEXT": "pord"})
    assert row[3] == f"`GRANTCTL_CONTEXT` names no context of `{file}`: `pord`"
    assert row[4].startswith("did you mean `prod`?")


def test_what_a_flag_says_wrongly_is_an_error_of_whoever_calls(file: Path) -> None:
    file.write_text("output = 3\n")
    with pytest.raises(UsageError) as caught:
        load_anyway({"config": str(file), "output": "tabel"}, {"GRANTCTL_COLOR": "blue"})
    assert caught.value.message == "`--output` may not be `tabel`"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_where_the_file_is_broken_the_database_of_a_flag_or_variable_is_looked_at(
    file: Path, database: object, url: str
) -> None:
    make_healthy(database)  # type: ignore[arg-type]  # the fixture's
    file.write_text("output = 3\n")
    well = ("ok", "database_reachable", url, "it answers", "")
    assert told("database_reachable", file, database=url) == [well]
    variables = {**SIGNED, "GRANTCTL_DATABASE": url}
    assert told("database_reachable", file, variables) == [well]
    unknown = (
        "skipped",
        "database_reachable",
        "",
        "which database is meant, the configuration file would say",
        "",
    )
    assert told("database_reachable", file) == [unknown]
    assert told("database_reachable", file, variables, context="prod") == [unknown]
    assert told("database_reachable", file, database=url, context="prod") == [well]


@pytest.mark.parametrize(
    ("text", "mode", "status", "message"),
    [
        ("", 0o666, "ok", "there is nothing to hide"),
        (WITHOUT, 0o644, "ok", "no password in it"),
        (WITHOUT, 0o664, "warning", "others may change it, and so choose the database"),
        (WITHOUT, 0o646, "warning", "others may change it, and so choose the database"),
        (WITH_PASSWORD, 0o600, "ok", "its owner's alone"),
        (WITH_PASSWORD, 0o640, "failure", "it holds a password, and others may read it"),
        (WITH_PASSWORD, 0o604, "failure", "it holds a password, and others may read it"),
        (
            f"[contexts.prod]\n{WITH_PASSWORD}",
            0o644,
            "failure",
            "it holds a password, and others may read it",
        ),
    ],
)
def test_a_file_with_a_password_is_its_owners_alone_and_no_file_anybodys_to_change(
    text: str, mode: int, status: str, message: str, file: Path
) -> None:
    file.write_text(text)
    file.chmod(mode)
    rows = told("configuration_private", file, database="sqlite:///none.db")
    advice = "" if status == "ok" else f"chmod 600 {file}"
    assert rows == [(status, "configuration_private", str(file), message, advice)]
    assert "hunter2" not in str(rows)


@pytest.mark.parametrize(
    ("variables", "row"),
    [
        (
            {"DEFAULT_USER_ROLE": "owner"},
            ("`DEFAULT_USER_ROLE`: no role `owner`", "roles are admin, user and pending: "),
        ),
        (
            {"JWT_EXPIRES_IN": "-1"},
            ("`JWT_EXPIRES_IN`: `-1` means for ever, and the token of a login does not", ""),
        ),
        (
            {"USER_PERMISSIONS_CHAT_CONTROLS": "maybe"},
            ("`USER_PERMISSIONS_CHAT_CONTROLS` may not be `maybe`", "true or false"),
        ),
        (
            {"USER_PERMISSIONS_CHAT_CONTORLS": "true"},
            ("`USER_PERMISSIONS_CHAT_CONTORLS` sets no permission that is known", ""),
        ),
        (
            {"OAUTH_MERGE_ACCOUNTS_BY_EMAIL": "true"},
            ("`OAUTH_MERGE_ACCOUNTS_BY_EMAIL` is not honoured", ""),
        ),
    ],
)
def test_what_variables_say_of_policies_and_cannot_mean_is_a_warning(
    variables: Mapping[str, str], row: tuple[str, str], file: Path
) -> None:
    [(status, _, subject, message, advice)] = told("seeds_valid", file, {**SIGNED, **variables})
    assert (status, subject) == ("warning", "")
    assert message.startswith(row[0])
    assert advice.startswith(row[1])


def test_what_the_file_says_of_policies_and_cannot_mean_is_a_warning(file: Path) -> None:
    file.write_text('[policy]\nusers.default_role = "owner"\n')
    [(status, _, _, message, _)] = told("seeds_valid", file)
    assert status == "warning"
    assert message.startswith(f"`{file}` line 2: no role `owner`")
    file.write_text("output = 3\n")
    assert told("seeds_valid", file)[0][0] == "skipped"


def test_what_is_said_of_policies_is_counted_where_it_is_well(file: Path) -> None:
    file.write_text('[policy]\nusers.default_role = "user"\n')
    variables = {**SIGNED, "USER_PERMISSIONS_CHAT_CONTROLS": "true"}
    assert told("seeds_valid", file, variables) == [
        (
            "ok",
            "seeds_valid",
            "",
            "2 settings named by variables or the file, each can be meant",
            "",
        )
    ]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_file_that_says_something_else_than_the_database_is_a_warning(
    file: Path, database: object, url: str
) -> None:
    make_healthy(database)  # type: ignore[arg-type]  # the fixture's
    file.write_text('[policy.users]\ndefault_role = "user"\n')
    rows = look(url, SIGNED, config=str(file))
    [row] = [one for one in rows if one[1] == "settings_agree"]
    assert row == (
        "warning",
        "settings_agree",
        "users.default_role",
        f"file {file} [policy] says `user`, but what decides is the default, `pending`",
        "grantctl config seed",
    )
    require_command(["grantctl", "config", "seed"])
