"""Taking a foreign directory in: users, groups, memberships, permissions.

Owns the rules of an import. What the source has is made or brought up to date; nothing is ever
deleted; a password hash is only filled in where there is none. Writes by hand-written SQL, because
a directory may be large, in one transaction with one audit entry, and reads nothing but plain
DB-API: an attached database is the same import into memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from grantctl.errors import GuardError
from grantctl.evaluation.facts import Permission
from grantctl.interop.directory import Finding, FindingKind, ForeignDirectory
from grantctl.model import Role, is_below
from grantctl.store import directory_queries as queries
from grantctl.store.connection import Connection, Parameters
from grantctl.store.seed import SEEDED_PERMISSIONS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEEDED: Mapping[str, Permission] = {
    permission.key: permission for permission in SEEDED_PERMISSIONS
}


@dataclass(slots=True)
class Tally:
    """What became of one kind of rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    only_here: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or in a dry run would do."""

    layout: str
    tallies: Mapping[str, Tally]
    findings: tuple[Finding, ...]

    @property
    def is_changed(self) -> bool:
        return any(tally.created or tally.updated for tally in self.tallies.values())


@dataclass(slots=True)
class _Taking:
    """One import under way."""

    connection: Connection
    directory: ForeignDirectory
    actor: str
    added_by: str | None
    now: int
    findings: list[Finding] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)


def import_directory(
    connection: Connection,
    directory: ForeignDirectory,
    *,
    actor: str,
    source: str,
    added_by: str | None,
    reason: str | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Take the directory in, all of it or nothing; memberships say that `added_by` added them.

    Raises GuardError where it would leave the database without its last admin, DatabaseError.
    """
    now = (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1)
    taking = _Taking(connection, directory, actor, added_by, now, list(directory.findings))
    report = None
    try:
        with connection.writing():
            permissions = _take_permissions(taking)
            users = _take_users(taking)
            groups = _take_groups(taking)
            _take_memberships(taking, users, groups)
            _take_flags(taking, groups, permissions)
            report = ImportReport(directory.layout, taking.tallies, tuple(taking.findings))
            if report.is_changed:
                _record(taking, report, source, reason)
            if dry_run:
                raise _DryRunEndedError
    except _DryRunEndedError:
        pass
    assert report is not None
    return report


class _DryRunEndedError(Exception):
    """Takes the transaction of a dry run back."""


def _take_permissions(taking: _Taking) -> dict[str, int]:
    rows = taking.connection.rows(queries.PERMISSIONS)
    known = {key: (pk, bool(default)) for pk, key, default in rows}
    wanted = {**_defaults_of_unknown(taking, known), **taking.directory.defaults}
    categories = _categories(known)
    tally = taking.tallies.setdefault("permissions", Tally())
    new, changed = [], []
    for key, default in sorted(wanted.items()):
        problem = _conflict(key, known, categories)
        if key in known:
            pk, current = known[key]
            if current == default:
                tally.unchanged += 1
            else:
                changed.append({"pk": pk, "default_allowed": default})
        elif problem:
            taking.findings.append(Finding(FindingKind.REJECTED, "permission", key, problem))
        else:
            new.append(_permission_row(key, default))
    tally.created, tally.updated = len(new), len(changed)
    tally.only_here = len(known.keys() - wanted.keys())
    taking.connection.run_many(queries.INSERT_PERMISSION, new)
    taking.connection.run_many(queries.UPDATE_DEFAULT, changed)
    return {key: pk for pk, key, _ in taking.connection.rows(queries.PERMISSIONS)}


def _defaults_of_unknown(taking: _Taking, known: Mapping[str, tuple[int, bool]]) -> dict[str, bool]:
    """False for the seeded keys that the source's version does not know: it denies them."""
    unknown = [
        key
        for key, permission in _SEEDED.items()
        if permission.default and key in known and key not in taking.directory.defaults
    ]
    taking.findings += [
        Finding(
            FindingKind.ADAPTED,
            "permission",
            key,
            f"{taking.directory.layout} does not know it: default false, as it answers",
        )
        for key in unknown
    ]
    return dict.fromkeys(unknown, False)


def _categories(keys: Mapping[str, object]) -> set[str]:
    return {key[:at] for key in keys for at, character in enumerate(key) if character == "."}


def _conflict(key: str, known: Mapping[str, object], categories: set[str]) -> str | None:
    if key in categories:
        return "it is a category here"
    above = next((leaf for leaf in known if is_below(key, leaf)), None) if "." in key else None
    return f"`{above}` is a permission here, not a category" if above else None


def _permission_row(key: str, default: bool) -> Parameters:
    seeded = _SEEDED.get(key)
    return {
        "key": key,
        "default_allowed": default,
        "description": seeded.description if seeded else "",
        "restricts": seeded.restricts if seeded else False,
        "gated_by": seeded.gated_by if seeded else None,
    }


def _take_users(taking: _Taking) -> dict[str, int]:
    rows = taking.connection.rows(queries.USERS)
    known = {row[1]: row for row in rows}
    foreign = {user.id for user in taking.directory.users}
    taken = {row[2]: row[1] for row in rows if row[2] is not None and row[1] not in foreign}
    tally = taking.tallies.setdefault("users", Tally(only_here=len(known.keys() - foreign)))
    new, changed = [], []
    for user in taking.directory.users:
        email = user.email
        if email in taken:
            reason = f"its e-mail `{email}` belongs to user `{taken[email]}` here: left out"
            taking.findings.append(Finding(FindingKind.ADAPTED, "user", user.id, reason))
            email = None
        values = {
            "id": user.id,
            "email": email,
            "name": user.name,
            "role": user.role.value,
            "password_hash": user.password_hash,
            "now": taking.now,
        }
        row = known.get(user.id)
        if row is None:
            new.append({**values, "created_at": _microseconds(user.created_at)})
        elif row[2:5] != (email, user.name, user.role.value) or (
            user.password_hash is not None and not row[5]
        ):
            changed.append({**values, "pk": row[0]})
        else:
            tally.unchanged += 1
    tally.created, tally.updated = len(new), len(changed)
    taking.connection.run_many(queries.CLEAR_EMAIL, [{"pk": one["pk"]} for one in changed])
    taking.connection.run_many(queries.UPDATE_USER, changed)
    taking.connection.run_many(queries.INSERT_USER, new)
    after = taking.connection.rows(queries.USERS)
    _require_admin(rows, after)
    return {row[1]: row[0] for row in after}


def _require_admin(before: list[tuple[object, ...]], after: list[tuple[object, ...]]) -> None:
    admin = Role.ADMIN.value
    if any(row[4] == admin for row in before) and not any(row[4] == admin for row in after):
        raise GuardError(
            "the import would leave no admin: the source demotes the last one",
            hint="make another admin first: grantctl users set-role USER admin",
        )


def _take_groups(taking: _Taking) -> dict[str, int]:
    rows = taking.connection.rows(queries.GROUPS)
    known = {row[1]: row for row in rows}
    foreign = taking.directory.groups
    tally = taking.tallies.setdefault(
        "groups", Tally(only_here=len(known.keys() - {group.id for group in foreign}))
    )
    new = [
        {
            "id": group.id,
            "name": group.name,
            "description": group.description,
            "created_at": _microseconds(group.created_at),
            "now": taking.now,
        }
        for group in foreign
        if group.id not in known
    ]
    taking.connection.run_many(queries.INSERT_GROUP, new)
    pks = {row[1]: row[0] for row in taking.connection.rows(queries.GROUPS)}
    parents, changed = [], []
    for group in foreign:
        pk, parent = pks[group.id], pks[group.parent_id] if group.parent_id else None
        row = known.get(group.id)
        if row is None:
            if parent is not None:
                parents.append({"pk": pk, "parent_pk": parent})
        elif row[2:5] != (group.name, group.description, parent):
            changed.append(
                {
                    "pk": pk,
                    "name": group.name,
                    "description": group.description,
                    "parent_pk": parent,
                    "now": taking.now,
                }
            )
        else:
            tally.unchanged += 1
    tally.created, tally.updated = len(new), len(changed)
    taking.connection.run_many(queries.SET_PARENT, parents)
    taking.connection.run_many(queries.UPDATE_GROUP, changed)
    return pks


def _take_memberships(taking: _Taking, users: Mapping[str, int], groups: Mapping[str, int]) -> None:
    known = {(user, group) for user, group in taking.connection.rows(queries.MEMBERSHIPS)}
    wanted = {
        (users[one.user_id], groups[one.group_id]): one for one in taking.directory.memberships
    }
    new = [
        {
            "user_pk": user,
            "group_pk": group,
            "added_by": taking.added_by,
            "added_at": None if one.added_at is None else _microseconds(one.added_at),
        }
        for (user, group), one in wanted.items()
        if (user, group) not in known
    ]
    taking.connection.run_many(queries.INSERT_MEMBERSHIP, new)
    taking.tallies["memberships"] = Tally(
        created=len(new),
        unchanged=len(wanted) - len(new),
        only_here=len(known - wanted.keys()),
    )


def _take_flags(taking: _Taking, groups: Mapping[str, int], permissions: Mapping[str, int]) -> None:
    rows = taking.connection.rows(queries.FLAGS)
    known = {(group, permission): bool(allowed) for group, permission, allowed in rows}
    wanted = {
        (groups[group], permissions[key]): allowed
        for (group, key), allowed in taking.directory.flags.items()
        if key in permissions  # a key that conflicts with the catalogue was rejected above
    }
    new, changed = [], []
    for (group, permission), allowed in wanted.items():
        values = {"group_pk": group, "permission_pk": permission, "allowed": allowed}
        if (group, permission) not in known:
            new.append(values)
        elif known[group, permission] != allowed:
            changed.append(values)
    taking.connection.run_many(queries.INSERT_FLAG, new)
    taking.connection.run_many(queries.UPDATE_FLAG, changed)
    taking.tallies["group permissions"] = Tally(
        created=len(new),
        updated=len(changed),
        unchanged=len(wanted) - len(new) - len(changed),
        only_here=len(known.keys() - wanted.keys()),
    )


def _record(taking: _Taking, report: ImportReport, source: str, reason: str | None) -> None:
    counts = {
        kind: {"created": tally.created, "updated": tally.updated}
        for kind, tally in report.tallies.items()
    }
    after = {"source": source, "layout": report.layout, "counts": counts}
    taking.connection.run(
        queries.INSERT_AUDIT_EVENT,
        {
            "at": taking.now,
            "actor": taking.actor,
            "action": "directory.import",
            "object_type": "directory",
            "object_id": report.layout,
            "after": json.dumps(after),
            "reason": reason,
        },
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
