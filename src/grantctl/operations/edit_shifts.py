"""Whom edits reach besides the user that they name: who may do what before and after them.

Owns the way from edits to shifts. Leaves what a shift is to `evaluation.impact`, how it is counted
to the store. What is done to one user alone, a role or a membership, is no part of a shift.
"""

from __future__ import annotations

from grantctl.evaluation.edits import SetFlags, edited_access
from grantctl.evaluation.facts import Permission
from grantctl.evaluation.impact import Audience, Part, Shift
from grantctl.evaluation.impact_tree import audiences_of
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from grantctl.evaluation.edits import Edit
    from grantctl.evaluation.facts import AccessFacts
    from grantctl.evaluation.impact_tree import GroupTree

_EVERYONE = Audience(is_everyone=True)


def permission_shift(
    permission: Permission, granting: Iterable[int], tree: GroupTree, edits: Iterable[Edit]
) -> Shift:
    """Who has a permission before and after the edits; `granting`: the groups that set it true."""
    before, is_open = frozenset(granting), permission.default
    after, stays_open = set(before), is_open
    for edit in edits:
        if isinstance(edit, SetFlags) and permission.key in edit.keys:
            if edit.group is None:
                stays_open = edit.value
            elif edit.value:
                after.add(edit.group.pk)
            else:
                after.discard(edit.group.pk)
    return Shift(
        (Audience(is_open, tree.below(before)),), (Audience(stays_open, tree.below(after)),)
    )


def access_shift(facts: AccessFacts, action: str, tree: GroupTree, edits: Iterable[Edit]) -> Shift:
    """Who may do something to a resource before and after the edits, whoever the facts are of."""
    after = edited_access(facts, [edit for edit in edits if edit.is_shared])
    inside = audiences_of(facts.chain, action, tree)
    still = audiences_of(after.chain, action, tree)
    cut = len(inside) - len(still)  # a broken chain that was cut bars nobody any more
    return Shift(
        inside,
        still + (_EVERYONE,) * cut,
        includes_admins=not facts.admin_bypass,
    )


def gaining(reader: Reader, shift: Shift, *, now: datetime) -> int:
    """How many users a shift lets in. Raises DatabaseError."""
    return _count(reader, shift, shift.gained(), now)


def losing(reader: Reader, shift: Shift, *, now: datetime) -> int:
    """How many users a shift shuts out. Raises DatabaseError."""
    return _count(reader, shift, shift.lost(), now)


def _count(reader: Reader, shift: Shift, parts: Sequence[Part], now: datetime) -> int:
    return reader.impacts.count(parts, includes_admins=shift.includes_admins, now=now)
