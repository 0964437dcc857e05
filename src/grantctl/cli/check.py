"""`grantctl check`: may this user do it?"""

from __future__ import annotations

from grantctl import operations
from grantctl.cli.asking import decision_line, parse_asked
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import (
    ALL,
    BATCH,
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    OPTIONAL_ASKED,
    OPTIONAL_USER,
    QUIET,
    RESOURCE,
    wants_words,
)
from grantctl.cli.token_questions import Answer, answer_words, read_words, show_answer
from grantctl.cli.token_reading import TOKEN, TOKEN_FILE, is_token_given
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.access_decision import AccessQuestion

app = new_app("May this user do it?")


@command(app, "check")
def check(
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
    quiet: QUIET = False,
    batch: BATCH = None,
) -> ExitCode:
    """Whether USER, or whoever holds a token, has the permission KEY, or may do ACTION to the
    resource TYPE:ID: exit 0 if allowed, 3 if denied, 4 if unknown."""
    if batch is not None:
        if user is not None or is_token_given(token, token_file):
            raise UsageError("`--batch` takes its users and keys from the file, not from arguments")
        of_permission = operations.questions.Question(ignore_role=ignore_role, require_all=every)
        of_access = AccessQuestion("", ignore_role, ignore_owner, ignore_base)
        # Loaded here because a single question needs none of it.
        from grantctl.cli.check_batch import check_batch

        return check_batch(call, batch, of_permission, of_access, quiet=quiet)
    words = read_words("check", (user, asked, resource), token=token, token_file=token_file)
    question = parse_asked(
        words.asked,
        words.resource,
        ignore_role=ignore_role,
        ignore_owner=ignore_owner,
        ignore_base=ignore_base,
        require_all=every,
    )
    with_advice = not (quiet or wants_words(call))
    answer = answer_words(call, words, question, with_advice=with_advice)
    if not quiet:
        _show(call, answer)
    return ExitCode.OK if answer.allowed else ExitCode.NO


def _show(call: Call, answer: Answer) -> None:
    if not wants_words(call):
        show_answer(call, answer)
        return
    call.say_plainly(decision_line(answer.allowed, answer.cause))
    if answer.decision is not None:
        for warning in answer.decision.warnings:
            call.warn(warning.message)
