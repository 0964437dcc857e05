"""Access as rows of their own: the table `access_grant` since 0.8.0, and the members of channels.

Owns reading both, each once, and what becomes of rows that give a signed-in user nothing. Leaves
which resource is there to `resources`.

A channel of the kinds `dm` and `group` asks for its members alone, whatever its access control
says: these may read and write. Who left it is not let in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from grantctl.interop.directory import ForeignGrant
from grantctl.interop.openwebui import queries
from grantctl.interop.openwebui.access_controls import (
    PRIVATE,
    AccessControl,
    granting,
    problem_of_action,
)
from grantctl.interop.openwebui.findings import Findings, Subject, quoted
from grantctl.interop.openwebui.resource_tables import RESOURCE_TYPES
from grantctl.interop.openwebui.values import MendedText, as_text, principal_problem
from grantctl.model import EVERYONE_ID, Action, PrincipalType
from grantctl.store.connection import Connection, Row

Key = tuple[str, str]  # type and id of a resource

_PRINCIPAL_TYPES = {one.value: one for one in (PrincipalType.USER, PrincipalType.GROUP)}


class GrantTable:
    """The rows of `access_grant`, until the resource is found that each is about."""

    def __init__(self) -> None:
        self._grants: dict[Key, list[ForeignGrant]] = {}
        self._left_out: dict[Key, Counter[str]] = {}
        self._lost: Counter[str] = Counter()  # by type: those whose resource's id is not UTF-8
        # What the rows of one kind come to: few kinds, however many rows.
        self._known: dict[Row, ForeignGrant | str] = {}

    def add(self, row: Row) -> None:
        """Columns: type and id of the resource, type and id of the principal, action."""
        resource_type, resource_id = as_text(row[0]) or "", as_text(row[1]) or ""
        if isinstance(resource_id, MendedText) or isinstance(resource_type, MendedText):
            self._lost[resource_type] += 1
            return
        key = (resource_type, resource_id)
        grant = self._grant(row[2:])
        if isinstance(grant, str):
            self._left_out.setdefault(key, Counter())[grant] += 1
        else:
            self._grants.setdefault(key, []).append(grant)

    def _grant(self, columns: Row) -> ForeignGrant | str:
        """The grant, or why it is none."""
        # An id whose bytes were replaced must not be taken for the one that it then looks like.
        key = (*columns, type(columns[1]), type(columns[2]))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _grant(*(as_text(one) or "" for one in columns))
        return known

    def take(self, key: Key, subject: Subject) -> AccessControl:
        """The access control of a resource that is there."""
        for reason, count in sorted(self._left_out.pop(key, {}).items()):
            subject.rejected(f"{count} of its access grants left out: {reason}")
        grants = self._grants.pop(key, None)
        if not grants:
            return PRIVATE
        control = granting(grants)
        doubled = 0 if control.is_public else len(grants) - len(control.grants)
        if doubled:
            subject.adapted(f"{doubled} of its access grants listed more than once: kept once")
        return control

    def tell_of_orphans(self, findings: Findings) -> None:
        """One finding a type about the rows whose resource was not found."""
        counts = Counter(self._lost)
        for (resource_type, _), grants in self._grants.items():
            counts[resource_type] += len(grants)
        for (resource_type, _), reasons in self._left_out.items():
            counts[resource_type] += reasons.total()
        for resource_type, count in counts.items():
            reason = (
                f"no {resource_type} has the id that they name"
                if resource_type in RESOURCE_TYPES
                else "it is no type of resources that is taken"
            )
            subject = findings.about("access grants", resource_type)
            subject.rejected(f"{count} left out: {reason}")


def _grant(principal_type: str, principal_id: str, action: str) -> ForeignGrant | str:
    kind = _PRINCIPAL_TYPES.get(principal_type)
    if kind is None:
        return f"{quoted(principal_type)} gives a signed-in user nothing"
    if principal_id == EVERYONE_ID and kind is PrincipalType.GROUP:
        return "`group:*` gives a signed-in user nothing"
    if isinstance(action, MendedText) or problem_of_action(action):
        return f"{quoted(action)} is no action: {problem_of_action(action) or 'it is not UTF-8'}"
    if principal_id == EVERYONE_ID:
        return ForeignGrant(action, PrincipalType.EVERYONE, EVERYONE_ID)
    problem = principal_problem(principal_id)
    return f"of its principal, {problem}" if problem else ForeignGrant(action, kind, principal_id)


def read_grants(connection: Connection) -> GrantTable:
    """All rows of the table."""
    table = GrantTable()
    for row in connection.stream(queries.GRANTS):
        table.add(row)
    return table


def read_channel_members(connection: Connection) -> Mapping[str, list[str]]:
    """The ids of those who are in a channel, by its id."""
    members: dict[str, list[str]] = {}
    for channel, user in connection.stream(queries.CHANNEL_MEMBERS):
        channel_id, user_id = as_text(channel) or "", as_text(user)
        if not isinstance(channel_id, MendedText) and not principal_problem(user_id):
            members.setdefault(channel_id, []).append(user_id or "")
    return members


def members_control(members: list[str]) -> AccessControl:
    """The access control of a channel that only its members enter."""
    return granting(
        ForeignGrant(action.value, PrincipalType.USER, member)
        for member in members
        for action in Action
    )
