"""Single changes to resources: what each does to facts, and its command.

Owns what granting, revoking, opening and closing make of a public, private or restricted resource
(docs/semantics.md, "Resources"). Leaves changes to users and groups to `edits`.
"""

from __future__ import annotations

from grantctl.evaluation.command_words import command, group_word, user_word
from grantctl.evaluation.facts import AccessFacts, AccessGrant, Group, Resource, User
from grantctl.lean import dataclass, replace
from grantctl.model import EVERYONE_ID, Action, PrincipalType, ResourceRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from grantctl.evaluation.command_words import Command, TakenNames
    from grantctl.evaluation.facts import PermissionFacts

Principal: TypeAlias = "User | Group | None"  # None is everyone

_EVERYONE_READS = AccessGrant(Action.READ.value, PrincipalType.EVERYONE, EVERYONE_ID)


@dataclass(frozen=True, slots=True)
class Grant:
    """An action on a resource is given to a user, a group, or everyone."""

    ref: ResourceRef
    action: str
    principal: Principal
    is_shared = True

    @property
    def words(self) -> str:
        return f"grant {_whom(self.principal)} `{self.action}` on `{self.ref}`"

    def command(self, taken: TakenNames) -> Command:
        if self.principal is None and self.action == Action.READ:
            return command("resources", "publish", str(self.ref))
        options = (_option(self.principal, taken),)
        return command("resources", "grant", str(self.ref), self.action, options=options)

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return facts

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        return _changed(facts, self.ref, self._on)

    def _on(self, resource: Resource) -> Resource:
        given = grant_to(self.principal, self.action)
        if given in resource.grants or (resource.is_public and self.action == Action.READ):
            return resource
        if given == _EVERYONE_READS and not resource.grants:
            return replace(resource, is_public=True)
        kept = (_EVERYONE_READS,) if resource.is_public else resource.grants
        return replace(resource, is_public=False, grants=(*kept, given))


@dataclass(frozen=True, slots=True)
class Revoke:
    """An action on a resource is taken from a user, a group, or everyone.

    Of a public resource, where reading is taken from everyone: it becomes private.
    """

    ref: ResourceRef
    action: str
    principal: Principal
    is_shared = True

    @property
    def words(self) -> str:
        return f"revoke `{self.action}` on `{self.ref}` from {_whom(self.principal)}"

    def command(self, taken: TakenNames) -> Command:
        options = (_option(self.principal, taken),)
        return command("resources", "revoke", str(self.ref), self.action, options=options)

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return facts

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        return _changed(facts, self.ref, self._on)

    def _on(self, resource: Resource) -> Resource:
        taken = grant_to(self.principal, self.action)
        if resource.is_public and taken != _EVERYONE_READS:
            return resource
        left = tuple(one for one in resource.grants if _key(one) != _key(taken))
        return replace(resource, is_public=False, grants=left)


@dataclass(frozen=True, slots=True)
class Disown:
    """A resource is taken from its owner and belongs to nobody."""

    ref: ResourceRef
    is_shared = True

    @property
    def words(self) -> str:
        return f"let nobody own `{self.ref}`"

    def command(self, _: TakenNames) -> Command:
        return command("resources", "set-owner", str(self.ref), options=("--none",))

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return facts

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        return _changed(
            facts, self.ref, lambda one: replace(one, owner=None, owner_id=None, owner_name=None)
        )


@dataclass(frozen=True, slots=True)
class MakePublic:
    """A base that does not exist is made, for every user to read."""

    ref: ResourceRef
    is_shared = True

    @property
    def words(self) -> str:
        return f"make `{self.ref}` known, for every user to read"

    def command(self, _: TakenNames) -> Command:
        return command("resources", "create", str(self.ref), options=("--public",))

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return facts

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        if facts.broken_base != self.ref:
            return facts
        made = Resource(0, self.ref, self.ref.id, is_public=True)
        return replace(facts, chain=(*facts.chain, made))


@dataclass(frozen=True, slots=True)
class CutBase:
    """A resource is made of nothing else any more."""

    ref: ResourceRef
    is_shared = True

    @property
    def words(self) -> str:
        return f"let `{self.ref}` have no base"

    def command(self, _: TakenNames) -> Command:
        return command("resources", "update", str(self.ref), options=("--no-base",))

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return facts

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        ends = [at for at, one in enumerate(facts.chain) if one.ref == self.ref]
        if not ends:
            return facts
        cut = _changed(facts, self.ref, lambda one: replace(one, base=None))
        return replace(cut, chain=cut.chain[: ends[0] + 1])


@dataclass(frozen=True, slots=True)
class BypassForAdmins:
    """Admins may do everything again."""

    is_shared = True
    words = "let admins do everything again"

    def command(self, _: TakenNames) -> Command:
        return command("config", "set", "access.admin_bypass", "true")

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return facts

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        return replace(facts, admin_bypass=True)


def grant_to(principal: Principal, action: str) -> AccessGrant:
    """The grant of an action to that user, group, or everyone."""
    if principal is None:
        return AccessGrant(action, PrincipalType.EVERYONE, EVERYONE_ID)
    if isinstance(principal, User):
        return AccessGrant(action, PrincipalType.USER, principal.id, principal.pk, principal.label)
    return AccessGrant(action, PrincipalType.GROUP, principal.id, principal.pk, principal.name)


def _key(grant: AccessGrant) -> tuple[str, PrincipalType, str]:
    return grant.action, grant.principal_type, grant.principal_id


def _changed(
    facts: AccessFacts, ref: ResourceRef, change: Callable[[Resource], Resource]
) -> AccessFacts:
    chain = tuple(change(one) if one.ref == ref else one for one in facts.chain)
    return replace(facts, chain=chain)


def _whom(principal: Principal) -> str:
    if principal is None:
        return "everyone"
    return "the user" if isinstance(principal, User) else f"every member of `{principal.name}`"


def _option(principal: Principal, taken: TakenNames) -> str:
    if principal is None:
        return "--everyone"
    if isinstance(principal, User):
        return f"--user={user_word(principal, taken)}"
    return f"--group={group_word(principal.name, principal.id, taken)}"
