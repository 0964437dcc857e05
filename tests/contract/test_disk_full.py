"""A disk that is full: said in one line, with the old data readable and writable again later."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grantctl.operations.demonstration import make_organisation
from grantctl.store.url import file_url
from tests.conftest import Outcome
from tests.contract.damage import OPEN_WEBUI
from tests.running import json_refusal, refusal, run

IMPORT = ("import", "openwebui", str(OPEN_WEBUI))
LIMIT = 64 * 1024


def limited(*command: str, url: str, limit: int = LIMIT) -> Outcome:
    """Run a command that can make no file longer than the limit."""

    def confine() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-B", "-m", "grantctl", *command],
        capture_output=True,
        text=True,
        env={**os.environ, "GRANTCTL_DATABASE": url},
        preexec_fn=confine,
        timeout=60,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("output", ["table", "json"])
def test_an_import_that_does_not_fit_keeps_nothing(output: str, tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    url = str(file_url(str(path)))
    make_organisation(file_url(str(path)))
    before = run("users", "list", env={"GRANTCTL_DATABASE": url})
    outcome = limited(*IMPORT, "-o", output, url=url)
    assert outcome.code == 7
    message = json_refusal(outcome)["message"] if output == "json" else refusal(outcome)[0]
    assert message == f"the file cannot be read or written, nothing was changed: {url}"
    assert run("users", "list", env={"GRANTCTL_DATABASE": url}) == before
    assert run("db", "check", env={"GRANTCTL_DATABASE": url}).code == 0
    assert run(*IMPORT, env={"GRANTCTL_DATABASE": url}).code == 0


def test_a_database_that_does_not_fit_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "g.db"
    url = str(file_url(str(path)))
    outcome = limited("init", url=url)
    assert outcome.code == 7
    message, hint = refusal(outcome)
    assert message == f"the file cannot be read or written, nothing was changed: {url}"
    assert hint == "does the disk fail, or is a limit on file sizes reached?"
    assert list(tmp_path.iterdir()) == []
    assert run("init", env={"GRANTCTL_DATABASE": url}).code == 0
