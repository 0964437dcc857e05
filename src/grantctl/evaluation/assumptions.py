"""What is assumed of a world that is otherwise as the facts say.

Owns how facts change under assumptions: who is in which group, the role, flags, defaults, the time.
Leaves the verdict to `evaluator` and `access`, which decide the changed facts as any others, and
the names that people give to `operations.assuming`.

INVARIANT, held by property tests: what is decided of changed facts is what would be decided of a
database in which the same had been changed.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessDecision
from grantctl.evaluation.decision import Decision, Warning, WarningCode
from grantctl.evaluation.facts import AccessFacts, Group, Membership, PermissionFacts, User
from grantctl.lean import dataclass, field, replace
from grantctl.model import Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class FlagAssumption:
    """A flag of a group, or a default where `group` is None, and what it is assumed to be.

    `key`: a permission or a category, as it was given; `leaves`: the permissions that it stands
    for. `value` None: the group does not set it.
    """

    group: Group | None
    key: str
    value: bool | None
    leaves: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is assumed, in words."""
        value = "unset" if self.value is None else str(self.value).lower()
        where = "by default" if self.group is None else f"in {self.group.name}"
        return f"{self.key} {value} {where}"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed, of whomever a question is about.

    `with_groups`: the user is in these directly, without end.
    `without_groups`: the user holds none of these, neither directly nor through a group below, as
    if there were no such group: nor, through it, what lies above.
    `role`: the user's. `flags`, `defaults`: what groups and the catalogue say. `at`: an aware UTC
    datetime, the moment for which is decided; it ends memberships and tokens, and nothing else.
    `above`: the groups of `with_groups` and all groups above them, by pk; `flags_above`: what these
    set.
    """

    with_groups: tuple[Group, ...] = ()
    without_groups: tuple[Group, ...] = ()
    role: Role | None = None
    flags: tuple[FlagAssumption, ...] = ()
    defaults: tuple[FlagAssumption, ...] = ()
    at: datetime | None = None
    above: Mapping[int, Group] = field(default_factory=dict)
    flags_above: Mapping[tuple[int, str], bool] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is assumed: a decision under no assumption is not hypothetical."""
        return self != Assumptions()

    @property
    def words(self) -> str:
        """All that is assumed, in one line."""
        said = [f"with group {group.name}" for group in self.with_groups]
        said += [f"without group {group.name}" for group in self.without_groups]
        said += [] if self.role is None else [f"role {self.role}"]
        said += [one.words for one in (*self.flags, *self.defaults)]
        said += [] if self.at is None else [f"at {moment_words(self.at)}"]
        return ", ".join(said)

    @property
    def headline(self) -> str:
        """The line by which an answer says that it is hypothetical."""
        return f"hypothetical: {self.words}"

    def moment(self, now: datetime) -> datetime:
        """The moment for which is decided."""
        return now if self.at is None else self.at

    def user_of(self, user: User) -> User:
        """The user with the assumed role."""
        return user if self.role is None else replace(user, role=self.role)

    def groups_of(self, groups: Mapping[int, Group]) -> Mapping[int, Group]:
        """The groups by pk, with those that are assumed and without those that are not held."""
        if not self.above and not self.without_groups:
            return groups
        gone = {group.pk for group in self.without_groups}
        return {
            pk: replace(group, parent=None) if group.parent in gone else group
            for pk, group in {**groups, **self.above}.items()
            if pk not in gone
        }

    def memberships_of(self, memberships: tuple[Membership, ...]) -> tuple[Membership, ...]:
        """The direct memberships: one that is there already stays as it is, but does not end."""
        if not self.with_groups and not self.without_groups:
            return memberships
        found = {one.group: one for one in memberships}
        for group in self.with_groups:
            known = found.get(group.pk)
            found[group.pk] = (
                Membership(group.pk) if known is None else replace(known, expires_at=None)
            )
        for group in self.without_groups:
            found.pop(group.pk, None)
        return tuple(found[pk] for pk in sorted(found))

    def flags_of(
        self, flags: Mapping[tuple[int, str], bool], facts: PermissionFacts
    ) -> dict[tuple[int, str], bool]:
        """The flags of the facts' groups and catalogue, both of which are changed already."""
        found = {**flags, **self.flags_above}
        for one in self.flags:
            pairs = [] if one.group is None else [(one.group.pk, leaf) for leaf in one.leaves]
            for pair in pairs:
                found.pop(pair, None)
                if one.value is not None:
                    found[pair] = one.value
        return {
            (group, key): value
            for (group, key), value in found.items()
            if group in facts.groups and key in facts.catalogue
        }

    def applied_to(self, facts: PermissionFacts) -> PermissionFacts:
        """The facts of one user as they would be; without what is for advice only."""
        defaults = {leaf: bool(one.value) for one in self.defaults for leaf in one.leaves}
        changed = PermissionFacts(
            user=self.user_of(facts.user),
            groups=self.groups_of(facts.groups),
            memberships=self.memberships_of(facts.memberships),
            catalogue={
                key: replace(one, default=defaults[key]) if key in defaults else one
                for key, one in facts.catalogue.items()
            },
        )
        return replace(changed, flags=self.flags_of(facts.flags, changed))

    def applied_to_access(self, facts: AccessFacts) -> AccessFacts:
        """The facts of one user and one resource as they would be; without what is for advice."""
        return replace(
            facts,
            user=self.user_of(facts.user),
            groups=self.groups_of(facts.groups),
            memberships=self.memberships_of(facts.memberships),
            taken_names=None,
        )

    def marked(self, decision: Decision) -> Decision:
        """The decision with what was assumed; without remedies, which are for the world as it is.

        Its first warning says that it is hypothetical.
        """
        warnings = (self._warning, *decision.warnings)
        return replace(decision, assumptions=self, warnings=warnings, remedies=())

    def marked_access(self, decision: AccessDecision) -> AccessDecision:
        """The same for a decision about a resource."""
        warnings = (self._warning, *decision.warnings)
        return replace(decision, assumptions=self, warnings=warnings, remedies=())

    @property
    def _warning(self) -> Warning:
        return Warning(WarningCode.ASSUMPTION, self.headline)


def moment_words(moment: datetime) -> str:
    """A moment as a person reads it, to the minute where it is a whole one."""
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{text.removesuffix(':00') if not moment.second else text} UTC"
