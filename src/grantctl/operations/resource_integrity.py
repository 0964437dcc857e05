"""What is wrong with resources: owners, bases and grants that lead nowhere, bases in a circle.

Owns these findings of `db check`. Mends nothing; each finding names the command that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from grantctl.operations.integrity_findings import WRITTEN_PAST, IntegrityFinding, find_cycles
from grantctl.store import integrity_queries as queries
from grantctl.store.connection import Connection


def resource_findings(connection: Connection) -> Iterator[IntegrityFinding]:
    """Everything that is wrong with resources, in a fixed order. Raises DatabaseError."""
    for code, query, message in (
        ("orphan_grant", queries.ORPHAN_GRANTS, "an access grant without resource, user or group"),
        ("orphan_resource", queries.ORPHAN_RESOURCES, "its owner or its base does not exist"),
        ("public_with_grants", queries.PUBLIC_WITH_GRANTS, "it is public, and has grants as well"),
    ):
        for (name,) in connection.rows(query):
            yield IntegrityFinding(code, str(name), message, WRITTEN_PAST)
    yield from _leading_nowhere(connection)
    yield from _base_cycles(connection)


def _leading_nowhere(connection: Connection) -> Iterator[IntegrityFinding]:
    """What an import brought that the source itself had no end for."""
    for ref, owner in connection.rows(queries.MISSING_OWNERS):
        yield IntegrityFinding(
            "missing_owner",
            str(ref),
            f"its owner `{owner}` does not exist",
            f"grantctl resources set-owner {quote(ref)} USER",
        )
    for ref, count in connection.rows(queries.DANGLING_GRANTS):
        what = "1 grant names" if count == 1 else f"{count} grants name"
        yield IntegrityFinding(
            "dangling_grant",
            str(ref),
            f"{what} a user or group that does not exist",
            f"grantctl resources revoke {quote(ref)} --dangling",
        )
    for base, count, ref in connection.rows(queries.MISSING_BASES):
        made = f"`{ref}` is" if count == 1 else f"{count} resources, e.g. `{ref}`, are"
        yield IntegrityFinding(
            "missing_base",
            str(base),
            f"it does not exist, and {made} made of it: only admins may read what is",
            f"grantctl resources create {quote(base)}, or: "
            f"grantctl resources update {quote(ref)} --no-base",
        )


def _base_cycles(connection: Connection) -> Iterator[IntegrityFinding]:
    rows = connection.rows(queries.BASES)
    names = {pk: str(ref) for pk, ref, _ in rows}
    for cycle in find_cycles({pk: base for pk, _, base in rows}):
        way = " → ".join(names[pk] for pk in [*cycle, cycle[0]])
        yield IntegrityFinding(
            "base_cycle",
            names[cycle[0]],
            f"its bases form a cycle: {way}",
            f"grantctl resources update {quote(names[cycle[0]])} --no-base",
        )
