"""What is wrong in a database: orphans, unknown keys, cycles, no admin.

Owns the order of the findings of `db check`, and those about people and permissions. Leaves
resources to `resource_integrity`. Mends nothing; each finding names the command that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from grantctl.model import Role, key_problem
from grantctl.operations.integrity_findings import WRITTEN_PAST, IntegrityFinding, find_cycles
from grantctl.operations.resource_integrity import resource_findings
from grantctl.store import integrity_queries as queries
from grantctl.store.connection import Connection, open_reading
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from grantctl.store.url import SQLITE

__all__ = ["IntegrityFinding", "check_database"]


def check_database(database: Database) -> list[IntegrityFinding]:
    """Everything that is wrong, in a fixed order. Raises DatabaseError."""
    if database.memory is not None:
        return list(_findings(database.memory))
    connection = open_reading(database.url)
    try:
        Reader(connection).require_revision()
        with connection.reading():
            return list(_findings(connection))
    finally:
        connection.close()


def _findings(connection: Connection) -> Iterator[IntegrityFinding]:
    damage = list(_damage(connection))
    yield from damage
    if damage:  # what else such a file says is not worth telling
        return
    yield from _orphans(connection)
    yield from _unknown_keys(connection)
    yield from _cycles(connection)
    yield from resource_findings(connection)
    yield from _admins(connection)


def _damage(connection: Connection) -> Iterator[IntegrityFinding]:
    if connection.engine != SQLITE:
        return
    for (message,) in connection.rows(queries.INTEGRITY_CHECK):
        if message != "ok":
            yield IntegrityFinding(
                "damaged", "database", str(message), "restore the file from a copy"
            )


def _orphans(connection: Connection) -> Iterator[IntegrityFinding]:
    for code, query, message in (
        ("orphan_membership", queries.ORPHAN_MEMBERSHIPS, "a membership without user or group"),
        ("orphan_flag", queries.ORPHAN_FLAGS, "a group's flag without group or permission"),
        ("orphan_parent", queries.ORPHAN_PARENTS, "a group whose parent does not exist"),
    ):
        for (name,) in connection.rows(query):
            yield IntegrityFinding(code, str(name), message, WRITTEN_PAST)


def _unknown_keys(connection: Connection) -> Iterator[IntegrityFinding]:
    for key, gate in connection.rows(queries.UNKNOWN_GATES):
        yield IntegrityFinding(
            "unknown_gate",
            str(key),
            f"it is gated by `{gate}`, which is no permission",
            f"grantctl permissions define {quote(gate)}",
        )
    keys = [str(key) for (key,) in connection.rows(queries.KEYS)]
    known = set(keys)
    for key in sorted(keys):
        problem = key_problem(key) or next(
            (
                f"`{key[:at]}` is a permission too"
                for at, character in enumerate(key)
                if character == "." and key[:at] in known
            ),
            None,
        )
        if problem:
            yield IntegrityFinding(
                "unsound_key", key, problem, f"grantctl permissions undefine {quote(key)}"
            )


def _cycles(connection: Connection) -> Iterator[IntegrityFinding]:
    groups = {pk: (id_, name, parent) for pk, id_, name, parent in connection.rows(queries.PARENTS)}
    for cycle in find_cycles({pk: parent for pk, (_, _, parent) in groups.items()}):
        names = " → ".join(groups[pk][1] for pk in [*cycle, cycle[0]])
        yield IntegrityFinding(
            "group_cycle",
            groups[cycle[0]][1],
            f"its parents form a cycle: {names}",
            f"grantctl groups move {quote(groups[cycle[0]][0])} --root",
        )


def _admins(connection: Connection) -> Iterator[IntegrityFinding]:
    counts = {role: int(count) for role, count in connection.rows(queries.ROLES)}
    if counts and not counts.get(Role.ADMIN.value):
        yield IntegrityFinding(
            "no_admin",
            "users",
            f"none of {sum(counts.values())} users is admin",
            "grantctl users set-role USER admin",
        )
