"""What grants something that is allowed: every source, in one shape for permissions and resources.

Owns reading the sources off an answer that was decided. Decides nothing.
"""

from __future__ import annotations

from grantctl.evaluation.access import find_reach
from grantctl.evaluation.access_decision import AccessDecision, Reach
from grantctl.evaluation.assertions import SourceKind
from grantctl.evaluation.decision import Decision, HeldGroup, Leaf
from grantctl.evaluation.facts import Group
from grantctl.lean import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_OF_REACH = {
    "owner": SourceKind.OWNER,
    "direct": SourceKind.DIRECT,
    "everyone": SourceKind.EVERYONE,
    "public": SourceKind.PUBLIC,
}


@dataclass(frozen=True, slots=True)
class GrantingSource:
    """What grants something; `group` is the one that sets it, or that is granted it."""

    kind: SourceKind
    group: Group | None = None


ROLE = GrantingSource(SourceKind.ROLE)
DEFAULT = GrantingSource(SourceKind.DEFAULT)


def sources_of(decision: Decision | AccessDecision) -> tuple[GrantingSource, ...]:
    """Every source that grants what is allowed, nothing of what is denied.

    Those of a category are the sources of any permission under it.
    """
    if not decision.allowed:
        return ()
    if isinstance(decision, AccessDecision):
        reach = find_reach(decision.facts, decision.question, now=decision.decided_at)
        return () if reach is None else sources_of_reach(reach)
    if decision.is_decided_by_role:
        return (ROLE,)
    return tree_sources(decision.leaves)


def tree_sources(leaves: Iterable[Leaf]) -> tuple[GrantingSource, ...]:
    """The groups that set one of these permissions true, each once, by name, then the default."""
    known = tuple(leaves)
    granting = (held for leaf in known for held in leaf.granting)
    is_default = any(leaf.permission.default for leaf in known)
    return (*_groups(granting), *([DEFAULT] if is_default else []))


def sources_of_subject(
    through: tuple[str, ...], groups: tuple[HeldGroup, ...]
) -> tuple[GrantingSource, ...]:
    """The same of one of those who have a permission: what it is through, and which groups."""
    found: list[GrantingSource] = []
    for one in through:
        match one:
            case "group":
                found += _groups(groups)
            case "default":
                found.append(DEFAULT)
            case _:  # the name of a role
                found.append(ROLE)
    return tuple(found)


def sources_of_reach(reach: Reach) -> tuple[GrantingSource, ...]:
    """What lets a user do something to a resource."""
    kinds = [one for one in reach.via if one != "group"]
    if kinds and kinds[0] not in _OF_REACH:  # the name of a role
        return (ROLE,)
    alone = [GrantingSource(_OF_REACH[one]) for one in kinds]
    return (*alone, *_groups(reach.groups))


def _groups(held: Iterable[HeldGroup]) -> list[GrantingSource]:
    found = {one.group.pk: one.group for one in held}
    in_order = sorted(found.values(), key=lambda group: (group.name, group.id))
    return [GrantingSource(SourceKind.GROUP, group) for group in in_order]
