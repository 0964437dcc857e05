"""Chains of bases, from rows of resources and of their grants.

Owns the order of a chain and of grants, and where a chain is cut. Leaves which rows are read to
`resource_reader`.
"""

from __future__ import annotations

from grantctl.evaluation.facts import MAX_BASES, AccessGrant, Resource
from grantctl.lean import replace
from grantctl.model import PrincipalType, ResourceRef
from grantctl.store.connection import Row
from grantctl.store.rows import grant_of, resource_of, unsound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Chain = tuple[Resource, ...]


def chain_of(start: int, rows: Iterable[Row], grants: Iterable[Row]) -> Chain:
    """The resource of that pk and its bases in their order, from rows in any."""
    by_pk = {row[0]: row for row in rows}
    by_resource: dict[int, list[Row]] = {}
    for grant in grants:
        by_resource.setdefault(grant[0], []).append(grant)
    chain: dict[int, Resource] = {}
    at: int | None = start
    while at is not None and at not in chain and len(chain) <= MAX_BASES:
        if at not in by_pk:
            raise unsound("resource")  # its base was deleted past grantctl
        row = by_pk[at]
        base = by_pk.get(row[9])
        named = missing_ref(row[10]) if base is None else ResourceRef(base[1], base[2])
        grants_here = sorted_grants(by_resource.get(at, ()))
        chain[at] = replace(resource_of(row), base=named, grants=grants_here)
        at = row[9]
    return tuple(chain.values())


def cut_chain(chain: Chain) -> Chain:
    """The chain up to where it comes back to its beginning, or becomes too deep."""
    again = [at for at, one in enumerate(chain) if at and one.pk == chain[0].pk]
    return chain[: again[0]] if again else chain[: MAX_BASES + 1]


def missing_ref(text: str | None) -> ResourceRef | None:
    """The base that a resource names and that does not exist, if it names one."""
    if text is None:
        return None
    type_, _, id_ = text.partition(":")
    return ResourceRef(type_, id_)


def sorted_grants(rows: Iterable[Row]) -> tuple[AccessGrant, ...]:
    """The grants, everyone's first, then by type and name of the principal, and by action."""
    grants = (grant_of(row[1:]) for row in rows)
    return tuple(sorted(grants, key=_rank))


def _rank(grant: AccessGrant) -> tuple[int, str, str, str]:
    order = _ORDER[grant.principal_type]
    return order, grant.name or grant.principal_id, grant.principal_id, grant.action


_ORDER: Mapping[PrincipalType, int] = {
    PrincipalType.EVERYONE: 0,
    PrincipalType.GROUP: 1,
    PrincipalType.USER: 2,
}
