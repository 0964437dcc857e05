"""`grantctl explain`: why, and on a denial what would allow it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import ALL, IGNORE_ROLE, KEY, USER, show_decision, wants_words
from grantctl.errors import ExitCode
from grantctl.render.explanation import write_explanation

app = new_app("Why, and on a denial what would allow it.")


@command(app, "explain")
def explain(
    call: Call, user: USER, key: KEY, ignore_role: IGNORE_ROLE = False, every: ALL = False
) -> ExitCode:
    """Explain whether USER has the permission KEY, as a tree; exit 0 if allowed, 3 if denied."""
    question = operations.questions.Question(ignore_role=ignore_role, require_all=every)
    with call.database.reader() as reader:
        decision = operations.questions.answer(
            reader, user, key, question, now=datetime.now(UTC), with_advice=True
        )
    if wants_words(call):
        write_explanation(sys.stdout, decision, call.style)
    else:
        show_decision(call, decision)
    return ExitCode.OK if decision.allowed else ExitCode.NO
