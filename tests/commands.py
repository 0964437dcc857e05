"""Commands in this process, and what they leave behind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from grantctl.cli.main import app


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


Cli = Callable[..., Outcome]


@cache
def _root() -> Any:  # Typer's Click is a private part of it
    """The command line, built once: building it takes longer than most commands."""
    return get_command(app)


def invoke(
    arguments: Sequence[str], *, env: Mapping[str, str], stdin: str | bytes | None = None
) -> Outcome:
    """Run a command as `grantctl` does, with these variables besides those that are set."""
    code: Any = 0
    with CliRunner().isolation(input=stdin, env=env) as (out, err, _):
        try:
            _root().main(args=list(arguments), prog_name="grantctl")
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        sys.stderr.flush()
        return Outcome(int(code or 0), _text(out.getvalue()), _text(err.getvalue()))


def _text(written: bytes) -> str:
    return written.decode("utf-8", "replace").replace("\r\n", "\n")
