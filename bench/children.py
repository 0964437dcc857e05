"""Programs run as processes of their own, and what each cost.

Owns starting them in a small environment and asking the kernel for their use. A child is begun by
`posix_spawn`, so that its bill holds nothing of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
GRANTCTL_SCRIPT = Path(sys.executable).parent / "grantctl"

# The kernel counts the memory of whoever began the child as the child's: let that be a small one.
_SMALL_PARENT = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class ChildError(Exception):
    """A program ended otherwise than it should have."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a child cost, and what it said."""

    cpu_seconds: float
    wall_seconds: float
    exit_code: int
    stdout: bytes


def environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """What a child is told: a path, an empty home, a language; its byte code may be kept."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **extra}


def python(*arguments: str) -> list[str]:
    """A command line of this Python."""
    return [sys.executable, *arguments]


def naive(module: str, *arguments: str) -> list[str]:
    """A command line of one of the naive programs, begun as an installed script begins."""
    return python("-c", f"from bench.naive.{module} import main; main()", *arguments)


def spend(
    command: Sequence[str], env: Mapping[str, str], *, scratch: Path, stdin: Path | None = None
) -> Spent:
    """Run a program to its end. What it says on stderr is dropped."""
    out = scratch / "stdout"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(stdin or os.devnull), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(out), flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    begun = perf_counter()
    child = os.posix_spawn(command[0], list(command), env, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = perf_counter() - begun
    cpu = usage.ru_utime + usage.ru_stime
    return Spent(cpu, wall, os.waitstatus_to_exitcode(status), out.read_bytes())


def peak_bytes(
    command: Sequence[str], env: Mapping[str, str], *, stdin: Path = Path(os.devnull)
) -> int:
    """The most memory that a program held. Raises ChildError where it fails."""
    with stdin.open("rb") as lines:
        done = subprocess.run(
            python("-S", "-c", _SMALL_PARENT, *command),
            stdin=lines,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=env,
            check=False,
        )
    if done.returncode != 0:
        raise ChildError(done.stderr.decode(errors="replace"))
    return int(done.stderr.split()[-1]) * 1024


def first_line_seconds(command: Sequence[str], env: Mapping[str, str]) -> float:
    """How long a program takes to say its first line, from its start. The rest is read, too."""
    begun = perf_counter()
    with subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        taken = perf_counter() - begun
        while child.stdout.read(1 << 16):
            pass
    if not line or child.returncode != 0:
        raise ChildError(f"{' '.join(command[-3:])}: exit {child.returncode}")
    return taken
