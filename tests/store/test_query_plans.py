"""What the planners make of the decision path's statements, on a directory with statistics.

Of a thousand users in a hundred groups (`generated`): small, so that a planner that has to be
talked into using an index would rather read a table from end to end.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from grantctl.store import (
    queries,
    quick_queries,
    resource_list_queries,
    resource_queries,
    token_queries,
)
from grantctl.store.connection import Connection, open_reading
from grantctl.store.url import SQLITE, parse_url
from tests.store.generated import fill

VALUES: dict[str, Any] = {
    "user": 1,
    "reference": "user-1",
    "user_id": "user-1",
    "email": "user1@example.com",
    "key": "chat.controls",
    "gate": "chat.controls",
    "first": "chat.controls.",
    "beyond": "chat.controls/",
    "prefix": "chat.",
    "length": 5,
    "now": 1,
    "group": 1,
    "resource": 1,
    "deepest": 5,
    "type": "model",
    "id": "r-1",
    "action": "read",
    "policy": "access.admin_bypass",
    "token": "none",
    "key_hash": "none",
    "kid": "none",
    "most": 10,
    "read": "read",
    "write": "write",
}
DECISIONS = {
    queries: (
        "USER_BY_REFERENCE",
        "PERMISSION_WITH_GATE",
        "HELD_GROUPS",
        "HELD_FLAGS_OF_TWO",
        "HELD_FLAGS",
    ),
    resource_queries: ("RESOURCE_PK", "CHAIN", "GRANTS_OF_CHAIN", "POLICY"),
    token_queries: ("FOUND_BY_ID", "FOUND_BY_KEY_HASH", "HOLDER_BY_ID", "SIGNING_KEY"),
    quick_queries: (
        "MEMBER_BY_ID",
        "MEMBER_BY_EMAIL",
        "PERSON_BY_ID",
        "PERSON_BY_EMAIL",
        "MEMBERS_BY_IDS",
        "GROUPS_OF_USERS",
        "GROUP",
        "FLAGS_OF_GROUP",
        "FLAGS_OF_LEAF",
        "CHILDREN",
    ),
}
ON_POSTGRES = (pytest.param((None, quick_queries.ONE_VERDICT), id="ONE_VERDICT"),)
STATEMENTS = [
    pytest.param(getattr(module, name), id=name)
    for module, names in DECISIONS.items()
    for name in names
] + list(ON_POSTGRES)
Statement = str | tuple[str | None, str]
QUICK = {
    one
    for value in vars(quick_queries).values()
    for one in (value if isinstance(value, tuple) else (value,))
    if isinstance(one, str)
}
LARGE = "users|memberships|access_grants|resources|tokens"
# SQLite names a table by its alias; `o` and `n` are none of ours.
SCANNED = re.compile(r"^SCAN (u|m|a|f|r|t|c|b|users|memberships|access_grants|tokens)\b")
SEQ_SCANNED = re.compile(rf"Seq Scan on ({LARGE})\b")
SELF_MADE = re.compile("AUTOMATIC|BLOOM")


@pytest.fixture(scope="module")
def filled_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("planned") / "planned.db"
    path.write_bytes(sqlite_template.read_bytes())
    fill(parse_url(f"sqlite:///{path}"))
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def filled_postgres(request: pytest.FixtureRequest) -> Any:
    server = request.getfixturevalue("_postgres")
    with server.fresh(server.template(None)) as url:
        fill(parse_url(url))
        yield url


@pytest.fixture
def filled(engine: str, request: pytest.FixtureRequest) -> Connection:
    """A reading connection to the directory."""
    name = "filled_sqlite" if engine == "sqlite" else "filled_postgres"
    connection = open_reading(parse_url(request.getfixturevalue(name)))
    request.addfinalizer(connection.close)
    return connection


def statement_of(connection: Connection, statement: Statement) -> str:
    """The one for this engine, where there are two."""
    if isinstance(statement, str):
        return statement
    found = statement[0 if connection.engine == SQLITE else 1]
    if found is None:
        pytest.skip("another way leads there on this engine")
    return found


def values_of(connection: Connection, statement: str) -> dict[str, Any]:
    many = [f"user-{one}" for one in range(20)] if "u.id =" in statement else list(range(20))
    if re.search(r"\bid = ANY", statement):
        many = [f"user-{one}" for one in range(20)]
    bound = str(many).replace("'", '"') if is_sqlite(connection) else many
    whole = {**VALUES, **dict.fromkeys(("values", "groups", "candidates"), bound)}
    return {name: whole[name] for name in re.findall(r"(?<!:):(\w+)", statement)}


def is_sqlite(connection: Connection) -> bool:
    return connection.engine == SQLITE


def plan(connection: Connection, statement: str) -> list[str]:
    prefix = "EXPLAIN QUERY PLAN " if is_sqlite(connection) else "EXPLAIN "
    rows = connection.rows(prefix + statement, values_of(connection, statement))
    return [str(row[-1]) for row in rows]


@pytest.mark.parametrize("either", STATEMENTS)
def test_a_decision_reads_no_large_table_from_end_to_end(
    filled: Connection, either: Statement
) -> None:
    statement = statement_of(filled, either)
    if not is_sqlite(filled) and statement not in QUICK:
        filled.run("SET enable_seqscan = off")  # it takes so small a table whole otherwise
    lines = plan(filled, statement)
    pattern = SCANNED if is_sqlite(filled) else SEQ_SCANNED
    assert [line for line in lines if pattern.search(line)] == [], "\n".join(lines)
    assert [line for line in lines if SELF_MADE.search(line)] == [], "\n".join(lines)


@pytest.mark.parametrize("either", STATEMENTS)
def test_it_runs_and_finds_by_an_index(filled: Connection, either: Statement) -> None:
    statement = statement_of(filled, either)
    filled.rows(statement, values_of(filled, statement))
    if not is_sqlite(filled):
        filled.run("SET enable_seqscan = off")  # what is left of a scan has no index at all
    lines = plan(filled, statement)
    assert any("INDEX" in line.upper() or "PRIMARY KEY" in line for line in lines), lines


def test_a_list_of_names_reads_users_once_and_looks_for_the_groups_of_each(
    filled: Connection,
) -> None:
    lines = plan(filled, statement_of(filled, quick_queries.USERS_IN_GROUPS))
    text = "\n".join(lines)
    if is_sqlite(filled):
        assert sum(line.startswith("SCAN u") for line in lines) == 1
        assert "SEARCH m USING PRIMARY KEY (user_pk=?)" in lines, text
    few = plan(filled, statement_of(filled, quick_queries.CANDIDATES_IN_GROUPS))
    assert [line for line in few if line.startswith("SCAN u ")] == [], "\n".join(few)


RESOURCE_LISTS = [
    pytest.param(value, id=name)
    for name, value in vars(resource_list_queries).items()
    if name.isupper()
]


@pytest.mark.parametrize("either", RESOURCE_LISTS)
def test_a_list_of_resources_reads_no_grants_from_end_to_end_and_sorts_only_few(
    filled: Connection, either: Statement
) -> None:
    statement = statement_of(filled, either)
    filled.rows(statement, values_of(filled, statement))
    if not is_sqlite(filled):
        filled.run("SET enable_seqscan = off")
        filled.run("SET enable_bitmapscan = off")
    lines = plan(filled, statement)
    pattern = re.compile("SCAN (a|c|access_grants)$") if is_sqlite(filled) else SEQ_SCANNED
    scanned = [line for line in lines if pattern.search(line) and "on resources" not in line]
    assert scanned == [], "\n".join(lines)
    if "candidates" not in statement and is_sqlite(filled):
        assert [line for line in lines if "TEMP B-TREE FOR ORDER" in line] == [], "\n".join(lines)


def test_the_patterns_know_a_scan(filled: Connection) -> None:
    lines = plan(filled, "SELECT u.pk FROM users AS u WHERE u.password_hash = 'x'")
    pattern = SCANNED if is_sqlite(filled) else SEQ_SCANNED
    assert any(pattern.search(line) for line in lines)
