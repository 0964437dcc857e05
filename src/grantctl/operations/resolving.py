"""Many users at once, by what names them.

Owns the same rule as `Reader.find_user`, a test holds the two together, in a few statements for
thousands of names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from grantctl.errors import NotFoundError
from grantctl.evaluation.facts import User
from grantctl.model import Role, folded_email
from grantctl.operations.chunks import in_chunks
from grantctl.store.session import reader_of
from grantctl.store.tables import UserRow

_MAX_ECHO = 80


def find_users(session: Session, references: Sequence[str]) -> list[User]:
    """The users of these ids, e-mails or unique names, each once, in the order of their naming.

    Raises NotFoundError that names every reference without a user, AmbiguousError.
    """
    wanted = list(dict.fromkeys(references))
    found: dict[str, User] = {}
    for part in in_chunks(wanted):
        found |= _find_some(session, part)
    unknown = [reference for reference in wanted if reference not in found]
    if len(unknown) == 1:
        reader_of(session).find_user(unknown[0])  # raises, and says what may have been meant
    if unknown:
        names = ", ".join(f"`{reference[:_MAX_ECHO]}`" for reference in unknown)
        raise NotFoundError(f"no users {names}", hint="grantctl users list")
    return list({found[reference].pk: found[reference] for reference in wanted}.values())


def _find_some(session: Session, references: Sequence[str]) -> dict[str, User]:
    texts = {reference: reference for reference in references if _is_storable(reference)}
    found = _match(session, "id", texts)
    emails = {one: _email(one) for one in texts if one not in found}
    found |= _match(session, "email", emails)
    names = {one: one for one in texts if one not in found}
    for shared in _shared_names(session, names):
        reader_of(session).find_user(shared)  # raises, and lists the candidates
    return found | _match(session, "name", names)


def _match(
    session: Session, field: Literal["id", "email", "name"], values: Mapping[str, str]
) -> dict[str, User]:
    """The users by the reference whose value their field has."""
    if not values:
        return {}
    column = col(getattr(UserRow, field))
    rows = session.exec(select(UserRow).where(column.in_(set(values.values()))))
    users = {
        getattr(row, field): User(row.pk, row.id, row.email, row.name, Role(row.role))
        for row in rows
    }
    return {reference: users[value] for reference, value in values.items() if value in users}


def _shared_names(session: Session, names: Mapping[str, str]) -> list[str]:
    if not names:
        return []
    name = col(UserRow.name)
    counts = select(name).where(name.in_(set(names))).group_by(name).having(func.count() > 1)
    return list(session.exec(counts).all())


def _email(reference: str) -> str:
    return folded_email(reference.strip())


def _is_storable(text: str) -> bool:
    """Whether a database could hold the text at all: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
