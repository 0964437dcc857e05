"""`grantctl access USER --diff OTHER`: why can she, and not he?

Owns what is printed of a difference. Leaves what makes it to `operations.access_difference`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.assuming import assumed, read_premises
from grantctl.cli.call import Call
from grantctl.cli.complete import complete_user
from grantctl.cli.wording import amount
from grantctl.render.columns import Column
from grantctl.render.decisions import path_text, verdict_word
from grantctl.render.escape import escape

if TYPE_CHECKING:
    from grantctl.evaluation.access_decision import AccessQuestion
    from grantctl.evaluation.differences import Difference, Source
    from grantctl.operations.access_difference import PermissionDifference, ResourceDifference
    from grantctl.operations.questions import Question

DIFF = Annotated[
    str | None,
    typer.Option(
        "--diff",
        metavar="OTHER",
        help="only where USER and this other user differ",
        autocompletion=complete_user,
    ),
]
Record = dict[str, object]


def show_difference(
    call: Call,
    users: tuple[str, str],
    question: Question,
    asked: AccessQuestion,
    *,
    key: str | None,
    type_: str | None,
) -> None:
    """Print where two users differ: the first as it is, the second under the call's assumptions."""
    now, premises = datetime.now(UTC), read_premises(call)
    differences = operations.access_difference
    with (
        call.database.reader() as reader,
        reader.at_one_moment(),
        assumed(call, reader, premises) as assumptions,
    ):
        user, other = (reader.find_user(one).label for one in users)
        rows = _Rows(user, other, is_hypothetical=assumptions is not None)
        if type_ is not None:
            found = differences.resource_differences(
                reader, *users, type_, asked, now=now, assumptions=assumptions
            )
            call.show_rows("reachable-diff", rows.of_resources(found), rows.resource_columns)
        else:
            listed = differences.permission_differences(
                reader, *users, question, now=now, key=key, assumptions=assumptions
            )
            call.show_rows("access-diff", rows.of_permissions(listed), rows.columns)
    call.say(rows.summary("action" if type_ is not None else "permission"))


class _Rows:
    """The rows of a comparison, counted as they are printed."""

    def __init__(self, user: str, other: str, *, is_hypothetical: bool) -> None:
        self._user = user
        self._other = other
        self._other_title = f"{other} (hypothetical)" if is_hypothetical else other
        self._counts = {True: 0, False: 0}  # by whether the first of the two has it

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of permissions."""
        return (Column("permission", "Permission", is_name=True), *self._shared_columns())

    @property
    def resource_columns(self) -> tuple[Column, ...]:
        """Of resources."""
        return (
            Column("resource", "Resource", is_name=True),
            Column("action", "Action"),
            *self._shared_columns(),
            Column("name", "Name", is_extra=True),
        )

    def _shared_columns(self) -> tuple[Column, ...]:
        return (
            Column("verdict", escape(self._user)),
            Column("other_verdict", escape(self._other_title)),
            Column("sources", "What makes the difference"),
            Column("user", "User", is_extra=True),
            Column("other", "Other", is_extra=True),
        )

    def of_permissions(self, found: Iterable[PermissionDifference]) -> Iterator[Record]:
        for one in found:
            yield {"permission": one.permission, **self._shared(one.difference)}

    def of_resources(self, found: Iterable[ResourceDifference]) -> Iterator[Record]:
        for one in found:
            yield {
                "resource": str(one.resource.ref),
                "action": one.action,
                "name": one.resource.name,
                **self._shared(one.difference),
            }

    def _shared(self, difference: Difference) -> Record:
        self._counts[difference.is_first] += 1
        return {
            "verdict": verdict_word(difference.is_first),
            "other_verdict": verdict_word(not difference.is_first),
            "sources": [_source_text(source) for source in difference.sources],
            "user": self._user,
            "other": self._other,
        }

    def summary(self, noun: str) -> str:
        """How many differ, and who has how many of them."""
        ours, theirs = self._counts[True], self._counts[False]
        told = amount(ours + theirs, noun)
        differ = "differs" if ours + theirs == 1 else "differ"
        if not ours + theirs:
            return f"{self._user} and {self._other_title} differ in {told}"
        return f"{told} {differ}: {self._user} has {ours}, {self._other_title} has {theirs}"


def _source_text(source: Source) -> str:
    """`role admin`, `group backend › engineering`, `default`; of a base, with its name."""
    text = source.kind.value
    if source.role is not None:
        text = f"{text} {source.role.value}"
    if source.path:
        text = f"{text} {path_text(source.path)}"
    return text if source.base is None else f"base {source.base}: {text}"
