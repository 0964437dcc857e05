"""Users and resources as the facts that the pure evaluator is fed with, each pair on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.interop.facts_of import facts_of

from grantctl.evaluation.facts import AccessFacts, AccessGrant, PermissionFacts, Resource
from grantctl.interop.directory import ForeignDirectory
from grantctl.model import PrincipalType, ResourceRef


@dataclass(frozen=True)
class World:
    """Everybody and everything. `people`: what is known of each user, by the user's id."""

    people: Mapping[str, PermissionFacts]
    resources: Mapping[ResourceRef, Resource]

    def facts(self, user: str, ref: ResourceRef) -> AccessFacts:
        of_user = self.people[user]
        return AccessFacts(
            user=of_user.user,
            chain=tuple(self._chain(ref)),
            groups=of_user.groups,
            memberships=of_user.memberships,
        )

    def everybody(self, ref: ResourceRef, action: str) -> Iterator[AccessFacts]:
        return (self.facts(user, ref) for user in self.people)

    def _chain(self, ref: ResourceRef) -> Iterator[Resource]:
        at: ResourceRef | None = ref
        seen: set[ResourceRef] = set()
        while at is not None and at in self.resources and at not in seen:
            seen.add(at)
            yield self.resources[at]
            at = self.resources[at].base


def world_of(directory: ForeignDirectory) -> World:
    """A foreign directory's."""
    people = facts_of(directory)
    users = {id_: facts.user.pk for id_, facts in people.items()}
    holders: Mapping[PrincipalType, Mapping[str, int]] = {
        PrincipalType.USER: users,
        PrincipalType.GROUP: {group.id: pk for pk, group in enumerate(directory.groups, 1)},
        PrincipalType.EVERYONE: {},
    }
    resources = {
        one.ref: Resource(
            pk=pk,
            ref=one.ref,
            name=one.name,
            is_public=one.is_public,
            owner=users.get(one.owner_id or ""),
            owner_id=one.owner_id,
            base=one.base,
            grants=tuple(
                AccessGrant(
                    grant.action,
                    grant.principal_type,
                    grant.principal_id,
                    holders[grant.principal_type].get(grant.principal_id),
                )
                for grant in one.grants
            ),
        )
        for pk, one in enumerate(directory.resources, 1)
    }
    return World(people, resources)
