"""Quick verdicts are the evaluator's, whatever is stored, and however it changes in between."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from grantctl.errors import NotFoundError
from grantctl.evaluation.compiled import Asked, Verdict
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import PermissionFacts, User
from grantctl.evaluation.scopes import Scope
from grantctl.integrations.pool import ReaderPool
from grantctl.operations.questions import Question, who_can
from grantctl.store import kept, patience, quick, quick_lists, quick_server
from grantctl.store.connection import Connection
from grantctl.store.database import Database
from grantctl.store.quick_queries import CANDIDATES_IN_GROUPS, USERS_IN_GROUPS
from grantctl.store.reader import Reader
from grantctl.store.tables import to_microseconds
from grantctl.store.url import POSTGRES
from tests.contract.worlds import NOW, World, rich_world, worlds

WAYS: list[dict[str, Any]] = [
    {},
    {"ignore_role": True},
    {"require_all": True},
    {"scope": Scope(("a.*", "lone"))},
    {"scope": Scope(("a.x",)), "require_all": True, "ignore_role": True},
]


@pytest.fixture
def pools(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ReaderPool]]:
    """Pools that keep users, one, and none, at the time of the generated worlds."""
    for module in (kept, quick, quick_server):
        monkeypatch.setattr(module, "microseconds_now", lambda: to_microseconds(NOW))
    monkeypatch.setattr(quick_server, "QUIET", 0)
    # What was forgotten is read at once.
    monkeypatch.setattr(patience.Patience, "is_worth_reading", lambda *_: True)
    pools = [ReaderPool(database.url, users=users) for users in (100, 1, 0)]
    yield pools
    for pool in pools:
        pool.close()


def require_the_same(world: World, pools: list[ReaderPool]) -> None:
    """Every question about every user, by id and by e-mail address."""
    for user in world.users:
        facts = world.facts(user)
        for key in world.all_keys():
            for way in WAYS:
                decision = decide(facts, key, now=NOW, **way)
                expected = Verdict(decision.allowed, decision.reason)
                asked = Asked(key, **way) if way else key
                for pool in pools:
                    for name in names_of(user, world):
                        assert pool.verdict(name, asked) == expected, (name, key, way)
    require_the_same_facts(world, pools)
    for pool in pools:
        assert pool.facts("nobody", world.all_keys()[0]) is None
        assert pool.facts(world.users[0].id, "no.such.key") is None
        assert pool.verdict("nobody", world.all_keys()[0]) is None
        assert pool.verdict(world.users[0].id, "no.such.key") is None


def require_the_same_names(world: World, database: Database) -> None:
    """Who has a permission, by name alone, and with everything."""
    with database.reader() as reader:
        for key in world.all_keys():
            for ignored in (False, True):
                subjects = list(who_can(reader, key, Question(ignore_role=ignored), now=NOW))
                parts = reader.names_of_permitted(
                    Asked(key, ignore_role=ignored), now=to_microseconds(NOW)
                )
                assert list(chain.from_iterable(parts)) == [one.user.label for one in subjects]
        with pytest.raises(NotFoundError, match=r"no permission `no\.such`"):
            next(reader.names_of_permitted(Asked("no.such"), now=0))


def require_the_same_facts(world: World, pools: list[ReaderPool]) -> None:
    """What a decision is made of is what the long way reads."""
    for user in world.users:
        for key in world.all_keys():
            for pool in pools:
                expected = pool.read(partial(read_facts, user=user.id, key=key))
                facts = pool.facts(user.id, key)
                assert facts == (None if pool.url.engine == POSTGRES else expected)
                if facts is not None:
                    assert list(facts.groups) == list(expected.groups)


def read_facts(reader: Reader, *, user: str, key: str) -> PermissionFacts:
    """The long way."""
    return reader.permission_facts(user, key)


def names_of(user: User, world: World) -> list[str]:
    """The id, and the e-mail address where it is nobody's id."""
    is_plain = user.email is not None and user.email not in {one.id for one in world.users}
    return [user.id, user.email] if is_plain and user.email else [user.id]


def test_verdicts_about_a_rich_world(database: Database, pools: list[ReaderPool]) -> None:
    rich_world().write(database)
    require_the_same_names(rich_world(), database)
    for _ in range(2):
        require_the_same(rich_world(), pools)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(worlds())
def test_verdicts_about_any_world(
    database: Database, pools: list[ReaderPool], world: World
) -> None:
    world.write(database)
    require_the_same(world, pools)
    require_the_same_names(world, database)


def test_names_of_members_of_few_groups_are_found_from_the_groups(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = rich_world()
    world.write(database)
    asked = []
    plain = Connection.stream

    def stream(self: Connection, statement: str, *rest: Any) -> Any:
        asked.append(statement)
        return plain(self, statement, *rest)

    monkeypatch.setattr(Connection, "stream", stream)
    for few, expected in ((1, CANDIDATES_IN_GROUPS), (10_000, USERS_IN_GROUPS)):
        monkeypatch.setattr(quick_lists, "_FEW", few)
        require_the_same_names(world, database)
        assert set(asked) & set(expected)
        asked.clear()
