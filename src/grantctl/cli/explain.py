"""`grantctl explain`: why, and on a denial what would allow it."""

from __future__ import annotations

import sys

from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import (
    ALL,
    ASKED,
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    RESOURCE,
    USER,
    answer_asked,
    parse_asked,
    show_decision,
    wants_words,
)
from grantctl.errors import ExitCode
from grantctl.evaluation.access_decision import AccessDecision
from grantctl.render.access_explanation import write_access_explanation
from grantctl.render.explanation import write_explanation

app = new_app("Why, and on a denial what would allow it.")


@command(app, "explain")
def explain(
    call: Call,
    user: USER,
    asked: ASKED,
    resource: RESOURCE = None,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    every: ALL = False,
) -> ExitCode:
    """Explain whether USER has a permission, or may do ACTION to the resource TYPE:ID, as a tree;
    exit 0 if allowed, 3 if denied."""
    question = parse_asked(
        asked,
        resource,
        ignore_role=ignore_role,
        ignore_owner=ignore_owner,
        ignore_base=ignore_base,
        require_all=every,
    )
    with call.database.reader() as reader:
        decision = answer_asked(reader, user, question, with_advice=True)
    if not wants_words(call):
        show_decision(call, decision)
    elif isinstance(decision, AccessDecision):
        write_access_explanation(sys.stdout, decision, call.style)
    else:
        write_explanation(sys.stdout, decision, call.style)
    return ExitCode.OK if decision.allowed else ExitCode.NO
