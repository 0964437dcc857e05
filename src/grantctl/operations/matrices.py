"""What all members of a group may, at once: users by permissions, or by resources.

Owns who is a row, and the limits. Leaves the verdicts to `evaluation`. Changes nothing, and imports
nothing heavy.
"""

from __future__ import annotations

from itertools import islice

from grantctl.evaluation.matrix import MatrixRow, access_row, holds_group, permission_row
from grantctl.evaluation.rules import held_groups
from grantctl.lean import dataclass
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from grantctl.evaluation.access_decision import AccessQuestion
    from grantctl.evaluation.facts import Group
    from grantctl.operations.questions import Question

MAX_RESOURCES = 200  # columns: more than anybody looks at


@dataclass(frozen=True, slots=True)
class Matrix:
    """The members of a group, in the order of their making, with a cell for each column.

    `columns`: permission keys, or resources as `TYPE:ID`; `column_noun` says which.
    `action`: what is done to the resources, None for permissions. `has_more`: whether there are
    members besides; `more_columns`: how many resources are left out.
    """

    group: Group
    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    decided_at: datetime
    action: str | None = None
    has_more: bool = False
    more_columns: int = 0

    @property
    def column_noun(self) -> str:
        return "permission" if self.action is None else "resource"


def permission_matrix(
    reader: Reader, group: str, key: str | None, question: Question, *, now: datetime, limit: int
) -> Matrix:
    """What the members have of every permission, or of those under a key.

    A member of a group below is one too; whose membership has ended is none. Raises NotFoundError,
    AmbiguousError, DatabaseError.
    """
    with reader.matrices.permissions(group, key) as found:
        rows, has_more = _rows(
            (
                permission_row(facts, found.permissions, held, ignore_role=question.ignore_role)
                for facts in found.people
                if holds_group(held := held_groups(facts, now), found.group.pk)
            ),
            limit,
        )
        columns = tuple(permission.key for permission in found.permissions)
        return Matrix(found.group, columns, rows, now, has_more=has_more)


def access_matrix(
    reader: Reader, group: str, type_: str, question: AccessQuestion, *, now: datetime, limit: int
) -> Matrix:
    """What the members may do to the resources of a type, `*` for every one: one action.

    The first `MAX_RESOURCES` by type and id. Raises NotFoundError, AmbiguousError, DatabaseError.
    """
    with reader.matrices.resources(group, type_, limit=MAX_RESOURCES) as found:
        rows, has_more = _rows(
            (
                access_row(person, found.chains, question, now=now, admin_bypass=found.admin_bypass)
                for person in found.people
                if holds_group(held_groups(person, now), found.group.pk)
            ),
            limit,
        )
        columns = tuple(str(chain[0].ref) for chain in found.chains)
        return Matrix(found.group, columns, rows, now, question.action, has_more, found.more)


def _rows(found: Iterator[MatrixRow], limit: int) -> tuple[tuple[MatrixRow, ...], bool]:
    """The first so many, and whether there is another one."""
    rows = tuple(islice(found, limit))
    return rows, next(found, None) is not None
