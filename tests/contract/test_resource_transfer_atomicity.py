"""All of a file of resources or nothing of it, whatever ends the command and wherever it fails."""

from __future__ import annotations

import errno
import json
import signal
from pathlib import Path
from random import Random

import pytest

from grantctl.errors import GrantctlError
from grantctl.interop.plain_resources import plain_of
from grantctl.interop.resource_text import FileFormat
from grantctl.operations import resource_transfer
from grantctl.operations.resource_files import RecordSpool
from grantctl.operations.resource_transfer import import_resources
from grantctl.store.connection import open_reading
from grantctl.store.url import file_url, parse_url
from tests.conftest import INTENT
from tests.contract.signals import NOT_BEGUN, Ended, run_and_send
from tests.contract.test_disk_full import limited
from tests.interop.resource_examples import EXAMPLES, content_of, read
from tests.running import refusal, run

RESOURCES, GRANTS = 3000, 3
# To the program TERM is what KILL is: nothing of it runs any more. So once is enough.
SENT = (
    (signal.SIGKILL, "sqlite"),
    (signal.SIGKILL, "postgresql"),
    (signal.SIGINT, "sqlite"),
    (signal.SIGINT, "postgresql"),
    (signal.SIGTERM, "sqlite"),
)
MOMENTS = 3
TABLES = ("resources", "access_grants", "audit_events")


def counts(url: str) -> list[int]:
    """How many rows each table has, seen at one moment."""
    connection = open_reading(parse_url(url))
    try:
        with connection.reading():
            counted = [connection.rows(f"SELECT count(*) FROM {table}") for table in TABLES]
        return [int(rows[0][0]) for rows in counted]
    finally:
        connection.close()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes a while to import."""
    path = tmp_path_factory.mktemp("source") / "resources.ndjson"
    with path.open("w") as file:
        for number in range(RESOURCES):
            row = {
                "type": "model",
                "id": f"m{number}",
                "base": f"model:m{number + 1}" if number + 1 < RESOURCES else None,
                "access_control": {f"action{one}": {"user_ids": ["*"]} for one in range(GRANTS)},
            }
            file.write(json.dumps(row) + "\n")
    return path


def check_ended(ended: Ended, number: signal.Signals) -> None:
    """Ended by the signal, in one line, or done before it came."""
    assert "Traceback" not in ended.err
    if number is signal.SIGINT and ended.code not in (0, NOT_BEGUN):
        assert (ended.code, ended.err) == (130, "interrupted\n")
    elif number is not signal.SIGINT:
        assert ended.code in (0, -number)


@pytest.mark.parametrize(("number", "engine"), SENT)
def test_an_import_that_is_ended_keeps_all_or_nothing(
    number: signal.Signals, url: str, source: Path
) -> None:
    nothing = counts(url)
    everything = [RESOURCES, RESOURCES * GRANTS, nothing[-1] + 1]
    command = ("resources", "import", str(source))
    whole = run_and_send(None, 0, *command, "--dry-run", url=url).seconds
    assert counts(url) == nothing
    random = Random(f"resources {number}")
    for part in range(MOMENTS):
        moment = whole * 1.1 * (part + random.random()) / MOMENTS
        check_ended(run_and_send(number, moment, *command, url=url), number)
        found = counts(url)
        assert found in (nothing, everything)
        if found == everything:
            break
    assert run("db", "check", env={"GRANTCTL_DATABASE": url}).code == 0
    assert run(*command, env={"GRANTCTL_DATABASE": url}).code == 0
    assert counts(url) == everything


@pytest.mark.parametrize(("number", "engine"), [one for one in SENT if one[1] == "sqlite"])
def test_an_export_that_is_ended_leaves_a_whole_file_or_the_old_one(
    number: signal.Signals, url: str, source: Path, tmp_path: Path
) -> None:
    import_resources(parse_url(url), INTENT, str(source))
    folder = tmp_path / "export"
    folder.mkdir()
    path = folder / "x.csv"
    command = ("resources", "export", "-o", "csv", "--to", str(path), "--force")
    whole = run_and_send(None, 0, *command, url=url).seconds
    content = path.read_bytes()
    random = Random(f"export {number}")
    for part in range(MOMENTS):
        path.write_text("old")
        moment = whole * 1.1 * (part + random.random()) / MOMENTS
        ended = run_and_send(number, moment, *command, url=url)
        check_ended(ended, number)
        assert path.read_bytes() in (b"old", content)
        if number is signal.SIGINT:
            assert list(folder.iterdir()) == [path]


def fail(*arguments: object, **named: object) -> None:
    raise RuntimeError("a fault")


@pytest.mark.parametrize("step", ["require_no_cycle", "resolve_bases", "_record"])
def test_an_import_that_fails_at_any_step_keeps_nothing(
    step: str, url: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = counts(url)
    with monkeypatch.context() as patch:
        patch.setattr(resource_transfer, step, fail)
        with pytest.raises(RuntimeError):
            import_resources(parse_url(url), INTENT, str(source))
    assert counts(url) == nothing
    import_resources(parse_url(url), INTENT, str(source))
    assert counts(url)[0] == RESOURCES


def test_an_import_that_fails_in_its_last_rows_keeps_nothing(
    url: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = counts(url)
    take_chunk = resource_transfer.take_chunk
    taken: list[int] = []

    def fail_later(taking: object, chunk: list[object]) -> None:
        take_chunk(taking, chunk)  # type: ignore[arg-type]  # as they came
        taken.append(len(chunk))
        if sum(taken) == RESOURCES:
            raise RuntimeError("a fault")

    monkeypatch.setattr(resource_transfer, "take_chunk", fail_later)
    with pytest.raises(RuntimeError):
        import_resources(parse_url(url), INTENT, str(source))
    assert len(taken) > 1
    assert counts(url) == nothing


def test_an_import_that_does_not_fit_on_the_disk_keeps_nothing(
    sqlite_template: Path, source: Path, tmp_path: Path
) -> None:
    path = tmp_path / "g.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = str(file_url(str(path)))
    nothing = counts(url)
    command = ("resources", "import", str(source))
    outcome = limited(*command, url=url, limit=512 * 1024)
    assert outcome.code == 7
    assert refusal(outcome)[0] == (
        f"the file cannot be read or written, nothing was changed: {url}"
    )
    assert counts(url) == nothing
    assert run("db", "check", env={"GRANTCTL_DATABASE": url}).code == 0
    assert run(*command, env={"GRANTCTL_DATABASE": url}).code == 0


def test_rows_that_find_no_room_to_wait_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class FullFile:
        def write(self, content: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    spool = RecordSpool()
    monkeypatch.setattr(spool, "_file", FullFile())
    for placed in read(content_of(EXAMPLES, FileFormat.CSV)):
        spool.add(plain_of(placed.place, placed.record))
    with pytest.raises(GrantctlError) as told:
        list(spool.chunks())
    assert told.value.message == "the temporary file cannot be written: no space left on device"
    assert told.value.hint == "another folder for it: TMPDIR=FOLDER"
