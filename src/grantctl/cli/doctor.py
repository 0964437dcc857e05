"""`grantctl doctor`: look for everything that may be wrong, and say what helps."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.errors import ExitCode
from grantctl.render.doctor import COLUMNS, write_findings, write_findings_document
from grantctl.render.style import Format, detect_style

if TYPE_CHECKING:
    from grantctl.operations.doctor import DoctorReport, LoadedSettings

app = new_app("Look for everything that may be wrong, and say what helps.")

STRICT = Annotated[bool, typer.Option("--strict", help="exit 3 for warnings too")]


def open_anyway(flags: Mapping[str, Any]) -> Call:
    """The call, whatever is wrong with the configuration: that is to be told, not to end it."""
    settings = _load(flags).settings
    style = detect_style(
        sys.stdout,
        output=settings.output.value,
        fields=flags.get("fields"),
        color=settings.color.value,
        environ=os.environ,
    )
    return Call(flags, settings, style)


@command(app, "doctor", opens=open_anyway)
def doctor(call: Call, strict: STRICT = False) -> ExitCode:
    """Look at configuration, database, credentials, settings, users, groups and permissions; exit 3
    where something is broken. Nothing is changed."""
    report = operations.doctor.examine(_load(call.flags), os.environ)
    _show(call, report)
    return ExitCode.OK if report.is_healthy(strict=strict) else ExitCode.NO


def _load(flags: Mapping[str, Any]) -> LoadedSettings:
    return operations.doctor.load_anyway(flags, os.environ)


def _show(call: Call, report: DoctorReport) -> None:
    rows = [
        {column.key: str(getattr(one, column.key)) for column in COLUMNS} for one in report.findings
    ]
    style = call.style
    if style.format in (Format.JSON, Format.YAML):
        counts = {status.value: count for status, count in report.counts.items()}
        write_findings_document(sys.stdout, rows, counts, style)
    elif style.format is Format.TABLE and style.is_terminal and not style.fields:
        write_findings(sys.stdout, rows, style)
    else:
        call.show_rows("doctor", rows, COLUMNS)
