"""Seeds written into a database: all of them into a new one, what is not set into one that exists.

Owns what becomes of each, and the audit entries. A policy setting that the database has, whoever
set it, is left as it is. The catalogue holds a default of every permission, so that only a new
database takes these from seeds. Leaves what is a seed to `policy_seeds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, select

from grantctl.errors import InvalidError
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.policies import write_policy
from grantctl.operations.policy_seeds import Seed, Seeds
from grantctl.operations.policy_settings import DEFAULT_GROUP, SETTINGS
from grantctl.operations.policy_values import is_same, stored_value
from grantctl.store.database import Database
from grantctl.store.seed import SEEDED_PERMISSIONS
from grantctl.store.tables import GroupRow, PermissionRow, PolicySettingRow


class SeedOutcome(StrEnum):
    """What became of a seed."""

    SEEDED = "seeded"
    UNCHANGED = "unchanged"  # the database says the same
    KEPT = "kept"  # the database says something else
    UNKNOWN = "unknown"  # the catalogue has no such permission


@dataclass(frozen=True, slots=True)
class Seeded:
    """A seed and what became of it. `value`: what is in force now, as JSON, None for unknown."""

    seed: Seed
    outcome: SeedOutcome
    value: object


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What became of every seed, the policy settings first; and what its reader should know."""

    seeded: tuple[Seeded, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_seeds(seeds: Seeds) -> SeedReport:
    """What would become of them in a new database. Raises UsageError for a malformed one."""
    seeds.require_sound()
    policies = [
        Seeded(seed, SeedOutcome.SEEDED, stored_value(seed.value)) for seed in seeds.policies
    ]
    known = {permission.key: permission.default for permission in SEEDED_PERMISSIONS}
    defaults = [_default(seed, known, SeedOutcome.SEEDED) for seed in seeds.defaults]
    return _report(seeds, [*policies, *defaults], groups={})


def seed_new_database(change: Change, seeds: Seeds) -> SeedReport:
    """Write them into a database that was just made. Raises UsageError for a malformed one."""
    report = plan_seeds(seeds)
    written = [one.seed for one in report.seeded if one.outcome is SeedOutcome.SEEDED]
    for seed in written:
        if seed.key in SETTINGS:
            write_policy(change, seed.key, seed.value, seed=seed.origin)
    _write_defaults(change, [seed for seed in written if seed.key not in SETTINGS])
    return report


def seed_database(database: Database, intent: Intent, seeds: Seeds) -> SeedReport:
    """Write the policy settings that are not set, and say what the others are.

    Raises UsageError for a malformed seed before anything is written, DatabaseError.
    """
    seeds.require_sound()

    def work(change: Change) -> SeedReport:
        rows = change.session.exec(select(PermissionRow))
        known = {row.key: row.default_allowed for row in rows}
        groups = _groups(change.session, seeds)
        policies = [_seed_policy(change, seed, groups) for seed in seeds.policies]
        defaults = [_default(seed, known, SeedOutcome.KEPT) for seed in seeds.defaults]
        return _report(seeds, [*policies, *defaults], groups)

    return perform(database, intent, work)


def _seed_policy(change: Change, seed: Seed, groups: Mapping[str, str]) -> Seeded:
    row = change.session.get(PolicySettingRow, seed.key)
    value = seed.value
    if seed.key == DEFAULT_GROUP:  # the id of a group that is there; an import may bring others
        value = groups.get(str(value), value)
    if row is None:
        write_policy(change, seed.key, value, seed=seed.origin)
        return Seeded(seed, SeedOutcome.SEEDED, stored_value(value))
    try:
        is_unchanged = is_same(SETTINGS[seed.key].read(row.value), value)
    except InvalidError:
        is_unchanged = False
    return Seeded(seed, SeedOutcome.UNCHANGED if is_unchanged else SeedOutcome.KEPT, row.value)


def _groups(session: Session, seeds: Seeds) -> dict[str, str]:
    """The id of the group that a seed names by id or unique name, by that name."""
    found: dict[str, str] = {}
    for seed in seeds.policies:
        if seed.key == DEFAULT_GROUP and seed.value:
            named = str(seed.value)
            ids = session.exec(select(GroupRow.id).where(GroupRow.id == named)).all()
            ids = ids or session.exec(select(GroupRow.id).where(GroupRow.name == named)).all()
            found |= {named: ids[0]} if len(ids) == 1 else {}
    return found


def _default(seed: Seed, known: Mapping[str, bool], otherwise: SeedOutcome) -> Seeded:
    """What becomes of a seed for a permission's default, `otherwise` where it is another one."""
    value = known.get(seed.key)
    if value is None:
        return Seeded(seed, SeedOutcome.UNKNOWN, None)
    if value == seed.value:
        return Seeded(seed, SeedOutcome.UNCHANGED, value)
    return Seeded(seed, otherwise, seed.value if otherwise is SeedOutcome.SEEDED else value)


def _write_defaults(change: Change, seeds: list[Seed]) -> None:
    if not seeds:
        return
    values = {seed.key: bool(seed.value) for seed in seeds}
    for row in change.session.exec(select(PermissionRow)).all():
        if row.key in values:
            row.default_allowed = values[row.key]
            change.session.add(row)
    change.record(
        "permission.set_defaults",
        "permission",
        "default",
        before={key: not value for key, value in values.items()},
        after={**values, "seed": {seed.key: seed.origin for seed in seeds}},
    )


def _report(seeds: Seeds, seeded: list[Seeded], groups: Mapping[str, str]) -> SeedReport:
    return SeedReport(tuple(seeded), (*seeds.warnings, *_warnings(seeded, groups)))


def _warnings(seeded: list[Seeded], groups: Mapping[str, str]) -> Iterator[str]:
    for one in seeded:
        seed, outcome = one.seed, one.outcome
        if outcome is SeedOutcome.UNKNOWN:
            yield f"{seed.origin}: there is no permission `{seed.key}` in the catalogue"
        if outcome is SeedOutcome.KEPT:
            yield f"`{seed.key}` is left as it is, though {seed.origin} says `{seed.text}`"
        is_group = seed.key == DEFAULT_GROUP and outcome is SeedOutcome.SEEDED and one.value
        if is_group and one.value not in groups.values():
            yield f"`{seed.key}` has no effect: there is no group with the id `{one.value}` yet"
