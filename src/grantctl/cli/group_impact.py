"""`grantctl groups impact`: what deleting a group, or moving it, would do to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_group
from grantctl.cli.impact_words import (
    EVERY_USER,
    FIRST_USERS,
    ONLY_FIRST,
    group_words,
    impact_record,
    is_cut,
)
from grantctl.cli.members import GROUP
from grantctl.cli.wording import some
from grantctl.errors import GroupCycleError, UsageError
from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.operations.groups import DeletedGroup
    from grantctl.operations.impact import GroupImpact

app = new_app("What a change of a group would do.")

COLUMNS = (
    Column("what", "What", is_name=True),
    Column("gained", "Gain it", justify="right"),
    Column("lost", "Lose it", justify="right"),
    Column("users", "Users"),
    Column("permission", "Permission", is_extra=True),
    Column("action", "Action", is_extra=True),
    Column("resource", "Resource", is_extra=True),
    Column("restricts", "Restricts", is_extra=True),
    Column("ids", "Ids", is_extra=True),
)
PARENT = Annotated[
    str | None,
    typer.Option(
        "--parent",
        metavar="GROUP",
        help="of moving it below this one, not of deleting it",
        autocompletion=complete_group,
    ),
]
ROOT = Annotated[
    bool, typer.Option("--root", help="of moving it to the top level, not of deleting it")
]


@command(app, "impact")
def impact(
    call: Call, group: GROUP, parent: PARENT = None, root: ROOT = False, every: EVERY_USER = False
) -> None:
    """Show who would lose what if the group were deleted, or, with --parent or --root, who would
    gain and lose what if it were moved. Nothing is changed."""
    if parent is not None and root:
        raise UsageError("say where to: `--parent GROUP` or `--root`, and not both")
    with call.database.reader() as reader:
        now, first = datetime.now(UTC), None if every else FIRST_USERS
        found = reader.find_group(group)
        if root or parent is not None:
            above = None if parent is None else reader.find_group(parent)
            measured = operations.impact.group_move_impact(
                reader, found, above, now=now, first=first
            )
        else:
            measured = operations.impact.group_deletion_impact(reader, found, now=now, first=first)
    change = "moving" if root or parent is not None else "deleting"
    warnings = [f"{change} `{found.name}`: {group_words(measured)}", *_warnings(measured, every)]
    call.show_rows("group-impact", _rows(measured), COLUMNS, warnings=warnings)


def deletion_words(call: Call, plan: Sequence[DeletedGroup]) -> str:
    """What a deletion that is asked about would do."""
    with call.database.reader() as reader:
        doomed = [reader.find_group(one.id) for one in plan]
        now = datetime.now(UTC)
        return group_words(
            operations.impact.group_deletion_impact(reader, doomed, now=now, first=0)
        )


def move_words(call: Call, group: str, parent: str | None) -> list[str]:
    """What a move is about to do, where it does something to somebody."""
    with call.database.reader() as reader:
        found = reader.find_group(group)
        above = None if parent is None else reader.find_group(parent)
        try:
            measured = operations.impact.group_move_impact(
                reader, found, above, now=datetime.now(UTC), first=0
            )
        except GroupCycleError:  # the move itself is refused, and says more of why
            return []
    return [group_words(measured)] if measured.gaining_count or measured.losing_count else []


def _rows(measured: GroupImpact) -> Iterator[dict[str, object]]:
    for flag in measured.flags:
        key, restricts = flag.permission.key, flag.permission.restricts
        yield {
            "what": key,
            "permission": key,
            "restricts": restricts,
            **impact_record(flag.impact),
        }
    for access in measured.accesses:
        ref, action = str(access.ref), access.action
        yield {
            "what": f"{action} {ref}",
            "action": action,
            "resource": ref,
            "restricts": False,
            **impact_record(access.impact),
        }


def _warnings(measured: GroupImpact, every: bool) -> Iterator[str]:
    if measured.children:
        names = [child.name for child in measured.children]
        comes = "comes" if len(names) == 1 else "come"
        yield f"{some(names)} {comes} to the top level, without what is held from above"
    restricting = [one.permission.key for one in measured.flags if one.permission.restricts]
    if restricting:
        yield f"{some(restricting)}: where it is true, a user may do less"
    impacts = [one.impact for one in measured.flags] + [one.impact for one in measured.accesses]
    if not every and any(is_cut(one) for one in impacts):
        yield ONLY_FIRST
