"""The arguments that the questions share, what they ask, and how a decision is printed as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.complete import (
    complete_asked,
    complete_permission,
    complete_resource,
    complete_user,
)
from grantctl.errors import UsageError
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.scopes import Scope
from grantctl.model import ResourceRef, parse_resource, require_action
from grantctl.render.access_decisions import access_document
from grantctl.render.decisions import Document, decision_document
from grantctl.render.style import Format

if TYPE_CHECKING:
    from grantctl.operations.questions import Question
    from grantctl.store.reader import Reader


def complete_who(context: typer.Context, incomplete: str) -> list[str]:
    """Users, or what may be asked where a token stands for the user."""
    is_token_given = context.params.get("token") or context.params.get("token_file")
    return (complete_asked if is_token_given else complete_user)(context, incomplete)


_USER_ARGUMENT = typer.Argument(
    metavar="USER",
    help="id, e-mail or unique name",
    autocompletion=complete_who,
    show_default=False,
)
USER = Annotated[str, _USER_ARGUMENT]
OPTIONAL_USER = Annotated[str | None, _USER_ARGUMENT]

_KEY_ARGUMENT = typer.Argument(
    metavar="KEY",
    help="a permission or a category, e.g. chat.controls or chat",
    autocompletion=complete_permission,
    show_default=False,
)
KEY = Annotated[str, _KEY_ARGUMENT]
OPTIONAL_KEY = Annotated[str | None, _KEY_ARGUMENT]

_ASKED_ARGUMENT = typer.Argument(
    metavar="KEY|ACTION",
    help="a permission or a category, or what is to be done to a resource, e.g. read",
    autocompletion=complete_asked,
    show_default=False,
)
ASKED = Annotated[str, _ASKED_ARGUMENT]
OPTIONAL_ASKED = Annotated[str | None, _ASKED_ARGUMENT]

RESOURCE = Annotated[
    str | None,
    typer.Argument(
        metavar="[TYPE:ID]",
        help="the resource, e.g. model:gpt-4o",
        autocompletion=complete_resource,
        show_default=False,
    ),
]
IGNORE_ROLE = Annotated[bool, typer.Option("--ignore-role", help="leave out what the role decides")]
IGNORE_OWNER = Annotated[
    bool, typer.Option("--ignore-owner", help="of a resource, leave out what its owner may do")
]
IGNORE_BASE = Annotated[
    bool, typer.Option("--ignore-base", help="of a resource, leave out what it is made of")
]
BATCH = Annotated[
    str | None,
    typer.Option(
        "--batch",
        metavar="FILE",
        help="answer each `user<TAB>key`, `user<TAB>action<TAB>type:id` or JSON line of a file, "
        "- for stdin",
    ),
]
ALL = Annotated[
    bool, typer.Option("--all", help="of a category, ask for every permission under it")
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the arguments of a question ask: of a permission, or of an action on a resource.

    `key` is None where a resource is asked about, `ref` and `access` where a permission is.
    """

    key: str | None = None
    permission: Question | None = None
    ref: ResourceRef | None = None
    access: AccessQuestion | None = None


def parse_asked(
    asked: str,
    resource: str | None,
    *,
    ignore_role: bool,
    require_all: bool = False,
    ignore_owner: bool = False,
    ignore_base: bool = False,
) -> Asked:
    """What is asked. Raises UsageError for options that go with the other kind of question."""
    if resource is None:
        if ignore_owner or ignore_base:
            option = "--ignore-owner" if ignore_owner else "--ignore-base"
            raise UsageError(f"`{option}` goes with a resource", hint="ACTION TYPE:ID")
        question = operations.questions.Question(ignore_role, require_all)
        return Asked(key=asked, permission=question)
    if require_all:
        raise UsageError("`--all` goes with a category of permissions, not with a resource")
    access = AccessQuestion(require_action(asked), ignore_role, ignore_owner, ignore_base)
    return Asked(ref=parse_resource(resource), access=access)


def answer_asked(
    reader: Reader,
    user: str,
    asked: Asked,
    *,
    now: datetime,
    with_advice: bool,
    scope: Scope | None = None,
) -> Decision | AccessDecision:
    """The decision about one user; `scope` is that of the token that stands for it, if one does."""
    if asked.ref is not None and asked.access is not None:
        return operations.access_questions.answer_access(
            reader, user, asked.ref, asked.access, now=now, with_advice=with_advice, scope=scope
        )
    assert asked.key is not None
    assert asked.permission is not None
    return operations.questions.answer(
        reader, user, asked.key, asked.permission, now=now, with_advice=with_advice, scope=scope
    )


def wants_words(call: Call) -> bool:
    """Whether the answer is for a person to read, not data."""
    return call.style.format is Format.TABLE and not call.style.fields


def decision_noun(asked: Asked) -> str:
    """What the document of a decision is called."""
    return "decision" if asked.ref is None else "access-decision"


def decision_record(decision: Decision | AccessDecision) -> Document:
    """The whole decision as data."""
    if isinstance(decision, AccessDecision):
        return access_document(decision)
    return decision_document(decision)


def decision_warnings(decision: Decision | AccessDecision) -> list[str]:
    """What its reader should know besides."""
    return [warning.message for warning in decision.warnings]
