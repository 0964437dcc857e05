"""What the database knows of who logs in: the user whom an identity stands for, and its groups.

Owns the matching: by issuer and subject, else, where `oauth.provider` is set, by the name under
which Open WebUI kept the provider. INVARIANT: never by e-mail address, which a provider may let
anybody choose (OWASP ASVS 10.3.3). Leaves to the evaluator what comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from grantctl.evaluation.facts import Group, Membership, User
from grantctl.evaluation.identity import HeldGroup, IdentityFacts, claimed_groups
from grantctl.model import Role, Source
from grantctl.operations.chunks import in_chunks
from grantctl.operations.claimed_person import ClaimedPerson
from grantctl.operations.identity_rows import find_identity
from grantctl.operations.identity_rules import IdentityRules
from grantctl.operations.member_lists import membership_of
from grantctl.operations.user_rows import find_user_row
from grantctl.store.tables import GroupRow, MembershipRow, UserRow


class MatchedBy(StrEnum):
    """How the user was found."""

    IDENTITY = "identity"
    PROVIDER = "provider"
    NAMED = "named"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Match:
    """The user whom the claims speak of, None where there is none yet.

    `is_linked`: the subject stands for the user under the issuer already.
    """

    user: User | None
    by: MatchedBy
    is_linked: bool = False


def match_user(
    session: Session, person: ClaimedPerson, rules: IdentityRules, *, named: str | None = None
) -> Match:
    """Find the user, or take the named one, whoever the claims speak of.

    Raises NotFoundError, AmbiguousError for the named one.
    """
    if named is not None:
        return _match_named(session, person, find_user_row(session, named))
    if person.subject is None:
        return Match(None, MatchedBy.NOBODY)
    for issuer, by in ((person.issuer, MatchedBy.IDENTITY), (rules.provider, MatchedBy.PROVIDER)):
        identity = find_identity(session, issuer, person.subject) if issuer else None
        row = None if identity is None else session.get(UserRow, identity.user_pk)
        if row is not None:
            return Match(_user(row), by, is_linked=by is MatchedBy.IDENTITY)
    return Match(None, MatchedBy.NOBODY)


def _match_named(session: Session, person: ClaimedPerson, row: UserRow) -> Match:
    identity = None
    if person.issuer is not None and person.subject is not None:
        identity = find_identity(session, person.issuer, person.subject)
    is_linked = identity is not None and identity.user_pk == row.pk
    return Match(_user(row), MatchedBy.NAMED, is_linked)


def holder_of_email(session: Session, email: str) -> User | None:
    """The user who has the address."""
    row = session.exec(select(UserRow).where(UserRow.email == email)).first()
    return None if row is None else _user(row)


def find_default_group(session: Session, rules: IdentityRules) -> Group | None:
    """The group that new users are put into, if one is set and exists."""
    if not rules.default_group:
        return None
    row = session.exec(select(GroupRow).where(GroupRow.id == rules.default_group)).first()
    return None if row is None else Group(row.pk, row.id, row.name, row.parent_pk)


def read_facts(
    session: Session,
    claims: Mapping[str, object],
    rules: IdentityRules,
    user: User | None,
    *,
    joined: Group | None,
    now: datetime,
) -> IdentityFacts:
    """What deciding a role and groups needs; `joined` is the group that a new user is put into."""
    names = claimed_groups(claims, rules.claims)
    held = {} if user is None else _read_memberships(session, user)
    if joined is not None:
        held[joined.pk] = HeldGroup(joined, Membership(joined.pk, Source.MANUAL))
    called = _read_called(session, names)
    groups = {**{group.pk: HeldGroup(group) for group in called}, **held}
    first_two = session.exec(select(UserRow.pk).limit(2)).all()
    return IdentityFacts(
        user_count=len(first_two),
        role=None if user is None else user.role,
        is_last_admin=user is not None and _is_last_admin(session, user),
        groups=tuple(groups.values()),
        now=now,
        taken_names=_read_taken(session, names),
    )


def _user(row: UserRow) -> User:
    return User(row.pk, row.id, row.email, row.name, Role(row.role))


def _is_last_admin(session: Session, user: User) -> bool:
    if user.role is not Role.ADMIN:
        return False
    others = select(UserRow.pk).where(UserRow.role == Role.ADMIN.value, UserRow.pk != user.pk)
    return session.exec(others.limit(1)).first() is None


def _read_memberships(session: Session, user: User) -> dict[int, HeldGroup]:
    query = (
        select(MembershipRow, GroupRow)
        .where(MembershipRow.user_pk == user.pk)
        .where(GroupRow.pk == MembershipRow.group_pk)
    )
    return {
        row.pk: HeldGroup(Group(row.pk, row.id, row.name, row.parent_pk), membership_of(membership))
        for membership, row in session.exec(query)
    }


def _read_called(session: Session, names: Iterable[str]) -> list[Group]:
    found: list[Group] = []
    for part in in_chunks(list(names)):
        rows = session.exec(select(GroupRow).where(col(GroupRow.name).in_(part)))
        found += [Group(row.pk, row.id, row.name, row.parent_pk) for row in rows]
    return found


def _read_taken(session: Session, names: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for part in in_chunks(list(names)):
        found |= set(session.exec(select(GroupRow.id).where(col(GroupRow.id).in_(part))))
    return frozenset(found)
