"""What users may today, as the assertions that would hold it fast.

Owns which assertions these are, and by which names they can be found again. Leaves their spelling
to `interop.recorded_text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from grantctl.errors import AmbiguousError, NotFoundError
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.assertions import Asked, NamedSource, RecordedTest
from grantctl.evaluation.facts import Group, User
from grantctl.evaluation.granting_sources import (
    ROLE,
    GrantingSource,
    sources_of_reach,
    tree_sources,
)
from grantctl.model import Action
from grantctl.operations.access_questions import ANY, reachable
from grantctl.operations.questions import Question, access
from grantctl.store.reader import Reader


def record_access(
    reader: Reader, users: Iterable[str], *, type_: str | None, now: datetime
) -> Iterator[RecordedTest]:
    """For each user a test for all that is allowed through the same sources, and one for the rest.

    With a type, or `*`, of its resources as well: of those that are out of reach, whether they may
    be read or written. All see the database at one moment. Raises NotFoundError, AmbiguousError,
    DatabaseError.
    """
    with reader.at_one_moment():
        found = [reader.find_user(one) for one in users]
        for user in {one.pk: one for one in found}.values():
            yield from _tests(reader, user, type_, now)


class _Found:
    """What one user may, by all that grants it, and what not."""

    def __init__(self) -> None:
        self.allowed: dict[tuple[GrantingSource, ...], list[Asked]] = {}
        self.denied: list[Asked] = []

    def allow(self, asked: Asked, sources: tuple[GrantingSource, ...]) -> None:
        self.allowed.setdefault(sources, []).append(asked)


def _tests(reader: Reader, user: User, type_: str | None, now: datetime) -> Iterator[RecordedTest]:
    found = _Found()
    decided = access(reader, user.id, Question(), now=now)
    for leaf in decided.leaves:
        asked = Asked(key=leaf.permission.key)
        if decided.is_allowed(leaf):
            found.allow(asked, (ROLE,) if decided.allowed_by_role else tree_sources([leaf]))
        else:
            found.denied.append(asked)
    if type_ is not None:
        _add_resources(reader, user, type_, now, found)
    name = _user_name(reader, user)
    for sources, several in found.allowed.items():
        through = tuple(_named(reader, one) for one in sources)
        yield RecordedTest(name, tuple(several), allowed=True, through=through)
    if found.denied:
        yield RecordedTest(name, tuple(found.denied), allowed=False)


def _add_resources(reader: Reader, user: User, type_: str, now: datetime, found: _Found) -> None:
    seen: set[Asked] = set()
    for one in reachable(reader, user.id, type_, AccessQuestion(ANY), now=now):
        asked = Asked(action=one.action, ref=one.resource.ref)
        seen.add(asked)
        found.allow(asked, sources_of_reach(one.reach))
    for type_found in reader.resources.require_types(type_):
        for ref in reader.resources.refs(type_found):
            every = (Asked(action=action.value, ref=ref) for action in Action)
            found.denied += [asked for asked in every if asked not in seen]


def _user_name(reader: Reader, user: User) -> str:
    """The e-mail address where it finds this user, else the id, which always does."""
    try:
        is_found = user.email is not None and reader.find_user(user.email).pk == user.pk
    except (NotFoundError, AmbiguousError):  # a foreign writer's spelling
        is_found = False
    return user.email if is_found and user.email is not None else user.id


def _named(reader: Reader, source: GrantingSource) -> NamedSource:
    group = None if source.group is None else _group_name(reader, source.group)
    return NamedSource(source.kind, group)


def _group_name(reader: Reader, group: Group) -> str:
    try:
        is_found = bool(group.name.strip()) and reader.find_group(group.name).pk == group.pk
    except (NotFoundError, AmbiguousError):
        is_found = False
    return group.name if is_found else group.id
