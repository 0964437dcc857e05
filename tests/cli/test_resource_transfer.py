"""`grantctl resources export` and `import`: whole outputs, files, formats, what is refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pexpect
import pytest
import yaml

from grantctl.interop.resource_text import FileFormat
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI
from tests.interop.resource_examples import EXAMPLES, content_of
from tests.running import json_refusal, refusal

IMPORT = ("resources", "import")
EXPORT = ("resources", "export")
TALLY = "resources\t3\t0\t0\t0\naccess grants\t4\t0\t0\t0\n"
MISSING = (
    "warning: 1 resource names an owner who does not exist here\n"
    "warning: 3 grants name a user or group that does not exist here\n"
)
DRY = "warning: dry run: nothing was changed\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of resources, as an export leaves it."""
    path = tmp_path / "resources.ndjson"
    path.write_bytes(content_of(EXAMPLES, FileFormat.NDJSON))
    return path


def test_an_import_says_what_it_did(cli: Cli, source: Path) -> None:
    command = (*IMPORT, str(source))
    assert cli(*command, "--dry-run") == Outcome(0, TALLY, MISSING + DRY)
    assert cli(*EXPORT, "-o", "ndjson") == Outcome(0, "", "")
    assert cli(*command, "--reason", "moving in") == Outcome(0, TALLY, MISSING)
    assert cli(*command).out == "resources\t0\t0\t0\t3\naccess grants\t0\t0\t0\t4\n"
    (line,) = cli("audit", "list", "--action", "resource.import", "-o", "ndjson").out.splitlines()
    entry = json.loads(line)
    assert (entry["actor"], entry["object_id"], entry["reason"]) == (
        "tester",
        "import",
        "moving in",
    )
    assert entry["after"]["source"] == str(source)


def test_every_format_tells_the_same(cli: Cli, source: Path) -> None:
    command = (*IMPORT, str(source), "--dry-run")
    answer = cli(*command, "-o", "json")
    document = json.loads(answer.out)
    assert answer.err == DRY
    assert document == {
        "schema": "grantctl.resource-import/v1",
        "data": {
            "format": "ndjson",
            "changed": True,
            "rows": [
                {"kind": "resources", "created": 3, "updated": 0, "removed": 0, "unchanged": 0},
                {"kind": "access grants", "created": 4, "updated": 0, "removed": 0, "unchanged": 0},
            ],
            "missing": {"owners": 1, "bases": 0, "grants": 3},
        },
        "warnings": [line.removeprefix("warning: ") for line in MISSING.splitlines()],
        "next_cursor": None,
    }
    assert yaml.safe_load(cli(*command, "-o", "yaml").out) == document
    lines = cli(*command, "-o", "ndjson")
    assert (json.loads(lines.out), lines.err) == (document["data"], MISSING + DRY)
    table = cli(*command, "-o", "csv")
    assert table.out.splitlines() == [
        "kind,created,updated,removed,unchanged",
        *TALLY.replace("\t", ",").splitlines(),
    ]
    assert table.err == MISSING + DRY
    assert cli(*command, "-o", "name").out == "resources\naccess grants\n"


@pytest.mark.parametrize("format", FileFormat)
def test_what_is_exported_is_imported_through_a_pipe(
    format: FileFormat, cli: Cli, source: Path, tmp_path: Path
) -> None:
    cli(*IMPORT, str(source))
    content = content_of(EXAMPLES, format)
    assert cli(*EXPORT, "-o", format.value).out == content.decode().replace("\r\n", "\n")
    path = tmp_path / "export"
    assert cli(*EXPORT, "-o", format.value, "--to", str(path)) == Outcome(0, "", "")
    assert path.read_bytes() == content
    for flags in ((), ("--format", format.value)):
        assert json.loads(cli(*IMPORT, "-", *flags, "-o", "ndjson", stdin=content).out)[
            "format"
        ] == (format.value)


def test_json_is_what_is_exported_when_no_format_is_asked_for(cli: Cli, source: Path) -> None:
    cli(*IMPORT, str(source))
    assert cli(*EXPORT).out.encode() == content_of(EXAMPLES, FileFormat.JSON)
    only = cli(*EXPORT, "--type", "model")
    assert only.out.encode() == content_of(EXAMPLES[1:], FileFormat.JSON)
    none = cli(*EXPORT, "--type", "nothing")
    assert none.out.encode() == content_of([], FileFormat.JSON)
    assert json.loads(none.out)["data"] == []


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (
            (*EXPORT, "-o", "yaml"),
            2,
            "resources are not exported as yaml",
            "what can be imported again: -o json, ndjson or csv",
        ),
        (
            (*EXPORT, "-o", "name"),
            2,
            "resources are not exported as name",
            "what can be imported again: -o json, ndjson or csv",
        ),
        (
            (*EXPORT, "--fields", "id"),
            2,
            "an export has all of its fields, so `--fields` does not fit it",
            None,
        ),
        ((*EXPORT, "--force"), 2, "`--force` replaces a file: name it", "--to FILE"),
        (
            (*EXPORT, "--type", "Model"),
            5,
            "`Model` is no type of resource",
            "1 to 40 lower-case letters, digits, `_` or `-`, e.g. model",
        ),
        (
            (*IMPORT, "x.json", "--format", "yaml"),
            2,
            "no format `yaml`",
            "one of json, ndjson, csv",
        ),
        (
            (*IMPORT, "/nowhere/x.json"),
            2,
            "`/nowhere/x.json` cannot be read: no such file or directory",
            None,
        ),
        ((*IMPORT, "/"), 2, "`/` cannot be read: is a directory", None),
        (
            (*IMPORT, "-"),
            5,
            "the file is neither JSON nor CSV of resources",
            "say what it is: --format json, ndjson or csv",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], code: int, message: str, hint: str | None, cli: Cli
) -> None:
    outcome = cli(*arguments, stdin="nonsense\n")
    assert (outcome.code, *refusal(outcome)) == (code, message, hint)


def test_the_place_of_a_fault_is_told(cli: Cli, source: Path) -> None:
    with source.open("a") as file:
        file.write('{"type":"model","id":"x"}\n')
    outcome = cli(*IMPORT, str(source))
    assert (outcome.code, *refusal(outcome)) == (
        5,
        "line 4: `access_control` is missing",
        "null is public, {} is private: a row has to say which",
    )
    assert json_refusal(cli(*IMPORT, str(source), "-o", "json"))["code"] == "invalid"
    assert cli(*EXPORT, "-o", "ndjson").out == ""


def test_a_strict_import_refuses_who_is_not_here(cli: Cli, source: Path) -> None:
    outcome = cli(*IMPORT, str(source), "--strict")
    assert (outcome.code, *refusal(outcome)) == (
        5,
        "line 2: there is no owner `u1` here",
        "without --strict it is kept, as one that is missing",
    )


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_file_is_for_its_owner_only_and_never_replaced_unasked(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.json"
    path.parent.mkdir()
    assert cli(*EXPORT, "--to", str(path)).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("mine")
    path.chmod(0o644)
    outcome = cli(*EXPORT, "--to", str(path))
    assert (outcome.code, *refusal(outcome)) == (
        5,
        f"`{path}` exists",
        "another file, or replace this one: --force",
    )
    assert path.read_text() == "mine"
    assert cli(*EXPORT, "--to", str(path), "--force").code == 0
    assert path.read_bytes() == content_of([], FileFormat.JSON)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_nothing_but_a_file_is_ever_replaced(
    force: tuple[str, ...], cli: Cli, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("mine")
    (folder / "link").symlink_to("file")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "below").mkdir()
    os.mkfifo(folder / "pipe")
    before = sorted(folder.iterdir())
    for name in ("link", "dangling", "below", "pipe"):
        path = folder / name
        what = "not a file" if name in ("below", "pipe") else "a symbolic link"
        outcome = cli(*EXPORT, "--to", str(path), *force)
        assert (outcome.code, *refusal(outcome)) == (
            5,
            f"`{path}` is {what}",
            "name a new file, or one to replace",
        )
    outcome = cli(*EXPORT, "--to", str(folder / "none" / "x"), *force)
    assert (outcome.code, refusal(outcome)[0]) == (
        2,
        f"`{folder}/none/x` cannot be made: no such file or directory",
    )
    outcome = cli(*EXPORT, "--to", str(folder / "file" / "x"), *force)
    assert (outcome.code, refusal(outcome)[0]) == (
        2,
        f"`{folder}/file/x` cannot be made: not a directory",
    )
    assert sorted(folder.iterdir()) == before
    assert (folder / "file").read_text() == "mine"


def test_a_named_pipe_is_read(cli: Cli, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    content = content_of(EXAMPLES, FileFormat.CSV)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    assert cli(*IMPORT, str(pipe)) == Outcome(0, TALLY, MISSING)
    writer.join()


def shell(line: str, url: str, folder: Path, **env: str) -> Outcome:
    """Run a shell's command line; `$G` is grantctl."""
    done = subprocess.run(
        ["bash", "-c", line.replace("$G", f"'{sys.executable}' -m grantctl")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "GRANTCTL_DATABASE": url, **env},
        cwd=folder,
        timeout=60,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def many(cli: Cli, tmp_path: Path) -> int:
    """More resources than a pipe takes at once; how many."""
    row = '{"type":"model","id":"é%d","access_control":null}\n'
    (tmp_path / "many").write_text("".join(row % number for number in range(5000)))
    assert cli(*IMPORT, str(tmp_path / "many")).code == 0
    return 5000


@pytest.mark.parametrize("output", ["json", "ndjson", "csv"])
def test_an_export_that_nobody_reads_ends_quietly(
    output: str, many: int, url: str, tmp_path: Path
) -> None:
    line = f"$G resources export -o {output} | head -1 > /dev/null; exit ${{PIPESTATUS[0]}}"
    assert shell(line, url, tmp_path) == Outcome(141, "", "")


def test_an_export_that_does_not_fit_is_an_error_and_leaves_no_file(
    many: int, url: str, tmp_path: Path
) -> None:
    outcome = shell("$G resources export -o csv > /dev/full", url, tmp_path)
    assert (outcome.code, refusal(outcome)[0]) == (
        1,
        "the answer could not be written: no space left on device",
    )
    (tmp_path / "export").mkdir()
    line = "trap '' XFSZ; ulimit -f 64; $G resources export --to export/x"
    for prepared in (False, True):
        if prepared:
            (tmp_path / "export" / "x").write_text("mine")
        outcome = shell(line + " --force" * prepared, url, tmp_path)
        assert (outcome.code, refusal(outcome)[0]) == (
            1,
            "`export/x` could not be written: file too large",
        )
        found = {path.name: path.read_text() for path in (tmp_path / "export").iterdir()}
        assert found == ({"x": "mine"} if prepared else {})


@pytest.mark.parametrize("output", ["json", "ndjson", "csv"])
def test_an_export_to_an_ascii_stream_loses_nothing(
    output: str, many: int, cli: Cli, url: str, tmp_path: Path
) -> None:
    line = f"$G resources export -o {output} > ascii"
    assert shell(line, url, tmp_path, PYTHONIOENCODING="ascii").code == 0
    assert (tmp_path / "ascii").read_bytes().isascii()
    assert cli(*IMPORT, str(tmp_path / "ascii")).out.startswith(f"resources\t0\t0\t0\t{many}\n")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_attached_database_is_exported_and_never_imported_into(
    cli: Cli, source: Path, tmp_path: Path
) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}
    content = cli(*EXPORT, env=env)
    assert content.code == 0
    refused = cli(*IMPORT, str(source), env=env)
    assert (refused.code, refusal(refused)[0]) == (
        5,
        "an attached Open WebUI database is only read, never changed",
    )
    cli(*IMPORT, "-", stdin=content.out)
    assert cli(*EXPORT).out == content.out


def test_on_a_terminal_progress_is_shown_and_taken_away(
    many: int, url: str, tmp_path: Path
) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "grantctl", "resources", "import", "many", "--database", url],
        encoding="utf-8",
        timeout=60,
        cwd=str(tmp_path),
        dimensions=(24, 200),
    )
    child.expect_exact("\r1000 rows written")
    child.expect_exact("\r5000 rows written\r" + " " * len("5000 rows written") + "\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "rows written" not in child.before
