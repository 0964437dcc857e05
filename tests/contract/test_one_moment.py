"""One decision sees the database at one moment, whoever writes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlmodel import Session, delete

from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import PermissionFacts
from grantctl.operations.changes import Intent
from grantctl.operations.fixes import advise
from grantctl.operations.flags import set_flags, unset_flags
from grantctl.operations.groups import create_group
from grantctl.operations.memberships import add_members, remove_members
from grantctl.operations.questions import Question
from grantctl.operations.revocation import plan
from grantctl.store.connection import Connection, Row
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from grantctl.store.session import change, read_session, reader_of
from grantctl.store.tables import GroupPermissionRow, MembershipRow
from tests.contract.worlds import NOW
from tests.databases import prepared
from tests.operations.directories import add_user

INTENT = Intent("tester")
KEY, USER = "workspace.tools", "bob@example.com"

Read = Callable[[Reader], Any]

READS: dict[str, Read] = {
    "check": lambda reader: reader.permission_facts(USER, KEY),
    "explain": lambda reader: reader.permission_facts(USER, KEY, with_advice=True),
    "a category": lambda reader: reader.permission_facts(USER, "workspace", with_advice=True),
    "access": lambda reader: reader.access_facts(USER),
    "who-can": lambda reader: list(reader.facts_of_candidates(KEY)),
    "explain --fix": lambda reader: advise(reader, "ada@example.com", KEY, Question(), now=NOW),
    "revoke plan": lambda reader: plan(reader, USER, KEY, now=NOW),
}


@prepared
def company(database: Database) -> None:
    """Bob is in ops, which may use the tools; writers may not."""
    add_user(database, "ada")
    add_user(database, "bob")
    for name in ("ops", "writers"):
        create_group(database, INTENT, name=name)
    add_members(database, INTENT, "ops", [USER])
    set_flags(database, INTENT, "ops", {KEY: True})


def overturn(database: Database) -> None:
    """Make another directory of it: no reading may see a part of each."""
    remove_members(database, INTENT, "ops", [USER])
    add_members(database, INTENT, "writers", [USER])
    unset_flags(database, INTENT, "ops", [KEY])
    set_flags(database, INTENT, "writers", {KEY: False})
    set_flags(database, INTENT, None, {KEY: True})


@pytest.fixture
def interrupt(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[int, Callable[[], None]], None]]:
    """Have something done by others once the reader has made so many statements."""

    def after(count: int, work: Callable[[], None]) -> None:
        seen = 0
        plain = Connection.rows

        def rows(self: Connection, *arguments: Any) -> list[Row]:
            nonlocal seen
            found = plain(self, *arguments)
            seen += 1
            if seen == count:
                monkeypatch.setattr(Connection, "rows", plain)
                work()
            return found

        monkeypatch.setattr(Connection, "rows", rows)

    yield after


@pytest.mark.parametrize("read", READS)
def test_what_others_change_between_two_reads_of_a_decision_is_not_seen(
    company: Database,
    read: str,
    interrupt: Callable[[int, Callable[[], None]], None],
) -> None:
    with company.reader() as reader, company.reader() as other:
        before = READS[read](other)
        interrupt(1, lambda: overturn(company))
        assert READS[read](reader) == before
        after = READS[read](reader)
        assert after == READS[read](other) != before


def test_the_moment_is_that_of_the_first_read(
    company: Database, interrupt: Callable[[int, Callable[[], None]], None]
) -> None:
    for count in (1, 2, 3):
        with company.reader() as reader:
            interrupt(count, lambda: set_flags(company, INTENT, "ops", {KEY: False}))
            facts: PermissionFacts = reader.permission_facts(USER, KEY)
            assert decide(facts, KEY, now=NOW).allowed
            again = reader.permission_facts(USER, KEY)
            assert not decide(again, KEY, now=NOW).allowed
        set_flags(company, INTENT, "ops", {KEY: True})


def test_within_one_moment_every_read_sees_what_the_first_saw(company: Database) -> None:
    with company.reader() as reader:
        with reader.at_one_moment():
            before = {name: read(reader) for name, read in READS.items()}
            overturn(company)
            assert {name: read(reader) for name, read in READS.items()} == before
            with reader.at_one_moment():
                assert READS["check"](reader) == before["check"]
            assert READS["check"](reader) == before["check"]
        assert READS["check"](reader) != before["check"]


def test_after_one_moment_every_read_is_of_a_moment_of_its_own_again(
    company: Database,
    interrupt: Callable[[int, Callable[[], None]], None],
) -> None:
    with company.reader() as reader, company.reader() as other:
        with reader.at_one_moment():
            pass
        before = READS["check"](other)
        interrupt(1, lambda: overturn(company))
        assert READS["check"](reader) == before


def test_within_one_moment_lists_may_be_read_side_by_side(company: Database) -> None:
    with company.reader() as reader, reader.at_one_moment():
        first, second = (reader.facts_of_candidates(KEY) for _ in "ab")
        assert next(first) == next(second)
        first.close()
        assert [one.user.email for one in second] == [USER]
        assert READS["check"](reader).user.email == USER


def test_a_reader_that_was_left_in_the_middle_is_as_good_as_new(company: Database) -> None:
    with company.reader() as reader:
        with pytest.raises(ZeroDivisionError), reader.at_one_moment():
            next(reader.facts_of_candidates(KEY))
            raise ZeroDivisionError
        set_flags(company, INTENT, "ops", {KEY: False})
        assert not decide(reader.permission_facts(USER, KEY), KEY, now=NOW).allowed


def test_a_file_that_was_written_without_a_lock_is_noticed_at_the_end_of_each_read(
    company: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company.reader() as reader, reader.at_one_moment():
        monkeypatch.setattr(Connection, "require_unchanged", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            READS["check"](reader)
        monkeypatch.undo()


def test_within_a_session_that_reads_one_moment_is_that_of_the_session(company: Database) -> None:
    with company.reader() as other:
        before = READS["check"](other)
    with read_session(company) as session:
        reader = reader_of(session)
        with reader.at_one_moment():
            assert {name: read(reader) for name, read in READS.items() if name != "check"}
            overturn(company)
            assert READS["check"](reader) == before
        with reader.at_one_moment():
            assert READS["check"](reader) == before


def test_within_a_session_that_changes_one_moment_sees_and_keeps_what_it_changed(
    company: Database,
) -> None:
    def work(session: Session) -> None:
        session.exec(delete(MembershipRow))
        reader = reader_of(session)
        with reader.at_one_moment():
            candidates = [one.user.email for one in reader.facts_of_candidates(KEY)]
            assert candidates == ["ada@example.com"]  # the admin
            assert READS["check"](reader).memberships == ()
        session.exec(delete(GroupPermissionRow))

    change(company, work, dry_run=False)
    with company.reader() as reader:
        assert READS["check"](reader).memberships == ()
        assert READS["check"](reader).flags == {}
