"""The graphs of a user, a group, a permission and a resource: who is meant, and what is drawn.

Owns the choice of the thing that some words name, and which facts are fetched for its graph.
Changes nothing, and imports nothing heavy. Leaves drawing to whoever calls.
"""

from __future__ import annotations

from grantctl.errors import AmbiguousError, InvalidError, NotFoundError
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.graph_of_access import graph_of_access
from grantctl.evaluation.graph_of_directory import (
    graph_of_group,
    graph_of_key,
    graph_of_resource,
)
from grantctl.evaluation.graph_of_user import graph_of_decision, graph_of_user
from grantctl.evaluation.rules import leaves_of
from grantctl.lean import StrEnum, dataclass
from grantctl.model import parse_resource
from grantctl.operations.access_questions import answer_access
from grantctl.store.reader import Reader
from grantctl.store.references import unknown_permission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from grantctl.evaluation.access_decision import AccessQuestion
    from grantctl.evaluation.graph import Graph
    from grantctl.model import ResourceRef
    from grantctl.operations.questions import Question

_LISTS = "grantctl users list, groups list, permissions list, resources list"
_DID_YOU_MEAN = "did you mean"


class SubjectKind(StrEnum):
    """What words may name."""

    USER = "user"
    GROUP = "group"
    KEY = "key"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Subject:
    """What was meant; `reference` names it, and nothing else of its kind."""

    kind: SubjectKind
    reference: str


def find_subject(reader: Reader, reference: str, kind: SubjectKind | None = None) -> Subject:
    """What the words name: a user, a group, a permission or category, or a resource.

    `kind`: that alone is looked for. Raises NotFoundError, AmbiguousError where they name things
    of several kinds, or several of one kind.
    """
    if kind is not None:
        return _FINDERS[kind](reader, reference)
    found: list[Subject] = []
    missing: list[NotFoundError] = []
    for find in _FINDERS.values():
        try:
            found.append(find(reader, reference))
        except NotFoundError as error:
            missing.append(error)
        except AmbiguousError as error:
            error.hint = f"{error.hint or 'name one by its id'}; --as says of which kind it is"
            raise
        except InvalidError:  # no `TYPE:ID`
            continue
    if len(found) > 1:
        kinds = " and ".join(f"a {one.kind}" for one in found)
        options = " or ".join(f"--as {one.kind}" for one in found)
        raise AmbiguousError(f"`{reference[:80]}` is {kinds}", hint=f"say which: {options}")
    if not found:
        hints = [one.hint for one in missing if one.hint and one.hint.startswith(_DID_YOU_MEAN)]
        raise NotFoundError(
            f"no user, group, permission or resource `{reference[:80]}`",
            hint=hints[0]
            if hints
            else "grantctl users list, groups list, permissions list, resources list",
        )
    return found[0]


def _find_user(reader: Reader, reference: str) -> Subject:
    return Subject(SubjectKind.USER, reader.find_user(reference).id)


def _find_group(reader: Reader, reference: str) -> Subject:
    return Subject(SubjectKind.GROUP, reader.find_group(reference).id)


def _find_key(reader: Reader, reference: str) -> Subject:
    catalogue = reader.catalogue()
    if not leaves_of(catalogue, reference):
        raise unknown_permission(reference, catalogue)
    return Subject(SubjectKind.KEY, reference)


def _find_resource(reader: Reader, reference: str) -> Subject:
    ref = parse_resource(reference)
    reader.resources.chain(ref)
    return Subject(SubjectKind.RESOURCE, str(ref))


_FINDERS: dict[SubjectKind, Callable[[Reader, str], Subject]] = {
    SubjectKind.USER: _find_user,
    SubjectKind.GROUP: _find_group,
    SubjectKind.KEY: _find_key,
    SubjectKind.RESOURCE: _find_resource,
}


def draw_subject(
    reader: Reader, subject: Subject, *, now: datetime, limit: int, ignore_role: bool = False
) -> Graph:
    """What lies around it. Raises NotFoundError, AmbiguousError, DatabaseError."""
    match subject.kind:
        case SubjectKind.USER:
            facts = reader.access_facts(subject.reference)
            return graph_of_user(facts, now=now, limit=limit, ignore_role=ignore_role)
        case SubjectKind.GROUP:
            around = reader.graphs.around_group(subject.reference, now=now, limit=limit)
            return graph_of_group(around, now=now, limit=limit)
        case SubjectKind.KEY:
            of_key = reader.graphs.around_key(subject.reference, now=now, limit=limit)
            return graph_of_key(of_key, limit=limit)
    ref = parse_resource(subject.reference)
    return graph_of_resource(reader.graphs.around_resource(ref, now=now, limit=limit), limit=limit)


def draw_decision(
    reader: Reader, user: str, key: str, question: Question, *, now: datetime, limit: int
) -> Graph:
    """What was looked at to decide about one user and one permission or category.

    Raises NotFoundError, AmbiguousError, DatabaseError.
    """
    facts = reader.permission_facts(user, key)
    decision = decide(
        facts,
        key,
        now=now,
        ignore_role=question.ignore_role,
        require_all=question.require_all,
    )
    return graph_of_decision(facts, decision, limit=limit)


def draw_access(
    reader: Reader,
    user: str,
    ref: ResourceRef,
    question: AccessQuestion,
    *,
    now: datetime,
    limit: int,
) -> Graph:
    """What was looked at to decide about one user, one action and one resource. Raises the same."""
    decision = answer_access(reader, user, ref, question, now=now)
    return graph_of_access(decision, limit=limit)
