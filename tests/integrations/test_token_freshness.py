"""A credential that was accepted a moment ago is refused from the moment that it is no good."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from grantctl import Authorizer
from grantctl.credentials.reasons import TokenReason
from grantctl.integrations import authorizer as authorizers
from grantctl.operations import flags
from grantctl.operations.authentication import authenticate
from grantctl.operations.policies import set_policy
from grantctl.operations.token_revocation import revoke_tokens
from grantctl.store.connection import open_writing
from grantctl.store.url import parse_url
from tests.conftest import Cli
from tests.integrations.conftest import INTENT, SECRET, World

KINDS = ("token", "api_key")


@pytest.fixture
def authorizer(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authorizer]:
    """One that notes no use, since a note is a commit like any other."""
    with Authorizer(world.url, secret=SECRET) as authorizer:
        monkeypatch.setattr(authorizer._last_use, "note", lambda *_: None)
        yield authorizer


def credential(world: World, kind: str) -> str:
    return world.token("bob") if kind == "token" else world.api_key("bob")


def run_sql(world: World, statement: str, **values: object) -> None:
    connection = open_writing(parse_url(world.url))
    try:
        connection.run(statement, values)
    finally:
        connection.close()


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_process_does_counts_from_then(
    kind: str, world: World, authorizer: Authorizer, process: Cli
) -> None:
    text = credential(world, kind)
    for _ in range(3):
        assert authorizer.authenticate(text).is_active
    done = process(
        *["roles", "assign", "pending", "bob@example.com", "--yes"],
        env={"GRANTCTL_DATABASE": world.url},
    )
    assert done.code == 0, done.err
    assert authorizer.authenticate(text).reason is not TokenReason.OK


@pytest.mark.parametrize("kind", KINDS)
def test_a_revocation_and_a_role_count_from_then(
    kind: str, world: World, authorizer: Authorizer
) -> None:
    text = credential(world, kind)
    first = authorizer.authenticate(text)
    assert authorizer.authenticate(text) == first
    assert first.token is not None
    run_sql(world, "UPDATE users SET role = 'admin' WHERE email = 'bob@example.com'")
    again = authorizer.authenticate(text)
    assert again.user is not None
    assert again.user.role == "admin"
    revoke_tokens(world.database, INTENT, [first.token.id])
    assert authorizer.authenticate(text).reason is TokenReason.REVOKED


@pytest.mark.parametrize("kind", KINDS)
def test_its_end_comes_without_a_commit(kind: str, world: World, authorizer: Authorizer) -> None:
    text = credential(world, kind)
    end = datetime.now(UTC) + timedelta(seconds=0.6)
    micros = int(end.timestamp() * 1_000_000)
    run_sql(world, "UPDATE tokens SET expires_at = :end", end=micros)
    assert authorizer.authenticate(text).is_active
    assert authorizer.authenticate(text).is_active
    while datetime.now(UTC) < end:
        time.sleep(0.02)
    assert authorizer.authenticate(text).reason is TokenReason.EXPIRED


def test_the_right_to_api_keys_ends_with_the_membership_that_gives_it(
    world: World, authorizer: Authorizer
) -> None:
    text = world.api_key("bob")
    end = datetime.now(UTC) + timedelta(seconds=0.6)
    run_sql(
        world,
        "UPDATE memberships SET expires_at = :end",
        end=int(end.timestamp() * 1_000_000),
    )
    assert authorizer.authenticate(text).is_active
    assert authorizer.authenticate(text).is_active
    while datetime.now(UTC) < end:
        time.sleep(0.02)
    assert authorizer.authenticate(text).reason is TokenReason.API_KEYS_NOT_PERMITTED


def test_a_flag_and_a_setting_close_the_gates_at_once(world: World, authorizer: Authorizer) -> None:
    text = world.api_key("bob")
    assert authorizer.authenticate(text).is_active
    flags.set_flags(world.database, INTENT, "engineering", {"features.api_keys": False})
    assert authorizer.authenticate(text).reason is TokenReason.API_KEYS_NOT_PERMITTED
    flags.set_flags(world.database, INTENT, "engineering", {"features.api_keys": True})
    assert authorizer.authenticate(text).is_active
    set_policy(world.database, INTENT, "api_keys.enabled", "false")
    assert authorizer.authenticate(text).reason is TokenReason.API_KEYS_DISABLED


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_was_accepted_is_not_judged_again_and_its_text_is_not_kept(
    world: World, authorizer: Authorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []

    def judge(reader: object, text: str, **named: object) -> object:
        judged.append(text)
        return authenticate(reader, text, **named)

    monkeypatch.setattr(authorizers, "authenticate", judge)
    for kind in KINDS:
        text = credential(world, kind)
        verdicts = [authorizer.authenticate(text) for _ in range(3)]
        assert verdicts == verdicts[:1] * 3
        assert judged == [text]
        judged.clear()
    [slot] = [one for one in authorizer._pool._slots if one.quick is not None]
    assert text not in repr(list(slot.quick._kept.answers.young.items()))
    for _ in range(2):
        assert not authorizer.authenticate("gctl_nonsense").is_active
    assert judged == ["gctl_nonsense"] * 2


def test_an_end_that_comes_while_a_connection_is_waited_for_is_not_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = world.api_key("bob")
    with (
        Authorizer(world.url, secret=SECRET, pool_size=1) as authorizer,
        ThreadPoolExecutor(1) as threads,
    ):
        monkeypatch.setattr(authorizer._last_use, "note", lambda *_: None)
        end = datetime.now(UTC) + timedelta(seconds=0.6)
        run_sql(
            world,
            "UPDATE memberships SET expires_at = :end",
            end=int(end.timestamp() * 1_000_000),
        )
        with authorizer.snapshot():
            waiting = threads.submit(authorizer.authenticate, text)
            while datetime.now(UTC) < end:
                time.sleep(0.02)
        waiting.result()  # of the moment of the question, or of that of the answer
        assert authorizer.authenticate(text).reason is TokenReason.API_KEYS_NOT_PERMITTED
