"""Users deleted, with their memberships and grants; what they own is handed over, or has no owner.
Their tokens end, and stay listed under the id of whom they stood for.

Owns two guards: one admin stays, and nothing loses its owner unasked. Both are decided inside the
transaction, under the writers' lock. Leaves to the database to take memberships and grants away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from grantctl.errors import GuardError, InvalidError
from grantctl.model import ResourceRef, Role
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.chunks import in_chunks
from grantctl.operations.resource_rows import grant_texts
from grantctl.operations.resources import change_owner
from grantctl.operations.roles import require_another_admin
from grantctl.operations.token_endings import end_tokens
from grantctl.operations.user_rows import (
    UserRecord,
    find_user_row,
    find_user_rows,
    user_facts,
    user_record,
)
from grantctl.store.database import Database
from grantctl.store.resource_tables import AccessGrantRow, ResourceRow
from grantctl.store.tables import MembershipRow, UserRow

MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class DeletedUser:
    """A user that was deleted, and what went with it.

    `grants` as `model:gpt-4o read`; `owned` are the resources that `new_owner` has now, None for
    nobody.
    """

    user: UserRecord
    membership_count: int
    grants: tuple[str, ...]
    owned: tuple[ResourceRef, ...]
    new_owner: UserRecord | None


@dataclass(frozen=True, slots=True)
class _Belongings:
    """What users have, by their pk."""

    memberships: Mapping[int, int]
    grants: Mapping[int, Sequence[str]]
    owned: Mapping[int, Sequence[ResourceRow]]


def delete_users(
    database: Database,
    intent: Intent,
    references: Sequence[str],
    *,
    reassign_to: str | None = None,
    orphan: bool = False,
) -> list[DeletedUser]:
    """Delete users with their memberships and grants; all of them or none.

    What they own goes to `reassign_to`, or for `orphan` to nobody. Raises NotFoundError,
    AmbiguousError, InvalidError where it would go to one who is deleted, GuardError where no admin
    would be left, or where they own something and neither is said.
    """
    if orphan and reassign_to is not None:
        raise InvalidError("an owner is named, and none is wanted", hint="say one of the two")

    def work(change: Change) -> list[DeletedUser]:
        rows = find_user_rows(change.session, references)
        heir = None if reassign_to is None else find_user_row(change.session, reassign_to)
        if heir is not None and heir in rows:
            raise InvalidError(f"`{_label(heir)}` is deleted too, so it cannot be the new owner")
        belongings = _read_belongings(change.session, [row.pk for row in rows])
        if heir is None and not orphan:
            _require_nothing_owned(rows, belongings)
        return [_delete(change, row, belongings, heir) for row in rows]

    return perform(database, intent, work)


def _delete(
    change: Change, row: UserRow, belongings: _Belongings, heir: UserRow | None
) -> DeletedUser:
    if row.role == Role.ADMIN:
        require_another_admin(change.session, row)
    resources = belongings.owned.get(row.pk, ())
    deleted = DeletedUser(
        user=user_record(row),
        membership_count=belongings.memberships.get(row.pk, 0),
        grants=tuple(belongings.grants.get(row.pk, ())),
        owned=tuple(ResourceRef(one.type, one.id) for one in resources),
        new_owner=user_record(heir) if heir is not None and resources else None,
    )
    ended = end_tokens(change, row, "its user was deleted", api_keys=True)
    facts: dict[str, Any] = user_facts(row) | {
        "memberships": deleted.membership_count,
        "grants": [*deleted.grants],
        "owned": [*map(str, deleted.owned)],
        **({"ended_tokens": ended} if ended else {}),
    }
    change.record("user.delete", "user", row.id, before=facts)
    if resources:
        change_owner(change, resources, None if heir is None else heir.pk)
    change.session.delete(row)
    change.session.flush()
    return deleted


def _read_belongings(session: Session, pks: Sequence[int]) -> _Belongings:
    memberships: dict[int, int] = {}
    owned: dict[int, list[ResourceRow]] = {}
    for part in in_chunks(pks):
        user_pk, owner_pk = col(MembershipRow.user_pk), col(ResourceRow.owner_pk)
        counts = select(user_pk, func.count()).where(user_pk.in_(part)).group_by(user_pk)
        memberships |= session.exec(counts).all()
        rows = session.exec(
            select(ResourceRow)
            .where(owner_pk.in_(part))
            .order_by(col(ResourceRow.type), col(ResourceRow.id))
        )
        for row in rows:
            owned.setdefault(row.owner_pk or 0, []).append(row)
    grants: dict[int, list[str]] = {}
    for pk, text in grant_texts(session, column=AccessGrantRow.user_pk, pks=pks):
        grants.setdefault(pk, []).append(text)
    return _Belongings(memberships, grants, owned)


def _require_nothing_owned(rows: Sequence[UserRow], belongings: _Belongings) -> None:
    for row in rows:
        owned = [ResourceRef(one.type, one.id) for one in belongings.owned.get(row.pk, ())]
        if owned:
            names = ", ".join(f"`{ref}`" for ref in owned[:MAX_NAMED])
            more = f" and {len(owned) - MAX_NAMED} more" if len(owned) > MAX_NAMED else ""
            raise GuardError(
                f"`{_label(row)}` owns {names}{more}",
                hint="hand them over with --reassign-to USER, "
                "or leave them without an owner with --orphan",
            )


def _label(row: UserRow) -> str:
    return row.email or row.id
