"""Bulk imports are all or nothing, whenever they are ended, whatever fails, on both engines."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from random import Random

import pytest

from grantctl.operations import member_transfer, user_transfer
from grantctl.operations.member_transfer import import_memberships
from grantctl.operations.user_transfer import import_users
from grantctl.store.connection import open_reading
from grantctl.store.database import Database
from grantctl.store.url import file_url, parse_url
from tests.contract.signals import NOT_BEGUN, Ended, way_to_end
from tests.contract.test_disk_full import limited
from tests.databases import INTENT
from tests.running import refusal, run

USERS = 6000
GROUPS = 40
MEMBERSHIPS = 12_000
COUNTS = """
SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM groups),
  (SELECT count(*) FROM memberships), (SELECT count(*) FROM audit_events)
"""
SENT = (
    (signal.SIGKILL, "sqlite"),
    (signal.SIGKILL, "postgresql"),
    (signal.SIGINT, "sqlite"),
    (signal.SIGINT, "postgresql"),
    (signal.SIGTERM, "sqlite"),
)
MOMENTS = 3


def counts(url: str) -> tuple[int, ...]:
    """How many users, groups, memberships and audit entries there are, at one moment."""
    connection = open_reading(parse_url(url))
    try:
        return connection.rows(COUNTS)[0]
    finally:
        connection.close()


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes a while to import."""
    path = tmp_path_factory.mktemp("source") / "users.ndjson"
    path.write_text("".join(f'{{"email":"u{one}@example.com"}}\n' for one in range(USERS)))
    return path


@pytest.fixture(scope="module")
def memberships(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of memberships in groups that there are not yet."""
    path = tmp_path_factory.mktemp("source") / "memberships.ndjson"
    with path.open("w") as file:
        for number in range(MEMBERSHIPS):
            user, group = number % USERS, (number // USERS) * 20 + number % 20
            row = {"user": f"u{user}@example.com", "group": f"group {group}"}
            file.write(json.dumps(row) + "\n")
    return path


def check_ended(ended: Ended, number: signal.Signals) -> None:
    """Ended by the signal, in one line, or done before it came."""
    assert "Traceback" not in ended.err
    if number is signal.SIGINT and ended.code not in (0, NOT_BEGUN):
        assert (ended.code, ended.err) == (130, "interrupted\n")
    elif number is not signal.SIGINT:
        assert ended.code in (0, -number)


def end_it(number: signal.Signals, url: str, *command: str) -> None:
    """End an import at several moments; it is done in the end."""
    nothing = counts(url)
    send = way_to_end(number)
    whole = send(None, 0, *command, "--dry-run", url=url).seconds
    assert counts(url) == nothing
    everything = None
    random = Random(f"bulk {number} {command[1]}")
    for part in range(MOMENTS):
        moment = whole * 1.1 * (part + random.random()) / MOMENTS
        ended = send(number, moment, *command, url=url)
        check_ended(ended, number)
        if counts(url) != nothing:
            everything = counts(url)
            break
    assert run("db", "check", env={"GRANTCTL_DATABASE": url}).code == 0
    assert run(*command, env={"GRANTCTL_DATABASE": url}).code == 0
    assert everything in (None, counts(url))


@pytest.mark.parametrize(("number", "engine"), SENT)
def test_an_import_that_is_ended_keeps_all_or_nothing(
    number: signal.Signals, url: str, users: Path, memberships: Path
) -> None:
    events = counts(url)[-1]
    end_it(number, url, "users", "import", str(users))
    assert counts(url) == (USERS, 0, 0, events + 1)
    end_it(number, url, "groups", "import-members", str(memberships), "--create-groups")
    assert counts(url) == (USERS, GROUPS, MEMBERSHIPS, events + 2)


def fail(*arguments: object, **named: object) -> None:
    raise RuntimeError("a fault")


@pytest.mark.parametrize("step", ["_update", "_join_default_group", "_record"])
def test_an_import_of_users_that_fails_at_any_step_keeps_nothing(
    step: str, database: Database, url: str, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = counts(url)
    with monkeypatch.context() as patch:
        patch.setattr(user_transfer, step, fail)
        with pytest.raises(RuntimeError):
            import_users(database, INTENT, str(users))
    assert counts(url) == nothing
    assert import_users(database, INTENT, str(users)).users.created == USERS


@pytest.mark.parametrize("step", ["take_block", "_record"])
def test_an_import_of_memberships_that_fails_at_any_step_keeps_nothing(
    step: str,
    database: Database,
    url: str,
    users: Path,
    memberships: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import_users(database, INTENT, str(users))
    nothing = counts(url)
    done: list[int] = []
    original = getattr(member_transfer, step)

    def fail_later(*arguments: object) -> None:
        original(*arguments)
        done.append(1)
        if step == "_record" or len(done) == 3:
            raise RuntimeError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(member_transfer, step, fail_later)
        with pytest.raises(RuntimeError):
            import_memberships(database, INTENT, str(memberships), create_groups=True)
    assert counts(url) == nothing


def test_an_import_that_does_not_fit_on_the_disk_keeps_nothing(
    sqlite_template: Path, users: Path, tmp_path: Path
) -> None:
    path = tmp_path / "g.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = str(file_url(str(path)))
    nothing = counts(url)
    outcome = limited("users", "import", str(users), url=url, limit=512 * 1024)
    assert (outcome.code, refusal(outcome)[0]) == (
        7,
        f"the file cannot be read or written, nothing was changed: {url}",
    )
    assert counts(url) == nothing
    assert run("users", "import", str(users), env={"GRANTCTL_DATABASE": url}).code == 0
