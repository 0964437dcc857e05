"""`grantctl permissions impact`: what setting permissions would do to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_assignment
from grantctl.cli.flag_changes import DEFAULT, GROUP, parse_supposed, require_scope
from grantctl.cli.impact_words import EVERY_USER, FIRST_USERS, ONLY_FIRST, impact_record, is_cut
from grantctl.cli.wording import some
from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.operations.impact import SettingImpact

app = new_app("What setting permissions would do.")

COLUMNS = (
    Column("key", "Permission", is_name=True),
    Column("before", "Before"),
    Column("after", "After"),
    Column("gained", "Gain it", justify="right"),
    Column("lost", "Lose it", justify="right"),
    Column("users", "Users"),
    Column("restricts", "Restricts", is_extra=True),
    Column("ids", "Ids", is_extra=True),
)


@command(app, "impact")
def impact(
    call: Call,
    values: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=VALUE...",
            help="a permission or category and true, false or unset",
            autocompletion=complete_assignment,
        ),
    ],
    group: GROUP = None,
    default: DEFAULT = False,
    every: EVERY_USER = False,
) -> None:
    """Show who would gain or lose permissions if a group, or the default, set them so. Nothing is
    changed."""
    require_scope(group, default)
    wanted = parse_supposed(values)
    with call.database.reader() as reader:
        measured = operations.impact.settings_impact(
            reader,
            group=None if group is None else reader.find_group(group),
            values=wanted,
            now=datetime.now(UTC),
            first=None if every else FIRST_USERS,
        )
    rows = (_row(one) for one in measured)
    call.show_rows("permission-impact", rows, COLUMNS, warnings=[*_warnings(measured, every=every)])


def _row(one: SettingImpact) -> dict[str, object]:
    return {
        "key": one.permission.key,
        "before": one.before,
        "after": one.after,
        "restricts": one.permission.restricts,
        **impact_record(one.impact),
    }


def _warnings(measured: Sequence[SettingImpact], *, every: bool) -> Iterator[str]:
    restricting = [one.permission.key for one in measured if one.permission.restricts]
    if restricting:
        yield f"{some(restricting)}: where it is true, a user may do less"
    if not every and any(is_cut(one.impact) for one in measured):
        yield ONLY_FIRST
