"""Doing something as a user without rights: root's are not bound by the modes of files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from tests.conftest import Outcome

NOBODY = 65534
FORK = get_context("fork")


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user may reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="grantctl-tests-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def as_nobody(work: Callable[[], Outcome]) -> Outcome:
    """What the work gives in a process of a user without rights: `nobody`, or who runs the tests.

    Do it once before, as the one you are: `nobody` may not read the modules that it imports.
    """
    receiving, sending = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_work, args=(work, sending))
    child.start()
    sending.close()
    try:
        outcome = receiving.recv()
    finally:
        child.join()
    assert isinstance(outcome, Outcome), outcome
    return outcome


def _work(work: Callable[[], Outcome], sending: Connection) -> None:
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    os.environ.update(HOME="/", XDG_CONFIG_HOME="/nowhere", XDG_DATA_HOME="/nowhere")
    try:
        sending.send(work())
    except Exception as error:  # whatever it is, the test shall show it
        sending.send(repr(error))
