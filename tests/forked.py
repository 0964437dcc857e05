"""Processes that begin with everything loaded: forks of one that has done nothing but load it.

To load Python and what a command imports takes longer than nearly every command. These are
processes as others are, with their own streams, environment and death; how a process begins, and
what it imports, is looked at with the fixture `process`.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from multiprocessing import connection, get_context
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from grantctl import operations
from grantctl.cli.commands import COMMANDS
from tests.commands import Outcome

LOADED = (
    "grantctl.cli.main",
    *(f"grantctl.cli.{module}" for module, _ in COMMANDS.values()),
    *(f"grantctl.operations.{module.name}" for module in iter_modules(operations.__path__)),
    "grantctl.integrations.fastapi",
    "pytest",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql",
    "uvicorn",
)
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(list(LOADED))
READY_SECONDS = 60


class Forked:
    """A module that runs as `python -m` would run it."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: str = "",
        log: Path | None = None,
    ) -> None:
        """`log` is a file for what it writes to stdout and to stderr, in one."""
        folder = Path(tempfile.mkdtemp())
        given, self._out, self._err = (folder / name for name in ("in", "out", "err"))
        if log is not None:
            self._out = self._err = log
        given.write_text(stdin, encoding="utf-8")
        streams = [str(one) for one in (given, self._out, self._err)]
        here, there = FORKS.Pipe(duplex=False)
        work = (there, module, list(arguments), {**os.environ, **env}, str(cwd), streams)
        self.process = FORKS.Process(target=_run, args=work, daemon=True)
        self.process.start()
        there.close()
        assert here.poll(READY_SECONDS)
        here.recv()
        self._begun = time.monotonic()
        here.close()

    def send_signal(self, number: int) -> None:
        assert self.process.pid is not None
        if self.process.is_alive():
            os.kill(self.process.pid, number)

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; a negative one is the signal that ended it."""
        self.process.join(timeout)
        assert self.process.exitcode is not None, "it has not ended"
        return self.process.exitcode

    def finish(self, timeout: float | None = None) -> Outcome:
        """What it left behind, at its end."""
        code = self.wait(timeout)
        out, err = (one.read_text(encoding="utf-8") for one in (self._out, self._err))
        return Outcome(code, out, err)

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        return time.monotonic() - self._begun


def _run(
    ready: connection.Connection[Any, Any],
    module: str,
    arguments: list[str],
    environment: dict[str, str],
    cwd: str,
    streams: list[str],
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for number, path in enumerate(streams):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT if number else os.O_RDONLY
        file = os.open(path, flags, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.argv = [module, *arguments]
    sys.path.insert(0, cwd)
    ready.send(None)
    ready.close()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
