"""What one user may do to resources before and after edits: only those that the edits can touch.

Owns which these are. Each verdict is the evaluator's. Inside of the caller's moment.
"""

from __future__ import annotations

from grantctl.evaluation.access import find_reach, has_access
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_edits import CutBase, Disown, Grant, MakePublic, Revoke
from grantctl.evaluation.access_rules import actions_named, held_by_pk
from grantctl.evaluation.edits import Join, Leave, SetRole, edited_access
from grantctl.evaluation.facts import AccessFacts, Resource
from grantctl.lean import replace
from grantctl.model import Action, ResourceRef
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from grantctl.evaluation.access_rules import Held
    from grantctl.evaluation.edits import Edit
    from grantctl.evaluation.impact_tree import GroupTree

    Right: TypeAlias = "tuple[str, ResourceRef]"  # an action on a resource
    Chain: TypeAlias = "tuple[Resource, ...]"


def gained_rights(
    reader: Reader, person: AccessFacts, edits: Sequence[Edit], tree: GroupTree, *, now: datetime
) -> Iterator[Right]:
    """What the user may do after the edits only. `person`: its facts, with the chain of a resource.

    The facts must hold the groups that the user joins, and all above them.
    """
    had, has = held_by_pk(person, now), held_by_pk(edited_access(person, edits), now)
    for before, after in _pairs(reader, person, edits, tree):
        for action in actions_named(after.resource):
            if _may(after, action, has, now) and not _may(before, action, had, now):
                yield action, after.resource.ref
    for edit in edits:
        made = edit.ref if isinstance(edit, MakePublic) else None
        if made is not None and has_access(_alone(person, edit, made), Action.READ, now=now):
            yield Action.READ.value, made


def lost_rights(
    reader: Reader, person: AccessFacts, edits: Sequence[Edit], tree: GroupTree, *, now: datetime
) -> Iterator[Right]:
    """What the user may do before the edits only; `person` as above."""
    had, has = held_by_pk(person, now), held_by_pk(edited_access(person, edits), now)
    for before, after in _pairs(reader, person, edits, tree):
        for action in actions_named(before.resource):
            if _may(before, action, had, now) and not _may(after, action, has, now):
                yield action, before.resource.ref


def rights_of(reader: Reader, person: AccessFacts, *, now: datetime) -> Iterator[Right]:
    """All that the user may do to resources, were it as `person` says."""
    held = held_by_pk(person, now)
    for facts in reader.resources.facts_of_reachable(person.user.id, reader.resources.types()):
        own = replace(facts, user=person.user)
        for action in actions_named(own.resource):
            if _may(own, action, held, now):
                yield action, own.resource.ref


def _may(facts: AccessFacts, action: str, held: Held, now: datetime) -> bool:
    return find_reach(facts, AccessQuestion(action), now=now, held=held) is not None


def _pairs(
    reader: Reader, person: AccessFacts, edits: Sequence[Edit], tree: GroupTree
) -> Iterator[tuple[AccessFacts, AccessFacts]]:
    """The facts of each resource that the edits can touch, before and after them."""
    for chain in _chains(reader, person, edits, tree):
        before = replace(person, chain=chain)
        yield before, edited_access(before, edits)


def _chains(
    reader: Reader, person: AccessFacts, edits: Sequence[Edit], tree: GroupTree
) -> Iterator[Chain]:
    if any(isinstance(edit, SetRole) for edit in edits):
        types = reader.resources.types()
        return (one.chain for one in reader.resources.facts_of_reachable(person.user.id, types))
    by_ref = {one.ref: one.pk for one in person.chain}
    roots: set[int] = set()
    for edit in edits:
        match edit:
            case Join() | Leave():
                granted = reader.impacts.granted_to(tree.above(edit.group.pk))
                roots.update(pk for pk, _ in granted)
            case Grant() | Revoke() | Disown() | CutBase():
                roots.add(by_ref[edit.ref])
            case MakePublic():
                roots.update(reader.fixes.waiting_for(edit.ref))
    touched = {pk for root in roots for pk in reader.impacts.made_of(root)}
    return (reader.resources.chain_from(pk) for pk in sorted(touched))


def _alone(person: AccessFacts, edit: Edit, made: ResourceRef) -> AccessFacts:
    """The facts of a resource that an edit makes."""
    after = edited_access(person, (edit,))
    return replace(after, chain=tuple(one for one in after.chain if one.ref == made))
