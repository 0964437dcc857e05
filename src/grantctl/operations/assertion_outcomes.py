"""How what came of an assertion is said, in one line.

Owns these words. Leaves the tree under them to `render`.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessDecision
from grantctl.evaluation.assertion_results import PolicyResult, Status
from grantctl.evaluation.assertions import Asked, Assertion, joined
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.facts import User
from grantctl.evaluation.granting_sources import GrantingSource
from grantctl.operations.assertion_world import PolicyWorld


def passed(one: Assertion, got: str) -> PolicyResult:
    """A result that is as it should be."""
    return PolicyResult(one, Status.PASSED, got)


def failed(world: PolicyWorld, one: Assertion, got: str, user: User, asked: Asked) -> PolicyResult:
    """A failure, with the whole decision about one user and what would change it."""
    decision = world.decide(user.id, asked, one.rules, with_advice=True)
    return PolicyResult(one, Status.FAILED, got, decision)


def verdict_words(decision: Decision | AccessDecision) -> str:
    """`denied: …`, with the cause."""
    return f"{'allowed' if decision.allowed else 'denied'}: {decision.cause}"


def through_words(sources: tuple[GrantingSource, ...]) -> str:
    """`allowed through group editors and default`"""
    return f"allowed through {joined(_named(one) for one in sources)}"


def _named(source: GrantingSource) -> str:
    return source.kind.value if source.group is None else f"group {source.group.name}"
