"""One key is active and no more, whatever runs at once or is killed: processes, both engines."""

from __future__ import annotations

import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from grantctl.credentials.secret import HmacSecret
from grantctl.evaluation.token_facts import KeyState
from grantctl.operations.changes import Intent
from grantctl.operations.signing_keys import generate_key, list_keys, revoke_key, rotate_key
from grantctl.operations.tokens import issue_token
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from grantctl.store.url import parse_url
from tests.forked import FORKS

INTENT = Intent("racer")
RACERS = 4
ADA = "ada@example.com"
NO_SECRET: HmacSecret | None = None


def race(name: str, url: str, keys: Path, kid: str, start: Barrier) -> None:
    """One racer's part, when all are ready."""
    database = Database(parse_url(url))
    start.wait(60)
    if name == "generate":
        generate_key(database, INTENT, keys=keys, algorithm="EdDSA")
    elif name == "activate":
        generate_key(database, INTENT, keys=keys, activate=True)
    elif name == "rotate":
        rotate_key(database, INTENT, keys=keys)
    else:
        revoke_key(database, INTENT, kid, keys=keys)


def rotate_for_ever(url: str, keys: Path) -> None:
    while True:
        rotate_key(Database(parse_url(url)), INTENT, keys=keys)


def states(database: Database) -> list[KeyState]:
    return [one.state for one in list_keys(database)]


def require_that_tokens_can_be_issued(database: Database, keys: Path) -> None:
    (active,) = [one for one in list_keys(database) if one.state is KeyState.ACTIVE]
    issued = issue_token(database, INTENT, ADA, secret=NO_SECRET, keys=keys)
    assert issued.token.kid == active.kid


@pytest.mark.parametrize(
    "names",
    [
        ("generate",) * RACERS,
        ("rotate",) * RACERS,
        ("rotate", "revoke", "activate", "rotate"),
        ("revoke",) * RACERS,
    ],
)
def test_one_key_is_active_whatever_runs_at_once(
    database: Database, url: str, tmp_path: Path, names: tuple[str, ...]
) -> None:
    keys = tmp_path / "keys"
    create_user(database, INTENT, email=ADA)
    made = 0
    kid = ""
    if names[0] != "generate":
        kid, made = generate_key(database, INTENT, keys=keys).kid, 1
    start = FORKS.Barrier(RACERS)
    racers = [FORKS.Process(target=race, args=(name, url, keys, kid, start)) for name in names]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)
    assert [racer.exitcode for racer in racers] == [0] * RACERS
    assert states(database).count(KeyState.ACTIVE) == 1
    assert states(database).count(KeyState.REVOKED) == int("revoke" in names)
    if set(names) == {"revoke"}:
        assert len(states(database)) == 2
    elif "revoke" not in names:
        assert len(states(database)) == made + RACERS
    assert {file.stem for file in keys.iterdir()} == {one.kid for one in list_keys(database)}
    require_that_tokens_can_be_issued(database, keys)


def test_one_key_is_active_whenever_a_process_is_killed(
    database: Database, url: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    create_user(database, INTENT, email=ADA)
    for number in range(3):
        process = FORKS.Process(target=rotate_for_ever, args=(url, keys))
        before = len(states(database))
        process.start()
        deadline = time.monotonic() + 60
        while len(states(database)) < before + 3 + number:
            assert time.monotonic() < deadline
        process.kill()
        process.join(60)
        assert states(database).count(KeyState.ACTIVE) == 1
        known = {one.kid for one in list_keys(database)}
        assert known <= {file.stem for file in keys.iterdir()}
        require_that_tokens_can_be_issued(database, keys)
