"""No answer is older than the question: whatever another process commits is seen by the next."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Event

import pytest

from grantctl import Authorizer
from grantctl.errors import DatabaseError, NotFoundError
from grantctl.evaluation.scopes import parse_scope
from grantctl.operations import flags
from grantctl.operations.groups import create_group, move_group
from grantctl.operations.memberships import add_members
from grantctl.store import member_cache, quick_server
from grantctl.store import quick as quicks
from grantctl.store.connection import open_writing
from grantctl.store.url import parse_url
from tests.integrations.conftest import INTENT, World

BOB, KEY = "bob@example.com", "workspace.models"

# Runs SQL in a process of its own, a statement a line, and says when each is committed.
WRITER = """
import sys
from grantctl.store.connection import open_writing
from grantctl.store.url import parse_url
connection = open_writing(parse_url(sys.argv[1]))
for line in sys.stdin:
    with connection.writing():
        connection.run(line)
    print("done", flush=True)
"""

Write = Callable[[str], None]


@pytest.fixture
def write(url: str) -> Iterator[Write]:
    """Run a statement in another process, to its commit."""
    with Popen([sys.executable, "-c", WRITER, url], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(statement: str) -> None:
            process.stdin.write(f"{statement}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n"

        yield run
        process.stdin.close()


@pytest.fixture(params=[0, 1000], ids=["fresh", "kept"])
def authorizer(
    request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Authorizer]:
    """One that reads users each time, and one that keeps them: on Postgres, groups and flags."""
    monkeypatch.setattr(quick_server, "QUIET", 0 if request.param else 1_000_000)
    with Authorizer(world.url, environ={}, user_cache_size=request.param) as authorizer:
        yield authorizer


MEMBERSHIP = (
    "user_pk = (SELECT pk FROM users WHERE email = 'bob@example.com') "
    "AND group_pk = (SELECT pk FROM groups WHERE name = 'engineering')"
)
FLAG = (
    "group_pk = (SELECT pk FROM groups WHERE name = 'engineering') "
    "AND permission_pk = (SELECT pk FROM permissions WHERE key = 'workspace.models')"
)
CHANGES = {
    "flag": (
        f"UPDATE group_permissions SET allowed = false WHERE {FLAG}",
        f"UPDATE group_permissions SET allowed = true WHERE {FLAG}",
    ),
    "membership": (
        f"DELETE FROM memberships WHERE {MEMBERSHIP}",
        "INSERT INTO memberships (user_pk, group_pk, source) SELECT u.pk, g.pk, 'manual' "
        "FROM users AS u, groups AS g "
        "WHERE u.email = 'bob@example.com' AND g.name = 'engineering'",
    ),
    "expiry": (
        f"UPDATE memberships SET expires_at = 1 WHERE {MEMBERSHIP}",
        f"UPDATE memberships SET expires_at = NULL WHERE {MEMBERSHIP}",
    ),
    "role": (
        "UPDATE users SET role = 'pending' WHERE email = 'bob@example.com'",
        "UPDATE users SET role = 'user' WHERE email = 'bob@example.com'",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_another_process_is_seen_by_the_next_check(
    change: str, world: World, authorizer: Authorizer, write: Write
) -> None:
    away, back = CHANGES[change]
    for _ in range(3):
        assert authorizer.check(BOB, KEY)
        assert authorizer.decide(BOB, KEY).allowed
        write(away)
        assert not authorizer.check(BOB, KEY)
        assert not authorizer.decide(BOB, KEY).allowed
        write(back)
    assert authorizer.decide(BOB, KEY).allowed
    assert authorizer.check(BOB, KEY)


def test_a_default_and_the_group_above_are_seen_too(
    world: World, authorizer: Authorizer, write: Write
) -> None:
    dana = "dana@example.com"
    default = "UPDATE permissions SET default_allowed = {} WHERE key = 'workspace.models'"
    for value in ("true", "false"):
        write(default.format(value))
        assert authorizer.check(dana, KEY) is (value == "true")
    create_group(world.database, INTENT, name="above")
    create_group(world.database, INTENT, name="below")
    flags.set_flags(world.database, INTENT, "above", {KEY: True})
    add_members(world.database, INTENT, "below", [dana])
    assert not authorizer.check(dana, KEY)
    for parent in ("(SELECT pk FROM groups AS g WHERE g.name = 'above')", "NULL"):
        write(f"UPDATE groups SET parent_pk = {parent} WHERE name = 'below'")
        assert authorizer.check(dana, KEY) is (parent != "NULL")
    move_group(world.database, INTENT, "below", "above")
    assert authorizer.check(dana, KEY)


def test_a_key_and_a_user_that_come_and_go_are_seen(
    world: World, authorizer: Authorizer, write: Write
) -> None:
    new = "new.key"
    with pytest.raises(NotFoundError):
        authorizer.check(BOB, new)
    write(
        "INSERT INTO permissions (key, default_allowed, description, restricts) "
        "VALUES ('new.key', true, '', false)"
    )
    assert authorizer.check(BOB, new)
    assert authorizer.check(BOB, "new")
    write("DELETE FROM permissions WHERE key = 'new.key'")
    with pytest.raises(NotFoundError):
        authorizer.check(BOB, new)
    id_ = world.id_of("bob")
    assert authorizer.check(id_, KEY)
    write(f"UPDATE users SET id = 'other' WHERE id = '{id_}'")
    with pytest.raises(NotFoundError):
        authorizer.check(id_, KEY)
    assert authorizer.check(BOB, KEY)


def test_a_scope_is_part_of_what_is_kept(world: World, authorizer: Authorizer) -> None:
    wide, narrow = parse_scope("workspace.*"), parse_scope("chat.*")
    for _ in range(2):
        assert authorizer.check(BOB, KEY)
        assert authorizer.check(BOB, KEY, scope=wide)
        assert not authorizer.check(BOB, KEY, scope=narrow)
        assert not authorizer.check("ada@example.com", KEY, scope=narrow)


def test_a_membership_ends_at_its_moment_without_any_commit(
    world: World, authorizer: Authorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = datetime.now(UTC) + timedelta(seconds=0.4)
    with open_writing_to(world.url) as connection:
        micros = int(end.timestamp() * 1_000_000)
        connection.run(f"UPDATE memberships SET expires_at = {micros} WHERE {MEMBERSHIP}")
    assert authorizer.check(BOB, KEY)
    assert authorizer.decide(BOB, KEY).allowed
    while datetime.now(UTC) < end:
        time.sleep(0.01)
    assert not authorizer.check(BOB, KEY)
    assert not authorizer.decide(BOB, KEY).allowed


def test_a_user_is_named_in_every_way_and_never_mistaken(
    world: World, authorizer: Authorizer, write: Write
) -> None:
    for _ in range(2):
        assert authorizer.check(" Bob@Example.com ", KEY)
        assert authorizer.check("Bob Berg" if knows(authorizer, "Bob Berg") else BOB, KEY)
        for nobody in ("bob@example.com\0", "\ud800", ""):
            with pytest.raises(NotFoundError):
                authorizer.check(nobody, KEY)
    # An id goes before an e-mail address.
    write("UPDATE users SET id = 'bob@example.com' WHERE email = 'dana@example.com'")
    assert not authorizer.check(BOB, KEY)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_file_put_in_the_place_of_another_is_read_at_once(
    world: World, authorizer: Authorizer, tmp_path: Path
) -> None:
    path, copy = tmp_path / "grantctl.db", tmp_path / "copy.db"
    shutil.copyfile(path, copy)
    flags.set_flags(world.database, INTENT, "engineering", {KEY: False})
    assert not authorizer.check(BOB, KEY)
    for suffix in ("-wal", "-shm"):
        path.with_name(f"grantctl.db{suffix}").unlink(missing_ok=True)
    copy.rename(path)
    assert authorizer.check(BOB, KEY)
    path.unlink()
    with pytest.raises(DatabaseError, match="there is no database at"):
        authorizer.check(BOB, KEY)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_copy_that_is_written_over_the_file_is_read_at_once(
    world: World, authorizer: Authorizer, tmp_path: Path
) -> None:
    path, copy = tmp_path / "grantctl.db", tmp_path / "copy.db"
    flags.set_flags(world.database, INTENT, "engineering", {KEY: False})
    shutil.copyfile(path, copy)
    flags.set_flags(world.database, INTENT, "engineering", {KEY: True})
    for _ in range(2):
        assert authorizer.check(BOB, KEY)
        assert authorizer.decide(BOB, KEY).allowed
    with path.open("r+b") as file:
        file.write(copy.read_bytes())
        file.truncate()
    assert not authorizer.check(BOB, KEY)
    assert not authorizer.decide(BOB, KEY).allowed
    assert not next(authorizer.check_many([(BOB, KEY)]))
    with path.open("r+b") as file:
        file.truncate(0)
    with pytest.raises(DatabaseError, match="is empty"):
        authorizer.check(BOB, KEY)


def test_a_database_of_another_revision_is_refused(
    world: World, authorizer: Authorizer, write: Write
) -> None:
    assert authorizer.check(BOB, KEY)
    write("UPDATE grantctl_revision SET version_num = '9999'")
    for _ in range(2):
        with pytest.raises(DatabaseError, match="has revision `9999`"):
            authorizer.check(BOB, KEY)


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE users SET role = 'root' WHERE email = 'bob@example.com'",
        f"UPDATE memberships SET expires_at = 'never' WHERE {MEMBERSHIP}",
        f"UPDATE group_permissions SET allowed = 2 WHERE {FLAG}",
        "UPDATE permissions SET default_allowed = 'yes' WHERE key = 'workspace.models'",
        "UPDATE groups SET parent_pk = 'engineering' WHERE name = 'engineering'",
    ],
)
def test_damage_is_an_error_and_never_an_answer(
    damage: str, world: World, authorizer: Authorizer
) -> None:
    assert authorizer.check(BOB, KEY)
    with open_writing_to(world.url) as connection:
        connection.run("PRAGMA ignore_check_constraints=ON")
        connection.run("PRAGMA foreign_keys=OFF")
        connection.run(damage)
    with pytest.raises(DatabaseError, match="damaged"):
        authorizer.check(BOB, KEY)


def test_threads_never_see_what_was_before_a_commit_that_is_over(world: World) -> None:
    done = Event()
    with Authorizer(world.url, environ={}, pool_size=3) as authorizer:

        def hammer(_: int) -> int:
            count = 0
            while not done.is_set():
                authorizer.check(BOB, KEY)
                count += 1
            return count

        with ThreadPoolExecutor(4) as threads:
            running = [threads.submit(hammer, number) for number in range(4)]
            try:
                for turn in range(20):
                    value = turn % 2 == 0
                    flags.set_flags(world.database, INTENT, "engineering", {KEY: value})
                    assert [authorizer.check(BOB, KEY) for _ in range(5)] == [value] * 5
            finally:
                done.set()
            assert all(one.result() > 0 for one in running)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_reads_anew(world: World, authorizer: Authorizer) -> None:
    assert authorizer.check(BOB, KEY)
    child = os.fork()
    if child == 0:
        try:
            before = authorizer.check(BOB, KEY)
            flags.set_flags(world.database, INTENT, "engineering", {KEY: False})
            os._exit(0 if before and not authorizer.check(BOB, KEY) else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert not authorizer.check(BOB, KEY)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_few_users_are_kept_and_all_are_answered(world: World) -> None:
    emails = [f"{name}@example.com" for name in ("ada", "bob", "chen", "dana", "eli")]
    with Authorizer(world.url, environ={}, user_cache_size=2) as authorizer:
        expected = [authorizer.decide(one, KEY).allowed for one in emails]
        for _ in range(3):
            assert [authorizer.check(one, KEY) for one in emails] == expected


@pytest.mark.parametrize("engine", ["sqlite"])
def test_words_of_any_length_name_a_user_and_are_not_held(world: World) -> None:
    names = [BOB + " " * length for length in range(10_000, 10_020)]
    with Authorizer(world.url, environ={}) as authorizer:
        assert all(authorizer.check(name, KEY) for name in names)
        assert all(authorizer.decide(name, KEY).allowed for name in names)
        assert all(authorizer.check_many((name, KEY) for name in names))
        [kept] = [one.quick._kept for one in authorizer._pool._slots if one.quick is not None]
        for recent in (kept.members, kept.facts._people):
            assert not set(names) & (recent.young.keys() | recent._old.keys())


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_user_asked_before_is_not_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    plain = quicks.QuickReader._read_member
    monkeypatch.setattr(
        quicks.QuickReader,
        "_read_member",
        lambda self, user: reads.append(user) or plain(self, user),
    )
    monkeypatch.setattr(member_cache, "read_member", None)
    with Authorizer(world.url, environ={}) as authorizer:
        for _ in range(4):
            assert authorizer.check(BOB, KEY)
        assert reads == []
        assert len({authorizer.check("chen@example.com", KEY) for _ in range(3)}) == 1
        assert reads == ["chen@example.com"]


def knows(authorizer: Authorizer, name: str) -> bool:
    try:
        authorizer.decide(name, KEY)
    except NotFoundError:
        return False
    return True


def open_writing_to(url: str) -> _Closing:
    return _Closing(url)


class _Closing:
    """A connection that writes past grantctl, closed at the end."""

    def __init__(self, url: str) -> None:
        self._connection = open_writing(parse_url(url))

    def __enter__(self) -> object:
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


@pytest.mark.parametrize("engine", ["postgresql"])
def test_groups_and_flags_are_kept_on_a_quiet_server_and_not_on_a_standby(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_server, "QUIET", 0)
    for snapshot, is_kept in ((None, True), ("SELECT 'x' WHERE false", False)):
        with Authorizer(world.url, environ={}) as authorizer:
            assert authorizer.check(BOB, KEY)
            [quick] = [one.quick for one in authorizer._pool._slots if one.quick is not None]
            quick._kept._read_version = snapshot or quick._kept._read_version
            quick._kept.version = None
            answers = [authorizer.check(BOB, KEY) for _ in range(20)]
            assert answers == [True] * 20
            assert (quick._kept.version is not None) is is_kept
