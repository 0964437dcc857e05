"""An import of users under way: what becomes of each row.

Owns how a row is matched with who is here, by id and e-mail, and what of it is written. Leaves the
transaction, and the guards that look at the whole, to `user_transfer`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from grantctl.errors import ConflictError, DatabaseError, InvalidError
from grantctl.interop.user_rows import UserBlock
from grantctl.model import MAX_NAME_LENGTH, Role
from grantctl.operations.bulk_reports import BulkTally
from grantctl.operations.new_ids import new_ids
from grantctl.store.bulk_lookups import BulkLookups, StoredUser
from grantctl.store.bulk_writer import BulkWriter
from grantctl.store.connection import Connection

_UPDATE_HINT = "bring those that are here up to date: --update"


@dataclass(frozen=True, slots=True)
class UserChange:
    """What a user becomes whom the file has otherwise."""

    before: StoredUser
    email: str | None
    name: str
    role: str


@dataclass(slots=True)
class UserTaking:
    """One import, inside of its transaction. `now` is in microseconds since 1970.

    `highest` is the highest pk of a user before a block; 0 where there is nobody.
    INVARIANT: no user was made at `now` but by this import.
    """

    connection: Connection
    writer: BulkWriter
    lookups: BulkLookups
    now: int
    default_role: str
    highest: int
    may_update: bool
    is_strict: bool
    tally: BulkTally = field(default_factory=BulkTally)
    admin_count: int = 0
    promoted_count: int = 0
    first_admin: str | None = None
    seen: set[int] = field(default_factory=set)  # pks of users who were here before
    given: set[str] = field(default_factory=set)  # e-mails that some of them have from the file


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a block as they would be inserted."""

    ids: Sequence[str]
    emails: Sequence[str]
    names: Sequence[str]
    roles: Sequence[str]


def take_block(taking: UserTaking, block: UserBlock) -> list[UserChange]:
    """Insert those who are new; what the others become, if they may be brought up to date.

    Raises InvalidError for somebody who stands in the file
    twice, ConflictError in a strict import.
    """
    rows = _new_rows(taking, block)
    columns = (rows.ids, rows.emails, rows.names, rows.roles)
    moments = [taking.now] * len(rows.ids)
    written = taking.writer.write((*columns, moments, moments))
    taking.tally.created += written
    if written == len(rows.ids):
        taking.admin_count += rows.roles.count(Role.ADMIN.value)
        changes: list[UserChange] = []
    else:
        changes = list(_compared(taking, block, rows))
    if not taking.writer.is_streaming:
        taking.highest = taking.lookups.highest_user()
    return changes


def _new_rows(taking: UserTaking, block: UserBlock) -> _Rows:
    count = len(block.emails)
    ids = new_ids(count) if block.ids is None else _filled(block.ids, new_ids(count))
    names = _names_of(block) if block.names is None or None in block.names else block.names
    roles: Sequence[str | None] = block.roles or [None]
    if None in roles:
        roles = [role or taking.default_role for role in block.roles or [None] * count]
    if not taking.highest and taking.first_admin is None:
        taking.first_admin = block.emails[0]
        roles = [Role.ADMIN.value, *roles[1:]]
    return _Rows(ids, block.emails, [*map(str, names)], [*map(str, roles)])


def _filled(column: Sequence[str | None], others: Sequence[str]) -> list[str]:
    return [one or other for one, other in zip(column, others, strict=True)]


def _names_of(block: UserBlock) -> list[str]:
    """The names, where none is given the part of the e-mail before the @."""
    locals_ = [email.partition("@")[0][:MAX_NAME_LENGTH] for email in block.emails]
    return locals_ if block.names is None else _filled(block.names, locals_)


def _compared(taking: UserTaking, block: UserBlock, rows: _Rows) -> Iterator[UserChange]:
    """Who of a block is here already, and what becomes of them."""
    found = taking.lookups.users_of({*rows.ids, *rows.emails})
    by_id = {one.id: one for one in found}
    by_email = {one.email: one for one in found if one.email is not None}
    made: set[int] = set()
    emails: set[str] = set()
    for at, line in enumerate(block.lines):
        id_, email = rows.ids[at], rows.emails[at]
        holder = by_email.get(email)
        stored = by_id.get(id_) or holder
        if stored is None:  # neither inserted nor here: no row of ours could be so
            raise DatabaseError(
                f"the database refuses the user `{email}`", hint="grantctl db check"
            )
        is_ours = stored.created_at == taking.now
        seen = made if is_ours else taking.seen
        is_twin = is_ours and (stored.pk <= taking.highest or stored.id != id_)
        if stored.pk in seen or is_twin or email in emails or _is_given(taking, email, holder):
            raise InvalidError(f"line {line}: `{email}` stands in the file twice")
        seen.add(stored.pk)
        emails.add(email)
        if is_ours:
            taking.admin_count += stored.role == Role.ADMIN
            continue
        try:
            change = _change(stored, holder, block, at)
            if change is not None and not taking.may_update:
                raise ConflictError(
                    f"`{email}` is here with {_difference(change)}", hint=_UPDATE_HINT
                )
        except ConflictError as error:
            taking.tally.leave_out(error, line, is_strict=taking.is_strict)
            continue
        if change is None:
            taking.tally.unchanged += 1
        else:
            taking.tally.updated += 1
            if email != stored.email:
                taking.given.add(email)
            yield change


def _is_given(taking: UserTaking, email: str, holder: StoredUser | None) -> bool:
    """Whether somebody of a block before has the address."""
    if holder is not None and holder.created_at == taking.now and holder.pk <= taking.highest:
        return True
    return email in taking.given


def _change(
    stored: StoredUser, holder: StoredUser | None, block: UserBlock, at: int
) -> UserChange | None:
    """What a row makes of the user who is here; None where that is so already."""
    email = block.emails[at]
    id_ = None if block.ids is None else block.ids[at]
    if holder is not None and holder.pk != stored.pk:
        raise ConflictError(f"`{email}` is taken by another user than `{stored.id}`")
    if id_ is not None and stored.id != id_:
        raise ConflictError(f"`{email}` is taken by the user `{stored.id}`, not `{id_[:80]}`")
    name = None if block.names is None else block.names[at]
    role = None if block.roles is None else block.roles[at]
    change = UserChange(stored, email, name or stored.name, role or stored.role)
    return change if _difference(change) else None


def _difference(change: UserChange) -> str:
    """In what the user differs, in words."""
    before = change.before
    pairs = (
        ("e-mail", before.email, change.email),
        ("name", before.name, change.name),
        ("role", before.role, change.role),
    )
    return " and ".join(f"another {what}" for what, old, new in pairs if old != new)
