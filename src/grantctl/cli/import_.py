"""`grantctl import`: bring in what another program wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.interop.directory import FindingKind
from grantctl.render.columns import Column
from grantctl.render.style import Format
from grantctl.store.url import parse_url

if TYPE_CHECKING:
    from grantctl.operations.importing import ImportReport

app = new_app("Bring in what another program wrote.")

TALLY_COLUMNS = (
    Column("kind", "Rows", is_name=True),
    Column("created", "Created", justify="right"),
    Column("updated", "Updated", justify="right"),
    Column("unchanged", "Unchanged", justify="right"),
    Column("only_here", "Only here", justify="right"),
)


@app.callback()
def import_() -> None:
    """Bring in what another program wrote."""


@command(app, "openwebui", changes=True)
def openwebui(
    call: Call,
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="the file webui.db, or a postgresql:// URL"),
    ],
) -> None:
    """Bring in users, groups, permissions, resources and access of an Open WebUI database, which is
    only read."""
    report = operations.attaching.import_openwebui(
        parse_url(call.settings.database.value),
        source,
        actor=call.actor,
        reason=call.intent.reason,
        dry_run=call.is_dry_run,
    )
    if call.style.format in (Format.JSON, Format.YAML, Format.NDJSON):
        call.show_record("import", _document(report), name_key="layout")
    else:
        call.show_rows("import", _tally_rows(report), TALLY_COLUMNS)
        _tell_findings(call, report)
    call.say_dry_run()


def _tally_rows(report: ImportReport) -> list[dict[str, object]]:
    return [
        {
            "kind": kind,
            "created": tally.created,
            "updated": tally.updated,
            "unchanged": tally.unchanged,
            "only_here": tally.only_here,
        }
        for kind, tally in report.tallies.items()
    ]


def _document(report: ImportReport) -> dict[str, object]:
    return {
        "layout": report.layout,
        "changed": report.is_changed,
        "rows": _tally_rows(report),
        "findings": [
            {
                "kind": finding.kind.value,
                "object_type": finding.object_type,
                "object_id": finding.object_id,
                "reason": finding.reason,
            }
            for finding in report.findings
        ],
    }


def _tell_findings(call: Call, report: ImportReport) -> None:
    call.say(f"read as {report.layout}")
    for kind in FindingKind:
        found = [finding for finding in report.findings if finding.kind is kind]
        if found:
            call.say(f"{len(found)} {kind.value}:")
        for finding in found:
            call.say(f"  {finding.object_type} {finding.object_id}: {finding.reason}")
