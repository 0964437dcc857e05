"""What came of policy tests: as lines and trees to read, as rows and as a document.

Owns the words around a failure and the names of the JSON contract `grantctl.test-report/v1`. Leaves
the tree of a decision to `explanation` and `access_explanation`, and JUnit's XML to `junit`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from grantctl.evaluation.access_decision import AccessDecision
from grantctl.evaluation.assertion_results import PolicyResult, Status
from grantctl.evaluation.decision import Decision
from grantctl.render.access_decisions import access_document
from grantctl.render.access_explanation import write_access_explanation
from grantctl.render.columns import Column, select
from grantctl.render.decisions import decision_document, verdict_word
from grantctl.render.document import write_document
from grantctl.render.escape import escape, fit
from grantctl.render.explanation import write_explanation
from grantctl.render.style import Style
from grantctl.render.tree import Tone, paint
from grantctl.render.values import Plain, plain

NOUN = "test-report"
COLUMNS = (
    Column("status", "Status"),
    Column("file", "File"),
    Column("line", "Line", justify="right"),
    Column("name", "Test", is_name=True),
    Column("assertion", "Assertion"),
    Column("got", "Got"),
    Column("subject", "Subject", is_extra=True),
    Column("asked", "Asked", is_extra=True),
    Column("expected", "Expected", is_extra=True),
    Column("through", "Through", is_extra=True),
    Column("given", "Given", is_extra=True),
    Column("hint", "Hint", is_extra=True),
    Column("decision", "Decision", is_extra=True),
)

_TONES = {Status.PASSED: Tone.YES, Status.FAILED: Tone.NO, Status.ERROR: Tone.NO}
_INDENT = "  "


def result_row(result: PolicyResult) -> dict[str, object]:
    """The values of the columns; `name` is never empty."""
    one, decision = result.assertion, result.decision
    return {
        "status": result.status.value,
        "file": one.place.file,
        "line": one.place.line,
        "name": one.name or str(one),
        "assertion": str(one),
        "got": result.got,
        "subject": str(one.subject),
        "asked": str(one.asked),
        "expected": verdict_word(one.allowed),
        "through": [str(source) for source in one.through],
        "given": None if one.given is None else str(one.given),
        "hint": result.hint,
        "decision": None if decision is None else _decision_document(decision),
    }


def write_report_document(
    stream: TextIO, rows: Iterable[Mapping[str, object]], counts: Mapping[str, int], style: Style
) -> None:
    """Write JSON or YAML; `--fields` chooses those of the rows. `counts` is read after the rows.

    Raises UsageError for an unknown field, before any row is read.
    """
    keys = select([column.key for column in COLUMNS], style)
    tests: list[Plain] = [{key: plain(row[key]) for key in keys} for row in rows]
    data = {"tests": tests, "counts": plain(counts)}
    write_document(stream, data, schema=f"grantctl.{NOUN}/v1", format=style.format)


def write_result(stream: TextIO, result: PolicyResult, style: Style) -> None:
    """Write one line of what passed; of a failure, what was expected, what is so, and why."""
    one = result.assertion
    names = (one.name, str(one) if result.is_passed else "")
    name = ": ".join(filter(None, names))
    said = paint(result.status.value, _TONES[result.status], use_color=style.use_color)
    title = f"{escape(str(one.place))}: {said}{': ' if name else ''}{escape(name)}"
    lines = [title]
    if not result.is_passed:
        lines += [_INDENT + line for line in failure_lines(result, style, stream)]
    stream.writelines(fit(line, stream) + "\n" for line in lines)


def failure_lines(result: PolicyResult, style: Style, stream: TextIO) -> Iterator[str]:
    """What was expected and what is so, then the tree, in characters that the stream takes."""
    yield f"expected: {escape(str(result.assertion))}"
    yield f"got: {escape(result.got)}"
    if result.hint:
        yield f"hint: {escape(result.hint)}"
    if result.decision is not None:
        yield from _tree_lines(result.decision, style, stream)


def summary(counts: Mapping[str, int]) -> str:
    """`12 passed, 1 failed`"""
    said = [f"{counts['passed']} passed"]
    said += [f"{counts['failed']} failed"] * bool(counts["failed"])
    errors = counts["errors"]
    said += [f"{errors} error{'s' * (errors != 1)}"] * bool(errors)
    return ", ".join(said)


def _tree_lines(decision: Decision | AccessDecision, style: Style, stream: TextIO) -> Sequence[str]:
    sheet = _Sheet(getattr(stream, "encoding", None) or "utf-8")
    if isinstance(decision, AccessDecision):
        write_access_explanation(sheet, decision, style)
    else:
        write_explanation(sheet, decision, style)
    return sheet.getvalue().splitlines()


class _Sheet(io.StringIO):
    """Lines in memory, drawn as if for a stream of that encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a property there, too, in truth
        return self._encoding


def _decision_document(decision: Decision | AccessDecision) -> dict[str, object]:
    if isinstance(decision, AccessDecision):
        return access_document(decision)
    return decision_document(decision)
