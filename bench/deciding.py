"""Deciding in a process, on SQLite: `Authorizer` beside one hand-written statement.

Owns the five questions of this kind, each with its floor. Leaves Postgres to `deciding_postgres`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median

from bench.floor import SqliteFloor
from bench.measuring import Ask, Contender, Pair, compare, percentiles, results_of
from bench.questions import draw
from bench.results import GRANTCTL, Result, at_least, at_most
from bench.setting import Setting
from bench.statements import CHECK, NESTED_CHECK
from grantctl import Authorizer

SECTION = "decide"
FLOOR = "hand-written SQL"

_USERS_ASKED_BEFORE = 1000


def run(setting: Setting) -> Iterator[Result]:
    """Every question, in turn."""
    path = setting.directory()
    pairs = draw(path, setting.size.questions)
    with ExitStack() as stack:
        floor = stack.enter_context(closing(SqliteFloor(path)))
        fresh = stack.enter_context(_authorizer(path, user_cache_size=0))
        kept = stack.enter_context(_authorizer(path))
        yield from _fresh(setting, floor, fresh, pairs)
        yield from _asked_before(setting, floor, kept)
        yield from _full(setting, floor, fresh, pairs)
        yield from _nested(setting)
        yield from _steadiness(setting, floor, fresh, pairs)


def _fresh(
    setting: Setting, floor: SqliteFloor, fresh: Authorizer, pairs: list[Pair]
) -> Iterator[Result]:
    users = {user for user, _ in pairs}
    contenders = [
        Contender(FLOOR, floor.check),
        Contender(GRANTCTL, fresh.check, at_least(0.7)),
        *_peers(setting, setting.directory(), users),
    ]
    seconds = compare(contenders, pairs, rounds=setting.rounds)
    yield from results_of(SECTION, "permission, always read afresh", contenders, seconds)


def _peers(setting: Setting, path: Path, users: set[str]) -> Iterator[Contender]:
    from bench.peers import orm_peer, sqlmodel_peer

    if setting.has("casbin"):
        from bench.peers import casbin_peer

        note = "all in memory, never fresh; the memberships of the asked users only"
        yield Contender(casbin_peer.WHO, casbin_peer.load(path, users), note=note)
    if setting.has("cedarpy"):
        from bench.peers import cedar_peer

        yield Contender(cedar_peer.WHO, cedar_peer.load(path))
    yield Contender(orm_peer.WHO, orm_peer.load(path))
    yield Contender(sqlmodel_peer.WHO, sqlmodel_peer.load(path))


def _asked_before(setting: Setting, floor: SqliteFloor, kept: Authorizer) -> Iterator[Result]:
    users = min(_USERS_ASKED_BEFORE, setting.size.users)
    pairs = draw(setting.directory(), setting.size.questions, users=users)
    with kept.snapshot() as snapshot:
        contenders = [
            Contender(FLOOR, floor.check),
            Contender(GRANTCTL, kept.check, at_least(1.3)),
            Contender(f"{GRANTCTL}, in a snapshot", snapshot.check, note="as of one moment"),
        ]
        seconds = compare(contenders, pairs, rounds=setting.rounds)
    question = "permission, of users asked before"
    yield from results_of(SECTION, question, contenders, seconds)


def _full(
    setting: Setting, floor: SqliteFloor, fresh: Authorizer, pairs: list[Pair]
) -> Iterator[Result]:
    def ask(user: str, key: str) -> bool:
        return fresh.decide(user, key).allowed

    contenders = [Contender(FLOOR, floor.check), Contender(GRANTCTL, ask, at_least(0.2))]
    seconds = compare(contenders, pairs, rounds=setting.rounds)
    question = "permission, the full decision with its reasons"
    yield from results_of(SECTION, question, contenders, seconds)


def _nested(setting: Setting) -> Iterator[Result]:
    """Against the flat statement, which answers another question: it gives the pace only."""
    path = setting.directory(is_nested=True)
    pairs = draw(path, setting.size.questions)
    with (
        closing(SqliteFloor(path, CHECK)) as flat,
        closing(SqliteFloor(path, NESTED_CHECK)) as nested,
        _authorizer(path, user_cache_size=0) as fresh,
    ):
        contenders = [
            Contender("hand-written SQL, without nesting", flat.check, is_checked=False),
            Contender(GRANTCTL, fresh.check, at_least(0.8)),
            Contender("hand-written recursive SQL", nested.check),
        ]
        seconds = compare(contenders, pairs, rounds=setting.rounds, truth=nested.check)
    yield from results_of(SECTION, "permission, in nested groups", contenders, seconds)


def _steadiness(
    setting: Setting, floor: SqliteFloor, fresh: Authorizer, pairs: list[Pair]
) -> Iterator[Result]:
    asked: dict[str, Ask] = {GRANTCTL: fresh.check, FLOOR: floor.check}
    taken: dict[str, list[tuple[float, float]]] = {who: [] for who in asked}
    for _ in range(setting.rounds):
        for who, ask in asked.items():
            taken[who].append(percentiles(ask, pairs))
    for who, found in taken.items():
        yield Result(
            section=SECTION,
            question="the slowest hundredth of questions (p99)",
            who=who,
            figure=median(p99 for _, p99 in found) * 1e6,
            unit="µs",
            ratio=median(p99 / p50 for p50, p99 in found),
            reference="its own median (p50)",
            is_rate=False,
            goal=at_most(4) if who == GRANTCTL else None,
            note="by the clock" if who == GRANTCTL else "",
        )


def _authorizer(path: Path, *, user_cache_size: int | None = None) -> Authorizer:
    url = f"sqlite:///{path}"
    if user_cache_size is None:
        return Authorizer(url, environ={})
    return Authorizer(url, environ={}, user_cache_size=user_cache_size)
