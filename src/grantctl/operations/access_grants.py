"""Who may do what with a resource: granted and revoked.

Owns what both make of a public, private or restricted resource; neither takes more away than it
says. Leaves how principals are named to `grant_principals`; opening resources to everyone, and
closing them, to `public_access`, whose names it offers too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from grantctl.errors import InvalidError
from grantctl.evaluation.access_control import GrantKey
from grantctl.evaluation.access_decision import AccessState
from grantctl.evaluation.facts import AccessGrant
from grantctl.model import PrincipalType, ResourceRef, require_action
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.grant_principals import (
    Principals,
    grants_to,
    held_groups,
    other_way,
)
from grantctl.operations.grant_rows import (
    EVERYONE_READS,
    delete_grants,
    insert_grants,
    is_implied,
)
from grantctl.operations.public_access import publish, restrict
from grantctl.operations.resource_changes import ResourceChange, ResourceState, change_resources
from grantctl.operations.resource_selection import Wanted, select_resources
from grantctl.store.database import Database

__all__ = [
    "GrantOutcome",
    "GrantsChanged",
    "Outcome",
    "Principals",
    "StillAllowed",
    "grant",
    "publish",
    "restrict",
    "revoke",
]


class Outcome(StrEnum):
    """What became of one grant."""

    GRANTED = "granted"
    REVOKED = "revoked"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class GrantOutcome:
    """What a change did about one grant on one resource."""

    ref: ResourceRef
    grant: AccessGrant
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class StillAllowed:
    """A user who may still do what was revoked, and why: `owns it`."""

    user: str
    ref: ResourceRef
    reason: str


@dataclass(frozen=True, slots=True)
class GrantsChanged:
    """What a change did, by resource and by grant."""

    resources: tuple[ResourceChange, ...]
    grants: tuple[GrantOutcome, ...]
    still_allowed: tuple[StillAllowed, ...] = ()


def grant(
    database: Database,
    intent: Intent,
    wanted: Sequence[Wanted],
    action: str,
    principals: Principals,
) -> GrantsChanged:
    """Grant an action on resources; all or nothing.

    A public resource becomes a restricted one that everyone may still read. Raises NotFoundError,
    AmbiguousError, InvalidError.
    """
    require_action(action)

    def work(change: Change) -> GrantsChanged:
        rows = select_resources(change.session, wanted)
        given = grants_to(change.session, principals, action)
        outcomes: list[GrantOutcome] = []

        def write(states: list[ResourceState]) -> None:
            added: list[tuple[ResourceState, AccessGrant]] = []
            for state in states:
                new = [one for one in given if not is_implied(state, one)]
                outcomes.extend(_outcomes(state, given, new, Outcome.GRANTED))
                if new and state.record.state is AccessState.PUBLIC:
                    state.row.is_public = False
                    new = [EVERYONE_READS, *new]
                added += [(state, one) for one in new]
            insert_grants(change.session, added)

        changed = change_resources(change, rows, "resource.grant", write)
        return GrantsChanged(tuple(changed), tuple(outcomes))

    return perform(database, intent, work)


def revoke(
    database: Database,
    intent: Intent,
    wanted: Sequence[Wanted],
    action: str | None,
    principals: Principals,
    *,
    dangling: bool = False,
) -> GrantsChanged:
    """Revoke an action on resources; all or nothing.

    `dangling`: from every user and group that does not exist too, of every action where it is None.
    A public resource has no grants: it becomes private where reading is taken from everyone.
    Raises NotFoundError, AmbiguousError, InvalidError.
    """
    _require_revocable(action, principals)

    def work(change: Change) -> GrantsChanged:
        rows = select_resources(change.session, wanted)
        outcomes: list[GrantOutcome] = []
        still: list[StillAllowed] = []

        def write(states: list[ResourceState]) -> None:
            named = _named(change.session, states, principals, action)
            held = _held(change, named)
            removed: list[int] = []
            for state in states:
                taken = [*named, *_dangling(state, action)] if dangling else named
                gone = _present(state, taken)
                if gone:
                    state.row.is_public = False
                removed += [state.grants[one] for one in gone if one in state.grants]
                outcomes.extend(_outcomes(state, taken, gone, Outcome.REVOKED))
                still.extend(_still_allowed(state, named, gone, held))
            delete_grants(change.session, removed)

        changed = change_resources(change, rows, "resource.revoke", write)
        return GrantsChanged(tuple(changed), tuple(outcomes), tuple(still))

    return perform(database, intent, work)


def _require_revocable(action: str | None, principals: Principals) -> None:
    if action is not None:
        require_action(action)
    elif principals:
        raise InvalidError("say which action is revoked", hint="read, write or another one")


def _named(
    session: Session, states: Sequence[ResourceState], principals: Principals, action: str | None
) -> list[AccessGrant]:
    if action is None:
        return []
    nobody = {one for state in states for one in state.grants if one.is_dangling}
    return grants_to(session, principals, action, dangling=nobody)


def _dangling(state: ResourceState, action: str | None) -> list[AccessGrant]:
    return [one for one in state.grants if one.is_dangling and action in (None, one.action)]


def _present(state: ResourceState, taken: Sequence[AccessGrant]) -> list[AccessGrant]:
    """Which of these grants the resource has; one for its missing id too where a user has it."""
    if state.record.state is AccessState.PUBLIC:
        return [EVERYONE_READS] if EVERYONE_READS in taken else []
    keys = set(map(_key, taken))
    return [one for one in state.grants if _key(one) in keys]


def _key(grant: AccessGrant) -> GrantKey:
    return GrantKey(grant.action, grant.principal_type, grant.principal_id)


def _outcomes(
    state: ResourceState,
    asked: Sequence[AccessGrant],
    done: Sequence[AccessGrant],
    outcome: Outcome,
) -> list[GrantOutcome]:
    keys = set(map(_key, done))
    by_key = {_key(one): one for one in asked}
    return [
        GrantOutcome(state.record.ref, one, outcome if key in keys else Outcome.UNCHANGED)
        for key, one in by_key.items()
    ]


def _held(change: Change, grants: Sequence[AccessGrant]) -> dict[int, set[int]]:
    """The groups of the users among the principals, by pk."""
    users = (one for one in grants if one.principal_type is PrincipalType.USER)
    return {
        user.principal: held_groups(change.session, user.principal, change.now)
        for user in users
        if user.principal is not None
    }


def _still_allowed(
    state: ResourceState,
    named: Sequence[AccessGrant],
    gone: Sequence[AccessGrant],
    held: Mapping[int, set[int]],
) -> Iterator[StillAllowed]:
    left = [one for one in state.grants if one not in gone]
    for one in named:
        if one.principal_type is PrincipalType.USER and one.principal is not None:
            reason = other_way(one, state.row.owner_pk, left, held[one.principal])
            if reason is not None:
                yield StillAllowed(one.name or one.principal_id, state.record.ref, reason)
