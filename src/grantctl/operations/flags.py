"""Flags of groups, and the defaults: set, and taken back.

Owns writing them, a row a flag, so that two operators who change two flags of one group lose
neither; and saying for whom a change has an effect. Leaves the rules to `evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, select

from grantctl.errors import ConflictError
from grantctl.evaluation.facts import Group, Permission
from grantctl.operations.catalogue import expand, read_catalogue
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.effects import FlagEffect, Values, measure_effects
from grantctl.store.database import Database
from grantctl.store.seed import SEEDED_PERMISSIONS
from grantctl.store.session import reader_of
from grantctl.store.tables import GroupPermissionRow, PermissionRow

_SEEDED_DEFAULTS = {permission.key: permission.default for permission in SEEDED_PERMISSIONS}


@dataclass(frozen=True, slots=True)
class FlagChange:
    """One flag before and after (None is absent), and what that means for whom."""

    key: str
    before: bool | None
    after: bool | None
    restricts: bool
    effect: FlagEffect

    @property
    def is_changed(self) -> bool:
        return self.before is not self.after


@dataclass(frozen=True, slots=True)
class FlagsChanged:
    """What was set, of the defaults where `group` is None; `expanded`: category → its leaves."""

    group: Group | None
    changes: tuple[FlagChange, ...]
    expanded: Mapping[str, tuple[str, ...]]


def set_flags(
    database: Database, intent: Intent, group: str | None, values: Mapping[str, bool]
) -> FlagsChanged:
    """Set flags of a group, or the defaults for None; a category sets all its leaves.

    Raises NotFoundError, AmbiguousError, ConflictError where a leaf is given two values.
    """
    return perform(database, intent, lambda change: _set(change, group, dict(values)))


def unset_flags(
    database: Database, intent: Intent, group: str | None, keys: list[str]
) -> FlagsChanged:
    """Make flags of a group absent; a default becomes what a new database has, else false.

    Raises NotFoundError, AmbiguousError.
    """
    return perform(database, intent, lambda change: _set(change, group, dict.fromkeys(keys)))


def _set(change: Change, reference: str | None, values: dict[str, bool | None]) -> FlagsChanged:
    catalogue = read_catalogue(change.session)
    wanted, expanded = _leaves(catalogue, values)
    reader = reader_of(change.session)
    group = None if reference is None else reader.find_group(reference)
    if group is None:
        wanted = {
            key: _SEEDED_DEFAULTS.get(key, False) if value is None else value
            for key, value in wanted.items()
        }
    effects = measure_effects(reader, None if group is None else group.pk, wanted, change.now)
    before = (
        _write_defaults(change.session, wanted)
        if group is None
        else _write_flags(change.session, group.pk, wanted)
    )
    changes = tuple(
        FlagChange(key, before[key], wanted[key], catalogue[key].restricts, effects[key])
        for key in sorted(wanted)
    )
    _record(change, group, changes)
    return FlagsChanged(group, changes, expanded)


def _leaves(
    catalogue: Mapping[str, Permission], values: Values
) -> tuple[dict[str, bool | None], dict[str, tuple[str, ...]]]:
    """Every leaf with its value, and which category stood for which."""
    wanted: dict[str, bool | None] = {}
    expanded: dict[str, tuple[str, ...]] = {}
    for key, value in values.items():
        names = tuple(permission.key for permission in expand(catalogue, key))
        if names != (key,):
            expanded[key] = names
        for name in names:
            if wanted.setdefault(name, value) is not value:
                raise ConflictError(
                    f"`{name}` is given two values", hint="name it once, or leave its category out"
                )
    return wanted, expanded


def _write_flags(session: Session, group: int, wanted: Values) -> dict[str, bool | None]:
    """Write a group's flags, None deletes one; the values before."""
    pks = _permission_pks(session, wanted)
    before: dict[str, bool | None] = {}
    for key, value in wanted.items():
        row = session.get(GroupPermissionRow, (group, pks[key]))
        before[key] = None if row is None else row.allowed
        if row is not None and value is None:
            session.delete(row)
        elif row is not None and value is not None:
            row.allowed = value
            session.add(row)
        elif value is not None:
            session.add(GroupPermissionRow(group_pk=group, permission_pk=pks[key], allowed=value))
    session.flush()
    return before


def _write_defaults(session: Session, wanted: Values) -> dict[str, bool | None]:
    before: dict[str, bool | None] = {}
    for row in session.exec(select(PermissionRow)).all():
        if row.key in wanted:
            before[row.key] = row.default_allowed
            row.default_allowed = bool(wanted[row.key])
            session.add(row)
    session.flush()
    return before


def _permission_pks(session: Session, keys: Values) -> dict[str, int]:
    rows = session.exec(select(PermissionRow.key, PermissionRow.pk)).all()
    return {key: pk for key, pk in rows if key in keys}


def _record(change: Change, group: Group | None, changes: tuple[FlagChange, ...]) -> None:
    """One audit entry for all flags that changed; none where none did."""
    changed = [one for one in changes if one.is_changed]
    if not changed:
        return
    before = {one.key: one.before for one in changed}
    after = {one.key: one.after for one in changed}
    if group is None:
        change.record(
            "permission.set_defaults", "permission", "default", before=before, after=after
        )
    else:
        change.record("group.set_permissions", "group", group.id, before=before, after=after)
