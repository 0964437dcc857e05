"""The questions that policy tests ask, of the database as it is or as it is assumed to be.

Owns asking them in one shape for permissions and resources. Leaves the answers to `questions` and
`access_questions`, and what is expected of them to `policy_tests`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.access_rules import role_verdict as access_role_verdict
from grantctl.evaluation.assertions import Asked, NamedSource, Population, RulesLeftOut
from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.evaluator import decide, has_permission
from grantctl.evaluation.facts import AccessFacts, PermissionFacts, User
from grantctl.evaluation.granting_sources import (
    GrantingSource,
    sources_of,
    sources_of_reach,
    sources_of_subject,
)
from grantctl.evaluation.rules import held_groups, leaves_of, role_verdict
from grantctl.operations.access_questions import ANY, answer_access, reachable, who_has_access
from grantctl.operations.questions import Question, access, answer, who_can
from grantctl.store.reader import Reader
from grantctl.store.references import unknown_permission

Pairs: TypeAlias = "frozenset[tuple[str, int | None]]"  # sources by kind, and the group's pk


@dataclass(frozen=True, slots=True)
class Holder:
    """A user who may, and everything through which."""

    user: User
    sources: tuple[GrantingSource, ...]


@dataclass(frozen=True, slots=True)
class PolicyWorld:
    """What is asked, and when. INVARIANT: whoever asks is within `reader.at_one_moment()`."""

    reader: Reader
    now: datetime
    assumptions: Assumptions | None = None

    def decide(
        self, user: str, asked: Asked, rules: RulesLeftOut, *, with_advice: bool = False
    ) -> Decision | AccessDecision:
        """The decision about one user. Raises NotFoundError, AmbiguousError, DatabaseError."""
        if asked.ref is not None:
            return answer_access(
                self.reader,
                user,
                asked.ref,
                _access_question(asked.action or "", rules),
                now=self.now,
                with_advice=with_advice,
                assumptions=self.assumptions,
            )
        return answer(
            self.reader,
            user,
            asked.key or "",
            Question(rules.ignore_role, rules.require_all),
            now=self.now,
            with_advice=with_advice,
            assumptions=self.assumptions,
        )

    def holders(self, asked: Asked, rules: RulesLeftOut) -> Iterator[Holder]:
        """Everyone who may, in the order of their making. Raises NotFoundError, DatabaseError."""
        if asked.ref is not None:
            question = _access_question(asked.action or "", rules)
            for reach in who_has_access(
                self.reader, asked.ref, question, now=self.now, assumptions=self.assumptions
            ):
                yield Holder(reach.user, sources_of_reach(reach))
            return
        for subject in who_can(
            self.reader,
            asked.key or "",
            Question(rules.ignore_role, rules.require_all),
            now=self.now,
            assumptions=self.assumptions,
        ):
            yield Holder(subject.user, sources_of_subject(subject.through, subject.groups))

    def anything(self, user: str, rules: RulesLeftOut) -> Asked | None:
        """Something that the user may, a permission first; None where there is nothing at all.

        Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        found = access(
            self.reader,
            user,
            Question(rules.ignore_role),
            now=self.now,
            assumptions=self.assumptions,
        )
        keys = (leaf.permission.key for leaf in found.leaves if found.is_allowed(leaf))
        key = next(keys, None)
        return self.any_access(user, rules) if key is None else Asked(key=key)

    def any_access(self, user: str, rules: RulesLeftOut) -> Asked | None:
        """Something that the user may do to a resource."""
        question = _access_question(ANY, rules)
        reached = next(
            reachable(self.reader, user, ANY, question, now=self.now, assumptions=self.assumptions),
            None,
        )
        if reached is None:
            return None
        return Asked(action=reached.action, ref=reached.resource.ref)

    def leaves(self, key: str) -> tuple[str, ...]:
        """The permission, or those of a category. Raises NotFoundError."""
        catalogue = self.reader.catalogue()
        found = leaves_of(catalogue, key)
        if not found:
            raise unknown_permission(key, catalogue)
        return tuple(leaf.key for leaf in found)

    def members(
        self, population: Population, keys: Collection[str] = ()
    ) -> Iterator[PermissionFacts]:
        """The facts of everyone of a population, with these leaves of the catalogue.

        In the order of their making. Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        group = None if population.group is None else self.group(population.group)
        listed, role = group, population.role
        if self.assumptions is not None:  # whom they put into it no list of the database tells
            listed, role = None, None
        for found in self.reader.facts_of_members(listed, keys, role=role):
            facts = found if self.assumptions is None else self.assumptions.applied_to(found)
            if population.role not in (None, facts.user.role):
                continue
            if group is None or any(
                held.group.pk == group for held in held_groups(facts, self._moment)
            ):
                yield facts

    def is_allowed(
        self,
        facts: PermissionFacts,
        key: str,
        rules: RulesLeftOut,
        wanted: Pairs = frozenset(),
    ) -> bool:
        """What the evaluator says of a permission, and whether these sources grant it."""
        if not wanted:
            return has_permission(
                facts,
                key,
                now=self._moment,
                ignore_role=rules.ignore_role,
                require_all=rules.require_all,
            )
        decision = decide(
            facts,
            key,
            now=self._moment,
            ignore_role=rules.ignore_role,
            require_all=rules.require_all,
        )
        return decision.allowed and wanted <= pairs_of(sources_of(decision))

    def is_denied_by_role(self, user: User, rules: RulesLeftOut) -> bool:
        """Whether the role leaves nothing to be asked about, neither permission nor resource."""
        question = _access_question(ANY, rules)
        return (
            role_verdict(user.role, ignore_role=rules.ignore_role) is False
            and access_role_verdict(AccessFacts(user, ()), question) is False
        )

    def group(self, reference: str) -> int:
        """The pk of a group. Raises NotFoundError, AmbiguousError."""
        return self.reader.find_group(reference).pk

    def pairs(self, sources: tuple[NamedSource, ...]) -> Pairs:
        """Named sources as kind and pk. Raises NotFoundError, AmbiguousError."""
        return frozenset(
            (one.kind.value, None if one.group is None else self.group(one.group))
            for one in sources
        )

    @property
    def _moment(self) -> datetime:
        return self.now if self.assumptions is None else self.assumptions.moment(self.now)


def pairs_of(sources: tuple[GrantingSource, ...]) -> Pairs:
    """Granting sources as kind and pk, to be held against named ones."""
    return frozenset(
        (one.kind.value, None if one.group is None else one.group.pk) for one in sources
    )


def _access_question(action: str, rules: RulesLeftOut) -> AccessQuestion:
    return AccessQuestion(action, rules.ignore_role, rules.ignore_owner, rules.ignore_base)
