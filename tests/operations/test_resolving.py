"""Many users at once are found as one is."""

from __future__ import annotations

import pytest
from sqlmodel import Session, insert

from grantctl.errors import AmbiguousError, NotFoundError
from grantctl.operations.resolving import find_users
from grantctl.store.database import Database
from grantctl.store.session import change, read_session
from grantctl.store.tables import UserRow
from tests.databases import prepared
from tests.operations.group_examples import NOW

USERS = (
    # id, e-mail, name: each of the three names someone else, too
    ("ada", "ada@example.com", "bob@example.com"),
    ("bob@example.com", "cyd@example.com", "Ada"),
    ("id-3", "bob@example.com", "ada"),
    ("id-4", "é@example.com", "twin"),
    ("id-5", None, "twin"),
    ("id-6", None, " spaced "),
    ("id-7", "%", "_"),
)
REFERENCES = (
    *("ada", "Ada", "ADA", "ada@example.com", " ADA@Example.com ", "bob@example.com"),
    *("BOB@example.com", "id-3", "e\u0301@EXAMPLE.com", "É@example.com", "twin", "id-5"),
    *(" spaced ", "spaced", "%", "_", "", " ", "nobody", "a\0", "\ud800", "x" * 10_000, "-"),
)


@prepared
def directory(database: Database) -> None:
    """A database whose users' ids, e-mails and names overlap."""

    def seed(session: Session) -> None:
        rows = [
            {
                "id": id,
                "email": email,
                "name": name,
                "role": "user",
                "created_at": NOW,
                "updated_at": NOW,
            }
            for id, email, name in USERS
        ]
        session.exec(insert(UserRow), params=rows)

    change(database, seed, dry_run=False)


def outcome_of(find: object) -> object:
    assert callable(find)
    try:
        return find()
    except (NotFoundError, AmbiguousError) as error:
        return type(error), error.message, error.hint


@pytest.mark.parametrize("reference", REFERENCES)
def test_one_of_many_is_found_as_a_single_user_is(directory: Database, reference: str) -> None:
    with read_session(directory) as session, directory.reader() as reader:
        many = outcome_of(lambda: find_users(session, [reference])[0])
        assert many == outcome_of(lambda: reader.find_user(reference))


def test_many_are_found_in_their_order_each_once(directory: Database) -> None:
    with read_session(directory) as session:
        found = find_users(session, ["id-3", "ada", "BOB@example.com", "id-4", "é@example.com"])
    assert [user.id for user in found] == ["id-3", "ada", "id-4"]


def test_nobody_asked_for_is_nobody_found(directory: Database) -> None:
    with read_session(directory) as session:
        assert find_users(session, []) == []
