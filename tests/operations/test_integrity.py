"""Every finding of `db check`, provoked past grantctl."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from grantctl.operations.attaching import find_database
from grantctl.operations.demonstration import make_organisation
from grantctl.operations.integrity import IntegrityFinding, check_database
from grantctl.store.database import Database
from grantctl.store.url import SQLITE, file_url
from tests.contract.damage import OPEN_WEBUI
from tests.contract.resource_worlds import rich_resource_world
from tests.databases import prepared

WRITTEN_PAST = "it was written past grantctl: restore or import again"
Sql = Callable[..., None]


@prepared
def organisation(database: Database) -> None:
    """A small organisation, in which nothing is wrong."""
    make_organisation(database.url)


@pytest.fixture
def sql(organisation: Database) -> Sql:
    """Run statements to which no foreign key objects."""

    def run(*statements: str) -> None:
        url = organisation.url
        if url.engine == SQLITE:
            assert url.path is not None
            with sqlite3.connect(url.path) as connection:
                connection.execute("PRAGMA foreign_keys=OFF")
                for statement in statements:
                    connection.execute(statement)
            connection.close()
            return
        with psycopg.connect(url.dsn) as server:
            server.execute("SET session_replication_role = replica")
            for statement in statements:
                server.execute(statement)

    return run


def pk(organisation: Database, email: str) -> int:
    with organisation.reader() as reader:
        return reader.find_user(email).pk


def test_nothing_is_wrong_in_a_sound_database(organisation: Database) -> None:
    assert check_database(organisation) == []


def test_nothing_is_wrong_in_an_empty_database(database: Database) -> None:
    assert check_database(database) == []


def test_memberships_and_flags_of_what_is_gone_are_found(organisation: Database, sql: Sql) -> None:
    bob = pk(organisation, "bob@example.com")
    sql(
        "DELETE FROM users WHERE email = 'bob@example.com'",
        "DELETE FROM permissions WHERE key = 'sharing.public_knowledge'",
        "DELETE FROM groups WHERE name = 'interns'",
    )
    found = check_database(organisation)
    memberships = [one for one in found if one.code == "orphan_membership"]
    flags = [one for one in found if one.code == "orphan_flag"]
    assert [*memberships, *flags] == found
    assert len(memberships) == 2
    assert f"user {bob}, group " in " ".join(one.object for one in memberships)
    assert {one.message for one in memberships} == {"a membership without user or group"}
    assert len(flags) == 3
    assert {one.message for one in flags} == {"a group's flag without group or permission"}
    assert {one.hint for one in found} == {WRITTEN_PAST}


def test_a_parent_that_is_gone_is_found(organisation: Database, sql: Sql) -> None:
    sql("UPDATE groups SET parent_pk = 4711 WHERE name = 'support'")
    assert check_database(organisation) == [
        IntegrityFinding(
            "orphan_parent", "support", "a group whose parent does not exist", WRITTEN_PAST
        )
    ]


def test_a_gate_that_is_no_permission_is_found(organisation: Database, sql: Sql) -> None:
    sql("UPDATE permissions SET gated_by = 'chat.the gate' WHERE key = 'chat.valves'")
    assert check_database(organisation) == [
        IntegrityFinding(
            "unknown_gate",
            "chat.valves",
            "it is gated by `chat.the gate`, which is no permission",
            "grantctl permissions define 'chat.the gate'",
        )
    ]


@pytest.mark.parametrize(
    ("key", "problem", "hint"),
    [
        ("chat..odd", "a part between the dots is empty", "chat..odd"),
        ("chat.controls.more", "`chat.controls` is a permission too", "chat.controls.more"),
        ("it''s. odd", "a part begins or ends with a space", "'it'\"'\"'s. odd'"),
        ("a.__class__", "`__class__` is a reserved name", "a.__class__"),
    ],
)
def test_a_key_that_could_not_be_made_is_found(
    key: str, problem: str, hint: str, organisation: Database, sql: Sql
) -> None:
    sql(
        "INSERT INTO permissions (key, default_allowed, description, restricts) "
        f"VALUES ('{key}', false, '', false)"
    )
    assert check_database(organisation) == [
        IntegrityFinding(
            "unsound_key",
            key.replace("''", "'"),
            problem,
            f"grantctl permissions undefine {hint}",
        )
    ]


def test_every_cycle_of_groups_is_found_once(organisation: Database, sql: Sql) -> None:
    parent = "UPDATE groups SET parent_pk = (SELECT pk FROM groups WHERE name = '{}') {}"
    sql(
        parent.format("interns", "WHERE name = 'staff'"),
        parent.format("support", "WHERE name = 'support'"),
    )
    with organisation.reader() as reader:
        ids = {name: reader.find_group(name).id for name in ("staff", "support")}
    assert check_database(organisation) == [
        IntegrityFinding(
            "group_cycle",
            "staff",
            "its parents form a cycle: staff → interns → engineering → staff",
            f"grantctl groups move {ids['staff']} --root",
        ),
        IntegrityFinding(
            "group_cycle",
            "support",
            "its parents form a cycle: support → support",
            f"grantctl groups move {ids['support']} --root",
        ),
    ]


RESOURCE_FINDINGS = {
    "missing_owner": [
        ("tool:a:b c", "its owner `u-gone` does not exist", "set-owner 'tool:a:b c' USER")
    ],
    "dangling_grant": [
        (
            "tool:calculator",
            "2 grants name a user or group that does not exist",
            "revoke tool:calculator --dangling",
        )
    ],
    "missing_base": [
        (
            "model:gone",
            "it does not exist, and `model:lost` is made of it: only admins may read what is",
            "create model:gone, or: grantctl resources update model:lost --no-base",
        )
    ],
    "base_cycle": [
        (
            "model:round",
            "its bases form a cycle: model:round → model:about → model:round",
            "update model:round --no-base",
        )
    ],
}


def test_owners_grants_and_bases_that_lead_nowhere_are_found(database: Database) -> None:
    world = rich_resource_world()
    world.write(database)
    found = [one for one in check_database(database) if one.code in RESOURCE_FINDINGS]
    assert found == [
        IntegrityFinding(code, name, message, f"grantctl resources {hint}")
        for code, findings in RESOURCE_FINDINGS.items()
        for name, message, hint in findings
    ]


def test_grants_and_resources_of_what_is_gone_are_found(organisation: Database, sql: Sql) -> None:
    bob = pk(organisation, "bob@example.com")
    columns = "pk, type, id, name, is_public, owner_pk, base_pk, created_at, updated_at"
    sql(
        f"INSERT INTO resources ({columns}) VALUES"
        f" (101, 'tool', 'of-bob', '', false, {bob}, NULL, 1, 1),"
        " (102, 'tool', 'of-none', '', true, NULL, 199, 1, 1)",
        "INSERT INTO access_grants (resource_pk, action, principal_type, user_pk) VALUES"
        f" (101, 'read', 'user', {bob}), (177, 'read', 'user', {bob})",
        "INSERT INTO access_grants (resource_pk, action, principal_type) VALUES"
        " (102, 'read', 'everyone')",
        "DELETE FROM memberships",
        f"DELETE FROM users WHERE pk = {bob}",
    )
    assert check_database(organisation) == [
        IntegrityFinding(code, name, message, WRITTEN_PAST)
        for code, name, message in (
            (
                "orphan_grant",
                f"resource 101, user {bob}",
                "an access grant without resource, user or group",
            ),
            (
                "orphan_grant",
                f"resource 177, user {bob}",
                "an access grant without resource, user or group",
            ),
            ("orphan_resource", "tool:of-bob", "its owner or its base does not exist"),
            ("orphan_resource", "tool:of-none", "its owner or its base does not exist"),
            ("public_with_grants", "tool:of-none", "it is public, and has grants as well"),
        )
    ]


def test_a_database_without_admin_is_found(organisation: Database, sql: Sql) -> None:
    sql("UPDATE users SET role = 'user' WHERE role = 'admin'")
    assert check_database(organisation) == [
        IntegrityFinding(
            "no_admin",
            "users",
            "none of 5 users is admin",
            "grantctl users set-role USER admin",
        )
    ]


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE users SET role = 'owner'", "CHECK constraint failed in users"),
        (
            "UPDATE sqlite_master SET sql = replace(sql, '(name)', '(description)') "
            "WHERE name = 'ix_groups_name'",
            "row 1 missing from index ix_groups_name",
        ),
    ],
)
def test_damage_is_all_that_is_told_of_a_damaged_file(
    statement: str, message: str, organisation: Database
) -> None:
    assert organisation.url.path is not None
    with sqlite3.connect(organisation.url.path) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE groups SET parent_pk = pk")
        connection.execute(statement)
    connection.close()
    found = check_database(organisation)
    assert {one.code for one in found} == {"damaged"}
    assert message in [one.message for one in found]
    assert {(one.object, one.hint) for one in found} == {
        ("database", "restore the file from a copy")
    }


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_long_chain_of_parents_is_walked_once(organisation: Database, sql: Sql) -> None:
    rows = ", ".join(
        f"({number}, 'g{number}', 'g{number}', '', {number - 1 if number > 1000 else 'NULL'}, 1, 1)"
        for number in range(1000, 6000)
    )
    columns = "pk, id, name, description, parent_pk, created_at, updated_at"
    sql(f"INSERT INTO groups ({columns}) VALUES {rows}")
    assert check_database(organisation) == []


def test_an_attached_database_is_checked_as_it_would_be_imported(tmp_path: Path) -> None:
    attached = find_database(f"openwebui+{file_url(str(OPEN_WEBUI))}")
    found = check_database(attached)
    assert {one.code for one in found} == {"missing_owner", "dangling_grant", "missing_base"}
    assert [one.message for one in found if one.code == "missing_base"] == [
        "it does not exist, and 55 resources, e.g. `model:model-00`, are made of it: "
        "only admins may read what is"
    ]
    assert list(tmp_path.iterdir()) == []
