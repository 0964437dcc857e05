"""Which resources somebody's words name: one by TYPE:ID, or many by a pattern.

Owns the pattern (`*` and `?`, in the type and in the id), and what is said where nothing is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from grantctl.errors import InvalidError, NotFoundError
from grantctl.model import (
    MAX_ID_LENGTH,
    ResourceRef,
    parse_resource,
    require_resource_type,
    require_text,
)
from grantctl.operations.chunks import in_chunks
from grantctl.store.database import Database, refuse_attached
from grantctl.store.references import unknown_resource_type
from grantctl.store.resource_tables import ResourceRow
from grantctl.store.session import read_session, reader_of

Wanted = str | ResourceRef  # words, or exactly this one

_HIGHEST = "\U0010ffff"  # no id with a prefix reaches the prefix followed by it
_WILD = re.compile(r"[*?]")
_MAX_ECHO = 80
_MAX_PATTERN_LENGTH = MAX_ID_LENGTH + 64
_MAX_COMPARED = 2000
_MAX_SUGGESTIONS = 3
_LIST = "grantctl resources list"


@dataclass(frozen=True, slots=True)
class Selection:
    """The resources that were named; `is_pattern`: a pattern was among the words."""

    refs: tuple[ResourceRef, ...]
    is_pattern: bool


def preview(database: Database, wanted: Sequence[Wanted]) -> Selection:
    """What a change of these resources would be about.

    Raises NotFoundError, InvalidError, DatabaseError, GuardError where nothing may be changed.
    """
    refuse_attached(database)
    with read_session(database) as session:
        rows, is_pattern = _select(session, wanted)
        return Selection(tuple(ResourceRef(row.type, row.id) for row in rows), is_pattern)


def find_resource_row(session: Session, text: str) -> ResourceRow:
    """The one resource of that TYPE:ID, no pattern. Raises NotFoundError, InvalidError."""
    ref = parse_resource(text)
    row = _find_exact(session, [ref]).get(ref)
    if row is None:
        raise _not_found(session, ref)
    return row


def select_resources(session: Session, wanted: Sequence[Wanted]) -> list[ResourceRow]:
    """The resources that these words name, each once: in the order of the words, those of a
    pattern by type and id.

    A resource of exactly that TYPE:ID comes before the pattern that the words may be. Raises
    NotFoundError where words name nothing, InvalidError for words of another form.
    """
    return _select(session, wanted)[0]


def _select(session: Session, wanted: Sequence[Wanted]) -> tuple[list[ResourceRow], bool]:
    exact = _find_exact(session, filter(None, map(_exact, wanted)))
    found: dict[int, ResourceRow] = {}
    is_pattern = False
    for one in dict.fromkeys(wanted):
        row = exact.get(_exact(one))
        if row is not None:
            found.setdefault(row.pk, row)
        elif isinstance(one, str) and _WILD.search(one):
            is_pattern = True
            for matching in _match(session, one):
                found.setdefault(matching.pk, matching)
        else:
            raise _not_found(session, parse_resource(str(one)))
    return list(found.values()), is_pattern


def _exact(one: Wanted) -> ResourceRef | None:
    """The one resource that these words may name; None where they can be a pattern only."""
    if isinstance(one, ResourceRef):
        return one
    try:
        return parse_resource(one)
    except InvalidError:
        if _WILD.search(one):
            return None
        raise


def _find_exact(
    session: Session, refs: Iterable[ResourceRef]
) -> dict[ResourceRef | None, ResourceRow]:
    ids: dict[str, set[str]] = {}
    for ref in refs:
        ids.setdefault(ref.type, set()).add(ref.id)
    found: dict[ResourceRef | None, ResourceRow] = {}
    for type_, wanted in ids.items():
        for part in in_chunks(sorted(wanted)):
            query = select(ResourceRow).where(ResourceRow.type == type_)
            rows = session.exec(query.where(col(ResourceRow.id).in_(part)))
            found |= {ResourceRef(row.type, row.id): row for row in rows}
    return found


def _match(session: Session, text: str) -> Iterator[ResourceRow]:
    """The resources that a pattern names, by type and id. Raises NotFoundError, InvalidError."""
    require_text(text, what="a pattern", longest=_MAX_PATTERN_LENGTH)
    type_, colon, id_ = text.partition(":")
    if not colon or not id_:
        raise InvalidError(f"`{text}` does not name resources", hint="TYPE:ID, e.g. model:gpt-*")
    query = select(ResourceRow.pk, ResourceRow.type, ResourceRow.id).order_by(
        col(ResourceRow.type), col(ResourceRow.id)
    )
    if _WILD.search(type_):
        query = query.where(*_begins(col(ResourceRow.type), _literal_prefix(type_)))
    else:
        query = query.where(ResourceRow.type == require_resource_type(type_))
        query = query.where(*_begins(col(ResourceRow.id), _literal_prefix(id_)))
    is_type, is_id = _compiled(type_), _compiled(id_)
    pks = [pk for pk, *one in session.exec(query) if is_type(one[0]) and is_id(one[1])]
    if not pks:
        raise _no_match(session, text, type_)
    for part in in_chunks(pks):
        rows = {
            row.pk: row
            for row in session.exec(select(ResourceRow).where(col(ResourceRow.pk).in_(part)))
        }
        yield from (rows[pk] for pk in part)


def _literal_prefix(pattern: str) -> str:
    return _WILD.split(pattern, maxsplit=1)[0]


def _begins(column: Any, prefix: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a column (any of a table's) begins so, which an index answers."""
    return (column >= prefix, column < prefix + _HIGHEST) if prefix else ()


def _compiled(pattern: str) -> Callable[[str], object]:
    # fnmatch makes an expression that never backtracks for long. Of what it knows besides `*` and
    # `?`, everything begins with a bracket.
    return re.compile(translate(pattern.replace("[", "[[]"))).match


def _not_found(session: Session, ref: ResourceRef) -> NotFoundError:
    """The error for a resource that does not exist, with what may have been meant."""
    resources = reader_of(session).resources
    types = resources.types()
    if ref.type not in types:
        return unknown_resource_type(ref.type, types)
    ids = resources.ids_from(ref.type, ref.id, limit=_MAX_SUGGESTIONS)
    if not ids:
        near = resources.ids_from(ref.type, ref.id[:1], limit=_MAX_COMPARED)
        ids = get_close_matches(ref.id[: _MAX_ECHO * 2], near, n=_MAX_SUGGESTIONS)
    close = ", ".join(f"`{ResourceRef(ref.type, id_)}`" for id_ in ids)
    return NotFoundError(
        f"no resource `{str(ref)[:_MAX_ECHO]}`",
        hint=f"did you mean {close}? {_LIST}" if close else _LIST,
    )


def _no_match(session: Session, text: str, type_: str) -> NotFoundError:
    types, is_type = reader_of(session).resources.types(), _compiled(type_)
    if not _WILD.search(type_) and type_ not in types:
        return unknown_resource_type(type_, types)
    hint = _LIST if any(map(is_type, types)) else f"there are: {', '.join(types)}"
    return NotFoundError(f"no resource matches `{text[:_MAX_ECHO]}`", hint=hint)
