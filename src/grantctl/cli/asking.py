"""What a question asks, and how the decision about it is printed as data, without Typer.

Owns what the commands `check` and `explain` share with the door, which answers their plain form
before Typer is imported.
"""

from __future__ import annotations

from grantctl import operations
from grantctl.errors import UsageError
from grantctl.evaluation.decision import Decision
from grantctl.lean import dataclass
from grantctl.model import ResourceRef, parse_resource, require_action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
    from grantctl.evaluation.assumptions import Assumptions
    from grantctl.evaluation.scopes import Scope
    from grantctl.operations.questions import Question
    from grantctl.render.decisions import Document
    from grantctl.store.reader import Reader


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
    # Loaded here because questions about permissions need none of it.
    from grantctl.evaluation.access_decision import AccessQuestion

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
    assumptions: Assumptions | None = None,
) -> Decision | AccessDecision:
    """The decision about one user; `scope` is that of the token that stands for it, if one does."""
    if asked.ref is not None and asked.access is not None:
        return operations.access_questions.answer_access(
            reader,
            user,
            asked.ref,
            asked.access,
            now=now,
            with_advice=with_advice,
            scope=scope,
            assumptions=assumptions,
        )
    assert asked.key is not None
    assert asked.permission is not None
    return operations.questions.answer(
        reader,
        user,
        asked.key,
        asked.permission,
        now=now,
        with_advice=with_advice,
        scope=scope,
        assumptions=assumptions,
    )


def decision_line(allowed: bool, cause: str, *, is_hypothetical: bool = False) -> str:
    """The answer of `check` in words."""
    mark = " (hypothetical)" if is_hypothetical else ""
    return f"{'allowed' if allowed else 'denied'}{mark}: {cause}"


def decision_noun(asked: Asked) -> str:
    """What the document of a decision is called."""
    return "decision" if asked.ref is None else "access-decision"


def decision_record(decision: Decision | AccessDecision) -> Document:
    """The whole decision as data."""
    # Loaded here because an answer in words needs none of it, nor one about permissions the other.
    if isinstance(decision, Decision):
        from grantctl.render.decisions import decision_document

        return decision_document(decision)
    from grantctl.render.access_decisions import access_document

    return access_document(decision)


def decision_warnings(decision: Decision | AccessDecision) -> list[str]:
    """What its reader should know besides."""
    return [warning.message for warning in decision.warnings]
