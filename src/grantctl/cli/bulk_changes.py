"""Changing the resources that a pattern names: first the question, then what was confirmed.

Owns that nothing else is changed than what was asked about, however the database changes meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.complete import complete_resource
from grantctl.cli.wording import some
from grantctl.model import ResourceRef

if TYPE_CHECKING:
    from grantctl.operations.changes import Intent

Result = TypeVar("Result")
Attempt = Callable[["Intent", Sequence[str | ResourceRef]], Result]
Question = Callable[[str, Result], str]

RESOURCES = Annotated[
    str,
    typer.Argument(
        metavar="RESOURCE",
        help="TYPE:ID, or a pattern like model:gpt-* or *:draft-?",
        autocompletion=complete_resource,
        show_default=False,
    ),
]
YES = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]


def change_selected(
    call: Call,
    wanted: Sequence[str],
    *,
    yes: bool,
    attempt: Attempt[Result],
    question: Question[Result],
    always: bool = False,
) -> Result:
    """Make the change; ask first where a pattern names the resources, or `always`.

    The attempt is tried before the question, so that nobody confirms what will be refused.
    """
    may_be_asked = always or any(character in text for text in wanted for character in "*?")
    if yes or call.is_dry_run or not may_be_asked:
        return attempt(call.intent, wanted)
    selection = operations.resource_selection.preview(call.database, wanted)
    if always or selection.is_pattern:
        tried = attempt(replace(call.intent, dry_run=True), selection.refs)
        call.confirm(question(named_resources(selection.refs), tried), is_confirmed=False)
    return attempt(call.intent, selection.refs)


def named_resources(refs: Sequence[ResourceRef]) -> str:
    """The resources for a question: one by its name, of several how many and the first few."""
    if len(refs) == 1:
        return f"`{refs[0]}`"
    return f"{len(refs)} resources: {some([str(ref) for ref in refs])}"
