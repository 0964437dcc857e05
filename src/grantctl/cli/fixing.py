"""`grantctl explain --fix`: the smallest changes that would allow what is denied.

Owns how the fixes are asked for and printed with the decision that they belong to.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from grantctl import operations
from grantctl.cli.asking import Asked
from grantctl.cli.call import Call
from grantctl.cli.questions import wants_words
from grantctl.cli.token_questions import Words, answer_words, show_answer
from grantctl.errors import ExitCode
from grantctl.evaluation.access_decision import AccessDecision
from grantctl.evaluation.decision import Decision
from grantctl.render.access_explanation import write_access_explanation
from grantctl.render.explanation import write_explanation
from grantctl.render.fixes import fix_document, write_fixes

if TYPE_CHECKING:
    from datetime import datetime

    from grantctl.evaluation.fix_ranking import RatedFix
    from grantctl.evaluation.scopes import Scope
    from grantctl.store.reader import Reader

ATTACHED = (
    "an attached Open WebUI database is only read: the commands work once it is brought in, "
    "grantctl import openwebui"
)


def explain_with_fixes(call: Call, words: Words, asked: Asked) -> ExitCode:
    """Explain, and on a denial say what would allow it, with what each change hands over."""
    fixes: list[RatedFix] = []

    def decide(
        reader: Reader,
        user: str,
        asked: Asked,
        *,
        now: datetime,
        with_advice: bool,
        scope: Scope | None = None,
        assumptions: None = None,
    ) -> Decision | AccessDecision:
        advice = _advise(reader, user, asked, now=now, scope=scope)
        fixes.extend(advice.fixes)
        return advice.decision

    answer = answer_words(call, words, asked, with_advice=True, decide=decide)
    if not wants_words(call):
        show_answer(call, answer, more={"fixes": [fix_document(one) for one in fixes]})
    elif answer.decision is None:
        call.say_plainly(f"denied: {answer.cause}")
    else:
        _write_tree(call, answer.decision)
        write_fixes(sys.stdout, fixes, call.style)
    if fixes and call.database.url.is_attached:
        call.warn(ATTACHED)
    return ExitCode.OK if answer.allowed else ExitCode.NO


def _advise(
    reader: Reader, user: str, asked: Asked, *, now: datetime, scope: Scope | None
) -> operations.fixes.Advice:
    if asked.ref is not None and asked.access is not None:
        return operations.fixes.advise_on_access(
            reader, user, asked.ref, asked.access, now=now, scope=scope
        )
    assert asked.key is not None
    assert asked.permission is not None
    return operations.fixes.advise(reader, user, asked.key, asked.permission, now=now, scope=scope)


def _write_tree(call: Call, decision: Decision | AccessDecision) -> None:
    """The tree without its remedies, in place of which the fixes stand."""
    bare = decision.advised(decision.warnings, ())
    if isinstance(bare, AccessDecision):
        write_access_explanation(sys.stdout, bare, call.style)
    else:
        write_explanation(sys.stdout, bare, call.style)
