"""What a finding of `db check` is, and cycles, which groups and bases may both form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

WRITTEN_PAST = "it was written past grantctl: restore or import again"


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """One thing that is wrong, and the command that mends it or shows more."""

    code: str
    object: str
    message: str
    hint: str


def find_cycles(above: Mapping[int, int | None]) -> Iterator[list[int]]:
    """Every cycle, once, from what lies above each; a key that leads nowhere ends its way."""
    reported: set[int] = set()
    for start in sorted(above):
        path: dict[int, None] = {}
        at: int | None = start
        while at is not None and at in above and at not in path and at not in reported:
            path[at] = None
            at = above[at]
        if at is not None and at in path:
            yield list(path)[list(path).index(at) :]
        reported.update(path)
