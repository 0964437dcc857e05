"""An import under way: what is taken, from whom, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from grantctl.interop.directory import Finding, ForeignDirectory
from grantctl.store.connection import Connection, Parameters
from grantctl.store.url import POSTGRES

_CHUNK_SIZE = 5000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Tally:
    """What became of one kind of rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    only_here: int = 0


@dataclass(slots=True)
class Taking:
    """One import, inside of its transaction. `now` is in microseconds since 1970."""

    connection: Connection
    directory: ForeignDirectory
    actor: str
    added_by: str | None
    now: int
    findings: list[Finding] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970, as every time is kept."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def insert_many(
    connection: Connection, rows: Iterable[Parameters], *, one: str, many_on_postgres: str
) -> None:
    """Insert rows of which there may be a million, some thousand at a time."""
    waiting = iter(rows)
    while chunk := list(islice(waiting, _CHUNK_SIZE)):
        if connection.engine == POSTGRES:
            connection.run(many_on_postgres, {"rows": json.dumps(chunk)})
        else:
            connection.run_many(one, chunk)
