"""Where two users differ, or one user and what it would be: every permission, or every resource.

Owns how both sides are read at one moment: the first as it is, the second under assumptions, if
there are any. Leaves what makes a difference to `evaluation.differences`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_rules import actions_named, held_by_pk
from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.differences import (
    AccessSide,
    Difference,
    LeafSide,
    access_difference,
    leaf_difference,
)
from grantctl.evaluation.facts import Resource
from grantctl.operations.access_questions import ANY
from grantctl.operations.questions import Question, access
from grantctl.store.reader import Reader


@dataclass(frozen=True, slots=True)
class PermissionDifference:
    """A permission that one of the two has and the other has not."""

    permission: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class ResourceDifference:
    """Something that one of the two may do to a resource and the other may not."""

    resource: Resource
    action: str
    difference: Difference


def permission_differences(
    reader: Reader,
    user: str,
    other: str,
    question: Question,
    *,
    now: datetime,
    key: str | None = None,
    assumptions: Assumptions | None = None,
) -> list[PermissionDifference]:
    """The permissions, or those under a key, in which two users differ, by key.

    `assumptions`: of the other one. Raises NotFoundError, AmbiguousError, DatabaseError.
    """
    with reader.at_one_moment():
        first = access(reader, user, question, now=now, key=key)
        second = access(reader, other, question, now=now, key=key, assumptions=assumptions)
    pairs = (
        (
            ours.permission.key,
            leaf_difference(
                LeafSide(first.user, first.allowed_by_role, ours),
                LeafSide(second.user, second.allowed_by_role, theirs),
            ),
        )
        for ours, theirs in zip(first.leaves, second.leaves, strict=True)
    )
    return [PermissionDifference(one, found) for one, found in pairs if found is not None]


def resource_differences(
    reader: Reader,
    user: str,
    other: str,
    type_: str,
    question: AccessQuestion,
    *,
    now: datetime,
    assumptions: Assumptions | None = None,
) -> Iterator[ResourceDifference]:
    """What one of two users may do to the resources of a type, or of all for `*`, and the other
    may not, by type, id and action; for the action `*` every action that can be told of each.

    `assumptions`: of the other one. Raises NotFoundError for a user or a type at once,
    AmbiguousError, DatabaseError.
    """
    types = reader.resources.require_types(type_)
    assumed = Assumptions() if assumptions is None else assumptions
    found = _differences(reader, (user, other), types, question, now=now, assumptions=assumed)
    first = next(found, None)  # nothing of the answer is written before the users are known
    return iter(()) if first is None else chain((first,), found)


def _differences(
    reader: Reader,
    users: tuple[str, str],
    types: list[str],
    question: AccessQuestion,
    *,
    now: datetime,
    assumptions: Assumptions,
) -> Iterator[ResourceDifference]:
    then = assumptions.moment(now)
    sides: tuple[AccessSide, AccessSide] | None = None
    pairs = reader.assuming(assumptions).resources.facts_for_either(
        *users, types, ignore_role=question.ignore_role
    )
    for first, second in pairs:
        if sides is None:  # the same of every resource
            sides = (
                AccessSide(first, held_by_pk(first, now), now),
                AccessSide(second, held_by_pk(second, then), then),
            )
        ours, theirs = replace(sides[0], facts=first), replace(sides[1], facts=second)
        is_any = question.action == ANY
        for action in actions_named(first.resource) if is_any else (question.action,):
            found = access_difference(ours, theirs, replace(question, action=action))
            if found is not None:
                yield ResourceDifference(first.resource, action, found)
