"""Bulk imports: users, memberships and resources with their grants, beside a script of one's own.

Owns the databases that they are brought into, a new one each time, and that both hold the same
afterwards. On SQLite it is processor time against `executemany`, on Postgres the clock against
COPY; the start of the process is part of both.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import psycopg

from bench.bulk_files import FORMATS, bulk_size, write_files
from bench.children import GRANTCTL_SCRIPT, ROOT, ChildError, environment, naive, peak_bytes, spend
from bench.databases import (
    SERVER,
    new_postgres_database,
    postgres_server,
    small_postgres_database,
    small_sqlite_file,
)
from bench.measuring import ratio_of
from bench.results import GRANTCTL, Goal, Result, at_least, at_most
from bench.setting import Setting

SECTION = "bulk"

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Kind:
    """What is imported: by which command, on top of which tables, and what is there afterwards."""

    name: str
    command: Sequence[str]
    base: Sequence[str]
    outcome: str


KINDS = (
    Kind(
        "users",
        ("users", "import", "--yes"),
        (),
        "SELECT id, email, name, role FROM users ORDER BY id",
    ),
    Kind(
        "memberships",
        ("groups", "import-members"),
        ("users", "groups"),
        "SELECT user_pk, group_pk, source, expires_at FROM memberships ORDER BY 1, 2",
    ),
    Kind(
        "resources",
        ("resources", "import"),
        ("users", "groups"),
        "SELECT r.type, r.id, r.name, r.owner_pk, g.action, g.principal_type, g.user_pk, g.group_pk"
        " FROM resources AS r JOIN access_grants AS g ON g.resource_pk = r.pk"
        " ORDER BY r.id, g.action, g.principal_type, g.user_pk, g.group_pk",
    ),
)


def run(setting: Setting) -> Iterator[Result]:
    """Each kind on SQLite, from both formats; on Postgres; and the memory for the whole size."""
    size = bulk_size(setting.size, setting.size.bulk_users)
    write_files(setting.scratch, size, setting.seed, [kind.name for kind in KINDS])
    for kind in KINDS:
        base = setting.scratch / f"{kind.name}-base.db"
        small_sqlite_file(base, size, setting.seed, kind.base)
        for format_ in FORMATS:
            yield from _on_sqlite(setting, kind, base, setting.scratch / f"{kind.name}.{format_}")
    if setting.has(SERVER):
        with postgres_server(setting.folder) as server:
            for kind in KINDS:
                small_postgres_database(server, "bulk_base", size, setting.seed, kind.base)
                yield _on_postgres(setting, server, kind, setting.scratch / f"{kind.name}.ndjson")
    yield from _memory(setting)


def _on_sqlite(setting: Setting, kind: Kind, base: Path, file: Path) -> Iterator[Result]:
    """With the start of the process, and without it where that can be told from the rest."""
    theirs, ours = setting.scratch / "theirs.db", setting.scratch / "ours.db"
    first = _first_row(file)
    floor: list[float] = []
    seconds: list[float] = []
    net_floor: list[float] = []
    net_seconds: list[float] = []
    count = 0
    for _ in range(_rounds(setting)):
        costs = [
            _cpu_seconds(setting, command, base, path)
            for one in (first, file)
            for command, path in (
                (naive("loading", kind.name, str(one)), theirs),
                (_own(kind, one), ours),
            )
        ]
        floor.append(costs[2])
        seconds.append(costs[3])
        net_floor.append(costs[2] - costs[0])
        net_seconds.append(costs[3] - costs[1])
        count = _require_same(kind, _sqlite_rows(theirs, kind), _sqlite_rows(ours, kind))
    question = f"{' '.join(kind.command)}, {file.suffix[1:]}, SQLite"
    yield _rate(question, count, floor, seconds, at_least(0.7))
    nets, wholes = (*net_floor, *net_seconds), (*floor, *seconds)
    if all(net > whole / 2 for net, whole in zip(nets, wholes, strict=True)):
        yield _rate(f"{question}, without the start", count, net_floor, net_seconds, None)


def _rate(
    question: str, count: int, floor: Sequence[float], seconds: Sequence[float], goal: Goal | None
) -> Result:
    return Result(
        section=SECTION,
        question=question,
        who=GRANTCTL,
        figure=count / median(seconds),
        unit="rows/s",
        ratio=ratio_of(floor, seconds),
        reference="executemany",
        is_rate=True,
        goal=goal,
    )


def _on_postgres(setting: Setting, server: str, kind: Kind, file: Path) -> Result:
    floor: list[float] = []
    seconds: list[float] = []
    count = 0
    for _ in range(_rounds(setting)):
        theirs = new_postgres_database(server, "bulk_theirs", "bulk_base")
        ours = new_postgres_database(server, "bulk_ours", "bulk_base")
        script = naive("copying", kind.name, str(file))
        floor.append(_wall_seconds(setting, script, _environment(setting, theirs)))
        seconds.append(_wall_seconds(setting, _own(kind, file), _environment(setting, ours)))
        count = _require_same(kind, _postgres_rows(theirs, kind), _postgres_rows(ours, kind))
    return Result(
        section=SECTION,
        question=f"{' '.join(kind.command)}, {file.suffix[1:]}, Postgres",
        who=GRANTCTL,
        figure=count / median(seconds),
        unit="rows/s",
        ratio=ratio_of(floor, seconds),
        reference="COPY",
        is_rate=True,
        goal=at_least(0.8),
        note="by the clock",
    )


def _memory(setting: Setting) -> Iterator[Result]:
    """The whole directory's users and memberships, once, for the memory that it takes."""
    size = bulk_size(setting.size, setting.size.users)
    kinds = KINDS[:2]
    write_files(setting.scratch, size, setting.seed, [kind.name for kind in kinds])
    path = setting.scratch / "memory.db"
    for kind in kinds:
        path.unlink(missing_ok=True)
        small_sqlite_file(path, size, setting.seed, kind.base)
        file = setting.scratch / f"{kind.name}.ndjson"
        env = _environment(setting, f"sqlite:///{path}")
        held = peak_bytes(_own(kind, file), env)
        yield Result(
            section=SECTION,
            question=f"{' '.join(kind.command)}, {size.users:,} users: the memory",
            who=GRANTCTL,
            figure=held / 2**20,
            unit="MiB",
            ratio=held / _GIB,
            reference="a GiB",
            is_rate=False,
            goal=at_most(1),
        )


def _rounds(setting: Setting) -> int:
    return max(1, setting.rounds // 2)  # each takes long, and differs little


def _cpu_seconds(setting: Setting, command: Sequence[str], base: Path, path: Path) -> float:
    """What the command costs on a new copy of the database."""
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(base, path)
    spent = spend(command, _environment(setting, f"sqlite:///{path}"), scratch=setting.scratch)
    _require_done(command, spent.exit_code)
    return spent.cpu_seconds


def _first_row(file: Path) -> Path:
    """A file with one row of the same kind: what a process costs that has next to nothing to do."""
    path = file.with_name(f"first-{file.name}")
    with file.open() as lines:
        path.write_text("".join(islice(lines, 2 if file.suffix == ".csv" else 1)))
    return path


def _wall_seconds(setting: Setting, command: Sequence[str], env: Mapping[str, str]) -> float:
    spent = spend(command, env, scratch=setting.scratch)
    _require_done(command, spent.exit_code)
    return spent.wall_seconds


def _require_done(command: Sequence[str], exit_code: int) -> None:
    if exit_code != 0:
        raise ChildError(f"{' '.join(command[1:4])}: exit {exit_code}")


def _require_same(
    kind: Kind, expected: Sequence[tuple[object, ...]], found: Sequence[tuple[object, ...]]
) -> int:
    """How many rows there are. Raises ChildError where the databases differ."""
    if not expected or list(expected) != list(found):
        raise ChildError(f"{kind.name}: the import made {len(found)} rows, not those of the script")
    return len(expected)


def _sqlite_rows(path: Path, kind: Kind) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(kind.outcome).fetchall()


def _postgres_rows(url: str, kind: Kind) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(kind.outcome.encode()).fetchall()


def _own(kind: Kind, file: Path) -> list[str]:
    return [str(GRANTCTL_SCRIPT), *kind.command, str(file)]


def _environment(setting: Setting, url: str) -> dict[str, str]:
    extra = {"GRANTCTL_DATABASE": url, "NAIVE_DATABASE": url, "PYTHONPATH": str(ROOT)}
    return environment(setting.scratch, extra)
