"""Logins from an identity provider at the same moment: real processes, both engines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grantctl.model import Role
from grantctl.operations.changes import Intent
from grantctl.operations.roles import set_role
from grantctl.store.database import Database
from tests.contract.racers import DONE, Racers, Result, Step, sync_and_die
from tests.credentials.provider import AUDIENCE, ISSUER, issued_at, key_set
from tests.forked import FORKS
from tests.operations.directories import add_user
from tests.operations.oauth_examples import ROOT, Realm, make_realm

INTENT = Intent("tester")
ROUNDS = 3
RACERS = 3


@pytest.fixture(scope="module")
def racers() -> Iterator[Racers]:
    """Processes that have imported everything, and wait."""
    waiting = Racers(RACERS)
    yield waiting
    waiting.close()


@pytest.fixture
def realm(database: Database, tmp_path: Path) -> Realm:
    made = make_realm(database, tmp_path)
    made.policies(role_management="true", group_management="true", group_creation="true")
    return made


def logins(*claims: dict[str, object]) -> list[Step]:
    now = datetime.now(UTC)
    return [Step("oauth_login", (issued_at(now, **one),)) for one in claims]


def test_of_admins_who_are_demoted_at_once_the_last_one_stays(
    realm: Realm, url: str, racers: Racers
) -> None:
    people = [ROOT, *(add_user(realm.database, name) for name in ("bob", "chen"))]
    for person in people:
        realm.link(person, person)
    for _ in range(ROUNDS):
        set_role(realm.database, INTENT, people, Role.ADMIN)
        steps = logins(*({"sub": person, "roles": ["user"]} for person in people))
        assert racers.race(url, steps) == [Result(DONE)] * 3
        assert sorted(realm.roles().values()) == ["admin", "user", "user"]


def test_a_stranger_s_first_logins_at_once_make_one_user_and_one_group(
    realm: Realm, url: str, racers: Racers
) -> None:
    for number in range(ROUNDS):
        claims = {
            "sub": f"s-{number}",
            "email": f"user{number}@example.com",
            "roles": ["user"],
            "groups": [f"group {number}"],
        }
        assert racers.race(url, logins(*[claims] * RACERS)) == [Result(DONE)] * RACERS
        user = f"user{number}@example.com"
        assert realm.groups_of(user) == {f"group {number}": "oauth"}
        assert len(realm.user(user).identities) == 1
    assert len(realm.roles()) == ROUNDS + 1


def test_of_two_strangers_with_one_address_only_one_is_let_in(
    realm: Realm, url: str, racers: Racers
) -> None:
    for number in range(ROUNDS):
        email = f"user{number}@example.com"
        steps = logins(
            {"sub": f"a-{number}", "email": email}, {"sub": f"b-{number}", "email": email}
        )
        results = racers.race(url, steps)
        assert sorted(result.outcome for result in results) == ["conflict", DONE]
        assert len(realm.user(email).identities) == 1


def test_of_the_first_logins_of_all_exactly_one_becomes_admin(
    database: Database, url: str, racers: Racers, tmp_path: Path
) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_bytes(key_set())
    empty = Realm(database)
    empty.policies(issuer=ISSUER, audience=AUDIENCE, jwks=str(keys))
    steps = logins(*({"sub": f"s{at}", "email": f"u{at}@example.com"} for at in range(RACERS)))
    assert racers.race(url, steps) == [Result(DONE)] * RACERS
    assert sorted(empty.roles().values()) == ["admin", "pending", "pending"]


def test_a_process_killed_in_the_middle_of_a_synchronisation_leaves_nothing_of_it(
    realm: Realm, url: str
) -> None:
    people = [
        {"sub": f"s{at}", "email": f"u{at}@example.com", "groups": ["made"]} for at in range(6)
    ]
    claims = "\n".join(map(json.dumps, people)).encode()
    before = realm.state()
    process = FORKS.Process(target=sync_and_die, args=(url, claims, 4))
    process.start()
    process.join(60)
    assert process.exitcode == -9
    assert realm.state() == before
