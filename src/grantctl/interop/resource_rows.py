"""The row of a resource in a file: members with names, and what they may hold.

Owns which members there are and the errors about them. Leaves how a row is spelled to
`resource_text`, and how rows follow each other in a file to `resource_files`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grantctl.errors import InvalidError
from grantctl.evaluation.access_control import access_control_of, grants_of
from grantctl.model import (
    MAX_ID_LENGTH,
    MAX_NAME_LENGTH,
    ResourceRef,
    parse_resource,
    require_resource_id,
    require_resource_type,
    require_text,
)
from grantctl.store.resource_records import ResourceRecord

MEMBERS = ("type", "id", "name", "owner", "base", "access_control")

_REQUIRED = ("type", "id", "access_control")
_MAX_ECHO = 80
_MEMBERS_HINT = f"a row has {', '.join(MEMBERS)}"
ACCESS_HINT = "null is public, {} is private: a row has to say which"


def members_of(record: ResourceRecord) -> dict[str, Any]:
    """The members of a resource's row, in their order, as JSON holds them."""
    return {
        "type": record.ref.type,
        "id": record.ref.id,
        "name": record.name,
        "owner": record.owner,
        "base": None if record.base is None else str(record.base),
        "access_control": access_control_of(record.is_public, record.grants),
    }


def record_of(row: object) -> ResourceRecord:
    """The resource that a row describes; without a name it is called by its id.

    Raises InvalidError for a member that is unknown, missing, or not what it has to be.
    """
    if not isinstance(row, Mapping):
        raise InvalidError("it is no object", hint=_MEMBERS_HINT)
    require_members(row)
    ref = ResourceRef(
        require_resource_type(_text(row, "type")), require_resource_id(_text(row, "id"))
    )
    name, owner, base = _optional(row, "name"), _optional(row, "owner"), _optional(row, "base")
    is_public, grants = grants_of(row["access_control"])
    return ResourceRecord(
        ref,
        ref.id if name is None else _stored(name, "a resource's name", MAX_NAME_LENGTH),
        owner=None if owner is None else _stored(owner, "an owner's id", MAX_ID_LENGTH),
        base=None if base is None else parse_resource(base),
        is_public=is_public,
        grants=grants,
    )


def require_members(names: Mapping[str, object]) -> None:
    """Raise InvalidError where a member is unknown, or one is missing that has to be there."""
    for name in names:
        if name not in MEMBERS:
            raise InvalidError(f"unknown member `{name[:_MAX_ECHO]}`", hint=_MEMBERS_HINT)
    for name in _REQUIRED:
        if name not in names:
            hint = ACCESS_HINT if name == "access_control" else _MEMBERS_HINT
            raise InvalidError(f"`{name}` is missing", hint=hint)


def _text(row: Mapping[str, object], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise InvalidError(f"`{name}` is no text")
    return value


def _optional(row: Mapping[str, object], name: str) -> str | None:
    return None if row.get(name) is None else _text(row, name)


def _stored(text: str, what: str, longest: int) -> str:
    return require_text(text, what=what, longest=longest)
