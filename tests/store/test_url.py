"""Database URLs: which are understood, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grantctl.errors import UsageError
from grantctl.store.url import POSTGRES, SQLITE, DatabaseUrl, file_url, parse_url
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
    assert parse_url(text) == DatabaseUrl(SQLITE, str(Path(path)), "", is_attached=False)
    assert parse_url(f"openwebui+{text.strip()}") == DatabaseUrl(
        SQLITE, str(Path(path)), "", is_attached=True
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


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1))
@example("~ada")
@example("./~ada")
@example("100%25")
def test_the_shown_url_of_a_file_names_it(name: str) -> None:
    url = DatabaseUrl(SQLITE, str(Path(name)), "", is_attached=False)
    assert parse_url(str(url)) == url if name != ":memory:" else True


def test_a_path_may_stand_for_its_url() -> None:
    assert file_url("a%25b.db").path == Path("a%25b.db")
    for name in ("", "a\0b"):
        with pytest.raises(UsageError, match="a SQLite URL names a file"):
            file_url(name)
