"""`grantctl users import`: users in from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.bulk_import import FORMAT, left_out_warnings, parse_format, show_import
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.progress import Progress
from grantctl.errors import ExitCode

if TYPE_CHECKING:
    from grantctl.operations.bulk_reports import UserImport

app = new_app("Users in from a file.")


@command(app, "import", changes=True)
def import_(
    call: Call,
    source: Annotated[
        str,
        typer.Argument(metavar="FILE", help="lines with email, name, role, id; - for stdin"),
    ],
    format: FORMAT = None,
    update: Annotated[
        bool, typer.Option("--update", help="bring users who are here up to date")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="refuse the file where a row would be left out")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="make the users admins of whom the file says so")
    ] = False,
) -> ExitCode:
    """Make users from lines of JSON or from CSV; all of them in one change, or none."""
    asked = parse_format(format)
    with Progress() as progress:
        report = operations.user_transfer.import_users(
            call.database,
            call.intent,
            source,
            format=asked,
            may_update=update,
            is_strict=strict,
            may_make_admins=yes or call.is_dry_run,
            progress=progress.tell,
        )
    warnings = [*_admin_warnings(report), *left_out_warnings(report.users)]
    return show_import(call, "user-import", _document(report), {"users": report.users}, warnings)


def _admin_warnings(report: UserImport) -> list[str]:
    if report.first_admin is None:
        return []
    return [f"`{report.first_admin}` is the first user, so it became `admin`"]


def _document(report: UserImport) -> dict[str, object]:
    return {
        "format": report.format.value,
        "changed": report.users.is_changed,
        "admins_created": report.admin_count,
        "first_admin": report.first_admin,
        "default_group": report.default_group,
    }
