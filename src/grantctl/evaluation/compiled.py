"""One question about many users, its leaves and groups looked at once and for all.

Owns a short form of what `evaluator.has_permission` says: which groups give what is asked for, and
in which order role, groups and default are looked at. Leaves everything that a decision records to
`evaluator`. It holds for the facts that it was compiled from, and no longer: whoever keeps it has
to know that they have not changed.

INVARIANT, held by a property test: for whatever user, a compiled question's verdict is that of
`evaluator.decide` for the same facts, with the same reason.
"""

from __future__ import annotations

from grantctl.evaluation.decision import Reason
from grantctl.evaluation.facts import Permission
from grantctl.evaluation.rules import role_verdict
from grantctl.evaluation.scopes import Scope
from grantctl.lean import dataclass
from grantctl.model import Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a user has what was asked for, and which rule decided: a decision's first words."""

    allowed: bool
    reason: Reason


_ADMIN = Verdict(True, Reason.ADMIN)
_PENDING = Verdict(False, Reason.PENDING)
_OUT_OF_SCOPE = Verdict(False, Reason.SCOPE)
_BY_ROLE = {
    role.value: _ADMIN if by_role else _PENDING
    for role in Role
    if (by_role := role_verdict(role, ignore_role=False)) is not None
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a permission or a category: that of a decision, but for the user."""

    key: str
    ignore_role: bool = False
    require_all: bool = False
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class CompiledQuestion:
    """What is asked of each user.

    `by_role`: what the role alone decides, by its name. `granting`: for each leaf that has to be
    given by a group, the pks of those whose direct members hold it; one of them is enough for a
    single leaf or any of a category's, which then stand together in one set.
    """

    by_role: Mapping[str, Verdict]
    granting: tuple[frozenset[int], ...]
    granted: Verdict
    otherwise: Verdict

    def verdict(self, role: str, groups: Collection[int]) -> Verdict:
        """The verdict for a user of that role, who is in these groups directly now."""
        decided = self.by_role.get(role)
        if decided is not None:
            return decided
        for pks in self.granting:
            if pks.isdisjoint(groups):
                return self.otherwise
        return self.granted


def compile_question(
    asked: Asked, leaves: Sequence[Permission], granting: Mapping[str, frozenset[int]]
) -> CompiledQuestion:
    """The question in its short form.

    `leaves`: the leaf of that key or those under the category, all of them. `granting`: of each
    leaf the groups whose direct members hold it (`closed_downward`); an absent one has none.
    """
    is_category = leaves[0].key != asked.key
    scope = asked.scope
    covered = [one for one in leaves if scope is None or scope.covers_permission(one.key)]
    if not covered or (asked.require_all and len(covered) < len(leaves)):
        return CompiledQuestion({}, (frozenset(),), _OUT_OF_SCOPE, _OUT_OF_SCOPE)
    by_role = {} if asked.ignore_role else _BY_ROLE
    none: frozenset[int] = frozenset()
    if asked.require_all:
        sets = tuple(granting.get(one.key, none) for one in covered if not one.default)
        is_default = False
    else:
        is_default = any(one.default for one in covered)
        sets = (none.union(*(granting.get(one.key, none) for one in covered)),)
    if is_category:
        granted = Verdict(True, Reason.LEAVES)
        return CompiledQuestion(by_role, sets, granted, Verdict(is_default, Reason.LEAVES))
    if asked.require_all:  # of one leaf, which is no different from any
        sets, is_default = (granting.get(asked.key, none),), leaves[0].default
    otherwise = Reason.DEFAULT if is_default else Reason.NOT_GRANTED
    return CompiledQuestion(
        by_role, sets, Verdict(True, Reason.GROUP), Verdict(is_default, otherwise)
    )


def closed_downward(groups: Iterable[int], children: Mapping[int, Sequence[int]]) -> frozenset[int]:
    """These groups and all below them: who is in one of these holds what they give.

    `children`: of a group, those directly below it. A cycle ends where it meets itself.
    """
    found = set(groups)
    above = list(found)
    while above:
        for child in children.get(above.pop(), ()):
            if child not in found:
                found.add(child)
                above.append(child)
    return frozenset(found)
