"""A whole process: what one question costs from the shell, beside a Python that does nothing.

Owns the command lines and what each has to answer. Costs are the child's own processor time, user
and system, in turns.
"""

from __future__ import annotations

import compileall
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import grantctl
from bench.children import (
    GRANTCTL_SCRIPT,
    ROOT,
    ChildError,
    Spent,
    environment,
    naive,
    python,
    spend,
)
from bench.directory import email_of
from bench.floor import SqliteFloor
from bench.results import GRANTCTL, Goal, Result, at_most
from bench.setting import Setting
from grantctl.cli.commands import COMMANDS

SECTION = "process"
BARE = "python -c pass"

_KEY = "workspace.models"
_HELP_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Program:
    """A command line, what its answer has to hold, and how it has to end."""

    question: str
    who: str
    command: Sequence[str]
    env: Mapping[str, str]
    says: bytes
    exit_code: int = 0
    goal: Goal | None = None


def run(setting: Setting) -> Iterator[Result]:
    """Every program against the bare Python."""
    _compile()
    path = setting.directory()
    home = _home(setting.scratch, path)
    programs = [*_questions(path, home), *_tabs(path, home)]
    yield from _measured(setting, programs, rounds=setting.size.process_rounds)
    helps = [
        Program(f"{noun} --help".strip(), GRANTCTL, _own(*noun.split(), "--help"), _env(home), b"")
        for noun in ("", *COMMANDS)
    ]
    yield _dearest(
        list(_measured(setting, helps, rounds=min(_HELP_ROUNDS, setting.size.process_rounds)))
    )


def _questions(path: Path, home: Path) -> Iterator[Program]:
    email = email_of(2)
    is_allowed = _truth(path, email)
    word, code = (b"allowed", 0) if is_allowed else (b"denied", 3)
    url = f"sqlite:///{path}"
    env, configured = _env(home, GRANTCTL_DATABASE=url), _env(home)
    two = at_most(2)
    ours = (
        ("check", _own("check", email, _KEY), env, word, two),
        ("check, the database by flag", _own("--database", url, "check", email, _KEY), configured,
         word, two),
        ("check, the database from the file", _own("check", email, _KEY), configured, word,
         at_most(2.5)),
        ("explain -o json", _own("explain", email, _KEY, "-o", "json"), env,
         f'"allowed": {json.dumps(is_allowed)}'.encode(), two),
    )  # fmt: skip
    for question, command, variables, says, goal in ours:
        yield Program(question, GRANTCTL, command, variables, says, code, goal)
    variables = _env(home, NAIVE_DATABASE=url, PYTHONPATH=str(ROOT))
    others = {
        "a script over sqlite3": naive("script", email, _KEY),
        "Typer, the rest imported when needed": naive("lazy", "check", email, _KEY),
        "Typer + Rich + SQLModel + PyJWT": naive("program", "check", email, _KEY),
    }
    for who, command in others.items():
        yield Program("check", who, command, variables, word, code)


def _tabs(path: Path, home: Path) -> Iterator[Program]:
    """A TAB as bash asks: see `grantctl completion bash`."""
    lines = {
        "a user": ("grantctl check user00000", email_of(1)),
        "a group": ("grantctl groups show group-000", "group-00001"),
        "a permission": ("grantctl check someone chat.co", "chat.controls"),
        "a resource": ("grantctl resources show model:model-0000", "model-000001"),
    }
    for what, (line, found) in lines.items():
        env = _env(
            home,
            GRANTCTL_DATABASE=f"sqlite:///{path}",
            _GRANTCTL_COMPLETE="bash",
            _GRANTCTL_LINE=line,
            _GRANTCTL_BREAKS=" \t\n\"'@><=;|&(:",
        )
        yield Program(f"TAB on {what}", GRANTCTL, _own(), env, found.encode(), 0, at_most(2))


def _measured(setting: Setting, programs: Sequence[Program], *, rounds: int) -> Iterator[Result]:
    nothing, plain = python("-c", "pass"), environment(setting.scratch, {})
    bare: list[float] = []
    costs: list[list[float]] = [[] for _ in programs]
    for _ in range(rounds):
        bare.append(spend(nothing, plain, scratch=setting.scratch).cpu_seconds)
        for program, cost in zip(programs, costs, strict=True):
            spent = spend(program.command, program.env, scratch=setting.scratch)
            _require_answer(program, spent)
            cost.append(spent.cpu_seconds)
    if rounds > 1:  # the first one filled the caches
        bare, costs = bare[1:], [cost[1:] for cost in costs]
    for program, cost in zip(programs, costs, strict=True):
        yield Result(
            section=SECTION,
            question=program.question,
            who=program.who,
            figure=median(cost) * 1000,
            unit="ms",
            ratio=median(cost) / median(bare),
            reference=BARE,
            is_rate=False,
            goal=program.goal,
        )


def _dearest(helps: Sequence[Result]) -> Result:
    dearest = max(helps, key=lambda one: one.ratio)
    return Result(
        section=SECTION,
        question="--help, of the root and of every noun: the dearest",
        who=GRANTCTL,
        figure=dearest.figure,
        unit=dearest.unit,
        ratio=dearest.ratio,
        reference=BARE,
        is_rate=False,
        goal=at_most(8),
        note=f"grantctl {dearest.question}",
    )


def _require_answer(program: Program, spent: Spent) -> None:
    if spent.exit_code != program.exit_code or program.says not in spent.stdout:
        raise ChildError(
            f"{program.who}, {program.question}: exit {spent.exit_code}, {spent.stdout[:200]!r}"
        )


def _truth(path: Path, email: str) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT id FROM users WHERE email = ?", (email,)).fetchone()
    with closing(SqliteFloor(path)) as floor:
        return floor.check(found[0], _KEY)


def _home(scratch: Path, path: Path) -> Path:
    """A home folder with a configuration file that names the database."""
    home = scratch / "home"
    folder = home / ".config" / "grantctl"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "config.toml"
    file.write_text(f'database = "sqlite:///{path}"\n')
    file.chmod(0o600)
    return home


def _env(home: Path, **extra: str) -> dict[str, str]:
    return environment(home, extra)


def _own(*words: str) -> list[str]:
    return [str(GRANTCTL_SCRIPT), *words]


def _compile() -> None:
    for folder in (Path(grantctl.__file__).parent, ROOT / "bench"):
        compileall.compile_dir(folder, quiet=2)
