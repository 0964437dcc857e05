"""Who has a permission, by name alone: quickly, for very many users.

Owns which users come into question and what is read of each. The verdict is the compiled
question's, which says the same of all users of one role who are, or are not, in a group that gives
the permission: so it is asked once for each of these cases. Leaves everything that explains to
`reader`.
"""

from __future__ import annotations

from json import dumps

from grantctl.evaluation.compiled import Asked, CompiledQuestion
from grantctl.store import quick_queries, references
from grantctl.store.connection import Connection
from grantctl.store.directory_cache import DirectoryCache
from grantctl.store.member_cache import ROLES
from grantctl.store.rows import unsound
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from grantctl.store.connection import Row

_MAX_PART = 1000
_FEW = 10  # in a tenth of the groups and less, members are looked for one group after the other


def names_of_permitted(connection: Connection, asked: Asked, *, now: int) -> Iterator[list[str]]:
    """The e-mail address, or else the id, of every user who has the permission, some at a time.

    In the order of their making, at one moment. `now` in microseconds since 1970. `asked` does not
    ask for every leaf of a category. Raises NotFoundError, DatabaseError.
    """
    with connection.reading():
        directory = DirectoryCache(connection)
        question = directory.compile(asked)
        if question is None:
            raise references.unknown_permission(asked.key, directory.catalogue())
        allowed = {
            (role, holds)
            for role in ROLES
            for holds in (0, 1)
            if _is_allowed(question, role, holds=bool(holds))
        }
        part: list[str] = []
        size = 1
        for name, role, holds in _candidates(connection, question, now):
            if role not in ROLES or type(name) is not str:
                raise unsound("user")
            if (role, holds) in allowed:
                part.append(name)
                if len(part) >= size:
                    yield part
                    part, size = [], min(size * 2, _MAX_PART)
        yield part


def _candidates(connection: Connection, question: CompiledQuestion, now: int) -> Iterable[Row]:
    """Name, role, and whether a group gives the permission."""
    if question.otherwise.allowed:  # the default gives it: groups do not matter
        return ((*row, 0) for row in connection.stream(quick_queries.USERS))
    [groups] = question.granting
    count = connection.rows(quick_queries.COUNT_GROUPS)[0][0]
    is_few = len(groups) * _FEW <= count
    both = quick_queries.CANDIDATES_IN_GROUPS if is_few else quick_queries.USERS_IN_GROUPS
    values = sorted(groups)
    if connection.engine == SQLITE:
        return connection.stream(both[0], {"values": dumps(values), "now": now})
    return connection.stream(both[1], {"values": values, "now": now})


def _is_allowed(question: CompiledQuestion, role: str, *, holds: bool) -> bool:
    groups = question.granting[0] if holds else ()
    return question.verdict(role, groups).allowed
