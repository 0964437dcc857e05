"""What others lose by edits that take something from one user.

Owns the measuring, inside of the caller's moment. Leaves how shifts are counted to the store.
"""

from __future__ import annotations

from grantctl.evaluation.access import has_access
from grantctl.evaluation.access_edits import Revoke
from grantctl.evaluation.edits import SetFlags, edited, edited_access
from grantctl.evaluation.evaluator import has_permission
from grantctl.evaluation.facts import AccessFacts, PermissionFacts
from grantctl.evaluation.way_ranking import Loss
from grantctl.lean import replace
from grantctl.model import Action
from grantctl.operations.edit_shifts import access_shift, losing, permission_shift
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from grantctl.evaluation.edits import Edit


def losses_of_permissions(
    reader: Reader, facts: PermissionFacts, edits: Sequence[Edit], *, now: datetime
) -> Iterator[Loss]:
    """How many others than the user of the facts lose each permission that the edits set false."""
    shared = [edit for edit in edits if edit.is_shared]
    keys = sorted({key for one in shared if isinstance(one, SetFlags) for key in one.keys})
    after, tree = edited(facts, shared), reader.impacts.tree()
    for key in keys:
        shift = permission_shift(facts.catalogue[key], reader.impacts.granting(key), tree, shared)
        had, has = (has_permission(one, key, now=now) for one in (facts, after))
        count = losing(reader, shift, now=now) - (had and not has)
        if count:
            yield Loss(key, count)


def losses_of_access(
    reader: Reader, facts: AccessFacts, edits: Sequence[Edit], *, now: datetime
) -> Iterator[Loss]:
    """How many others than the user of the facts lose each action that the edits revoke.

    On the resources themselves, and for reading on all that is made of them.
    """
    shared = [edit for edit in edits if edit.is_shared]
    tree = reader.impacts.tree()
    for pk, action in sorted(_touched(reader, facts, shared)):
        own = replace(facts, chain=reader.resources.chain_from(pk))
        shift = access_shift(own, action, tree, shared)
        had, has = (has_access(one, action, now=now) for one in (own, edited_access(own, shared)))
        count = losing(reader, shift, now=now) - (had and not has)
        if count:
            yield Loss(f"{action} {own.resource.ref}", count)


def _touched(reader: Reader, facts: AccessFacts, edits: Sequence[Edit]) -> set[tuple[int, str]]:
    """What is revoked: resources by pk, with the action; what is made of them for reading too."""
    by_ref = {one.ref: one.pk for one in facts.chain}
    found: set[tuple[int, str]] = set()
    for edit in edits:
        if isinstance(edit, Revoke):
            found.add((by_ref[edit.ref], edit.action))
            if edit.action == Action.READ:
                made = reader.impacts.made_of(by_ref[edit.ref])
                found.update((pk, Action.READ.value) for pk in made)
    return found
