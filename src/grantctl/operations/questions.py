"""The questions about permissions: check, explain, who-can, access.

Owns how facts are fetched for each and handed to the evaluator. Changes nothing, and imports
nothing heavy.
"""

from __future__ import annotations

from itertools import chain

from grantctl.evaluation.decision import Decision, HeldGroup, Leaf
from grantctl.evaluation.evaluator import decide, has_permission
from grantctl.evaluation.facts import Permission, PermissionFacts, User
from grantctl.evaluation.rules import (
    held_groups,
    judge_leaf,
    leaves_of,
    role_verdict,
    tree_allows,
)
from grantctl.evaluation.scopes import Scope
from grantctl.lean import dataclass
from grantctl.store.reader import Reader
from grantctl.store.references import unknown_permission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from grantctl.evaluation.assumptions import Assumptions


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each user: `ignore_role` asks the permission tree alone."""

    ignore_role: bool = False
    require_all: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A user who has a permission, and through what: role, groups, default."""

    user: User
    through: tuple[str, ...]
    groups: tuple[HeldGroup, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Every permission of one user.

    `allowed_by_role`: True for an admin, False for a pending user, None where the tree decides.
    """

    user: User
    allowed_by_role: bool | None
    leaves: tuple[Leaf, ...]

    def is_allowed(self, leaf: Leaf) -> bool:
        return leaf.allowed if self.allowed_by_role is None else self.allowed_by_role


def answer(
    reader: Reader,
    user: str,
    key: str,
    question: Question,
    *,
    now: datetime,
    with_advice: bool = False,
    scope: Scope | None = None,
    assumptions: Assumptions | None = None,
) -> Decision:
    """Whether one user has one permission, and why.

    `scope`: what the token is limited to that stands for the user, if one does. `assumptions`:
    what is assumed of the user and of the world, see `assuming`. Raises NotFoundError,
    AmbiguousError, DatabaseError.
    """
    if assumptions:
        reader, now = reader.assuming(assumptions), assumptions.moment(now)
    if with_advice and not assumptions:
        facts = _advisable(reader, user, key, question, now=now, scope=scope)
    else:
        facts = reader.permission_facts(user, key)
    decision = decide(
        facts,
        key,
        now=now,
        ignore_role=question.ignore_role,
        require_all=question.require_all,
        scope=scope,
    )
    return assumptions.marked(decision) if assumptions else decision


def _advisable(
    reader: Reader, user: str, key: str, question: Question, *, now: datetime, scope: Scope | None
) -> PermissionFacts:
    """The facts, with what advice needs besides where the answer is no."""
    with reader.at_one_moment():
        facts = reader.permission_facts(user, key)
        is_allowed = has_permission(
            facts,
            key,
            now=now,
            ignore_role=question.ignore_role,
            require_all=question.require_all,
            scope=scope,
        )
        return facts if is_allowed else reader.advisable(facts, key)


def who_can(
    reader: Reader,
    key: str,
    question: Question,
    *,
    now: datetime,
    assumptions: Assumptions | None = None,
) -> Iterator[Subject]:
    """Every user who has the permission, in the order of their making.

    What is assumed of a user is assumed of each. Raises NotFoundError at once, DatabaseError then
    too.
    """
    if assumptions:
        reader, now = reader.assuming(assumptions), assumptions.moment(now)
    everybody = _subjects(reader.facts_of_candidates(key), key, question, now)
    first = next(everybody, None)  # nothing of the answer is written before the key is known
    return iter(()) if first is None else chain((first,), everybody)


def _subjects(
    candidates: Iterable[PermissionFacts], key: str, question: Question, now: datetime
) -> Iterator[Subject]:
    leaves: tuple[Permission, ...] = ()
    for facts in candidates:
        leaves = leaves or leaves_of(facts.catalogue, key)  # one catalogue, whoever it is
        by_role = role_verdict(facts.user.role, ignore_role=question.ignore_role)
        if by_role:
            yield Subject(facts.user, (facts.user.role.value,), ())
        if by_role is not None:
            continue
        held = held_groups(facts, now)
        if tree_allows(facts, leaves, held, require_all=question.require_all):
            yield _by_tree(facts, leaves, held)


def _by_tree(
    facts: PermissionFacts, leaves: tuple[Permission, ...], held: tuple[HeldGroup, ...]
) -> Subject:
    groups = tuple(
        one for one in held if any(facts.flags.get((one.group.pk, leaf.key)) for leaf in leaves)
    )
    is_default = any(leaf.default for leaf in leaves)
    return Subject(facts.user, ("group",) * bool(groups) + ("default",) * is_default, groups)


def access(
    reader: Reader,
    user: str,
    question: Question,
    *,
    now: datetime,
    key: str | None = None,
    assumptions: Assumptions | None = None,
) -> Access:
    """Every permission for one user, or those under a key, with the sources that grant it.

    Raises NotFoundError, AmbiguousError, DatabaseError.
    """
    if assumptions:
        reader, now = reader.assuming(assumptions), assumptions.moment(now)
    facts = reader.access_facts(user)
    held = held_groups(facts, now)
    by_role = role_verdict(facts.user.role, ignore_role=question.ignore_role)
    asked = tuple(facts.catalogue.values()) if key is None else leaves_of(facts.catalogue, key)
    if not asked and key is not None:
        raise unknown_permission(key, facts.catalogue)
    leaves = tuple(
        judge_leaf(facts, permission, held, is_decided_before=by_role is not None)
        for permission in sorted(asked, key=lambda permission: permission.key)
    )
    return Access(facts.user, by_role, leaves)
