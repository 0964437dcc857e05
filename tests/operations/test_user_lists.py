"""Lists of users: pages, filters, and a search that takes nothing for a wildcard."""

from __future__ import annotations

import pytest

from grantctl.errors import InvalidError, NotFoundError, UsageError
from grantctl.model import Role
from grantctl.operations.groups import create_group
from grantctl.operations.memberships import add_members
from grantctl.operations.pages import PageRequest
from grantctl.operations.users import create_user, list_users
from grantctl.store.database import Database
from tests.operations.directories import ALL, INTENT, add_user, labels


def test_users_are_listed_in_pages_that_meet_without_gap_or_overlap(database: Database) -> None:
    names = [f"user{number}" for number in range(7)]
    emails = [add_user(database, name) for name in names]
    first = list_users(database, PageRequest(3))
    second = list_users(database, PageRequest(3, first.next_cursor))
    last = list_users(database, PageRequest(3, second.next_cursor))
    pages = [first, second, last]
    assert [user.email for page in pages for user in page.items] == emails
    assert [len(page.items) for page in pages] == [3, 3, 1]
    assert last.next_cursor is None


def test_a_page_that_is_just_full_has_none_after_it(database: Database) -> None:
    add_user(database, "ada")
    assert list_users(database, PageRequest(1)).next_cursor is None


def test_a_cursor_that_is_none_is_refused(database: Database) -> None:
    for cursor in ("", "-1", "x", "1.0", "٣", "9" * 30):
        with pytest.raises(UsageError, match="is no cursor"):
            list_users(database, PageRequest(3, cursor))


def test_users_are_found_by_role_group_and_text_together(database: Database) -> None:
    for name, role in (("ada", Role.ADMIN), ("adam", Role.USER), ("bob", Role.USER)):
        add_user(database, name, role)
    create_group(database, INTENT, name="staff")
    add_members(database, INTENT, "staff", ["ada@example.com", "bob@example.com"])
    assert labels(database, role=Role.USER) == ["adam@example.com", "bob@example.com"]
    assert labels(database, group="staff") == ["ada@example.com", "bob@example.com"]
    assert labels(database, text="ADA") == ["ada@example.com", "adam@example.com"]
    both = list_users(database, ALL, role=Role.USER, group="staff", text="o")
    assert [user.label for user in both.items] == ["bob@example.com"]
    with pytest.raises(NotFoundError):
        labels(database, group="nobody's")


def test_wildcards_are_plain_text_and_letter_case_is_none_in_a_search(database: Database) -> None:
    for email, name in (
        ("ab@example.com", "plain"),
        ("a_b@example.com", "plain"),
        ("100%@example.com", "plain"),
        ("slash@example.com", "a\\b/c"),
        ("asa@example.com", "Åsa Åström ÿves"),
    ):
        create_user(database, INTENT, email=email, name=name)
    found = {
        "%": ["100%@example.com"],
        "_": ["a_b@example.com"],
        "\\": ["slash@example.com"],
        "/": ["slash@example.com"],
        "'; DROP TABLE users; --": [],
        "A_B@": ["a_b@example.com"],
        "ab@EXAMPLE": ["ab@example.com"],
        "ÅSA": ["asa@example.com"],
        "åsa ÅS": ["asa@example.com"],
        "ŸVES": ["asa@example.com"],
    }
    assert {text: labels(database, text=text) for text in found} == found


def test_a_text_that_no_database_holds_is_refused(database: Database) -> None:
    for text in ("", " ", "a\0b", "\udcff", "x" * 1_000_000, "\x1b[31m"):
        with pytest.raises(InvalidError):
            labels(database, text=text)
