"""`grantctl test`: whether what files assert of users, groups and roles is so."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli import recording
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.noun_group import Click, NounGroup
from grantctl.cli.policy_reading import FORMAT, parse_format, read_files
from grantctl.cli.questions import wants_words
from grantctl.errors import ExitCode, UsageError
from grantctl.render.junit import JunitReport
from grantctl.render.policy_tests import (
    COLUMNS,
    NOUN,
    result_row,
    summary,
    write_report_document,
    write_result,
)
from grantctl.render.style import Format

if TYPE_CHECKING:
    from grantctl.evaluation.assertion_results import PolicyResult

_RUN = "run"


class _Group(NounGroup):
    """The word `run` may be left out: `grantctl test FILE`."""

    metavar = "FILE"  # what the first word is completed to

    def parse_args(self, ctx: Click, args: list[str]) -> list[str]:
        is_file = bool(args) and args[0] not in self.commands and args[0] not in ("-h", "--help")
        return list(super().parse_args(ctx, [_RUN, *args] if is_file else args))


app = new_app("Whether what files assert is so: grantctl test FILE...")
app.info.cls = _Group
app.add_typer(recording.app)


@command(app, _RUN)
def run(
    call: Call,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="TOML or YAML, a folder of them, - for stdin",
            show_default=False,
        ),
    ],
    format: FORMAT = None,
    junit: Annotated[
        str | None,
        typer.Option(
            "--junit", metavar="FILE", help="write a report for CI, too", show_default=False
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="list what passed as well")
    ] = False,
) -> ExitCode:
    """Run the tests of files, `run` may be left out; exit 0 if all pass, 3 if any does not, 5 if a
    file is none of policy tests."""
    assertions = read_files(files, None if format is None else parse_format(format))
    if junit is not None:
        _write_report(junit, "", dry_run=True)  # what cannot be written is told before all else
    tally = _Tally(None if junit is None else JunitReport())
    with call.database.reader() as reader:
        results = operations.policy_tests.run_assertions(reader, assertions, now=datetime.now(UTC))
        _show(call, tally.counting(results), tally, is_verbose=verbose)
    if junit is not None and tally.report is not None:
        _write_report(junit, tally.report.text())
    call.say(summary(tally.counts))
    return ExitCode.OK if tally.is_passed else ExitCode.NO


def _write_report(junit: str, text: str, *, dry_run: bool = False) -> None:
    if junit == "-":
        raise UsageError("`--junit` names a file, and stdout is for the answer")
    content = text.encode("utf-8")
    operations.file_replacing.replace_file(Path(junit), content, dry_run=dry_run)


class _Tally:
    """What came of the assertions so far."""

    def __init__(self, report: JunitReport | None) -> None:
        self.report = report
        self.counts = {"passed": 0, "failed": 0, "errors": 0}

    def counting(self, results: Iterable[PolicyResult]) -> Iterator[PolicyResult]:
        for result in results:
            key = "errors" if result.status == "error" else result.status.value
            self.counts[key] += 1
            if self.report is not None:
                self.report.add(result)
            yield result

    @property
    def is_passed(self) -> bool:
        return not self.counts["failed"] and not self.counts["errors"]


def _show(call: Call, results: Iterator[PolicyResult], tally: _Tally, *, is_verbose: bool) -> None:
    if wants_words(call):
        for result in results:
            if is_verbose or not result.is_passed:
                write_result(sys.stdout, result, call.style)
    elif call.style.format in (Format.JSON, Format.YAML):
        write_report_document(sys.stdout, map(result_row, results), tally.counts, call.style)
    else:
        call.show_rows(NOUN, map(result_row, results), COLUMNS)
