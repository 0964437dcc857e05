"""Deciding in a process, on Postgres over a local socket, beside one prepared statement.

Owns the same questions as `deciding`, by the clock: the server's work is part of an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from bench.databases import SERVER, postgres_database, postgres_server
from bench.floor import PostgresFloor
from bench.measuring import Contender, compare, results_of
from bench.questions import draw
from bench.results import GRANTCTL, Result, at_least
from bench.setting import Setting
from grantctl import Authorizer

SECTION = "postgres"

_SHARE = 4  # of the questions on SQLite: each takes some times as long here


def run(setting: Setting) -> Iterator[Result]:
    """A boolean check and a full decision."""
    if not setting.has(SERVER):
        return
    pairs = draw(setting.directory(), setting.size.questions // _SHARE)
    with postgres_server(setting.folder) as server:
        url = postgres_database(server, setting.size, setting.seed)
        with closing(PostgresFloor(url)) as floor, Authorizer(url, environ={}) as authorizer:

            def decide(user: str, key: str) -> bool:
                return authorizer.decide(user, key).allowed

            asked = {
                "permission, on Postgres": Contender(GRANTCTL, authorizer.check, at_least(0.8)),
                "permission, on Postgres, the full decision": Contender(GRANTCTL, decide),
            }
            for question, ours in asked.items():
                contenders = [Contender("one prepared statement", floor.check), ours]
                seconds = compare(contenders, pairs, rounds=setting.rounds, is_wall=True)
                yield from results_of(SECTION, question, contenders, seconds)
