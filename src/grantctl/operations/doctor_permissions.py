"""What `doctor` finds of permissions: keys that look misspelt, flags that say nothing.

Owns which keys are known and which are like them. Leaves the logic of flags without effect to
`doctor_flags`, and keys that break the rules to `integrity`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import SequenceMatcher
from shlex import join

from grantctl.evaluation.command_words import command
from grantctl.interop.openwebui.defaults import built_in
from grantctl.model import key_problem
from grantctl.operations.doctor_findings import (
    DoctorFinding,
    counted,
    failure,
    first_of,
    listed,
    note,
    ok,
    warning,
)
from grantctl.operations.doctor_flags import IdleFlags, find_idle_flags
from grantctl.operations.doctor_visit import Visit
from grantctl.operations.import_state import microseconds
from grantctl.operations.integrity_findings import WRITTEN_PAST
from grantctl.store import doctor_queries as queries
from grantctl.store import integrity_queries
from grantctl.store.connection import Connection
from grantctl.store.seed import SEEDED_PERMISSIONS
from grantctl.store.url import SQLITE

ALIKE = 0.8  # a letter or two of ten

_NEWEST = "999"  # a release that knows all permissions


def permission_keys(visit: Visit) -> Iterator[DoctorFinding]:
    """Keys that Open WebUI does not know: misspelt ones, and ones of somebody's own."""
    known = sorted({*(one.key for one in SEEDED_PERMISSIONS), *built_in(_NEWEST)})
    keys = sorted(str(key) for (key,) in visit.rows(integrity_queries.KEYS))
    strangers = {
        key: _meant(key, known) for key in keys if key not in known and not key_problem(key)
    }
    misspelt = [_misspelt(key, meant) for key, meant in strangers.items() if meant]
    yield from first_of(misspelt, "grantctl permissions list")
    own = [key for key, meant in strangers.items() if not meant]
    if own:
        message = f"{counted(len(own), 'permission')} that Open WebUI does not know"
        yield note(f"{message}: {listed(own, len(own))}", "", "grantctl permissions list")
    elif not misspelt:
        yield ok("Open WebUI knows every one")


def _misspelt(key: str, meant: str) -> DoctorFinding:
    show, undefine = (join(command("permissions", verb, key)) for verb in ("show", "undefine"))
    advice = f"{show}, then: {undefine}"
    return warning(f"Open WebUI knows no such permission: did you mean `{meant}`?", key, advice)


def _meant(key: str, known: Sequence[str]) -> str | None:
    """The known key that differs from this one in a part alone, and there by little."""
    category, _, leaf = key.rpartition(".")
    likeness = {}
    for one in known:
        other_category, _, other_leaf = one.rpartition(".")
        if category == other_category:
            likeness[one] = _likeness(leaf, other_leaf)
        elif leaf == other_leaf:
            likeness[one] = _likeness(category, other_category)
    best = max(likeness, key=lambda one: likeness[one], default=None)
    return best if best is not None and likeness[best] >= ALIKE else None


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()


def broken_flags(visit: Visit) -> Iterator[DoctorFinding]:
    """Flags and defaults that are neither true nor false, as only SQLite keeps them."""
    rows = visit.rows(queries.BROKEN_FLAGS_ON_SQLITE) if visit.connection.engine == SQLITE else []
    if rows:
        total = int(rows[0][1])
        broken = listed((str(row[0]) for row in rows), total)
        yield failure(f"neither true nor false: {broken}", "", WRITTEN_PAST)
    else:
        yield ok("every one is true or false")


def flags_without_effect(visit: Visit) -> Iterator[DoctorFinding]:
    """False in groups though everybody has the permission by default, or every member gets it from
    another group: `flags_under_default` and `flags_shadowed`.
    """
    catalogue = _Catalogue(visit.connection)
    idle = catalogue.find_idle(visit.clock())
    for check, found in (
        ("flags_shadowed", [catalogue.shadowed(*one) for one in idle.shadowed.items()]),
        ("flags_under_default", [catalogue.open(*one) for one in idle.under_default.items()]),
    ):
        told = first_of(found, "grantctl permissions list") or [ok("no false is without effect")]
        yield from (replace(one, check=check) for one in told)


class _Catalogue:
    """Groups and permissions by their keys in the database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._groups: Mapping[int, tuple[str, str, int | None]] = {
            int(pk): (str(id_), str(name), parent)
            for pk, id_, name, parent in connection.rows(integrity_queries.PARENTS)
        }
        self._permissions = {
            int(pk): (str(key), bool(default))
            for pk, key, default in connection.rows(queries.DEFAULTS)
        }

    def find_idle(self, now: datetime) -> IdleFlags:
        """Every false without effect at that moment."""
        is_sqlite = self._connection.engine == SQLITE
        query = queries.COMBINATIONS_ON_SQLITE if is_sqlite else queries.COMBINATIONS_ON_POSTGRES
        rows = self._connection.stream(query, {"now": microseconds(now)})
        return find_idle_flags(
            (
                (int(group), int(permission), bool(allowed))
                for group, permission, allowed in self._connection.stream(queries.FLAGS)
            ),
            {pk: parent for pk, (_, _, parent) in self._groups.items()},
            ([int(pk) for pk in str(held).split(",")] for (held,) in rows),
            {pk: default for pk, (_, default) in self._permissions.items()},
        )

    def shadowed(self, permission: int, groups: Sequence[int]) -> DoctorFinding:
        """False in these groups, for members who get it from another one."""
        why = "every member gets it from another group"
        return warning(f"{self._where(groups)}: {why}", *self._told(permission, groups))

    def open(self, permission: int, groups: Sequence[int]) -> DoctorFinding:
        """False in these groups, for members who get it as everybody does."""
        key, unset = self._told(permission, groups)
        close = join(command("permissions", "set", f"{key}=false", options=("--default",)))
        return warning(f"{self._where(groups)}: the default is true", key, f"{unset}, or: {close}")

    def _where(self, groups: Sequence[int]) -> str:
        names = sorted(self._groups[pk][1] for pk in groups)
        return f"false without effect in {listed(names, len(names))}"

    def _told(self, permission: int, groups: Sequence[int]) -> tuple[str, str]:
        """The key, and the command that takes the false back."""
        key = self._permissions[permission][0]
        group = self._groups[groups[0]][0] if len(groups) == 1 else "GROUP"
        return key, join(command("permissions", "unset", key, options=(f"--group={group}",)))
