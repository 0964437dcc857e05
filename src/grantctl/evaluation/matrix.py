"""A matrix: what each of many users may, cell by cell, and what each cell is for.

Owns the shapes, and how a leaf or a decision becomes a cell. Decides nothing itself: the verdict
and the words of a cell are those of the decision about this user and this permission or resource.

INVARIANT, held by property tests: a cell says what `decide` or `decide_access` says of the same.
"""

from __future__ import annotations

from grantctl.evaluation.access import deciding_step, find_reach
from grantctl.evaluation.access_decision import AccessQuestion, AccessReason
from grantctl.evaluation.access_rules import held_by_pk
from grantctl.evaluation.facts import AccessFacts, Permission, PermissionFacts, Resource, User
from grantctl.evaluation.rules import judge_leaf, role_verdict
from grantctl.evaluation.steps import record_steps
from grantctl.lean import StrEnum, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from grantctl.evaluation.decision import HeldGroup, Leaf
    from grantctl.evaluation.facts import Group, Membership


class CellCause(StrEnum):
    """What decided a cell, in one word: the first that allows, or the nearest to a reason.

    `false`: a group says false, and nothing says true. `absent`: nothing says anything. `base`:
    what the resource is made of is denied, or missing.
    """

    ADMIN = "admin"
    OWNER = "owner"
    DIRECT = "direct"
    GROUP = "group"
    EVERYONE = "everyone"
    PUBLIC = "public"
    DEFAULT = "default"
    PENDING = "pending"
    FALSE = "false"
    ABSENT = "absent"
    BASE = "base"


@dataclass(frozen=True, slots=True)
class Cell:
    """One user and one permission or resource; `words` are the cause of the decision about them."""

    allowed: bool
    cause: CellCause
    words: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One user, with a cell for each column."""

    user: User
    cells: tuple[Cell, ...]


def holds_group(held: Iterable[HeldGroup], group: int) -> bool:
    """Whether the group is among those that a user holds, directly or through one below it."""
    return any(one.group.pk == group for one in held)


def permission_row(
    facts: PermissionFacts,
    columns: Sequence[Permission],
    held: tuple[HeldGroup, ...],
    *,
    ignore_role: bool = False,
) -> MatrixRow:
    """What the user has of each of these permissions."""
    by_role = role_verdict(facts.user.role, ignore_role=ignore_role)
    cells = []
    for permission in columns:
        leaf = judge_leaf(facts, permission, held, is_decided_before=by_role is not None)
        steps = record_steps(
            facts.user.role,
            (leaf,),
            held,
            ignore_role=ignore_role,
            is_category=False,
            require_all=False,
        )
        deciding = next(step for step in steps if step.verdict is not None)
        cells.append(Cell(bool(deciding.verdict), _leaf_cause(leaf, by_role), deciding.detail))
    return MatrixRow(facts.user, tuple(cells))


def _leaf_cause(leaf: Leaf, by_role: bool | None) -> CellCause:
    if by_role is not None:
        return CellCause.ADMIN if by_role else CellCause.PENDING
    if leaf.granting:
        return CellCause.GROUP
    if leaf.permission.default:
        return CellCause.DEFAULT
    is_false = any(flag.value is False for flag in leaf.flags)
    return CellCause.FALSE if is_false else CellCause.ABSENT


@dataclass(frozen=True, slots=True)
class Person:
    """A user with the memberships, and every group."""

    user: User
    groups: dict[int, Group]
    memberships: tuple[Membership, ...]


_DENIALS = {
    AccessReason.PENDING.value: CellCause.PENDING,
    AccessReason.NOT_GRANTED.value: CellCause.ABSENT,
    AccessReason.BASE.value: CellCause.BASE,
    AccessReason.BROKEN_BASE.value: CellCause.BASE,
}


def access_row(
    person: Person,
    chains: Sequence[tuple[Resource, ...]],
    question: AccessQuestion,
    *,
    now: datetime,
    admin_bypass: bool,
) -> MatrixRow:
    """What the user may do to each of these resources, given with their bases."""
    cells, held = [], None
    for chain in chains:
        facts = AccessFacts(person.user, chain, person.groups, person.memberships, admin_bypass)
        held = held_by_pk(facts, now) if held is None else held  # one user, whichever resource
        decided = deciding_step(facts, question, held)
        reach = find_reach(facts, question, now=now, held=held) if decided.verdict else None
        cause = _DENIALS[decided.rule] if reach is None else CellCause(reach.via[0])
        cells.append(Cell(bool(decided.verdict), cause, decided.detail))
    return MatrixRow(person.user, tuple(cells))
