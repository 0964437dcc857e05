"""Whatever JSON a database holds: no crash, every promise kept, and Open WebUI's answers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interop.any_json import SCALARS, TREES, VALUES, RaisedError, storable, unhurried
from tests.interop.facts_of import facts_of
from tests.interop.sources import ADA, STAFF, answers, check_invariants, make, read

from grantctl.evaluation.evaluator import has_permission

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BUILT_IN = answers("0.12.4")["permissions"]["built_in_default"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Ada in two groups; the tests change what is stored in it."""
    return make(
        tmp_path / "webui.db",
        "0.12.4",
        revision="0bd252b206fb",
        groups=[STAFF, {**STAFF, "id": "other"}],
        members=[("staff", "ada"), ("other", "ada")],
        stored={},
    )


def store(path: Path, trees: Sequence[object], stored: object) -> None:
    """Put the trees into the groups and the stored defaults."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for name, tree in zip(("staff", "other"), trees, strict=True):
            connection.execute(
                'UPDATE "group" SET permissions = ? WHERE id = ?', [json.dumps(tree), name]
            )
        connection.execute("UPDATE config SET value = ?", [json.dumps(stored)])
    connection.close()


@unhurried
@given(first=VALUES | TREES, second=VALUES | TREES, stored=VALUES | TREES)
def test_any_json_as_permissions_keeps_the_promises_of_a_directory(
    path: Path, first: object, second: object, stored: object
) -> None:
    store(path, [first, second], stored)
    check_invariants(read(path))


def walk(tree: object, key: str) -> bool:
    """The rule of the reference, as its stored answers' description puts it."""
    for part in key.split("."):
        if not isinstance(tree, (dict, list, str)):
            raise RaisedError
        if part not in tree:
            return False
        if not isinstance(tree, dict):
            raise RaisedError
        tree = tree[part]
    return bool(tree)


def filled(tree: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(tree)
    for name, value in default.items():
        own = result.setdefault(name, value)
        if isinstance(own, dict) and isinstance(value, dict):
            result[name] = filled(own, value)
    return result


@unhurried
@given(first=TREES, second=TREES | st.none(), stored=TREES | st.none())
def test_any_trees_give_the_answers_of_the_reference_where_it_gives_one(
    path: Path, first: Any, second: Any, stored: Any
) -> None:
    store(path, [first, second], stored)
    directory = read(path)
    facts = facts_of(directory)[str(ADA["id"])]
    default = filled(stored or {}, BUILT_IN)
    for key in directory.defaults:
        try:
            trees = (first, second or {}, default)
            reference = any(walk(tree, key) for tree in trees)
        except RaisedError:
            continue
        assert has_permission(facts, key, now=NOW, ignore_role=True) is reference, key


@unhurried
@given(
    rows=st.lists(
        st.tuples(
            *[SCALARS.filter(lambda one: not isinstance(one, int) or abs(one) < 2**63)] * 5,
        ),
        max_size=4,
    )
)
def test_any_values_in_the_columns_of_users_and_groups_keep_the_promises(
    path: Path, rows: list[tuple[object, ...]]
) -> None:
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table in ("user", "auth", "group", "group_member"):
            connection.execute(f'DELETE FROM "{table}"')
        for row in rows:
            one, two, three, four, five = (storable(value) for value in row)
            connection.execute(
                "INSERT INTO user (id, name, email, role, created_at) VALUES"
                " (CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)",
                [one, two, three, four, five],
            )
            connection.execute(
                "INSERT INTO auth (id, password, active) VALUES (CAST(? AS TEXT), ?, ?)",
                [one, two, three],
            )
            connection.execute(
                'INSERT INTO "group" (id, name, description, parent_group_id, created_at)'
                " VALUES (?, ?, CAST(? AS TEXT), ?, ?)",
                [two, three, four, one, five],
            )
            connection.execute(
                "INSERT INTO group_member (group_id, user_id, created_at)"
                " VALUES (?, CAST(? AS TEXT), ?)",
                [two, one, five],
            )
    connection.close()
    check_invariants(read(path))
