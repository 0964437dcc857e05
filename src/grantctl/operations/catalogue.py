"""The catalogue of permissions: which there are, and what groups set.

Owns listing, defining and undefining them. Leaves flags and defaults to `flags`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from grantctl.errors import ConflictError, NotFoundError
from grantctl.evaluation.evaluator import leaves_of
from grantctl.evaluation.facts import Permission
from grantctl.model import MAX_DESCRIPTION_LENGTH, is_below, require_key, require_text
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.group_tree import counts_at
from grantctl.store.database import Database
from grantctl.store.references import unknown_permission
from grantctl.store.session import read_session
from grantctl.store.tables import GroupPermissionRow, GroupRow, MembershipRow, PermissionRow


@dataclass(frozen=True, slots=True)
class PermissionRecord:
    """A permission, and how many groups set it true and false."""

    permission: Permission
    true_count: int
    false_count: int


@dataclass(frozen=True, slots=True)
class GroupSetting:
    """A group that sets a permission, and how many members it has directly now."""

    id: str
    name: str
    allowed: bool
    member_count: int


@dataclass(frozen=True, slots=True)
class PermissionDetail:
    """A permission with the keys that it gates and every group that sets it."""

    record: PermissionRecord
    gates: tuple[str, ...]
    groups: tuple[GroupSetting, ...]


@dataclass(frozen=True, slots=True)
class Undefined:
    """What went with an undefined permission."""

    permission: Permission
    group_count: int
    ungated: tuple[str, ...]


def list_permissions(database: Database, key: str | None = None) -> list[PermissionRecord]:
    """Every permission, or those under a category, by key. Raises NotFoundError, DatabaseError."""
    with read_session(database) as session:
        catalogue = read_catalogue(session)
        found = list(catalogue.values()) if key is None else expand(catalogue, key)
        counts = _counts(session)
        return [
            PermissionRecord(one, counts.get((one.key, True), 0), counts.get((one.key, False), 0))
            for one in found
        ]


def show_permission(database: Database, key: str) -> PermissionDetail:
    """One permission. Raises NotFoundError for a category too, DatabaseError."""
    with read_session(database) as session:
        catalogue = read_catalogue(session)
        if key not in catalogue:
            raise _not_a_permission(key, catalogue)
        groups = _settings_of(session, key)
        true_count = sum(group.allowed for group in groups)
        return PermissionDetail(
            PermissionRecord(catalogue[key], true_count, len(groups) - true_count),
            tuple(name for name, one in catalogue.items() if one.gated_by == key),
            groups,
        )


def define_permission(database: Database, intent: Intent, permission: Permission) -> Permission:
    """Add a permission to the catalogue.

    Raises InvalidError, NotFoundError for a gate that is none, ConflictError where the key exists
    or is a category, or lies under a permission.
    """
    require_key(permission.key)
    require_text(
        permission.description, what="a description", longest=MAX_DESCRIPTION_LENGTH, empty=True
    )

    def work(change: Change) -> Permission:
        catalogue = read_catalogue(change.session)
        _require_free_key(permission.key, catalogue)
        if permission.gated_by is not None and permission.gated_by not in catalogue:
            raise _not_a_permission(permission.gated_by, catalogue)
        change.session.add(
            PermissionRow(
                key=permission.key,
                default_allowed=permission.default,
                description=permission.description,
                restricts=permission.restricts,
                gated_by=permission.gated_by,
            )
        )
        change.record("permission.define", "permission", permission.key, after=facts(permission))
        return permission

    return perform(database, intent, work)


def undefine_permission(database: Database, intent: Intent, key: str) -> Undefined:
    """Take a permission out of the catalogue, with every group's flag of it.

    Keys that it gated are gated no more. Raises NotFoundError for a category too.
    """

    def work(change: Change) -> Undefined:
        session = change.session
        catalogue = read_catalogue(session)
        if key not in catalogue:
            raise _not_a_permission(key, catalogue)
        row = session.exec(select(PermissionRow).where(PermissionRow.key == key)).one()
        settings = _settings_of(session, key)
        gated = session.exec(select(PermissionRow).where(PermissionRow.gated_by == key)).all()
        for one in gated:
            one.gated_by = None
            session.add(one)
        session.delete(row)
        before = facts(catalogue[key]) | {
            "groups": {group.id: group.allowed for group in settings},
            "gates": [one.key for one in gated],
        }
        change.record("permission.undefine", "permission", key, before=before)
        return Undefined(catalogue[key], len(settings), tuple(one.key for one in gated))

    return perform(database, intent, work)


def read_catalogue(session: Session) -> dict[str, Permission]:
    """Every permission by its key, sorted."""
    rows = session.exec(select(PermissionRow).order_by(col(PermissionRow.key)))
    return {
        row.key: Permission(
            row.key, row.default_allowed, row.description, row.restricts, row.gated_by
        )
        for row in rows
    }


def expand(catalogue: Mapping[str, Permission], key: str) -> list[Permission]:
    """The permission of that key, or all under that category. Raises NotFoundError."""
    found = leaves_of(catalogue, key)
    if not found:
        raise unknown_permission(key, catalogue)
    return list(found)


def facts(permission: Permission) -> dict[str, object]:
    """A permission as audit entries keep it."""
    return {
        "default": permission.default,
        "description": permission.description,
        "restricts": permission.restricts,
        "gated_by": permission.gated_by,
    }


def _not_a_permission(key: str, catalogue: Mapping[str, Permission]) -> NotFoundError:
    if any(is_below(name, key) for name in catalogue):
        return NotFoundError(
            f"`{key}` is a category, not a permission", hint=f"grantctl permissions list {key}"
        )
    return unknown_permission(key, catalogue)


def _require_free_key(key: str, catalogue: Iterable[str]) -> None:
    for known in catalogue:
        if known == key:
            raise ConflictError(
                f"`{key}` is defined already", hint=f"grantctl permissions show {key}"
            )
        if is_below(known, key):
            raise ConflictError(f"`{key}` is a category: `{known}` lies under it")
        if is_below(key, known):
            raise ConflictError(f"`{known}` is a permission: nothing can lie under it")


def _counts(session: Session) -> dict[tuple[str, bool], int]:
    rows = session.exec(
        select(PermissionRow.key, GroupPermissionRow.allowed, func.count())
        .where(col(PermissionRow.pk) == GroupPermissionRow.permission_pk)
        .group_by(col(PermissionRow.key), col(GroupPermissionRow.allowed))
    )
    return {(key, allowed): int(count) for key, allowed, count in rows}


def _settings_of(session: Session, key: str) -> tuple[GroupSetting, ...]:
    members = (
        select(func.count())
        .where(MembershipRow.group_pk == GroupRow.pk, counts_at(datetime.now(UTC)))
        .correlate(GroupRow)
        .scalar_subquery()
    )
    rows = session.exec(
        select(GroupRow.id, GroupRow.name, GroupPermissionRow.allowed, members)
        .join(GroupPermissionRow, col(GroupPermissionRow.group_pk) == GroupRow.pk)
        .join(PermissionRow, col(PermissionRow.pk) == GroupPermissionRow.permission_pk)
        .where(PermissionRow.key == key)
    )
    found = (GroupSetting(id, name, allowed, int(count)) for id, name, allowed, count in rows)
    return tuple(sorted(found, key=lambda group: (group.name, group.id)))
