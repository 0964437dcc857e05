"""The resources of a database: models, knowledge, prompts, tools and whatever else it has.

Owns how a row becomes a resource of ours, with its owner. Leaves the tables to `resource_tables`,
what is granted to `access_controls` and `access_grants`, bases to `bases`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from grantctl.interop.directory import ForeignResource
from grantctl.interop.openwebui.access_controls import (
    OPEN,
    PRIVATE,
    PUBLIC,
    AccessControl,
    control_of,
)
from grantctl.interop.openwebui.access_grants import (
    GrantTable,
    members_control,
    read_channel_members,
    read_grants,
)
from grantctl.interop.openwebui.bases import base_of, tell_of_circles
from grantctl.interop.openwebui.findings import Findings, Subject, quoted
from grantctl.interop.openwebui.layout import Layout
from grantctl.interop.openwebui.resource_tables import CHANNEL, FILE, NOTE, ResourceForm
from grantctl.interop.openwebui.users import MAX_FOREIGN_NAME_LENGTH
from grantctl.interop.openwebui.values import (
    EPOCH,
    as_moment,
    as_text,
    created_at,
    fitted,
    is_known,
    principal_problem,
    resource_problem,
)
from grantctl.model import PrincipalType, ResourceRef
from grantctl.store.connection import Connection, Row

_MEMBERS_ONLY = frozenset(("dm", "group"))  # channels of these types


class ResourceRow(NamedTuple):
    """A resource as the source has it; `kind` is a channel's type, `control` JSON text."""

    moment: datetime
    type: str
    id: str
    owner: str | None
    name: str | None
    created_at: object
    base: str | None
    kind: str | None
    control: object


class Principals(NamedTuple):
    """The ids of those who exist."""

    users: Collection[str]
    groups: Collection[str]


def read_resources(
    connection: Connection, layout: Layout, principals: Principals, findings: Findings
) -> tuple[ForeignResource, ...]:
    """Every resource whose id may be one of ours, those created first at the head."""
    for table in layout.resources.unread:
        findings.about("resources", table).rejected("its columns are of no known form: not read")
    rows = sorted(
        _rows(connection, layout, findings),
        key=lambda row: (row.moment, row.type, row.id, row.owner or "", row.name or ""),
    )
    reading = _Reading(connection, layout, principals, findings)
    resources: dict[ResourceRef, ForeignResource] = {}
    for row in rows:
        ref = ResourceRef(row.type, row.id)
        if ref in resources:
            subject = findings.about(row.type, row.id)
            subject.rejected("another one has its id, and was created first: left out")
        else:
            resources[ref] = reading.resource(ref, row)
    reading.tell()
    tell_of_circles(resources.values(), findings)
    return tuple(resources.values())


def _rows(connection: Connection, layout: Layout, findings: Findings) -> Iterator[ResourceRow]:
    for form in layout.resources.forms:
        for columns in connection.stream(form.query):
            row = _row(form.type, columns, findings)
            if row is not None:
                yield row


def _row(type_: str, columns: Row, findings: Findings) -> ResourceRow | None:
    resource_id, owner, name, moment, base, kind, control = columns
    id_text = as_text(resource_id)
    problem = resource_problem(id_text)
    if problem or not id_text:
        findings.about(type_, id_text).rejected(f"{problem}: left out")
        return None
    return ResourceRow(
        moment=as_moment(moment) or EPOCH,
        type=type_,
        id=id_text,
        owner=as_text(owner),
        name=as_text(name),
        created_at=moment,
        base=as_text(base),
        kind=as_text(kind),
        control=control,
    )


class _Reading:
    """What is known while the resources of one database are read."""

    def __init__(
        self, connection: Connection, layout: Layout, principals: Principals, findings: Findings
    ) -> None:
        tables = layout.resources
        self._principals = principals
        self._findings = findings
        self._forms: Mapping[str, ResourceForm] = {form.type: form for form in tables.forms}
        self._nulls = _nulls(layout)
        self._grants = read_grants(connection) if tables.has_grants else GrantTable()
        self._members = read_channel_members(connection) if tables.has_channel_members else None
        self._missing: dict[str, list[ResourceRef]] = {}  # by the owner's id

    def resource(self, ref: ResourceRef, row: ResourceRow) -> ForeignResource:
        subject = self._findings.about(ref.type, ref.id)
        control = self._control(row, subject)
        self._tell_of_nobody(control, subject)
        name = row.name if row.name and row.name.strip() else row.id
        return ForeignResource(
            ref=ref,
            name=fitted(name, what="name", longest=MAX_FOREIGN_NAME_LENGTH, subject=subject),
            owner_id=self._owner(ref, row.owner, subject),
            base=base_of(row.base, subject),
            is_public=control.is_public,
            grants=control.grants,
            created_at=created_at(row.created_at, subject),
        )

    def _control(self, row: ResourceRow, subject: Subject) -> AccessControl:
        if self._forms[row.type].has_control:
            control = control_of(row.control, self._nulls.get(row.type, PUBLIC), subject)
        else:
            control = self._grants.take((row.type, row.id), subject)
        if self._members is not None and row.type == CHANNEL and row.kind in _MEMBERS_ONLY:
            return members_control(self._members.get(row.id, []))
        return control

    def _owner(self, ref: ResourceRef, owner: str | None, subject: Subject) -> str | None:
        """The owner's id, whether somebody has it or not."""
        if not owner:
            return None
        problem = principal_problem(owner)
        if problem:
            subject.adapted(f"its owner {quoted(owner)} cannot be a user, {problem}: kept without")
            return None
        if not is_known(owner, self._principals.users):
            self._missing.setdefault(owner, []).append(ref)
        return owner

    def _tell_of_nobody(self, control: AccessControl, subject: Subject) -> None:
        known = {
            PrincipalType.USER: self._principals.users,
            PrincipalType.GROUP: self._principals.groups,
        }
        nobody = [
            grant
            for grant in control.grants
            if grant.principal_type in known
            and grant.principal_id not in known[grant.principal_type]
        ]
        if nobody:
            first = f"{nobody[0].principal_type} {quoted(nobody[0].principal_id)}"
            subject.adapted(f"{len(nobody)} of its access grants name nobody, e.g. {first}: kept")

    def tell(self) -> None:
        """What can be told only in the end: of owners and of resources that do not exist."""
        for owner, refs in self._missing.items():
            of = f"of {quoted(refs[0])}" + (f" and {len(refs) - 1} more" if refs[1:] else "")
            subject = self._findings.about("owner", owner)
            subject.adapted(f"there is no such user: kept as the missing owner {of}")
        self._grants.tell_of_orphans(self._findings)


def _nulls(layout: Layout) -> Mapping[str, AccessControl]:
    """What no access control means, by the type, where it is not: everyone may read.

    A file is its owner's alone. From 0.6.37 on, channels and notes let everyone write as well.
    """
    nulls = {FILE: PRIVATE}
    return {**nulls, CHANNEL: OPEN, NOTE: OPEN} if layout.has_member_table else nulls
