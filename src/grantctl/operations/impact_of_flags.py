"""What setting flags, or defaults, would do to everybody.

Owns what a value makes of those whom a permission reaches. Leaves the counting to `impact_counts`.
"""

from __future__ import annotations

from grantctl.errors import ConflictError, NotFoundError
from grantctl.evaluation.facts import Group, Permission
from grantctl.evaluation.impact import Audience, Shift
from grantctl.evaluation.impact_tree import GroupTree
from grantctl.evaluation.rules import leaves_of
from grantctl.lean import dataclass, replace
from grantctl.model import is_below
from grantctl.operations.impact_counts import FIRST, NOTHING, Impact, measure, measure_all
from grantctl.store.reader import Reader
from grantctl.store.references import unknown_permission
from grantctl.store.seed import SEEDED_PERMISSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from grantctl.store.impact_reader import ImpactReader

_FEW = 3  # so many are counted one by one sooner than with a look at everybody's groups


@dataclass(frozen=True, slots=True)
class SettingImpact:
    """One flag of a group, or one default, now and as it would be (None is absent)."""

    permission: Permission
    before: bool | None
    after: bool | None
    impact: Impact


def flag_impact(
    reader: Reader,
    *,
    group: Group | None,
    key: str,
    value: bool | None,
    now: datetime,
    first: int | None = FIRST,
) -> Impact:
    """Who gains or loses a permission if a group, or the default for None, sets it to `value`.

    None unsets it; a default is then what a new database has. `first`: how many users are named,
    all for None. Raises NotFoundError for a key that is no permission, DatabaseError.
    """
    with reader.at_one_moment():
        permission = _require_permission(reader.impacts.catalogue(), key)
        shift = _shift(reader.impacts, reader.impacts.tree(), group, permission, value)
        return measure(reader, shift, now=now, first=first)


def undefining_impact(
    reader: Reader, key: str, *, now: datetime, first: int | None = FIRST
) -> Impact:
    """Who loses a permission if it is taken out of the catalogue; admins, who may everything, not.

    Raises NotFoundError for a key that is no permission, DatabaseError.
    """
    with reader.at_one_moment():
        permission = _require_permission(reader.impacts.catalogue(), key)
        held = reader.impacts.tree().below(reader.impacts.granting(key))
        shift = Shift((Audience(permission.default, held),), (Audience(),))
        return measure(reader, shift, now=now, first=first)


def settings_impact(
    reader: Reader,
    *,
    group: Group | None,
    values: Mapping[str, bool | None],
    now: datetime,
    first: int | None = FIRST,
) -> list[SettingImpact]:
    """The same of several permissions, each for itself; a category stands for all under it.

    By key. Raises NotFoundError, ConflictError where a permission is given two values,
    DatabaseError.
    """
    impacts = reader.impacts
    with reader.at_one_moment():
        catalogue, tree = impacts.catalogue(), impacts.tree()
        wanted = _leaves(catalogue, values)
        own = {} if group is None else impacts.flags_of([group.pk])
        shifts = [
            _shift(impacts, tree, group, catalogue[key], value) for key, value in wanted.items()
        ]
        measured = (
            [measure(reader, shift, now=now, first=first) for shift in shifts]
            if len(shifts) <= _FEW
            else measure_all(
                reader,
                shifts,
                Audience(is_everyone=True)
                if group is None
                else Audience(groups=tree.below([group.pk])),
                now=now,
                first=first,
            ).each
        )
        return [
            SettingImpact(
                catalogue[key],
                catalogue[key].default if group is None else own.get((group.pk, key)),
                _default(catalogue[key], value) if group is None else value,
                impact,
            )
            for (key, value), impact in zip(wanted.items(), measured, strict=True)
        ]


def _leaves(
    catalogue: Mapping[str, Permission], values: Mapping[str, bool | None]
) -> dict[str, bool | None]:
    wanted: dict[str, bool | None] = {}
    for key, value in values.items():
        leaves = leaves_of(catalogue, key)
        if not leaves:
            raise unknown_permission(key, catalogue)
        for leaf in leaves:
            if wanted.setdefault(leaf.key, value) is not value:
                raise ConflictError(
                    f"`{leaf.key}` is given two values",
                    hint="name it once, or leave its category out",
                )
    return dict(sorted(wanted.items()))


def _require_permission(catalogue: Mapping[str, Permission], key: str) -> Permission:
    if key in catalogue:
        return catalogue[key]
    if any(is_below(name, key) for name in catalogue):
        raise NotFoundError(
            f"`{key}` is a category, not a permission", hint=f"grantctl permissions list {key}"
        )
    raise unknown_permission(key, catalogue)


def _shift(
    impacts: ImpactReader,
    tree: GroupTree,
    group: Group | None,
    permission: Permission,
    value: bool | None,
) -> Shift:
    setting = impacts.granting(permission.key)
    before = Audience(permission.default, tree.below(setting))
    if group is None:
        return Shift((before,), (replace(before, is_everyone=_default(permission, value)),))
    if permission.default or value is (group.pk in setting):
        return NOTHING
    changed = setting | {group.pk} if value else setting - {group.pk}
    return Shift((before,), (replace(before, groups=tree.below(changed)),))


def _default(permission: Permission, value: bool | None) -> bool:
    if value is not None:
        return value
    return any(one.default for one in SEEDED_PERMISSIONS if one.key == permission.key)
