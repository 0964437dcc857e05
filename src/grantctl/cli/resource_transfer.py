"""`grantctl resources export` and `import`: resources out to a file and in from one."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.progress import Progress
from grantctl.config import choices_hint
from grantctl.errors import UsageError
from grantctl.interop.resource_text import FileFormat
from grantctl.render.columns import Column
from grantctl.render.style import Format
from grantctl.store.url import parse_url

if TYPE_CHECKING:
    from grantctl.operations.resource_transfer import TransferReport

app = new_app("Resources out to a file, and in from one.")

TALLY_COLUMNS = (
    Column("kind", "Rows", is_name=True),
    Column("created", "Created", justify="right"),
    Column("updated", "Updated", justify="right"),
    Column("removed", "Removed", justify="right"),
    Column("unchanged", "Unchanged", justify="right"),
)

_EXPORT_FORMATS = {
    Format.TABLE: FileFormat.JSON,  # what no format was asked for
    Format.JSON: FileFormat.JSON,
    Format.NDJSON: FileFormat.NDJSON,
    Format.CSV: FileFormat.CSV,
}


@command(app, "export")
def export(
    call: Call,
    type_: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="only these resources", show_default=False),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="FILE", help="a new file, for its owner only", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace the file")] = False,
) -> None:
    """Write resources with their access control, without loss: -o json, ndjson or csv."""
    format = _export_format(call)
    if force and to is None:
        raise UsageError("`--force` replaces a file: name it", hint="--to FILE")
    transfer = operations.resource_transfer
    if to is None:
        transfer.export_resources(
            call.database,
            sys.stdout,
            format=format,
            type_=type_,
            ascii_only=not _is_utf8(sys.stdout.encoding),
        )
        return
    with Progress() as progress:
        transfer.export_to_file(
            call.database, Path(to), format=format, type_=type_, force=force, progress=progress.tell
        )


@command(app, "import", changes=True)
def import_(
    call: Call,
    source: Annotated[str, typer.Argument(metavar="FILE", help="what was exported, - for stdin")],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="json, ndjson or csv, where the file does not tell",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="refuse users, groups and bases that do not exist")
    ] = False,
) -> None:
    """Make resources and bring them up to date, from what was exported; delete none."""
    asked = None if format is None else _parse_format(format)
    with Progress() as progress:
        report = operations.resource_transfer.import_resources(
            parse_url(call.settings.database.value),
            call.intent,
            source,
            format=asked,
            is_strict=strict,
            progress=progress.tell,
        )
    warnings = _warnings(report)
    if call.style.format in (Format.JSON, Format.YAML, Format.NDJSON):
        call.show_record("resource-import", _document(report), name_key="format", warnings=warnings)
    else:
        call.show_rows("resource-import", _tally_rows(report), TALLY_COLUMNS, warnings=warnings)
    call.say_dry_run()


def _export_format(call: Call) -> FileFormat:
    if call.style.fields:
        raise UsageError("an export has all of its fields, so `--fields` does not fit it")
    found = _EXPORT_FORMATS.get(call.style.format)
    if found is None:
        raise UsageError(
            f"resources are not exported as {call.style.format.value}",
            hint="what can be imported again: -o json, ndjson or csv",
        )
    return found


def _parse_format(text: str) -> FileFormat:
    try:
        return FileFormat(text)
    except ValueError:
        hint = choices_hint(text, tuple(FileFormat))
        raise UsageError(f"no format `{text[:60]}`", hint=hint) from None


def _is_utf8(encoding: str | None) -> bool:
    return encoding is None or codecs.lookup(encoding).name == "utf-8"


def _warnings(report: TransferReport) -> list[str]:
    counted = (
        (report.missing.owners, "resource", "an owner who does"),
        (report.missing.bases, "resource", "a base that does"),
        (report.missing.grants, "grant", "a user or group that does"),
    )
    return [
        f"1 {noun} names {whom} not exist here"
        if count == 1
        else f"{count} {noun}s name {whom} not exist here"
        for count, noun, whom in counted
        if count
    ]


def _tally_rows(report: TransferReport) -> list[dict[str, object]]:
    return [
        {
            "kind": kind,
            "created": tally.created,
            "updated": tally.updated,
            "removed": tally.removed,
            "unchanged": tally.unchanged,
        }
        for kind, tally in report.tallies.items()
    ]


def _document(report: TransferReport) -> dict[str, object]:
    return {
        "format": report.format.value,
        "changed": report.is_changed,
        "rows": _tally_rows(report),
        "missing": {
            "owners": report.missing.owners,
            "bases": report.missing.bases,
            "grants": report.missing.grants,
        },
    }
