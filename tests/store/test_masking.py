"""That no password in a URL is ever shown: not in an answer, an error or a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from filelock import FileLock
from hypothesis import example, given
from hypothesis import strategies as st

from grantctl.store.masked_url import mask_password
from grantctl.store.url import parse_url
from tests.conftest import Cli
from tests.running import json_refusal, refusal, run

SECRET = "s3cr3t"
NOBODY = "127.0.0.1:1"  # refuses at once


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:pw@db/x", "postgresql://ada:***@db/x"),
        ("postgresql://ada:p@w@db:5432/x", "postgresql://ada:***@db:5432/x"),
        ("postgresql://ada@db/x", "postgresql://ada@db/x"),
        ("postgresql://db/x", "postgresql://db/x"),
        ("postgresql://ada:pw@[::1]:5432,db:1/x", "postgresql://ada:***@[::1]:5432,db:1/x"),
        ("postgresql://ada:@/x?host=%2Ftmp", "postgresql://ada:***@/x?host=%2Ftmp"),
        ("postgresql://ada:p/w@db/x", "postgresql://***"),
        ("postgresql://ada:pw", "postgresql://***"),
        ("postgresql://db/x?user=a&password=pw", "postgresql://db/x?user=a&password=***"),
        ("postgresql://db/x?p%61ssword=pw", "postgresql://db/x?p%61ssword=***"),
        ("postgresql://db/x?PassWord=p@w", "postgresql://***"),
        ("postgresql://db/x?sslpassword=p&w&a=b", "postgresql://db/x?sslpassword=***"),
        ("openwebui+postgresql://ada:pw@db/x", "openwebui+postgresql://ada:***@db/x"),
        ("sqlite:////a@b:c%25.db", "sqlite:////a@b:c%25.db"),
        ("sqlite://ada:pw@db/x", "sqlite://ada:***@db/x"),
        ("mysql://ada:pw@db/x", "mysql://ada:***@db/x"),
        ("ada:pw@db/x", "***"),
        ("webui.db", "webui.db"),
    ],
)
def test_a_password_is_masked(url: str, shown: str) -> None:
    assert mask_password(url) == shown


odd = st.text("/?#@:%[]&=+; \\é,.", max_size=4)


@given(odd, odd, st.sampled_from(["@db/x", "@db:1/x?sslmode=require"]))
def test_a_password_of_any_characters_is_masked(before: str, after: str, rest: str) -> None:
    for password in (before + SECRET + after, quote(before + SECRET + after, safe="")):
        url = f"postgresql://ada:{password}{rest}"
        assert SECRET not in mask_password(url)
        assert SECRET not in str(parse_url(url))
        assert SECRET not in repr(parse_url(f"openwebui+{url}"))


@given(odd, odd, st.sampled_from(["", "/x", "/x?sslmode=require"]))
def test_a_password_whose_host_was_forgotten_is_masked(before: str, after: str, rest: str) -> None:
    password = quote(before + SECRET + after, safe="")
    assert SECRET not in mask_password(f"postgresql://ada:{password}{rest}")


@given(odd, odd)
def test_a_password_in_the_query_is_masked(before: str, after: str) -> None:
    password = before.replace("#", "") + SECRET + after
    assert SECRET not in mask_password(f"postgresql://db/x?sslmode=require&password={password}")


@given(st.text())
@example("postgresql://[")
@example("postgresql://ada:\ud800@db")
@example("postgresql://\u2100:pw@db")
def test_masking_takes_any_text(text: str) -> None:
    mask_password(text)
    mask_password(f"postgresql://{text}")


COMMANDS = (
    ("check", "ada", "chat.controls"),
    ("explain", "ada", "chat.controls"),
    ("who-can", "chat.controls"),
    ("access", "ada"),
    ("users", "list"),
    ("permissions", "list"),
    ("permissions", "set", "--default", "chat.controls=true"),
    ("audit", "list"),
    ("init",),
    ("db", "status"),
    ("db", "check"),
    ("db", "migrate"),
    ("import", "openwebui", "webui.db"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("output", ["table", "json"])
def test_no_command_shows_the_password_when_the_server_is_gone(
    command: tuple[str, ...], output: str
) -> None:
    url = f"postgresql://ada:{SECRET}@{NOBODY}/x?sslpassword={SECRET}"
    for given_url in (url, f"openwebui+{url}"):
        outcome = run(
            *command, "-o", output, env={"GRANTCTL_DATABASE": given_url, "GRANTCTL_DEBUG": "1"}
        )
        assert outcome.code in (5, 7)
        assert outcome.out == ""
        assert SECRET not in outcome.err
        assert "Traceback" not in outcome.err


def test_the_source_of_an_import_does_not_show_its_password(cli: Cli) -> None:
    outcome = cli("import", "openwebui", f"postgresql://ada:{SECRET}@{NOBODY}/x")
    assert outcome.code == 7
    assert refusal(outcome) == (
        f"the database cannot be reached: postgresql://ada:***@{NOBODY}/x",
        "is the server running, and are host and port right?",
    )


@pytest.mark.parametrize("output", ["table", "json", "ndjson", "yaml", "csv", "name"])
def test_the_settings_do_not_show_the_password(output: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'database = "postgresql://in-file:{SECRET}@db/x"\n', encoding="utf-8")
    outcome = run(
        *("config", "show", "-o", output, "--config", str(file)),
        *("--database", f"postgresql://in-flag:{SECRET}@db/x"),
        env={"GRANTCTL_DATABASE": f"host=in-env password={SECRET}"},
    )
    assert outcome.code == 0
    assert SECRET not in outcome.out + outcome.err
    if output != "name":
        assert "postgresql://in-flag:***@db/x" in outcome.out
        assert "postgresql://in-file:***@db/x" in outcome.out


def test_a_traceback_does_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise RuntimeError("a fault \x1b[31m")

    monkeypatch.setattr(psycopg, "connect", fail)
    url = f"postgresql://ada:{SECRET}@{NOBODY}/x"
    plain = run("db", "status", env={"GRANTCTL_DATABASE": url})
    assert (plain.code, plain.out) == (1, "")
    assert plain.err == (
        "error: grantctl failed unexpectedly\nhint: GRANTCTL_DEBUG=1 shows where\n"
    )
    debugged = run("db", "status", env={"GRANTCTL_DATABASE": url, "GRANTCTL_DEBUG": "1"})
    assert debugged.err.startswith("Traceback (most recent call last):\n")
    assert debugged.err.endswith(f"RuntimeError: a fault \\x1b[31m\n{plain.err}")
    assert SECRET not in debugged.err


@pytest.fixture
def guarded(postgres_server: str) -> Iterator[str]:
    """The URL of the shared server for a user who needs a password, up to that password."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        rules = Path(row[0])
        with FileLock(f"{rules}.lock"):
            text = rules.read_text(encoding="utf-8")
            if "guarded" not in text:
                rules.write_text(f"local all guarded scram-sha-256\n{text}", encoding="utf-8")
                connection.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{SECRET}'")
                connection.execute("SELECT pg_reload_conf()")
    yield postgres_server.replace("postgres:@", "guarded:{}@").replace("/postgres?", "/{}?")


def test_a_wrong_password_is_said_and_not_shown(guarded: str) -> None:
    url = guarded.format(f"{SECRET}-wrong", "template_grantctl")
    outcome = run("db", "status", env={"GRANTCTL_DATABASE": url, "GRANTCTL_DEBUG": "1"})
    assert outcome.code == 7
    message, hint = refusal(outcome)
    assert message.startswith("the password is not accepted: postgresql://guarded:***@")
    assert hint == "PGPASSWORD, ~/.pgpass or the URL"
    assert SECRET not in outcome.err


def test_status_does_not_show_the_right_password(guarded: str) -> None:
    url = guarded.format(SECRET, "no_such_database")
    outcome = run("db", "status", "-o", "json", env={"GRANTCTL_DATABASE": url})
    error = json_refusal(outcome)
    assert error["message"].startswith(
        "there is no database of that name: postgresql://guarded:***@"
    )
    assert SECRET not in outcome.err
