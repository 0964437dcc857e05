"""What somebody's words name: a user, a group; and where they name nothing, what may be meant.

Owns the order in which ids, e-mails and names are looked for, and the errors. Leaves the facts
about what was found to `reader`.
"""

from __future__ import annotations

from grantctl.errors import AmbiguousError, NotFoundError
from grantctl.evaluation.facts import Group, User
from grantctl.evaluation.rules import categories_of
from grantctl.model import ResourceRef, folded_email
from grantctl.store import queries, resource_queries
from grantctl.store.connection import Connection, Row
from grantctl.store.rows import group_of, user_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

_HIGHEST = "\U0010ffff"
_MAX_ECHO = 80
_MAX_COMPARED = 2000
_MAX_SUGGESTIONS = 3
Parameters: TypeAlias = "Mapping[str, str | int]"


def find_user(connection: Connection, reference: str) -> User:
    """The user of that id, e-mail or unique name, looked for in this order.

    Raises NotFoundError, AmbiguousError.
    """
    parameters = {"reference": reference, "email": email_of(reference)}
    rows = named_rows(connection, queries.USER_BY_REFERENCE, parameters)
    if not rows:
        raise _not_found("user", reference, _suggest_users(connection, reference))
    return user_of(_only(rows, "user", reference, _user_label))


def find_group(connection: Connection, reference: str) -> Group:
    """The group of that id or unique name. Raises NotFoundError, AmbiguousError."""
    rows = named_rows(connection, queries.GROUP_BY_REFERENCE, {"reference": reference})
    if not rows:
        raise _not_found("group", reference, _suggest_groups(connection, reference))
    return group_of(_only(rows, "group", reference, lambda row: str(row[1])))


def unknown_permission(key: str, catalogue: Iterable[str]) -> NotFoundError:
    """The error for a key that the catalogue does not hold, with what may have been meant."""
    keys = list(catalogue)
    return _not_found("permission", key, _close(key, sorted({*keys, *categories_of(keys)})))


def unknown_resource(connection: Connection, ref: ResourceRef) -> NotFoundError:
    """The error for a resource that does not exist, with what may have been meant."""
    types = [str(one) for (one,) in connection.rows(resource_queries.TYPES)]
    if ref.type not in types:
        return unknown_resource_type(ref.type, types)
    ids = resource_ids_from(connection, ref.type, ref.id, _MAX_SUGGESTIONS)
    if not ids:
        near = resource_ids_from(connection, ref.type, ref.id[:1], _MAX_COMPARED)
        ids = _close(ref.id, near)
    return _not_found("resource", str(ref), [f"{ref.type}:{id_}" for id_ in ids])


def unknown_resource_type(type_: str, known: list[str]) -> NotFoundError:
    """The error for a type that no resource has."""
    if not known:
        return NotFoundError("there are no resources", hint="grantctl resources create TYPE:ID")
    meant = [f"`{one}`" for one in _close(type_, known)]
    suggestion = f"did you mean {', '.join(meant)}? " if meant else ""
    return NotFoundError(
        f"no resource is of the type `{type_[:_MAX_ECHO]}`",
        hint=f"{suggestion}there are: {', '.join(known)}",
    )


def resource_ids_from(connection: Connection, type_: str, prefix: str, limit: int) -> list[str]:
    """The ids of resources of a type that begin so."""
    parameters: Parameters = {
        "type": type_,
        "prefix": prefix,
        "upper": prefix + _HIGHEST,
        "limit": limit,
    }
    rows = named_rows(connection, resource_queries.IDS_FROM, parameters)
    return [str(id_) for (id_,) in rows]


def names_from(connection: Connection, query: str, prefix: str, limit: int) -> list[str]:
    """The names of a query that begin so."""
    parameters: Parameters = {"prefix": prefix, "upper": prefix + _HIGHEST, "limit": limit}
    return [str(name) for (name,) in named_rows(connection, query, parameters)]


def named_rows(connection: Connection, query: str, parameters: Parameters) -> list[Row]:
    """The rows of a query about somebody's words; none where no database could hold them."""
    texts = [value for value in parameters.values() if isinstance(value, str)]
    if not all(map(is_storable, texts)):
        return []
    return connection.rows(query, parameters)


def is_storable(text: str) -> bool:
    """Whether a database could hold the text: no NUL is in it, and no half of a surrogate pair."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def email_of(reference: str) -> str:
    """The words as e-mails are kept: NFC, lower case, no surrounding space."""
    return folded_email(reference.strip())


def _only(rows: list[Row], noun: str, reference: str, label: Callable[[Row], str]) -> Row:
    """The one row of the best rank, which its last column is. Raises AmbiguousError."""
    best = min(row[-1] for row in rows)
    found = {row[0]: row for row in rows if row[-1] == best}
    if len(found) > 1:
        candidates = ", ".join(sorted(map(label, found.values())))
        raise AmbiguousError(
            f"more than one {noun} is called `{reference[:_MAX_ECHO]}`",
            hint=f"say which by id: {candidates}",
        )
    return next(iter(found.values()))


def _user_label(row: Row) -> str:
    return f"{row[1]} ({row[2]})" if row[2] else str(row[1])


def _not_found(noun: str, reference: str, close: list[str]) -> NotFoundError:
    meant = f"did you mean {', '.join(f'`{one}`' for one in close)}? " if close else ""
    return NotFoundError(
        f"no {noun} `{reference[:_MAX_ECHO]}`", hint=f"{meant}grantctl {noun}s list"
    )


def _suggest_users(connection: Connection, reference: str) -> list[str]:
    """E-mails that begin with the words, else a name or an e-mail much like them."""
    email = email_of(reference)
    if not email:
        return []
    begun = names_from(connection, queries.EMAILS_FROM, email, _MAX_SUGGESTIONS)
    if begun:
        return begun
    names = names_from(connection, queries.USER_NAMES_FROM, reference[:1], _MAX_COMPARED)
    emails = names_from(connection, queries.EMAILS_FROM, email[:1], _MAX_COMPARED)
    return _close(reference, names) or _close(email, emails)


def _suggest_groups(connection: Connection, reference: str) -> list[str]:
    names = sorted({str(row[2]) for row in connection.rows(queries.ALL_GROUPS)})
    return _close(reference, names[:_MAX_COMPARED])


def _close(reference: str, names: list[str]) -> list[str]:
    # Loaded here because only a miss needs it, and it is slow to import.
    from difflib import get_close_matches

    return get_close_matches(reference[: _MAX_ECHO * 2], names, n=_MAX_SUGGESTIONS, cutoff=0.6)
