"""What an import makes of the catalogue and of the flags of groups.

Owns which permissions are taken, and their defaults. Leaves users and groups to `imported_people`.
"""

from __future__ import annotations

from collections.abc import Mapping

from grantctl.evaluation.facts import Permission
from grantctl.interop.directory import Finding, FindingKind
from grantctl.model import is_below
from grantctl.operations.import_state import Taking, Tally
from grantctl.store import directory_queries as queries
from grantctl.store.connection import Parameters
from grantctl.store.seed import SEEDED_PERMISSIONS

_SEEDED: Mapping[str, Permission] = {
    permission.key: permission for permission in SEEDED_PERMISSIONS
}


def take_permissions(taking: Taking) -> dict[str, int]:
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


def _defaults_of_unknown(taking: Taking, known: Mapping[str, tuple[int, bool]]) -> dict[str, bool]:
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


def take_flags(taking: Taking, groups: Mapping[str, int], permissions: Mapping[str, int]) -> None:
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
