"""The bases that an import names: no circle among them, and each joined with what exists.

Owns both. Leaves the rows themselves to `resource_taking`.
"""

from __future__ import annotations

from collections.abc import Mapping

from grantctl.errors import GuardError
from grantctl.interop.plain_resources import Ref
from grantctl.model import ResourceRef
from grantctl.store import resource_transfer_queries as queries
from grantctl.store.connection import Connection
from grantctl.store.resource_lookups import ResourceLookups

Bases = dict[ResourceRef, ResourceRef]


def require_no_cycle(
    lookups: ResourceLookups,
    places: Mapping[Ref, str],
    bases: Mapping[ResourceRef, ResourceRef],
) -> None:
    """Raise GuardError where the bases of a file, with those that are here, lead in a circle.

    `places` holds every resource of the file, `bases` those of them that have one. Every circle
    that an import can make goes through a resource of its file.
    """
    edges = dict(bases)
    pending = {base for base in bases.values() if (base.type, base.id) not in places}
    seen: set[ResourceRef] = set()
    while pending:
        seen |= pending
        found = {ref: one.base for ref, one in lookups.resources(pending).items()}
        edges.update((ref, base) for ref, base in found.items() if base is not None)
        pending = {
            base
            for base in found.values()
            if base is not None and (base.type, base.id) not in places and base not in seen
        }
    cycle = find_cycle(edges, bases)
    if cycle:
        around = " -> ".join(f"`{ref}`" for ref in (*cycle, cycle[0]))
        named = ((ref.type, ref.id) for ref in cycle)
        place = next(places[ref] for ref in named if ref in places)
        raise GuardError(
            f"{place}: the bases lead in a circle: {around}",
            hint="a base may not be made of what is made of it",
        )


def find_cycle(edges: Bases, starts: Mapping[ResourceRef, object]) -> list[ResourceRef]:
    """The first circle that leads on from the starts, beginning where it is entered."""
    settled: set[ResourceRef] = set()
    for start in starts:
        path: dict[ResourceRef, int] = {}
        at: ResourceRef | None = start
        while at is not None and at not in settled:
            if at in path:
                return list(path)[path[at] :]
            path[at] = len(path)
            at = edges.get(at)
        settled.update(path)
    return []


def resolve_bases(connection: Connection, lookups: ResourceLookups) -> None:
    """Join every base that is named but not joined with its resource, where that exists."""
    missing = {str(text) for (text,) in connection.rows(queries.MISSING_BASES)}
    named = {text: ResourceRef(*text.split(":", 1)) for text in missing if ":" in text}
    found = lookups.resources(named.values())
    connection.run_many(
        queries.RESOLVE_BASE,
        [
            {"missing_base": text, "pk": found[ref].pk}
            for text, ref in sorted(named.items())
            if ref in found
        ],
    )
