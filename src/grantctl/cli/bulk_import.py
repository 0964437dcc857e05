"""What the bulk imports share: their formats, and what is said at their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl.cli.call import Call
from grantctl.cli.wording import amount
from grantctl.config import choices_hint
from grantctl.errors import ExitCode, UsageError
from grantctl.interop.flat_formats import FlatFormat
from grantctl.render.columns import Column
from grantctl.render.style import Format

if TYPE_CHECKING:
    from grantctl.operations.bulk_reports import BulkTally

FORMAT = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="ndjson or csv, where the file does not tell",
        show_default=False,
    ),
]
TALLY_COLUMNS = (
    Column("kind", "Rows", is_name=True),
    Column("created", "Created", justify="right"),
    Column("updated", "Updated", justify="right"),
    Column("unchanged", "Unchanged", justify="right"),
    Column("left_out", "Left out", justify="right"),
)


def parse_format(text: str | None) -> FlatFormat | None:
    """The format of that name. Raises UsageError."""
    if text is None:
        return None
    try:
        return FlatFormat(text)
    except ValueError:
        hint = choices_hint(text, tuple(FlatFormat))
        raise UsageError(f"no format `{text[:60]}`", hint=hint) from None


def left_out_warnings(tally: BulkTally) -> list[str]:
    """How many rows were left out, then why the first of them were."""
    if not tally.left_out:
        return []
    more = tally.left_out - len(tally.reasons)
    rest = [f"and {amount(more, 'row')} more"] if more else []
    verb = "was" if tally.left_out == 1 else "were"
    return [f"{amount(tally.left_out, 'row')} {verb} left out", *tally.reasons, *rest]


def show_import(
    call: Call,
    noun: str,
    document: Mapping[str, object],
    rows: Mapping[str, BulkTally],
    warnings: list[str],
) -> ExitCode:
    """Print what an import did; the exit code tells whether rows were left out."""
    table = [
        {
            "kind": kind,
            "created": tally.created,
            "updated": tally.updated,
            "unchanged": tally.unchanged,
            "left_out": tally.left_out,
        }
        for kind, tally in rows.items()
    ]
    if call.style.format in (Format.JSON, Format.YAML, Format.NDJSON):
        call.show_record(noun, {**document, "rows": table}, name_key="format", warnings=warnings)
    else:
        call.show_rows(noun, table, TALLY_COLUMNS, warnings=warnings)
    call.say_dry_run()
    return ExitCode.PARTIAL if any(one.left_out for one in rows.values()) else ExitCode.OK
