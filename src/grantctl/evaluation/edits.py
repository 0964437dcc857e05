"""Single changes that an administrator can make: what each does to facts, and its command.

Owns the changes to users, memberships and flags. Leaves those to resources to `access_edits`, and
which of them help to `fixes` and `revocation`. INVARIANT, held by property tests: facts to which an
edit was applied decide as those read after its command has run.
"""

from __future__ import annotations

from grantctl.evaluation.command_words import command, group_word, user_word
from grantctl.evaluation.facts import AccessFacts, Group, Membership, PermissionFacts, User
from grantctl.lean import dataclass, replace
from grantctl.model import Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol, TypeVar

    from grantctl.evaluation.command_words import Command, TakenNames

    Facts = TypeVar("Facts", PermissionFacts, AccessFacts)

    class Edit(Protocol):
        """One change: in words, as a command, and done to facts.

        `is_shared`: whether it changes anything for others than one user.
        """

        @property
        def words(self) -> str: ...

        @property
        def is_shared(self) -> bool: ...

        def command(self, taken: TakenNames, /) -> Command: ...

        def on_permissions(self, facts: PermissionFacts) -> PermissionFacts: ...

        def on_access(self, facts: AccessFacts) -> AccessFacts: ...


def edited(facts: PermissionFacts, edits: Iterable[Edit]) -> PermissionFacts:
    """The facts once these edits have been made, one after the other."""
    for edit in edits:
        facts = edit.on_permissions(facts)
    return facts


def edited_access(facts: AccessFacts, edits: Iterable[Edit]) -> AccessFacts:
    """The same for facts about a resource."""
    for edit in edits:
        facts = edit.on_access(facts)
    return facts


@dataclass(frozen=True, slots=True)
class SetRole:
    """A user is given another role."""

    user: User
    role: Role
    is_shared = False

    @property
    def is_approval(self) -> bool:
        return self.user.role is Role.PENDING and self.role is Role.USER

    @property
    def words(self) -> str:
        if self.is_approval:
            return "approve the user"
        is_admin = self.role is Role.ADMIN
        return "make the user an admin" if is_admin else f"make the {self.user.role} a {self.role}"

    def command(self, taken: TakenNames) -> Command:
        user = user_word(self.user, taken)
        if self.is_approval:
            return command("users", "approve", user)
        return command("users", "set-role", user, self.role.value)

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return self._on(facts)

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        return self._on(facts)

    def _on(self, facts: Facts) -> Facts:
        if facts.user.pk != self.user.pk:
            return facts
        return replace(facts, user=replace(facts.user, role=self.role))


@dataclass(frozen=True, slots=True)
class Join:
    """A user becomes a member of a group, or again where the membership has expired.

    The facts must hold the group and all groups above it.
    """

    user: User
    group: Group
    is_renewal: bool = False
    is_shared = False

    @property
    def words(self) -> str:
        if self.is_renewal:
            return f"renew the expired membership in `{self.group.name}`"
        return f"add the user to `{self.group.name}`"

    def command(self, taken: TakenNames) -> Command:
        group = group_word(self.group.name, self.group.id, taken)
        return command("groups", "add", group, user_word(self.user, taken))

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return self._on(facts)

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        return self._on(facts)

    def _on(self, facts: Facts) -> Facts:
        if facts.user.pk != self.user.pk:
            return facts
        joined = (*_without(facts.memberships, self.group), Membership(self.group.pk))
        return replace(facts, memberships=joined)


@dataclass(frozen=True, slots=True)
class Leave:
    """A user is taken out of a group in which it is directly."""

    user: User
    group: Group
    is_shared = False

    @property
    def words(self) -> str:
        return f"take the user out of `{self.group.name}`"

    def command(self, taken: TakenNames) -> Command:
        group = group_word(self.group.name, self.group.id, taken)
        return command("groups", "remove", group, user_word(self.user, taken))

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        return self._on(facts)

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        return self._on(facts)

    def _on(self, facts: Facts) -> Facts:
        if facts.user.pk != self.user.pk:
            return facts
        return replace(facts, memberships=_without(facts.memberships, self.group))


@dataclass(frozen=True, slots=True)
class SetFlags:
    """Permissions are set to one value for a group, or as the default where `group` is None."""

    group: Group | None
    keys: tuple[str, ...]
    value: bool
    is_shared = True

    @property
    def words(self) -> str:
        value = str(self.value).lower()
        keys = f"`{self.keys[0]}`" if len(self.keys) == 1 else f"{len(self.keys)} permissions"
        whom = "every user" if self.group is None else f"every member of `{self.group.name}`"
        return f"set {keys} {value} for {whom}"

    def command(self, taken: TakenNames) -> Command:
        settings = [f"{key}={str(self.value).lower()}" for key in self.keys]
        if self.group is None:
            return command("permissions", "set", *settings, options=("--default",))
        word = group_word(self.group.name, self.group.id, taken)
        return command("permissions", "set", *settings, options=(f"--group={word}",))

    def on_permissions(self, facts: PermissionFacts) -> PermissionFacts:
        keys = [key for key in self.keys if key in facts.catalogue]
        if self.group is None:
            defaults = {key: replace(facts.catalogue[key], default=self.value) for key in keys}
            return replace(facts, catalogue={**facts.catalogue, **defaults})
        flags = {(self.group.pk, key): self.value for key in keys}
        return replace(facts, flags={**facts.flags, **flags})

    def on_access(self, facts: AccessFacts) -> AccessFacts:
        return facts


def _without(memberships: tuple[Membership, ...], group: Group) -> tuple[Membership, ...]:
    return tuple(one for one in memberships if one.group != group.pk)


def words_of(edits: Sequence[Edit], *more: str) -> str:
    """All of them, and what is done besides: `take the user out of `a` and `b` and set …`."""
    groups = [f"`{edit.group.name}`" for edit in edits if isinstance(edit, Leave)]
    first = next((at for at, edit in enumerate(edits) if isinstance(edit, Leave)), None)
    words = [edit.words for edit in edits if not isinstance(edit, Leave)]
    if first is not None:
        words.insert(first, f"take the user out of {_listed(groups)}")
    return _listed([*words, *more])


def _listed(words: Sequence[str]) -> str:
    *former, last = words
    return f"{', '.join(former)} and {last}" if former else last
