"""How large the directories are, and how many questions each is asked.

Owns numbers only. Leaves the rows to `directory`.
"""

from __future__ import annotations

from dataclasses import dataclass

SEED = 20240601
FLAGS = 45
FLAGS_OF_A_GROUP = 15
GROUPS_OF_A_BUSY_USER = 50
GRANTS_OF_A_RESOURCE = 6


@dataclass(frozen=True, slots=True)
class Size:
    """A directory, and how much is asked of it: in a process, by lines, by rows of a file.

    `rounds` of everything but processes, which are short and have `process_rounds`.
    """

    name: str
    users: int
    groups: int
    resources: int
    questions: int
    batch_lines: int
    bulk_users: int
    rounds: int
    process_rounds: int


SIZES = {
    size.name: size
    for size in (
        Size("XS", 200, 20, 40, 100, 100, 200, 1, 1),
        Size("S", 1_000, 100, 1_000, 5_000, 20_000, 5_000, 5, 16),
        Size("M", 100_000, 2_000, 20_000, 10_000, 50_000, 100_000, 5, 21),
        Size("L", 1_000_000, 20_000, 200_000, 10_000, 100_000, 200_000, 3, 11),
    )
}
