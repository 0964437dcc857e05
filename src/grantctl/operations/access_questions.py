"""The questions about resources: check, explain, who-can, access.

Owns how facts are fetched for each and handed to the evaluator. Changes nothing, and imports
nothing heavy.
"""

from __future__ import annotations

from itertools import chain

from grantctl.evaluation.access import decide_access, find_reach
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion, Reach
from grantctl.evaluation.access_rules import actions_named, held_by_pk, role_verdict
from grantctl.evaluation.facts import AccessFacts, Resource, User
from grantctl.evaluation.scopes import Scope
from grantctl.lean import dataclass, replace
from grantctl.model import ResourceRef, Role
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from grantctl.evaluation.assumptions import Assumptions

ANY = "*"


@dataclass(frozen=True, slots=True)
class ReachedResource:
    """Something that a user may do to a resource, and through what."""

    resource: Resource
    action: str
    reach: Reach


def answer_access(
    reader: Reader,
    user: str,
    ref: ResourceRef,
    question: AccessQuestion,
    *,
    now: datetime,
    with_advice: bool = False,
    scope: Scope | None = None,
    assumptions: Assumptions | None = None,
) -> AccessDecision:
    """Whether one user may do one thing to one resource, and why.

    `scope`: what the token is limited to that stands for the user, if one does. `assumptions`:
    what is assumed of the user and of the world, see `assuming`. Raises NotFoundError,
    AmbiguousError, DatabaseError.
    """
    if assumptions:
        reader, now = reader.assuming(assumptions), assumptions.moment(now)
    facts = reader.resources.facts(user, ref, with_advice=with_advice)
    decision = decide_access(facts, question, now=now, scope=scope)
    return assumptions.marked_access(decision) if assumptions else decision


def who_has_access(
    reader: Reader,
    ref: ResourceRef,
    question: AccessQuestion,
    *,
    now: datetime,
    assumptions: Assumptions | None = None,
) -> Iterator[Reach]:
    """Every user who may do this to the resource, in the order of their making.

    What is assumed of a user is assumed of each. Raises NotFoundError at once, DatabaseError then
    too.
    """
    if assumptions:
        reader, now = reader.assuming(assumptions), assumptions.moment(now)
    everybody = _reaches(reader, ref, question, now)
    first = next(everybody, None)  # nothing of the answer is written before the resource is known
    return iter(()) if first is None else chain((first,), everybody)


def _reaches(
    reader: Reader, ref: ResourceRef, question: AccessQuestion, now: datetime
) -> Iterator[Reach]:
    for facts in reader.resources.facts_of_candidates(ref, question.action):
        reach = find_reach(facts, question, now=now)
        if reach is not None:
            yield reach


def names_with_access(
    reader: Reader, ref: ResourceRef, question: AccessQuestion, *, now: datetime
) -> Iterator[list[str]]:
    """Each whom `who_has_access` finds, by name alone, some at a time: quickly where the resource
    is open, so that the role alone tells.

    Of the world as it is. Raises NotFoundError, DatabaseError.
    """
    # Loaded here because other questions need none of it.
    from grantctl.store.resource_lists import in_parts

    with reader.at_one_moment():
        roles = _roles_let_in(reader, ref, question, now)
        if roles is None:
            yield from in_parts(one.user.label for one in _reaches(reader, ref, question, now))
        else:
            yield from in_parts(reader.resources.names_of_roles(roles))


def _roles_let_in(
    reader: Reader, ref: ResourceRef, question: AccessQuestion, now: datetime
) -> frozenset[Role] | None:
    """The roles whose users all may do it; None where some of a role may, or may not, perhaps.

    A stranger is asked about: who owns something, or is given something, may never do less.
    """
    hops, bypass = reader.resources.chain(ref), reader.resources.admin_bypass()
    named = [one.owner for one in hops]
    named += [grant.principal for one in hops for grant in one.grants]
    stranger = 1 + max(pk or 0 for pk in (*named, 0))
    let_in = set()
    for role in Role:
        facts = AccessFacts(User(stranger, "", None, "", role), hops, admin_bypass=bypass)
        if find_reach(facts, question, now=now) is not None:
            let_in.add(role)
        elif role_verdict(facts, question) is not False:
            return None
    return frozenset(let_in)


def reachable(
    reader: Reader,
    user: str,
    type_: str,
    question: AccessQuestion,
    *,
    now: datetime,
    assumptions: Assumptions | None = None,
) -> Iterator[ReachedResource]:
    """Everything that a user may do to the resources of a type, or of every type for `*`.

    By type, id and action; for the action `*` every action that can be told of each. Raises
    NotFoundError for a user or a type at once, AmbiguousError, DatabaseError.
    """
    if assumptions:
        reader, now = reader.assuming(assumptions), assumptions.moment(now)
    types = reader.resources.require_types(type_)
    found = _reached(reader, user, types, question, now)
    first = next(found, None)
    return iter(()) if first is None else chain((first,), found)


def names_of_reachable(
    reader: Reader, user: str, type_: str, question: AccessQuestion, *, now: datetime
) -> Iterator[list[str]]:
    """The resource of each that `reachable` finds, by name alone and quickly, some at a time.

    Of the world as it is. Raises as `reachable`, the errors of a user when it is read.
    """
    types = reader.resources.require_types(type_)
    return reader.resources.names_of_reachable(user, types, question, now=now)


def _reached(
    reader: Reader, user: str, types: list[str], question: AccessQuestion, now: datetime
) -> Iterator[ReachedResource]:
    held = None
    for facts in reader.resources.facts_of_reachable(user, types, ignore_role=question.ignore_role):
        held = held_by_pk(facts, now) if held is None else held  # one user, whichever resource
        is_any = question.action == ANY
        actions = actions_named(facts.resource) if is_any else (question.action,)
        for action in actions:
            reach = find_reach(facts, replace(question, action=action), now=now, held=held)
            if reach is not None:
                yield ReachedResource(facts.resource, action, reach)
