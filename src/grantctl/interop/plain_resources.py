"""Rows of resources as plain tuples, which an import of many keeps, and the quick way to one.

Owns which lines are beyond doubt: of them the quick way says what the strict one of `resource_rows`
says, in a third of the time. Any other line it leaves to that one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grantctl.errors import InvalidError
from grantctl.evaluation.access_control import GROUP_IDS, USER_IDS
from grantctl.interop.resource_rows import MEMBERS
from grantctl.model import (
    EVERYONE_ID,
    MAX_ID_LENGTH,
    MAX_NAME_LENGTH,
    PrincipalType,
    action_problem,
    require_resource_type,
)
from grantctl.store.resource_records import ResourceRecord

Ref = tuple[str, str]  # type and id
PlainGrant = tuple[str, str, str]  # action, type of the principal, its id
# Place, type, id, name, owner, base, whether it is public, grants.
PlainRow = tuple[str, str, str, str, str | None, Ref | None, bool, tuple[PlainGrant, ...]]

_MEMBERS = frozenset(MEMBERS)
_TEXTS = ("type", "id", "name", "owner", "base")
# What is missing, of another kind, refused, or no JSON.
_DOUBTS = (AttributeError, KeyError, TypeError, ValueError, InvalidError, RecursionError)
_USER, _GROUP, _EVERYONE = (
    one.value for one in (PrincipalType.USER, PrincipalType.GROUP, PrincipalType.EVERYONE)
)
_KINDS = {USER_IDS: _USER, GROUP_IDS: _GROUP}


def plain_of(place: str, record: ResourceRecord) -> PlainRow:
    """The row of a resource that stands in that place."""
    base = None if record.base is None else (record.base.type, record.base.id)
    # The exact types: what is kept takes no named tuple and no enumeration.
    grants = tuple((action, kind.value, id_) for action, kind, id_ in record.grants)
    ref = record.ref
    return place, ref.type, ref.id, record.name, record.owner, base, record.is_public, grants


class QuickReader:
    """Reads rows that are beyond doubt; remembers which types and actions are fit to be one.

    A member that stands twice shows in the number of quotes.
    """

    def __init__(self) -> None:
        self._types: set[str] = set()
        self._actions: set[str] = set()

    def line(self, text: str, place: str) -> PlainRow | None:
        """The row of a line of JSON, None where there is any doubt about it."""
        if '\\"' in text:
            return None
        try:
            members = json.loads(text)
            if not members.keys() <= _MEMBERS:
                return None
            control = members["access_control"]
            texts = [members.get(name) for name in _TEXTS]
            row, count = self._row(place, texts, control)
        except _DOUBTS:
            return None
        count += len(members) + len(texts) - texts.count(None)
        return row if 2 * count == text.count('"') else None

    def cells(self, cells: Sequence[str], at: Mapping[str, int], place: str) -> PlainRow | None:
        """The same of a record of CSV; `at` says in which cell a member is."""
        text = cells[at["access_control"]]
        texts = [cells[at[name]] or None if name in at else None for name in _TEXTS]
        if any(one is not None and (one[0] == "'" or "\\" in one) for one in texts):
            return None
        if "\\" in text:
            return None
        try:
            row, count = self._row(place, texts, json.loads(text))
        except _DOUBTS:
            return None
        return row if 2 * count == text.count('"') else None

    def _row(
        self, place: str, texts: Sequence[str | None], control: dict[str, Any] | None
    ) -> tuple[PlainRow, int]:
        """The row, and how many texts its access control has. Raises one of the doubts."""
        type_, id_, name, owner, base = texts
        if type_ is None or id_ is None:
            raise ValueError
        grants: list[PlainGrant] = []
        ids = [id_]
        count = 0 if control is None else self._read_control(control, grants, ids)
        if owner is not None:
            ids.append(owner)
        ref = None
        if base is not None:
            base_type, _, base_id = base.partition(":")
            self._require_type(base_type)
            ref = (base_type, base_id)
            ids.append(base_id)
        self._require_type(type_)
        _require_plain(ids, MAX_ID_LENGTH)
        if name is not None:
            _require_plain([name], MAX_NAME_LENGTH)
        distinct = tuple(dict.fromkeys(grants))
        row = (place, type_, id_, name or id_, owner, ref, control is None, distinct)
        return row, count

    def _read_control(
        self, control: dict[str, Any], grants: list[PlainGrant], ids: list[str]
    ) -> int:
        """Add its grants and their ids; how many texts there are. Raises ValueError in doubt."""
        count = len(control)
        for action, lists in control.items():
            if action not in self._actions:
                if action_problem(action):
                    raise ValueError
                self._actions.add(action)
            count += len(lists)
            for name, members in lists.items():
                kind = _KINDS[name]
                if type(members) is not list:
                    raise ValueError
                count += len(members)
                ids += members
                if EVERYONE_ID not in members:
                    grants += [(action, kind, one) for one in members]
                elif kind == _USER:
                    grants += [
                        (action, _EVERYONE if one == EVERYONE_ID else kind, one) for one in members
                    ]
                else:
                    raise ValueError
        return count

    def _require_type(self, text: str) -> None:
        if text not in self._types:
            self._types.add(require_resource_type(text))


def _require_plain(texts: list[str], longest: int) -> None:
    """Raise ValueError where `require_text` might have something against one of them."""
    if (
        not "".join(texts).isprintable()
        or max(map(len, texts)) > longest
        or not all(map(str.strip, texts))
    ):
        raise ValueError
