"""Which libraries a command imports: the slow ones only where they are needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grantctl.cli.commands import COMMANDS
from grantctl.credentials.secret import load_secret
from grantctl.operations.changes import Intent
from grantctl.operations.demonstration import make_organisation
from grantctl.operations.tokens import issue_token
from grantctl.store.database import Database
from grantctl.store.url import file_url, parse_url
from tests.cli.credential_desk import SIGNED
from tests.contract.damage import OPEN_WEBUI

SLOW = (
    "sqlalchemy",
    "sqlmodel",
    "alembic",
    "rich",
    "jwt",
    "cryptography",
    "pydantic",
    "psycopg",
    "yaml",
    "argon2",
    "pwdlib",
)
PROGRAM = f"""
import os, sys
from grantctl.__main__ import main
os._exit = sys.exit  # the door would leave without the line below
try:
    main()
finally:
    print("loaded:", *[name for name in {SLOW} if name in sys.modules], file=sys.stderr)
"""
QUESTIONS = (
    "check bob@example.com chat.controls",
    "explain dana@example.com chat.controls",
    "explain dana@example.com chat.controls -o json",
    "who-can chat.controls",
    "access bob@example.com",
    "check nobody chat.controls",
    "check bob@example.com no.such.key",
    "explain dana@example.com chat.controls --fix",
    "explain dana@example.com read model:gpt-4o --fix",
    "revoke plan bob@example.com chat.controls",
)


@pytest.fixture
def organisation(url: str) -> str:
    """The URL of a database with a small organisation in it."""
    make_organisation(parse_url(url))
    return url


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("organisation") / "g.db"
    make_organisation(file_url(str(path)))
    return str(file_url(str(path)))


def loaded(
    line: str, url: str, *, expected: tuple[int, ...] = (0, 3, 4), stdin: str = ""
) -> list[str]:
    """The slow libraries that a command has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *line.split()],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **SIGNED, "GRANTCTL_DATABASE": url},
        timeout=60,
    )
    assert done.returncode in expected, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("loaded:")
    return last.split()[1:]


AT_THE_DOOR = (
    "check bob@example.com chat.controls",
    "check dana@example.com chat.controls -q",
    "explain dana@example.com chat.controls -o json",
    "check bob@example.com read model:gpt-4o",
    "explain dana@example.com write model:gpt-4o -o json",
    "access bob@example.com --type model -o name",
    "access dana@example.com --type=* --action read --output name",
    "who-can read model:gpt-4o -o name",
)
NOT_AT_THE_DOOR = (
    *("typer", "dataclasses", "enum", "re", "json", "typing", "inspect", "contextlib"),
    *("pathlib", "platformdirs", "tomllib", "shlex", "datetime", "urllib", "hashlib"),
    *("functools", "collections", "importlib", "warnings", "operator"),
)
AT_ITS_END = f"""
import os, sys
before, end = set(sys.modules), os._exit
def tell(code):
    loaded = [name for name in {NOT_AT_THE_DOOR} if name in sys.modules and name not in before]
    print("loaded:", *loaded, file=sys.stderr, flush=True)
    end(code)
os._exit = tell
from grantctl.__main__ import main
main()
"""


@pytest.mark.parametrize("line", AT_THE_DOOR)
@pytest.mark.parametrize("from_file", [False, True], ids=["variable", "file"])
def test_a_plain_question_imports_almost_nothing(
    line: str, from_file: bool, file: str, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'database = "{file}"\n')
    given = {"GRANTCTL_CONFIG": str(config)} if from_file else {"GRANTCTL_DATABASE": file}
    done = subprocess.run(
        [sys.executable, "-c", AT_ITS_END, *line.split()],
        capture_output=True,
        text=True,
        env={**os.environ, **given},
        timeout=60,
    )
    assert done.stderr.splitlines()[-1].split() == ["loaded:"]


@pytest.mark.parametrize("line", QUESTIONS)
def test_a_question_about_a_file_imports_nothing_slow(line: str, file: str) -> None:
    assert loaded(line, file) == []


def test_a_question_about_a_token_imports_what_verifies_it_alone(file: str) -> None:
    database = Database(parse_url(file))
    secret = load_secret(SIGNED)
    token = issue_token(
        database, Intent("tester"), "bob@example.com", secret=secret, keys=Path("none")
    ).text
    lines = (
        "check --token - chat.controls",
        "explain --token - chat.controls",
        "whoami --token -",
        "tokens verify",
        "tokens inspect",
    )
    for line in lines:
        assert loaded(line, file, stdin=token, expected=(0,)) == ["jwt", "cryptography"], line
        assert loaded(line, file, stdin="gctl_" + "a" * 36, expected=(0, 3)) == [], line


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_question_about_a_postgres_database_imports_its_driver_alone(organisation: str) -> None:
    for line in QUESTIONS[:5]:
        assert loaded(line, organisation) == ["psycopg"]


def test_a_question_about_an_attached_file_imports_nothing_slow() -> None:
    url = f"openwebui+sqlite:///{OPEN_WEBUI}"
    for line in ("check ada@example.com chat", "who-can chat.controls", "access ada@example.com"):
        assert loaded(line, url) == []


@pytest.mark.parametrize("line", ["--help", "--version", *(f"{name} --help" for name in COMMANDS)])
def test_help_imports_nothing_slow(line: str, tmp_path: Path) -> None:
    assert loaded(line, f"sqlite:///{tmp_path}/none.db") == []


@pytest.mark.parametrize(
    "line", ["config show", "config path", "whoami", "completion bash", "nonsense"]
)
def test_what_needs_no_database_imports_nothing_slow(line: str, tmp_path: Path) -> None:
    assert loaded(line, f"sqlite:///{tmp_path}/none.db", expected=(0, 2)) == []
