"""Identities linked to users, and taken from them, by an operator.

Owns the guard that a subject stands for one user. What a login makes of an identity is left to
`oauth_login`.
"""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

from sqlmodel import Session

from grantctl.errors import ConflictError, InvalidError, NotFoundError
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.identity_rows import (
    IdentityRecord,
    add_identity,
    find_identity,
    read_identities,
    remove_identity,
    require_identity,
)
from grantctl.operations.policies import read_policy
from grantctl.operations.policy_settings import OAUTH_ISSUER
from grantctl.operations.user_rows import UserRecord, find_user_row, user_record
from grantctl.store.database import Database
from grantctl.store.tables import UserRow


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """An identity that a user was given or lost, and all that the user has now."""

    user: UserRecord
    issuer: str
    subject: str
    is_changed: bool
    identities: tuple[IdentityRecord, ...]


def link_identity(
    database: Database, intent: Intent, user: str, *, subject: str, issuer: str | None = None
) -> IdentityChange:
    """Have a subject stand for a user; of the issuer `oauth.issuer` unless another is named.

    Raises NotFoundError, AmbiguousError, InvalidError, ConflictError where it is another user's.
    """

    def work(change: Change) -> IdentityChange:
        row = find_user_row(change.session, user)
        of = _issuer(change.session, issuer)
        require_identity(of, subject)
        found = find_identity(change.session, of, subject)
        if found is None:
            add_identity(change, row, of, subject)
        elif found.user_pk != row.pk:
            raise _taken(change.session, of, subject, found.user_pk)
        return _changed(change, row, of, subject, is_changed=found is None)

    return perform(database, intent, work)


def unlink_identity(
    database: Database, intent: Intent, user: str, *, subject: str, issuer: str | None = None
) -> IdentityChange:
    """Have a subject stand for nobody any more. Raises NotFoundError, AmbiguousError."""

    def work(change: Change) -> IdentityChange:
        row = find_user_row(change.session, user)
        of = _issuer(change.session, issuer)
        require_identity(of, subject)
        found = find_identity(change.session, of, subject)
        if found is None or found.user_pk != row.pk:
            raise NotFoundError(
                f"`{row.email or row.id}` has no identity `{subject}` of `{of}`",
                hint=f"grantctl users show {quote(row.id)}",
            )
        remove_identity(change, row, found)
        return _changed(change, row, of, subject, is_changed=True)

    return perform(database, intent, work)


def _issuer(session: Session, issuer: str | None) -> str:
    found = str(read_policy(session, OAUTH_ISSUER).value) if issuer is None else issuer
    if not found:
        raise InvalidError(
            "no issuer is named, and none is set",
            hint=f"--issuer URL, or: grantctl config set {OAUTH_ISSUER} URL",
        )
    return found


def _taken(session: Session, issuer: str, subject: str, user_pk: int) -> ConflictError:
    holder = session.get(UserRow, user_pk)
    id_ = "?" if holder is None else quote(holder.id)
    return ConflictError(
        f"`{subject}` of `{issuer}` stands for another user already",
        hint=f"grantctl users show {id_}, and: "
        f"grantctl oauth unlink {id_} --issuer {quote(issuer)} --subject {quote(subject)}",
    )


def _changed(
    change: Change, row: UserRow, issuer: str, subject: str, *, is_changed: bool
) -> IdentityChange:
    identities = read_identities(change.session, row.pk)
    return IdentityChange(user_record(row), issuer, subject, is_changed, identities)
