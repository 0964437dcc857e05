"""Names of what a user may do something to are those of the long way, whatever is stored."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from sqlmodel import Session, text

from grantctl.errors import DatabaseError, NotFoundError
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.facts import Resource, User
from grantctl.model import ResourceRef, Role, parse_resource
from grantctl.operations.access_questions import (
    ANY,
    names_of_reachable,
    names_with_access,
    reachable,
    who_has_access,
)
from grantctl.store import resource_lists
from grantctl.store.connection import Connection
from grantctl.store.database import Database
from grantctl.store.quick_queries import USERS
from grantctl.store.reader import Reader
from grantctl.store.resource_list_queries import ONE_ACTION, THESE
from grantctl.store.session import change
from tests.contract.resource_worlds import (
    ACTIONS,
    ResourceWorld,
    resource_worlds,
    rich_resource_world,
)
from tests.contract.worlds import NOW, World

RULES = [(role, owner, base) for role in (0, 1) for owner in (0, 1) for base in (0, 1)]


def questions() -> Iterator[AccessQuestion]:
    for action in (*ACTIONS, "no-such", ANY):
        for rules in RULES:
            yield AccessQuestion(action, *map(bool, rules))


def names(reader: Reader, user: str, type_: str, question: AccessQuestion) -> list[str]:
    parts = names_of_reachable(reader, user, type_, question, now=NOW)
    return list(chain.from_iterable(parts))


def long_way(reader: Reader, user: str, type_: str, question: AccessQuestion) -> list[str]:
    found = reachable(reader, user, type_, question, now=NOW)
    return [str(one.resource.ref) for one in found]


def require_the_same(world: ResourceWorld, reader: Reader) -> None:
    """Every question about every user, of each type and of all."""
    types = sorted({one.ref.type for one in world.resources})
    for user in world.people.users:
        for question in questions():
            for type_ in (*types, ANY):
                expected = long_way(reader, user.id, type_, question)
                assert names(reader, user.id, type_, question) == expected, (user, question)


def require_the_same_users(world: ResourceWorld, reader: Reader) -> None:
    """Who may do each action to each resource, whichever rules are left out."""
    for resource in world.resources:
        for question in questions():
            parts = names_with_access(reader, resource.ref, question, now=NOW)
            reaches = who_has_access(reader, resource.ref, question, now=NOW)
            expected = [one.user.label for one in reaches]
            assert list(chain.from_iterable(parts)) == expected, (resource, question)


@pytest.fixture(params=[0, 5000], ids=["read in order", "found first"])
def _few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_lists, "_FEW", request.param)


@pytest.mark.usefixtures("_few")
def test_names_in_a_rich_world_are_those_of_the_long_way(database: Database) -> None:
    for bypass in (True, False):
        world = rich_resource_world()
        world = ResourceWorld(world.people, world.resources, bypass)
        world.write(database)
        with database.reader() as reader:
            require_the_same(world, reader)
            require_the_same_users(world, reader)


@pytest.mark.usefixtures("_few")
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(resource_worlds())
def test_names_in_any_world_are_those_of_the_long_way(
    database: Database, world: ResourceWorld
) -> None:
    world.write(database)
    with database.reader() as reader:
        require_the_same(world, reader)
        require_the_same_users(world, reader)


@pytest.mark.parametrize("count", [50, 51])
def test_bases_are_followed_to_the_same_depth(database: Database, count: int) -> None:
    user = User(1, "u-1", None, "Ada", Role.USER)
    refs = [ResourceRef("model", f"m{at:04}") for at in range(count + 1)]
    bases = dict(pairwise(refs))
    resources = [
        Resource(pk, ref, "", is_public=True, base=bases.get(ref)) for pk, ref in enumerate(refs, 1)
    ]
    ResourceWorld(World((user,), (), (), {}, {}), tuple(resources)).write(database)
    question = AccessQuestion("read")
    with database.reader() as reader:
        found = names(reader, "u-1", "model", question)
        assert found == long_way(reader, "u-1", "model", question)
    assert len(found) == 51


def test_many_names_come_in_growing_parts_and_the_first_alone(database: Database) -> None:
    users = (User(1, "u-1", None, "Ada", Role.USER), User(2, "u-2", None, "Bo", Role.ADMIN))
    refs = [ResourceRef("model", f"m{at:04}") for at in range(3000)]
    resources = [Resource(pk, ref, "", is_public=True) for pk, ref in enumerate(refs, 1)]
    ResourceWorld(World(users, (), (), {}, {}), tuple(resources)).write(database)
    with database.reader() as reader:
        for user in ("u-1", "u-2"):
            question = AccessQuestion("read")
            parts = list(names_of_reachable(reader, user, "model", question, now=NOW))
            assert [len(part) for part in parts[:4]] == [1, 2, 4, 8]
            assert max(map(len, parts)) == 1000
            assert list(chain.from_iterable(parts)) == [str(ref) for ref in refs]


def test_few_resources_are_found_from_the_grants_and_many_in_the_order_of_their_ids(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rich_resource_world().write(database)
    asked = []
    plain = Connection.stream

    def stream(self: Connection, statement: str, *rest: object) -> object:
        asked.append(statement)
        return plain(self, statement, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "stream", stream)
    with database.reader() as reader:
        for few, expected in ((1, ONE_ACTION), (1000, THESE)):
            monkeypatch.setattr(resource_lists, "_FEW", few)
            names(reader, "u-2", "model", AccessQuestion("read"))
            assert set(asked) <= set(expected)
            asked.clear()


def test_of_an_open_resource_only_names_and_roles_are_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rich_resource_world().write(database)
    asked = []
    plain = Connection.stream

    def stream(self: Connection, statement: str, *rest: object) -> object:
        asked.append(statement)
        return plain(self, statement, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "stream", stream)
    with database.reader() as reader:
        for ref, action, is_quick in (
            ("model:llama3", "read", True),
            ("model:of-public", "read", True),
            ("tool:open", "write", True),
            ("model:llama3", "write", False),
            ("model:preset", "read", False),
        ):
            asked.clear()
            question = AccessQuestion(action)
            list(names_with_access(reader, parse_resource(ref), question, now=NOW))
            assert (asked == [USERS]) is is_quick, ref


def test_an_unknown_resource_is_an_error_before_the_first_name(database: Database) -> None:
    rich_resource_world().write(database)
    with database.reader() as reader, pytest.raises(NotFoundError, match="no resource `model:x`"):
        ref, question = parse_resource("model:x"), AccessQuestion("read")
        next(names_with_access(reader, ref, question, now=NOW))


def test_an_unknown_user_or_type_is_the_error_of_the_long_way(database: Database) -> None:
    rich_resource_world().write(database)
    question = AccessQuestion("read")
    with database.reader() as reader:
        for user, type_ in (("nobody", "model"), ("u-2", "modle"), ("u-2", "a\0b"), ("Ad", "x")):
            with pytest.raises(NotFoundError) as quick:
                names(reader, user, type_, question)
            with pytest.raises(NotFoundError) as slow:
                long_way(reader, user, type_, question)
            assert (quick.value.message, quick.value.hint) == (slow.value.message, slow.value.hint)


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("damage", "user", "action"),
    [
        ("UPDATE resources SET id = x'00ff' WHERE pk = 1", "u-2", "read"),
        ("UPDATE resources SET id = x'00ff' WHERE pk = 1", "u-1", "read"),
        ("UPDATE resources SET id = x'00ff' WHERE pk = 1", "u-1", ANY),
        ("UPDATE resources SET is_public = 7 WHERE pk = 1", "u-2", "read"),
        ("UPDATE access_grants SET action = x'00' WHERE resource_pk = 8", "u-3", ANY),
        ("UPDATE access_grants SET action = x'00' WHERE resource_pk = 8", "u-1", ANY),
    ],
)
def test_damage_is_an_error_and_never_a_name(
    database: Database, damage: str, user: str, action: str
) -> None:
    rich_resource_world().write(database)

    def work(session: Session) -> None:
        session.connection().execute(text("PRAGMA ignore_check_constraints = ON"))
        session.connection().execute(text(damage))

    change(database, work, dry_run=False)
    with database.reader() as reader:
        for ask in (names, long_way):
            with pytest.raises(DatabaseError, match="cannot be understood"):
                ask(reader, user, ANY, AccessQuestion(action))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_grant_to_a_group_that_names_a_user_as_well_gives_the_user_nothing(
    database: Database,
) -> None:
    rich_resource_world().write(database)
    damage = "UPDATE access_grants SET principal_type = 'group' WHERE user_pk = 5"

    def work(session: Session) -> None:
        session.connection().execute(text("PRAGMA ignore_check_constraints = ON"))
        session.connection().execute(text(damage))

    change(database, work, dry_run=False)
    question = AccessQuestion("write", ignore_owner=True)
    with database.reader() as reader:
        assert names(reader, "u-5", "tool", question) == ["tool:open"]
