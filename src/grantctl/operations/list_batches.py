"""Many lists in one go: who-can for each of many questions, access for each of many users.

Owns what a row may look like. Leaves each list to `questions` and `access_questions`. A row that
cannot be answered is answered with its error; each sees the database as it is then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from grantctl.errors import AmbiguousError, GrantctlError, InvalidError, NotFoundError
from grantctl.evaluation.access_decision import AccessQuestion, Reach
from grantctl.evaluation.assumptions import Assumptions
from grantctl.model import parse_resource, require_action
from grantctl.operations.access_questions import ReachedResource, reachable, who_has_access
from grantctl.operations.batches import batch_lines
from grantctl.operations.questions import Access, Question, Subject, access, who_can
from grantctl.store.reader import Reader

_ROW_ERRORS = (NotFoundError, AmbiguousError, InvalidError)


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """One of those who have what a row asks, or the row's error."""

    asked: str
    subject: Subject | Reach | None
    error: GrantctlError | None = None


@dataclass(frozen=True, slots=True)
class AccessLine:
    """What the user of a row may: its permissions, one thing that it reaches, or the error."""

    user: str
    found: Access | ReachedResource | None
    error: GrantctlError | None = None


def who_can_batch(
    reader: Reader,
    lines: Iterable[str],
    question: Question,
    access_question: AccessQuestion,
    *,
    now: datetime,
    assumptions: Assumptions | None = None,
) -> Iterator[SubjectLine]:
    """Everybody for each row, in order: `permission`, or `action<TAB>type:id`.

    Raises DatabaseError.
    """
    for number, text in batch_lines(lines):
        asked = text.replace("\t", " ")
        try:
            parts = text.split("\t")
            if len(parts) > 2 or not all(part.strip() for part in parts):
                raise InvalidError(f"line {number} is neither a permission nor action<TAB>type:id")
            found: Iterable[Subject | Reach]
            if len(parts) == 1:
                found = who_can(reader, parts[0], question, now=now, assumptions=assumptions)
            else:
                one = replace(access_question, action=require_action(parts[0]))
                ref = parse_resource(parts[1])
                found = who_has_access(reader, ref, one, now=now, assumptions=assumptions)
            for subject in found:
                yield SubjectLine(asked, subject)
        except _ROW_ERRORS as error:
            yield SubjectLine(asked, None, error)


def access_batch(
    reader: Reader,
    users: Iterable[str],
    question: Question,
    *,
    now: datetime,
    key: str | None,
    assumptions: Assumptions | None = None,
) -> Iterator[AccessLine]:
    """The permissions of each user, one a line, or those under a key. Raises DatabaseError."""
    for _, user in batch_lines(users):
        try:
            found = access(reader, user, question, now=now, key=key, assumptions=assumptions)
            yield AccessLine(user, found)
        except _ROW_ERRORS as error:
            yield AccessLine(user, None, error)


def reachable_batch(
    reader: Reader,
    users: Iterable[str],
    type_: str,
    question: AccessQuestion,
    *,
    now: datetime,
    assumptions: Assumptions | None = None,
) -> Iterator[AccessLine]:
    """What each user, one a line, may do to resources of a type. Raises DatabaseError."""
    for _, user in batch_lines(users):
        try:
            for found in reachable(reader, user, type_, question, now=now, assumptions=assumptions):
                yield AccessLine(user, found)
        except _ROW_ERRORS as error:
            yield AccessLine(user, None, error)
