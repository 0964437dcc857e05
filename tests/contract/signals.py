"""A command as a process that is sent a signal at a chosen moment.

Owns the moment: it counts from when Python has started and `grantctl` begins.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.forked import Forked

NOT_BEGUN = 99
PROGRAM = f"""
import os
try:
    from grantctl.__main__ import main
    os.write(1, b"ready\\n")
    main()
except KeyboardInterrupt:
    os._exit({NOT_BEGUN})
"""


@dataclass(frozen=True)
class Ended:
    """How the process ended; a negative code is the signal that ended it. `seconds` from ready."""

    code: int
    out: str
    err: str
    seconds: float


def fork_and_send(
    number: signal.Signals | None, after_seconds: float, *command: str, url: str
) -> Ended:
    """The same of a process that has loaded everything before: all of its time is its work."""
    variables = {"GRANTCTL_DATABASE": url, "GRANTCTL_ACTOR": "tester"}
    child = Forked("grantctl", command, env=variables, cwd=Path.cwd())
    if number is not None:
        time.sleep(after_seconds)
        child.send_signal(number)
    outcome = child.finish(60)
    return Ended(outcome.code, outcome.out, outcome.err, child.seconds)


def run_and_send(
    number: signal.Signals | None, after_seconds: float, *command: str, url: str
) -> Ended:
    """Run a command, and send it the signal, unless it is None, so many seconds after its start."""
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "GRANTCTL_DATABASE": url, "GRANTCTL_ACTOR": "tester"},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    begun = time.monotonic()
    if number is not None:
        time.sleep(after_seconds)
        child.send_signal(number)
    out, err = child.communicate(timeout=60)
    return Ended(child.returncode, out, err, time.monotonic() - begun)


def way_to_end(number: signal.Signals) -> Callable[..., Ended]:
    """How a process is sent that signal: an interrupt may come while it loads, too.

    Of what others end nothing runs any more; before it has begun there is nothing to see.
    """
    return run_and_send if number is signal.SIGINT else fork_and_send
