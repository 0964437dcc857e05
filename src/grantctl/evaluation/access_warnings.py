"""What a verdict about a resource should not be read without.

Owns the wording of what concerns resources alone. Leaves to `access` the verdict, which nothing
here changes.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessDecision, AccessReason
from grantctl.evaluation.access_rules import allowing_rule, held_by_pk
from grantctl.evaluation.access_steps import broken_words, denial_words
from grantctl.evaluation.decision import Warning, WarningCode
from grantctl.evaluation.facts import AccessFacts
from grantctl.evaluation.warnings import ended, ending
from grantctl.model import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


def find_warnings(decision: AccessDecision) -> tuple[Warning, ...]:
    """Actions nobody has heard of, bases that are denied, memberships that end."""
    found = [*_unheard(decision)]
    if decision.is_control_asked:
        found += _base_denied(decision)
        found += _ending(decision) if decision.allowed else ended(decision.facts, decision.expired)
    return tuple(found)


def _unheard(decision: AccessDecision) -> Iterator[Warning]:
    """Any text may be an action, so that a misspelt one looks like a denial."""
    known = {*Action, *(grant.action for grant in decision.resource.grants)}
    if decision.action in known:
        return
    # Loaded here because only a word nobody knows needs it, and it is slow to import.
    from difflib import get_close_matches

    near = get_close_matches(decision.action, sorted(known), n=1)
    meant = f": did you mean `{near[0]}`?" if near else ""
    yield Warning(
        WarningCode.ACTION_UNHEARD,
        f"no grant on `{decision.resource.ref}` names the action `{decision.action}`{meant}",
    )


def _base_denied(decision: AccessDecision) -> Iterator[Warning]:
    """Where something other than reading is allowed, and reading is not, for the base's sake."""
    question, facts = decision.question, decision.facts
    if question.ignore_base or decision.is_base_asked or not decision.allowed:
        return
    denied = next((hop for hop in decision.hops[1:] if not hop.allowed), None)
    if denied is not None or facts.broken_base is not None:
        why = broken_words(facts) if denied is None else denial_words(denied)
        yield Warning(
            WarningCode.BASE_DENIED,
            f"the user may not read `{decision.resource.ref}`, for its base: {why}",
        )


def _ending(decision: AccessDecision) -> Iterator[Warning]:
    def is_allowed(moment: datetime) -> bool:
        return _is_allowed_at(decision, decision.facts, moment)

    yield from ending(decision.facts, decision.decided_at, is_allowed)


def _is_allowed_at(decision: AccessDecision, facts: AccessFacts, moment: datetime) -> bool:
    held = held_by_pk(facts, moment)
    asked = decision.hops if decision.is_base_asked else decision.hops[:1]
    rules = (
        allowing_rule(
            facts, hop.resource, hop.action, held, ignore_owner=decision.question.ignore_owner
        )
        for hop in asked
    )
    return AccessReason.NOT_GRANTED not in rules
