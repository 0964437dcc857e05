"""All of a command or nothing of it, whatever ends it and wherever it fails."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from grantctl.operations import databases, importing
from grantctl.operations.attaching import import_openwebui
from grantctl.operations.databases import create_database
from grantctl.store.connection import open_reading
from grantctl.store.url import SQLITE, parse_url
from tests.conftest import INTENT
from tests.contract.damage import OPEN_WEBUI, footprint
from tests.contract.postgres import relations
from tests.contract.signals import NOT_BEGUN, Ended, way_to_end
from tests.running import run

IMPORT = ("import", "openwebui", str(OPEN_WEBUI))
# To the program TERM and HUP are what KILL is: nothing of it runs any more. So once is enough.
SENT = (
    (signal.SIGKILL, "sqlite"),
    (signal.SIGKILL, "postgresql"),
    (signal.SIGINT, "sqlite"),
    (signal.SIGINT, "postgresql"),
    (signal.SIGTERM, "sqlite"),
    (signal.SIGHUP, "postgresql"),
)
MOMENTS = 3
TABLES = (
    "users",
    "groups",
    "memberships",
    "permissions",
    "resources",
    "access_grants",
    "group_permissions",
    "audit_events",
)


def counts(url: str) -> list[int]:
    """How many rows each table has, seen at one moment."""
    connection = open_reading(parse_url(url))
    try:
        with connection.reading():
            counted = [connection.rows(f"SELECT count(*) FROM {table}") for table in TABLES]
        return [int(rows[0][0]) for rows in counted]
    finally:
        connection.close()


def moments(seed: str, whole: float) -> Iterator[float]:
    """Moments from the start to just after the end, one in each part of that time."""
    random = Random(seed)
    for part in range(MOMENTS):
        yield whole * 1.1 * (part + random.random()) / MOMENTS


def check_ended(ended: Ended, number: signal.Signals) -> None:
    """Ended by the signal, in one line, or done before it came."""
    assert "Traceback" not in ended.err
    if number is signal.SIGINT and ended.code not in (0, NOT_BEGUN):
        assert (ended.code, ended.err) == (130, "interrupted\n")
    elif number is not signal.SIGINT:
        assert ended.code in (0, -number)


@pytest.mark.parametrize(("number", "engine"), SENT)
def test_an_import_that_is_ended_keeps_all_or_nothing(number: signal.Signals, url: str) -> None:
    end = way_to_end(number)
    nothing = counts(url)
    whole = end(None, 0, *IMPORT, "--dry-run", url=url).seconds
    everything = None
    for moment in moments(f"import {number}", whole):
        ended = end(number, moment, *IMPORT, url=url)
        check_ended(ended, number)
        found = counts(url)
        assert found[0] in (0, 62)
        if found[0] == 62:
            everything = found
            break
        assert found == nothing
    findings = run("db", "check", "-o", "name", env={"GRANTCTL_DATABASE": url}).out.split()
    assert set(findings) <= {"missing_owner", "dangling_grant", "missing_base"}  # the source's own
    assert run(*IMPORT, env={"GRANTCTL_DATABASE": url}).code == 0
    assert counts(url) == (everything or counts(url))
    assert counts(url)[-1] == nothing[-1] + 1


@pytest.mark.parametrize(("number", "engine"), SENT)
def test_an_initialisation_that_is_ended_keeps_all_or_nothing(
    number: signal.Signals, empty_url: str, engine: str, tmp_path: Path
) -> None:
    end = way_to_end(number)
    whole = end(None, 0, "init", "--dry-run", url=empty_url).seconds
    for moment in moments(f"init {number}", whole * 1.5):
        ended = end(number, moment, "init", url=empty_url)
        check_ended(ended, number)
        status = run("db", "status", env={"GRANTCTL_DATABASE": empty_url})
        assert status.code in (0, 7)
        if engine == "sqlite":
            assert (tmp_path / "empty.db").exists() is (status.code == 0)
        if ended.code == 130 and engine == "sqlite":
            assert list(tmp_path.glob(".grantctl*")) == []
    outcome = run("init", env={"GRANTCTL_DATABASE": empty_url})
    assert outcome.code == 0
    assert run("db", "check", env={"GRANTCTL_DATABASE": empty_url}).code == 0


def fail(*arguments: object, **named: object) -> None:
    raise RuntimeError("a fault")


@pytest.mark.parametrize("step", ["take_groups", "take_resources", "take_flags", "_record"])
def test_an_import_that_fails_at_a_later_step_keeps_nothing(
    step: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = counts(url)
    with monkeypatch.context() as patch:
        patch.setattr(importing, step, fail)
        with pytest.raises(RuntimeError):
            import_openwebui(parse_url(url), str(OPEN_WEBUI), actor="tester")
    assert counts(url) == nothing
    import_openwebui(parse_url(url), str(OPEN_WEBUI), actor="tester")
    assert counts(url)[0] == 62


@pytest.mark.parametrize("step", ["upgrade", "_seed"])
def test_an_initialisation_that_fails_leaves_no_trace(
    step: str, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = parse_url(empty_url.replace("/empty.db", "/a/b/empty.db"))
    before = footprint(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(databases, step, fail)
        with pytest.raises(RuntimeError):
            create_database(url, INTENT)
    assert footprint(tmp_path) == before
    if url.engine != SQLITE:
        assert relations(empty_url) == []
    assert create_database(url, INTENT)
