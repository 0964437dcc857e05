"""How groups lie below one another, and whom a flag or a resource reaches through them.

Owns the sets of groups whose members hold others, and the audiences made of them. Leaves what a
change does to audiences to `impact`. Makes no verdict about a user: that is the evaluator's.
"""

from __future__ import annotations

from grantctl.evaluation.impact import Audience
from grantctl.lean import dataclass
from grantctl.model import Action, PrincipalType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grantctl.evaluation.facts import Resource


@dataclass(frozen=True, slots=True)
class GroupTree:
    """Every group by its pk: the one above it, if any, and those right below it.

    A cycle, which only a foreign writer can make, ends where it meets itself.
    """

    parents: Mapping[int, int | None]
    children: Mapping[int, tuple[int, ...]]

    def below(self, groups: Iterable[int]) -> frozenset[int]:
        """These groups and all below them: whose members hold one of these."""
        found = {pk for pk in groups if pk in self.parents}
        waiting = list(found)
        while waiting:
            new = [pk for pk in self.children.get(waiting.pop(), ()) if pk not in found]
            found.update(new)
            waiting += new
        return frozenset(found)

    def above(self, group: int) -> tuple[int, ...]:
        """The group and all above it: what its members hold."""
        found: dict[int, None] = {}
        at: int | None = group
        while at is not None and at in self.parents and at not in found:
            found[at] = None
            at = self.parents[at]
        return tuple(found)

    def without(self, groups: Iterable[int]) -> GroupTree:
        """The tree once these are deleted: those right below them come to the top."""
        gone = frozenset(groups)
        return grow(
            {
                pk: None if parent in gone else parent
                for pk, parent in self.parents.items()
                if pk not in gone
            }
        )

    def moved(self, group: int, parent: int | None) -> GroupTree:
        """The tree with a group below another one, or at the top."""
        return grow({**self.parents, group: parent})


def grow(parents: Mapping[int, int | None]) -> GroupTree:
    """The tree of groups by their pks, each with that of the group above it."""
    children: dict[int, list[int]] = {}
    for pk, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(pk)
    return GroupTree(parents, {pk: tuple(below) for pk, below in children.items()})


def audiences_of(chain: tuple[Resource, ...], action: str, tree: GroupTree) -> tuple[Audience, ...]:
    """Whom a resource lets in for an action, and each of its bases where reading asks them.

    By the rules of `access_rules`, the role left out: a broken chain lets nobody read.
    """
    if action != Action.READ:
        return (_audience_of(chain[0], action, tree),)
    own = tuple(_audience_of(one, action, tree) for one in chain)
    return own if chain[-1].base is None else (*own, Audience())


def _audience_of(resource: Resource, action: str, tree: GroupTree) -> Audience:
    owner = frozenset() if resource.owner is None else frozenset((resource.owner,))
    if resource.is_public:
        return Audience(action == Action.READ, users=owner)
    given = [one for one in resource.grants if one.action == action]
    named = [(one.principal_type, one.principal) for one in given if one.principal is not None]
    return Audience(
        any(one.principal_type is PrincipalType.EVERYONE for one in given),
        tree.below(pk for kind, pk in named if kind is PrincipalType.GROUP),
        owner.union(pk for kind, pk in named if kind is PrincipalType.USER),
    )
