"""Every resource with its access control, as it leaves.

Owns the reading of an export: in order, at one moment, some thousand rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from grantctl.evaluation.access_control import GrantKey
from grantctl.model import EVERYONE_ID, PrincipalType, ResourceRef
from grantctl.store import resource_transfer_queries as queries
from grantctl.store.connection import Connection, Row
from grantctl.store.resource_records import ResourceRecord
from grantctl.store.rows import unsound


def export_records(connection: Connection, type_: str | None = None) -> Iterator[ResourceRecord]:
    """The resources of a type, or all, by type and id. Raises DatabaseError."""
    with connection.reading():
        rows = connection.stream(queries.EXPORTED, {"type": type_})
        for (found_type, id_), of_resource in groupby(rows, key=itemgetter(0, 1)):
            yield _record(found_type, id_, list(of_resource))


def _record(type_: Any, id_: Any, rows: list[Row]) -> ResourceRecord:
    name, is_public, owner, missing_owner, base_type, base_id, missing_base = rows[0][2:9]
    try:
        grants = (_grant(row[9:]) for row in rows if row[9] is not None)
        return ResourceRecord(
            ResourceRef(_text(type_), _text(id_)),
            _text(name),
            owner=_optional_text(missing_owner if owner is None else owner),
            base=base_of(base_type, base_id, missing_base),
            is_public=bool(is_public),
            grants=tuple(sorted(grants)),
        )
    except (TypeError, ValueError):
        raise unsound("resource") from None


def base_of(type_: Any, id_: Any, missing: Any) -> ResourceRef | None:
    """The base that columns name: one that exists, or a reference that leads nowhere.

    Raises TypeError, ValueError for what no healthy row holds.
    """
    if type_ is not None:
        return ResourceRef(_text(type_), _text(id_))
    if missing is None:
        return None
    type_, colon, id_ = _text(missing).partition(":")
    if not colon:
        raise ValueError
    return ResourceRef(type_, id_)


def _grant(row: Sequence[Any]) -> GrantKey:
    action, type_, user, group, missing = row
    found = PrincipalType(type_)
    if found is PrincipalType.EVERYONE:
        return GrantKey(_text(action), found, EVERYONE_ID)
    known = user if found is PrincipalType.USER else group
    return GrantKey(_text(action), found, _text(missing if known is None else known))


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)
