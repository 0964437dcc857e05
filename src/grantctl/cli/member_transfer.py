"""`grantctl groups import-members`: memberships in from a file."""

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
    from grantctl.operations.bulk_reports import MembershipImport

app = new_app("Memberships in from a file.")


@command(app, "import-members", changes=True)
def import_members(
    call: Call,
    source: Annotated[
        str,
        typer.Argument(metavar="FILE", help="lines with user, group, expires_at; - for stdin"),
    ],
    format: FORMAT = None,
    create_groups: Annotated[
        bool, typer.Option("--create-groups", help="make the groups that do not exist")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="refuse users and groups that do not exist")
    ] = False,
) -> ExitCode:
    """Add users to groups from lines of JSON or from CSV; in one change. Members stay."""
    asked = parse_format(format)
    with Progress() as progress:
        report = operations.member_transfer.import_memberships(
            call.database,
            call.intent,
            source,
            format=asked,
            create_groups=create_groups,
            is_strict=strict,
            progress=progress.tell,
        )
    tally = report.memberships
    return show_import(
        call,
        "membership-import",
        _document(report),
        {"memberships": tally},
        left_out_warnings(tally),
    )


def _document(report: MembershipImport) -> dict[str, object]:
    return {
        "format": report.format.value,
        "changed": report.memberships.is_changed or bool(report.groups_created),
        "groups_created": report.groups_created,
    }
