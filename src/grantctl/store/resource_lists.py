"""The names of what a user may do something to: quickly, for very many resources.

Owns which resources come into question and what is read of each. The verdict is the evaluator's,
which says the same of all resources that are alike in what it looks at: so it is asked once for
each of these cases, about a resource made up to be like them. Leaves everything that explains to
`resource_reader`.

INVARIANT, held by a property test: the names are those of `access_questions.reachable`, in its
order.
"""

from __future__ import annotations

from itertools import groupby

from grantctl.evaluation.access import find_reach
from grantctl.evaluation.access_rules import actions_named, held_by_pk, role_verdict
from grantctl.evaluation.facts import AccessGrant, Resource
from grantctl.lean import dataclass, replace
from grantctl.model import Action, PrincipalType, ResourceRef, Role
from grantctl.store import quick_queries
from grantctl.store import resource_list_queries as statements
from grantctl.store.resource_reader import facts_about
from grantctl.store.rows import unsound
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from grantctl.evaluation.access_decision import AccessQuestion
    from grantctl.evaluation.access_rules import Held
    from grantctl.evaluation.facts import AccessFacts
    from grantctl.store.connection import Connection, Row
    from grantctl.store.resource_chains import Chain
    from grantctl.store.resource_reader import ResourceReader

ANY = "*"

_MAX_PART = 1000
_MAX_CASES = 10_000
_FEW = 5000  # so many are sorted by their ids quickly; of more, the whole type is read in order

# Whether it is public, whether it is the user's, its grants (the action, and whether it is given
# to the user), the pk of its base, and the reference of a missing one.
Case: TypeAlias = "tuple[bool, bool | None, frozenset[tuple[str, bool]], int | None, str | None]"


def names_of_reachable(
    connection: Connection,
    reader: ResourceReader,
    user: str,
    types: Iterable[str],
    question: AccessQuestion,
    *,
    now: datetime,
) -> Iterator[list[str]]:
    """`TYPE:ID` of every resource of these types that the user may do this to, some at a time.

    For the action `*` once for every action that can be told of it. By type in the given order,
    then by id, at one moment. Raises NotFoundError, AmbiguousError, DatabaseError.
    """
    with connection.reading():
        person = reader.person(user)
        by_role = role_verdict(person, question)
        if by_role is False:
            return
        held = held_by_pk(person, now)
        for type_ in types:
            if by_role:
                found = _of_everything(connection, type_, question)
            else:
                found = _OfType(connection, reader, person, type_, question, held, now).names()
            yield from in_parts(found)


def names_of_roles(connection: Connection, roles: Collection[Role]) -> Iterator[str]:
    """The e-mail address, or else the id, of every user of these roles, in the order of their
    making. In the caller's transaction. Raises DatabaseError."""
    known = frozenset(role.value for role in Role)
    for name, role in connection.stream(quick_queries.USERS):
        if role not in known or type(name) is not str:
            raise unsound("user")
        if role in roles:
            yield name


def in_parts(names: Iterable[str]) -> Iterator[list[str]]:
    """The names, some at a time: one at first, then ever more."""
    part: list[str] = []
    size = 1
    for name in names:
        part.append(name)
        if len(part) >= size:
            yield part
            part, size = [], min(size * 2, _MAX_PART)
    yield part


def _of_everything(connection: Connection, type_: str, question: AccessQuestion) -> Iterator[str]:
    """The names for whom the role lets do everything."""
    prefix = f"{type_}:"
    if question.action != ANY:
        for (id_,) in connection.stream(statements.IDS_OF_TYPE, {"type": type_}):
            if type(id_) is not str:
                raise unsound("resource")
            yield prefix + id_
        return
    asked = {"type": type_, "read": Action.READ.value, "write": Action.WRITE.value}
    rows = connection.stream(statements.ACTIONS_OF_TYPE, asked)
    for _, of_resource in groupby(rows, key=_pk):
        found = list(of_resource)
        others = {_action(row[2]) for row in found if row[2] is not None}
        yield from _repeated(prefix, found[0][1], len(Action) + len(others))


@dataclass(frozen=True, slots=True)
class _OfType:
    """The names of one type, for a user whom the role does not let do everything."""

    connection: Connection
    reader: ResourceReader
    person: AccessFacts
    type_: str
    question: AccessQuestion
    held: Held
    now: datetime

    def names(self) -> Iterator[str]:
        """Every name, as often as there are actions to be told of it."""
        prefix = f"{self.type_}:"
        known: dict[Case, int] = {}
        bases: dict[int, Chain] = {}
        for pk, id_, case in self._cases():
            count = known.get(case)
            if count is None:
                count = self._count(pk, case, bases)
                if len(known) >= _MAX_CASES:
                    known.clear()
                known[case] = count  # one in a circle is as broken as whatever is made of it
            if count:
                yield from _repeated(prefix, id_, count)

    def _count(self, pk: int, case: Case, bases: dict[int, Chain]) -> int:
        """How many of the actions that are asked about the user may do."""
        resource = self._like(pk, case)
        chain = self.reader.with_bases(resource, (case[3], case[4]), bases)
        facts = facts_about(self.person, chain)
        is_any = self.question.action == ANY
        actions = actions_named(resource) if is_any else (self.question.action,)
        questions = [replace(self.question, action=one) for one in actions]
        reaches = [find_reach(facts, one, now=self.now, held=self.held) for one in questions]
        return len(reaches) - reaches.count(None)

    def _like(self, pk: int, case: Case) -> Resource:
        """A resource of which the evaluator says what it says of those of this case."""
        is_public, is_own, grants, _, _ = case
        if is_public not in (0, 1):
            raise unsound("resource")
        user = self.person.user
        return Resource(
            pk=pk,
            ref=ResourceRef(self.type_, str(pk)),
            name="",
            is_public=bool(is_public),
            owner=user.pk if is_own else None,
            grants=tuple(
                AccessGrant(action, PrincipalType.USER, user.id, user.pk if is_given else None)
                for action, is_given in grants
            ),
        )

    def _cases(self) -> Iterator[tuple[int, object, Case]]:
        if self.question.action == ANY:
            rows = self._rows(statements.THESE_WITH_GRANTS, statements.EVERY_ACTION)
            for pk, of_resource in groupby(rows, key=_pk):
                found = list(of_resource)
                _, id_, is_public, is_own, base, missing, *_ = found[0]
                yield pk, id_, (is_public, is_own, _grants_of(found), base, missing)
            return
        given = frozenset({(self.question.action, True)})
        none: frozenset[tuple[str, bool]] = frozenset()
        rows = self._rows(statements.THESE, statements.ONE_ACTION)
        for pk, id_, is_public, is_own, is_given, base, missing in rows:
            yield pk, id_, (is_public, is_own, given if is_given else none, base, missing)

    def _rows(self, of_few: tuple[str, str], in_order: tuple[str, str]) -> Iterator[Row]:
        """What is read of each resource that comes into question: by one statement or the other."""
        asked = {
            "user": self.person.user.pk,
            "type": self.type_,
            "action": self.question.action,
            "groups": self._bound(self.held),
        }
        some = self.connection.rows(self._spelled(statements.CANDIDATES), {**asked, "most": _FEW})
        if len(some) >= _FEW:
            return self.connection.stream(self._spelled(in_order), asked)
        asked["candidates"] = self._bound({pk for (pk,) in some})
        return self.connection.stream(self._spelled(of_few), asked)

    def _spelled(self, both: tuple[str, str]) -> str:
        return both[0] if self.connection.engine == SQLITE else both[1]

    def _bound(self, pks: Iterable[int]) -> object:
        """The keys as the engine takes many values: JSON on SQLite, an array on Postgres."""
        values = sorted(pks)
        return str(values) if self.connection.engine == SQLITE else values


def _grants_of(rows: Sequence[Row]) -> frozenset[tuple[str, bool]]:
    return frozenset((_action(row[6]), bool(row[7])) for row in rows if row[6] is not None)


def _action(value: object) -> str:
    if type(value) is not str:
        raise unsound("access grant")
    return value


def _repeated(prefix: str, id_: object, count: int) -> Sequence[str]:
    if type(id_) is not str:
        raise unsound("resource")
    name = prefix + id_
    return (name,) if count == 1 else (name,) * count


def _pk(row: Row) -> int:
    return int(row[0])
