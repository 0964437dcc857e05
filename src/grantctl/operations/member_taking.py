"""An import of memberships under way: what becomes of each row.

Owns whom and what a row means, and what it makes of a membership that is there already: the same as
where one is added by itself. Rows count one after the other, so that one that stands in the file
twice is unchanged the second time, or ends when the later says. Leaves the transaction to
`member_transfer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grantctl.errors import AmbiguousError, NotFoundError
from grantctl.interop.membership_rows import MembershipBlock
from grantctl.model import MAX_NAME_LENGTH, Source, require_text
from grantctl.operations.bulk_reports import BulkTally
from grantctl.operations.new_ids import new_ids
from grantctl.store import bulk_queries as queries
from grantctl.store.bulk_lookups import BulkLookups, GroupNames
from grantctl.store.bulk_writer import BulkWriter
from grantctl.store.connection import Connection

_MAX_ECHO = 80


@dataclass(slots=True)
class MemberTaking:
    """One import, inside of its transaction. `now` is in microseconds since 1970."""

    connection: Connection
    writer: BulkWriter
    lookups: BulkLookups
    groups: GroupNames
    now: int
    actor: str
    may_create: bool
    is_strict: bool
    tally: BulkTally = field(default_factory=BulkTally)
    groups_created: int = 0


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a block whose user and group are known."""

    users: Sequence[int]
    groups: Sequence[int]
    ends: Sequence[int | None]


def take_block(taking: MemberTaking, block: MembershipBlock) -> None:
    """Add, renew or prolong the memberships of some rows.

    Raises AmbiguousError for a group's name that several have, NotFoundError in a strict import.
    """
    rows = _known(taking, block)
    count = len(rows.users)
    if not count:
        return
    written = taking.writer.write(
        (
            rows.users,
            rows.groups,
            [Source.IMPORT.value] * count,
            [taking.actor] * count,
            [taking.now] * count,
            rows.ends,
        )
    )
    taking.tally.created += written
    if written < count:
        _compare(taking, rows, count - written)


def _known(taking: MemberTaking, block: MembershipBlock) -> _Rows:
    if not taking.lookups.are_known(block.users):
        taking.writer.finish()
    users = taking.lookups.user_pks(block.users)
    groups = _group_pks(taking, block)
    ends: Sequence[int | None] = block.ends or [None] * len(users)
    if None in users or None in groups:
        kept = [at for at in range(len(users)) if _is_known(taking, block, at, users, groups)]
        users, groups = [users[at] for at in kept], [groups[at] for at in kept]
        ends = [ends[at] for at in kept]
    return _Rows(
        [pk for pk in users if pk is not None], [pk for pk in groups if pk is not None], ends
    )


def _is_known(
    taking: MemberTaking,
    block: MembershipBlock,
    at: int,
    users: Sequence[int | None],
    groups: Sequence[int | None],
) -> bool:
    """Whether there are both; what there is not is left out."""
    for noun, word, pk in (
        ("user", block.users[at], users[at]),
        ("group", block.groups[at], groups[at]),
    ):
        if pk is None:
            hint = f"grantctl {noun}s list"
            if noun == "group":
                hint += ", or make those that are missing: --create-groups"
            error = NotFoundError(f"no {noun} `{word[:_MAX_ECHO]}`", hint=hint)
            taking.tally.leave_out(error, block.lines[at], is_strict=taking.is_strict)
            return False
    return True


def _group_pks(taking: MemberTaking, block: MembershipBlock) -> list[int | None]:
    names = taking.groups
    words = set(block.groups)
    found = {word: names.find(word) for word in words}
    for word in words & names.shared.keys() - names.by_id.keys():
        candidates = ", ".join(f"{id_} ({word})" for id_ in sorted(names.shared[word]))
        raise AmbiguousError(
            f"line {_line_of(block, word)}: more than one group is called `{word[:_MAX_ECHO]}`",
            hint=f"say which by id: {candidates}",
        )
    missing = [word for word, pk in found.items() if pk is None]
    if missing and taking.may_create:
        found |= _create_groups(taking, block, missing)
    return [found[word] for word in block.groups]


def _create_groups(
    taking: MemberTaking, block: MembershipBlock, missing: Sequence[str]
) -> dict[str, int]:
    for name in missing:
        if len(name) > MAX_NAME_LENGTH:
            what = f"line {_line_of(block, name)}: a group's name"
            require_text(name, what=what, longest=MAX_NAME_LENGTH)
    taking.writer.finish()
    ids = dict(zip(new_ids(len(missing)), missing, strict=True))
    values = [{"id": id_, "name": name, "now": taking.now} for id_, name in ids.items()]
    taking.connection.run_many(queries.INSERT_GROUP, values)
    pks = {ids[id_]: pk for id_, pk in taking.lookups.group_pks(list(ids)).items()}
    for id_, name in ids.items():
        taking.groups.add(pks[name], id_, name)
    taking.groups_created += len(missing)
    return pks


def _line_of(block: MembershipBlock, group: str) -> int:
    return block.lines[list(block.groups).index(group)]


def _compare(taking: MemberTaking, rows: _Rows, others: int) -> None:
    """What the rows of a block make of the memberships that were there; `others` is how many."""
    pairs = list(zip(rows.users, rows.groups, strict=True))
    here = taking.lookups.ends(list(dict.fromkeys(pairs)))
    renewed: dict[tuple[int, int], int | None] = {}
    moved: dict[tuple[int, int], int] = {}
    for pair, end in zip(pairs, rows.ends, strict=True):
        before = here[pair]
        if before is not None and before <= taking.now:
            here[pair] = renewed[pair] = end
            taking.tally.created += 1
            others -= 1
        elif end is not None and end != before:
            here[pair] = moved[pair] = end  # written after what is renewed
            taking.tally.updated += 1
            others -= 1
    taking.tally.unchanged += others
    stamp = {"added_by": taking.actor, "now": taking.now}
    taking.connection.run_many(
        queries.RENEW_MEMBERSHIP,
        [
            {"user_pk": user, "group_pk": group, "expires_at": end, **stamp}
            for (user, group), end in renewed.items()
        ],
    )
    taking.connection.run_many(
        queries.SET_END,
        [
            {"user_pk": user, "group_pk": group, "expires_at": end}
            for (user, group), end in moved.items()
        ],
    )
