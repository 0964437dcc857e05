"""What advice reads: by indexes, and only what counts now."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grantctl.model import parse_resource
from grantctl.store import fix_queries
from grantctl.store.connection import open_reading
from grantctl.store.database import Database
from grantctl.store.url import parse_url
from tests.contract.resource_worlds import rich_resource_world
from tests.databases import prepared

STATEMENTS = {
    "GIVING": fix_queries.GIVING,
    "RANKED": fix_queries.RANKED_SQLITE,
    "SMALLEST": fix_queries.SMALLEST_SQLITE,
    "FLAGS": fix_queries.FLAGS_SQLITE,
    "WAITING": fix_queries.WAITING,
    "OTHER_ADMINS": fix_queries.OTHER_ADMINS,
}
VALUES = {
    "groups": "[1]",
    "user": 1,
    "now": 0,
    "limit": 1,
    "missing": "model:x",
    "key": "a",
    "prefix": "a.",
    "length": 2,
}
LARGE = re.compile(r"SCAN (f|g|group_permissions|groups|memberships|users|resources)\b")


@prepared
def rich(database: Database) -> None:
    """A directory in which every rule occurs."""
    rich_resource_world().write(database)


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_table_that_grows_is_read_from_end_to_end(name: str, sqlite_template: Path) -> None:
    connection = open_reading(parse_url(f"sqlite:///{sqlite_template}"))
    used = {one: value for one, value in VALUES.items() if f":{one}" in STATEMENTS[name]}
    lines = [
        str(row[-1]) for row in connection.rows("EXPLAIN QUERY PLAN " + STATEMENTS[name], used)
    ]
    connection.close()
    assert [line for line in lines if LARGE.search(line)] == [], "\n".join(lines)


def test_groups_that_give_least_come_first_whatever_has_expired_counts_for_nothing(
    rich: Database,
) -> None:
    now = datetime.now(UTC)
    with rich.reader() as reader:
        user = reader.find_user("u-2")  # in `ops` until a moment that is past, and in `editors`
        ranked = reader.fixes.ranked(user, [8, 6, 4, 2], now=now, limit=3)
        assert ranked == [8, 4, 2]  # 1 flag each, by name: ``, `editors`, `it` by `company`
        assert reader.fixes.ranked(user, [6], now=now, limit=3) == [6]
        assert reader.fixes.giving("b") == {5: {"b.x"}, 6: {"b.%_"}}
        assert reader.fixes.giving("a.x") == {1: {"a.x"}}
        assert reader.fixes.flags([2, 8]) == {
            (2, "a.x"): False,
            (2, "a.y"): False,
            (8, "a.deep.x"): True,
        }
        assert reader.fixes.flags([]) == {}
        # 4: u-2 and u-6; 8: u-5; 1: u-2 in `ops` and u-4 in `it`, both below; 5 and 6: a circle.
        assert reader.fixes.smallest([1, 4, 5, 8], limit=9) == [5, 8, 1, 4]
        assert reader.fixes.smallest([1, 4, 5, 8], limit=1) == [5]
        assert len(reader.fixes.waiting_for(parse_resource("model:gone"))) == 1
        assert reader.fixes.is_last_admin(reader.find_user("u-1"))
        assert not reader.fixes.is_last_admin(user)
