"""Who is in which group.

Owns both forms in which that is kept. Leaves what the groups give to `permissions`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from grantctl.interop.directory import ForeignMembership
from grantctl.interop.openwebui import queries
from grantctl.interop.openwebui.findings import Findings, quoted
from grantctl.interop.openwebui.groups import GroupRow
from grantctl.interop.openwebui.layout import Layout
from grantctl.interop.openwebui.trees import spelled
from grantctl.interop.openwebui.values import (
    MalformedError,
    as_moment,
    as_text,
    is_known,
    load_json,
)
from grantctl.store.connection import Connection


class MemberRow(NamedTuple):
    """A membership as the source has it."""

    group_id: str
    user_id: str
    added_at: object


def read_memberships(
    connection: Connection,
    layout: Layout,
    groups: Sequence[GroupRow],
    users: Collection[str],
    findings: Findings,
) -> tuple[ForeignMembership, ...]:
    """Every membership of a user of these in a group of these, once, by group and user."""
    group_ids = {group.id for group in groups}
    kept: dict[tuple[str, str], ForeignMembership] = {}
    left_out: set[tuple[str, str]] = set()
    doubled: set[tuple[str, str]] = set()
    for row in _rows(connection, layout, groups, findings):
        pair = (row.group_id, row.user_id)
        if pair in kept or pair in left_out:
            doubled.add(pair)
        elif problem := _problem(row, group_ids, users):
            left_out.add(pair)
            findings.about("membership", "/".join(pair)).rejected(f"{problem}: left out")
        else:
            kept[pair] = ForeignMembership(*pair, added_at=as_moment(row.added_at))
    for pair in doubled & kept.keys():
        findings.about("membership", "/".join(pair)).adapted("listed more than once: kept once")
    return tuple(kept[pair] for pair in sorted(kept))


def _problem(row: MemberRow, groups: Collection[str], users: Collection[str]) -> str | None:
    if not is_known(row.group_id, groups):
        return f"there is no group {quoted(row.group_id)}"
    if not is_known(row.user_id, users):
        return f"there is no user {quoted(row.user_id)}"
    return None


def _rows(
    connection: Connection, layout: Layout, groups: Sequence[GroupRow], findings: Findings
) -> Iterator[MemberRow]:
    if not layout.has_member_table:
        for group in groups:
            yield from _listed(group, findings)
        return
    for group_id, user_id, added_at in connection.stream(queries.MEMBERS):
        yield MemberRow(as_text(group_id) or "", as_text(user_id) or "", added_at)


def _listed(group: GroupRow, findings: Findings) -> Iterator[MemberRow]:
    """The members in a group's own list; when they were added is not kept there."""
    subject = findings.about("group", group.id)
    try:
        members = load_json(group.members)
    except MalformedError as error:
        subject.rejected(f"what is stored as its members {error}: it has none")
        return
    if members is not None and not isinstance(members, list):
        subject.rejected(f"its members are {spelled(members)}, no list: it has none")
        return
    for member in members or []:
        if isinstance(member, str):
            yield MemberRow(group.id, member, None)
        else:
            subject.rejected(f"its member {spelled(member)} is no user's id: left out")
