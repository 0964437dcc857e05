"""`grantctl access --matrix`: what all members of a group may, as a heat map, a page, or data."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.complete import complete_group
from grantctl.cli.wording import amount
from grantctl.errors import ExitCode, UsageError
from grantctl.lean import dataclass, replace
from grantctl.model import Action
from grantctl.render.style import Format

if TYPE_CHECKING:
    from grantctl.evaluation.access_decision import AccessQuestion
    from grantctl.operations.matrices import Matrix
    from grantctl.operations.questions import Question

DEFAULT_LIMIT = 1000
STDOUT = "-"

MATRIX = Annotated[
    str | None,
    typer.Option(
        "--matrix",
        metavar="GROUP",
        help="of all members of the group, as users by permissions or, with --type, by resources",
        autocompletion=complete_group,
        show_default=False,
    ),
]
HTML = Annotated[
    str | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="with --matrix, as a page for a browser, - for stdout",
        show_default=False,
    ),
]
FORCE = Annotated[bool, typer.Option("--force", help="with --html, replace the file")]
LIMIT = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=1,
        max=100_000,
        help=f"with --matrix, at most so many users, {DEFAULT_LIMIT} without",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class MatrixOptions:
    """What goes with `--matrix` alone, as given."""

    group: str | None
    html: str | None
    force: bool
    limit: int | None

    @property
    def is_asked(self) -> bool:
        """Whether a matrix is asked for. Raises UsageError for what goes with one only."""
        if self.group is not None:
            return True
        if self.html is not None or self.force or self.limit is not None:
            raise UsageError(
                "`--html`, `--force` and `--limit` go with `--matrix`",
                hint="grantctl access --matrix GROUP",
            )
        return False


def show_matrix(
    call: Call,
    options: MatrixOptions,
    *,
    key: str | None,
    type_: str | None,
    question: Question,
    asked: AccessQuestion,
) -> ExitCode:
    """Show what the members of the group may; of resources one action, `read` without another."""
    assert options.group is not None
    is_data = (
        call.style.format is not Format.TABLE
        or bool(call.style.fields)
        or call.flags.get("output") is not None
    )
    if options.html is not None and is_data:
        raise UsageError("`--html` is a page, `-o` and `--fields` are data: not both")
    if options.force and options.html in (None, STDOUT):
        raise UsageError("`--force` replaces a file: name it", hint="--html FILE")
    if asked.action == operations.access_questions.ANY:
        asked = replace(asked, action=Action.READ.value)
    limit, now = options.limit or DEFAULT_LIMIT, datetime.now(UTC)
    matrices = operations.matrices
    with call.database.reader() as reader:
        if type_ is None:
            found = matrices.permission_matrix(
                reader, options.group, key, question, now=now, limit=limit
            )
        else:
            found = matrices.access_matrix(
                reader, options.group, type_, asked, now=now, limit=limit
            )
    notes = _notes(found, limit)
    if options.html is not None:
        _write_page(call, found, notes, options.html, force=options.force)
    else:
        _show(call, found, notes, is_data=is_data)
    return ExitCode.OK


def _notes(found: Matrix, limit: int) -> list[str]:
    notes = []
    if found.has_more:
        notes.append(f"the group has more than {limit:,} members: a higher --limit shows more")
    if found.more_columns:
        shown = len(found.columns)
        notes.append(f"{found.more_columns:,} more resources than the {shown:,} that are shown")
    return notes


def _show(call: Call, found: Matrix, notes: Sequence[str], *, is_data: bool) -> None:
    # Loaded here, and below too, because of a command's many pictures one is drawn.
    from grantctl.render.matrices import COLUMNS, cell_rows, wide_columns, wide_rows, write_heading

    noun = "access-matrix"
    if not is_data and call.style.is_terminal:
        from grantctl.render.matrix import write_matrix

        call.say(_title(found))
        write_matrix(sys.stdout, found.columns, found.rows, call.style)
        for note in notes:
            call.warn(note)
    elif call.style.format in (Format.JSON, Format.YAML, Format.NDJSON):
        call.show_rows(noun, cell_rows(found.columns, found.rows), COLUMNS, warnings=notes)
    else:
        columns = wide_columns(found.columns)
        if call.style.format is Format.TABLE and not call.style.is_terminal:
            write_heading(sys.stdout, columns, call.style)
        rows = wide_rows(found.columns, found.rows)
        call.show_rows(noun, rows, columns, warnings=notes)


def _title(found: Matrix) -> str:
    name = found.group.name or found.group.id
    asked = "" if found.action is None else f"{found.action}, "
    columns = amount(len(found.columns), found.column_noun)
    return f"{name}: {asked}{amount(len(found.rows), 'user')} by {columns}"


def _write_page(
    call: Call, found: Matrix, notes: Sequence[str], target: str, *, force: bool
) -> None:
    from grantctl.render.graphs import write_drawing
    from grantctl.render.html_matrix import Page, page_lines

    columns = f"{found.column_noun}s"
    asked = columns if found.action is None else f"{found.action} {columns}"
    page = Page(found.group, asked, found.columns, found.rows, found.decided_at, notes)
    if target == STDOUT:
        write_drawing(sys.stdout, page_lines(page), reference="&#{};")
    else:
        from grantctl.operations.resource_files import new_text_file

        with new_text_file(Path(target), force=force) as stream:
            stream.writelines(f"{line}\n" for line in page_lines(page))
        call.say(f"{target}: {_title(found)}")
    for note in notes:
        call.warn(note)
