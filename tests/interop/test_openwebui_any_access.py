"""Whatever a database holds as access control: no crash, every promise kept, the same answers."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interop.access_facts_of import world_of
from tests.interop.any_json import NAMES, SCALARS, VALUES, RaisedError, storable, unhurried
from tests.interop.sources import STAFF, check_invariants, make, read

from grantctl.evaluation.access import has_access
from grantctl.model import ResourceRef

NOW = datetime(2026, 1, 1, tzinfo=UTC)

IDS = st.sampled_from(["ada", "staff", "other", "*", "", "gone"]) | st.text(max_size=5)
LISTS = st.lists(IDS | SCALARS, max_size=4) | st.dictionaries(IDS, SCALARS, max_size=2) | SCALARS
ACTIONS = st.sampled_from(["read", "write", "READ", "admin"]) | NAMES
CONTROLS = st.dictionaries(
    ACTIONS,
    st.dictionaries(st.sampled_from(["user_ids", "group_ids", "users"]), LISTS, max_size=3)
    | VALUES,
    max_size=3,
)


@pytest.fixture
def controlled(tmp_path: Path) -> Path:
    """Ada in two groups, and a model; the tests change its access control."""
    return make(
        tmp_path / "controlled.db",
        "0.6.43",
        groups=[STAFF, {**STAFF, "id": "other"}],
        members=[("staff", "ada"), ("other", "ada")],
        resources={"model": [{"id": "m", "created_at": 7}]},
    )


@pytest.fixture
def granted(tmp_path: Path) -> Path:
    """Ada and Staff; the tests change what there is besides."""
    return make(tmp_path / "granted.db", "0.12.4", groups=[STAFF])


def control(path: Path, value: object) -> None:
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("UPDATE model SET access_control = ?", [json.dumps(value)])
    connection.close()


@unhurried
@given(value=VALUES | CONTROLS)
def test_any_json_as_access_control_keeps_the_promises_of_a_directory(
    controlled: Path, value: object
) -> None:
    control(controlled, value)
    check_invariants(read(controlled))


def allows(value: Any, action: str) -> bool:
    """The rule of the reference, as its stored answers' description puts it, for Ada."""
    if value is None:
        return action == "read"
    try:
        lists = value.get(action, {})
        ids, groups = lists.get("user_ids", []), lists.get("group_ids", [])
        if isinstance(ids, str) or isinstance(groups, str):
            raise RaisedError  # a substring test, which we do not make
        return "ada" in ids or "staff" in groups or "other" in groups
    except (AttributeError, TypeError):
        raise RaisedError from None


@unhurried
@given(value=VALUES | CONTROLS)
def test_any_access_control_gives_the_answer_of_the_reference_where_it_gives_one(
    controlled: Path, value: object
) -> None:
    control(controlled, value)
    world = world_of(read(controlled))
    facts = world.facts("ada", ResourceRef("model", "m"))
    for action in ("read", "write", "admin"):
        try:
            reference = allows(value, action)
        except RaisedError:
            continue
        assert has_access(facts, action, now=NOW, ignore_role=True) is reference, action


@unhurried
@given(
    rows=st.lists(
        st.tuples(
            *[SCALARS.filter(lambda one: not isinstance(one, int) or abs(one) < 2**63)] * 4,
        ),
        max_size=4,
    ),
    principal_type=st.sampled_from(["user", "group", "anyone", "", "USER"]),
    principal=IDS,
    action=ACTIONS,
)
def test_any_values_in_the_columns_of_resources_and_grants_keep_the_promises(
    granted: Path,
    rows: list[tuple[object, ...]],
    principal_type: str,
    principal: str,
    action: str,
) -> None:
    with sqlite3.connect(granted, isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table in ("model", "access_grant"):
            connection.execute(f"DELETE FROM {table}")
        for row in rows:
            one, two, three, four = (storable(value) for value in row)
            connection.execute(
                "INSERT INTO model (id, user_id, name, base_model_id, created_at) VALUES"
                " (CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?)",
                [one, two, three, four, two],
            )
            for who in (storable(principal), two):
                connection.execute(
                    "INSERT INTO access_grant (resource_type, resource_id, principal_type,"
                    " principal_id, permission) VALUES"
                    " ('model', CAST(? AS TEXT), ?, CAST(? AS TEXT), CAST(? AS TEXT))",
                    [one, principal_type, who, storable(action)],
                )
    connection.close()
    check_invariants(read(granted))
