"""`grantctl explain`: why, and on a denial what would allow it."""

from __future__ import annotations

import sys

from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import (
    ALL,
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    OPTIONAL_ASKED,
    OPTIONAL_USER,
    RESOURCE,
    parse_asked,
    wants_words,
)
from grantctl.cli.token_questions import answer_words, read_words, show_answer
from grantctl.cli.token_reading import TOKEN, TOKEN_FILE
from grantctl.errors import ExitCode
from grantctl.evaluation.access_decision import AccessDecision
from grantctl.render.access_explanation import write_access_explanation
from grantctl.render.explanation import write_explanation

app = new_app("Why, and on a denial what would allow it.")


@command(app, "explain")
def explain(
    call: Call,
    user: OPTIONAL_USER = None,
    asked: OPTIONAL_ASKED = None,
    resource: RESOURCE = None,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    every: ALL = False,
    token: TOKEN = None,
    token_file: TOKEN_FILE = None,
) -> ExitCode:
    """Explain whether USER, or whoever holds a token, has a permission, or may do ACTION to the
    resource TYPE:ID, as a tree; exit 0 if allowed, 3 if denied."""
    words = read_words("explain", (user, asked, resource), token=token, token_file=token_file)
    question = parse_asked(
        words.asked,
        words.resource,
        ignore_role=ignore_role,
        ignore_owner=ignore_owner,
        ignore_base=ignore_base,
        require_all=every,
    )
    answer = answer_words(call, words, question, with_advice=True)
    decision = answer.decision
    if not wants_words(call):
        show_answer(call, answer)
    elif decision is None:
        call.say_plainly(f"denied: {answer.cause}")
    elif isinstance(decision, AccessDecision):
        write_access_explanation(sys.stdout, decision, call.style)
    else:
        write_explanation(sys.stdout, decision, call.style)
    return ExitCode.OK if answer.allowed else ExitCode.NO
