"""Many questions at once: `check_many` in a process, `check --batch -` as one.

Owns the lines that are asked. Both are set in ratio to the floor asked one by one; of the command,
its start is part of the cost, as it is of the script's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median

from bench.children import GRANTCTL_SCRIPT, ROOT, environment, naive, peak_bytes, spend
from bench.floor import SqliteFloor
from bench.measuring import Contender, Pair, compare, ratio_of, require_same, results_of
from bench.questions import draw
from bench.results import GRANTCTL, Goal, Result, at_least, at_most
from bench.setting import Setting
from grantctl import Authorizer

SECTION = "batch"

_SCRIPT = "a script over sqlite3"
_TIMES_MORE = 10


def run(setting: Setting) -> Iterator[Result]:
    """In a process, as a process, and what that one holds in memory."""
    path = setting.directory()
    pairs = draw(path, setting.size.batch_lines)
    yield from _many(setting, path, pairs)
    lines = setting.scratch / "lines"
    text = "".join(f"{user}\t{key}\n" for user, key in pairs)
    lines.write_text(text)
    yield from _command(setting, path, lines)
    more = setting.scratch / "more-lines"
    more.write_text(text * _TIMES_MORE)
    yield _memory(setting, path, [lines, more])


def _many(setting: Setting, path: Path, pairs: Sequence[Pair]) -> Iterator[Result]:
    with ExitStack() as stack:
        floor = stack.enter_context(closing(SqliteFloor(path)))
        authorizer = stack.enter_context(Authorizer(f"sqlite:///{path}", environ={}))
        contenders = [
            Contender("hand-written SQL, one by one", floor.check),
            Contender(
                GRANTCTL,
                authorizer.check,
                at_least(1.3),
                ask_all=lambda asked: list(authorizer.check_many(asked)),
            ),
        ]
        seconds = compare(contenders, pairs, rounds=setting.rounds)
    yield from results_of(SECTION, "check_many", contenders, seconds)


def _command(setting: Setting, path: Path, lines: Path) -> Iterator[Result]:
    floor, floor_env = naive("batch"), _environment(setting, path, PYTHONPATH=str(ROOT))
    ours: Sequence[tuple[str, list[str], Goal | None]] = (
        ("check --batch - -o name", _batch("-o", "name"), at_least(1.3)),
        ("check --batch -, with reasons", _batch(), None),
    )
    floor_seconds: list[float] = []
    seconds: list[list[float]] = [[] for _ in ours]
    count = 0
    for _ in range(setting.rounds):
        spent = spend(floor, floor_env, scratch=setting.scratch, stdin=lines)
        expected = spent.stdout.split()
        count = len(expected)
        floor_seconds.append(spent.cpu_seconds)
        for (question, command, _), taken in zip(ours, seconds, strict=True):
            env = _environment(setting, path)
            spent = spend(command, env, scratch=setting.scratch, stdin=lines)
            rows = spent.stdout.splitlines()
            answers = [row.split(b"\t")[2] if b"\t" in row else row for row in rows]
            require_same(question, answers, expected)
            taken.append(spent.cpu_seconds)
    for (question, _, goal), taken in zip(ours, seconds, strict=True):
        rate, ratio = count / median(taken), ratio_of(floor_seconds, taken)
        yield Result(
            SECTION, question, GRANTCTL, rate, "lines/s", ratio, _SCRIPT, is_rate=True, goal=goal
        )


def _memory(setting: Setting, path: Path, files: Sequence[Path]) -> Result:
    env = _environment(setting, path)
    few, many = (peak_bytes(_batch("-o", "name"), env, stdin=one) for one in files)
    return Result(
        section=SECTION,
        question=f"check --batch -, the memory for {_TIMES_MORE} times the lines",
        who=GRANTCTL,
        figure=many / 2**20,
        unit="MiB",
        ratio=many / few,
        reference=f"that for {setting.size.batch_lines:,} lines",
        is_rate=False,
        goal=at_most(1.1),
    )


def _batch(*options: str) -> list[str]:
    return [str(GRANTCTL_SCRIPT), "check", "--batch", "-", *options]


def _environment(setting: Setting, path: Path, **extra: str) -> dict[str, str]:
    url = f"sqlite:///{path}"
    return environment(setting.scratch, {"GRANTCTL_DATABASE": url, "NAIVE_DATABASE": url, **extra})
