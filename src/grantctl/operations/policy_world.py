"""The questions that policy tests ask, of the database as it is or as it is assumed to be.

Owns asking them in one shape for permissions and resources. Leaves the answers to `questions` and
`access_questions`, and what is expected of them to `policy_tests`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.access_rules import role_verdict
from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.evaluator import effective_permissions
from grantctl.evaluation.facts import AccessFacts, PermissionFacts, User
from grantctl.evaluation.policy import Asked, NamedSource, Population, RulesLeftOut
from grantctl.evaluation.policy_sources import GrantingSource, sources_of_reach, sources_of_subject
from grantctl.evaluation.rules import held_groups
from grantctl.operations.access_questions import ANY, answer_access, reachable, who_has_access
from grantctl.operations.questions import Question, access, answer, who_can
from grantctl.store.reader import Reader


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

    def members(self, population: Population) -> Iterator[PermissionFacts]:
        """The facts of everyone of a population, the whole catalogue with each.

        In the order of their making. Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        group = None if population.group is None else self.group(population.group)
        # Whom assumptions put into a group, no list of its members tells.
        listed = None if self.assumptions is not None else group
        keys = self.reader.catalogue()
        for found in self.reader.facts_of_members(listed, keys):
            facts = found if self.assumptions is None else self.assumptions.applied_to(found)
            if population.role not in (None, facts.user.role):
                continue
            if group is None or any(
                held.group.pk == group for held in held_groups(facts, self._moment)
            ):
                yield facts

    def allowed_key(self, facts: PermissionFacts, rules: RulesLeftOut) -> str | None:
        """A permission that the user of these facts has, if any."""
        verdicts = effective_permissions(facts, now=self._moment, ignore_role=rules.ignore_role)
        return next((key for key, allowed in verdicts.items() if allowed), None)

    def may_reach(self, facts: PermissionFacts, rules: RulesLeftOut) -> bool:
        """Whether the role leaves any resource to be asked about."""
        nothing = AccessFacts(facts.user, ())
        return role_verdict(nothing, _access_question(ANY, rules)) is not False

    def group(self, reference: str) -> int:
        """The pk of a group. Raises NotFoundError, AmbiguousError."""
        return self.reader.find_group(reference).pk

    def pairs(self, sources: tuple[NamedSource, ...]) -> frozenset[tuple[str, int | None]]:
        """Named sources as kind and pk. Raises NotFoundError, AmbiguousError."""
        return frozenset(
            (one.kind.value, None if one.group is None else self.group(one.group))
            for one in sources
        )

    @property
    def _moment(self) -> datetime:
        return self.now if self.assumptions is None else self.assumptions.moment(self.now)


def pairs_of(sources: tuple[GrantingSource, ...]) -> frozenset[tuple[str, int | None]]:
    """Granting sources as kind and pk, to be held against named ones."""
    return frozenset(
        (one.kind.value, None if one.group is None else one.group.pk) for one in sources
    )


def _access_question(action: str, rules: RulesLeftOut) -> AccessQuestion:
    return AccessQuestion(action, rules.ignore_role, rules.ignore_owner, rules.ignore_base)
