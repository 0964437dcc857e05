"""Database URLs: which are understood, and that no password in one is ever shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from filelock import FileLock
from hypothesis import example, given
from hypothesis import strategies as st

from grantctl.errors import UsageError
from grantctl.store.url import POSTGRES, SQLITE, DatabaseUrl, file_url, mask_password, parse_url
from tests.conftest import Cli
from tests.running import json_refusal, refusal, run

SECRET = "s3cr3t"
NOBODY = "127.0.0.1:1"  # refuses at once
HINT = "e.g. sqlite:///grantctl.db, sqlite:////var/lib/grantctl.db or postgresql://user@host/name"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///grantctl.db", "grantctl.db"),
        ("sqlite:////var/lib/grantctl.db", "/var/lib/grantctl.db"),
        ("  sqlite:///grantctl.db\n", "grantctl.db"),
        ("sqlite:///a%20b%25.db", "a b%.db"),
        ("sqlite:///team@home:x.db", "team@home:x.db"),
        ("sqlite:///a?b=c#d.db", "a?b=c#d.db"),
        ("sqlite:///./~ada", "~ada"),
    ],
)
def test_a_sqlite_url_names_a_file(text: str, path: str) -> None:
    assert parse_url(text) == DatabaseUrl(SQLITE, Path(path), "", is_attached=False)
    assert parse_url(f"openwebui+{text.strip()}") == DatabaseUrl(
        SQLITE, Path(path), "", is_attached=True
    )


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert parse_url("sqlite:///~/g.db").path == Path("/home/ada/g.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_postgres_url_is_kept_for_the_driver(scheme: str) -> None:
    assert parse_url(f"{scheme}://ada:{SECRET}@db/x?sslmode=require") == DatabaseUrl(
        POSTGRES, None, f"postgresql://ada:{SECRET}@db/x?sslmode=require", is_attached=False
    )
    assert parse_url(f"openwebui+{scheme}://db/x").is_attached


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grantctl.db", "`grantctl.db` is no database URL"),
        ("sqlite:/grantctl.db", "`***` is no database URL"),
        (f"host=db password={SECRET}", "`***` is no database URL"),
        (f"ada:{SECRET}@db://x", "`***` is no database URL"),
        ("mysql://db/x", "`mysql` databases are not supported"),
        (f"mysql://ada:{SECRET}@db/x", "`mysql` databases are not supported"),
        ("sqlite://grantctl.db", "a SQLite URL has three slashes before a relative path"),
        ("sqlite://", "a SQLite URL has three slashes before a relative path"),
        ("sqlite:///", "a SQLite URL names a file"),
        ("sqlite:///:memory:", "a SQLite URL names a file"),
        ("sqlite:///a%00b", "a SQLite URL names a file"),
        ("sqlite:///~nobody-of-that-name/g.db", "there is no home folder `~nobody-of-that-name`"),
        ("openwebui+", "`openwebui+` is no database URL"),
    ],
)
def test_what_is_no_url_is_refused_with_an_example(text: str, message: str) -> None:
    outcome = run("check", "ada", "chat.controls", "--database", text)
    assert outcome.code == 2
    assert refusal(outcome) == (message, HINT)
    assert json_refusal(run("db", "status", "-o", "json", env={"GRANTCTL_DATABASE": text})) == {
        "code": "usage",
        "message": message,
        "hint": HINT,
        "exit_code": 2,
    }


def test_an_empty_flag_does_not_mean_the_default() -> None:
    assert refusal(run("check", "ada", "chat.controls", "--database", "")) == (
        "`--database` is empty",
        "leave it out to use the default",
    )
    assert run("--database", "", "check", "ada", "chat.controls").code == 2


@pytest.mark.parametrize(
    "tail",
    [f"ada:{SECRET}%zz@{NOBODY}/x", f"{NOBODY}/x?no_such_parameter=1", f"ada:{SECRET}@db:port/x"],
)
def test_a_url_that_libpq_does_not_understand_is_an_error_without_it(tail: str) -> None:
    outcome = run("db", "status", "--database", f"postgresql://{tail}")
    assert outcome.code in (2, 7)
    message, hint = refusal(outcome)
    assert message.startswith(("the database URL is malformed: ", "the database cannot be reached"))
    assert hint is not None
    assert SECRET not in outcome.err


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


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1))
@example("~ada")
@example("./~ada")
@example("100%25")
def test_the_shown_url_of_a_file_names_it(name: str) -> None:
    url = DatabaseUrl(SQLITE, Path(name), "", is_attached=False)
    assert parse_url(str(url)) == url if name != ":memory:" else True


def test_a_path_may_stand_for_its_url() -> None:
    assert file_url("a%25b.db").path == Path("a%25b.db")
    for name in ("", "a\0b"):
        with pytest.raises(UsageError, match="a SQLite URL names a file"):
            file_url(name)


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
        raise RuntimeError("a fault")

    monkeypatch.setattr(psycopg, "connect", fail)
    url = f"postgresql://ada:{SECRET}@{NOBODY}/x"
    plain = run("db", "status", env={"GRANTCTL_DATABASE": url})
    assert (plain.code, plain.out) == (1, "")
    assert plain.err == (
        "error: grantctl failed unexpectedly\nhint: GRANTCTL_DEBUG=1 shows where\n"
    )
    debugged = run("db", "status", env={"GRANTCTL_DATABASE": url, "GRANTCTL_DEBUG": "1"})
    assert debugged.err.startswith("Traceback (most recent call last):\n")
    assert debugged.err.endswith(f"RuntimeError: a fault\n\n{plain.err}")
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
