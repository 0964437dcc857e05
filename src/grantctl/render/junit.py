"""What came of policy tests as JUnit's XML, which CI systems show.

Owns the elements and that the text is XML whatever stands in names: what XML has no characters for
is shown escaped. Leaves writing the file to the caller.
"""

from __future__ import annotations

import io
import re
from html import escape as quote

from grantctl.evaluation.assertion_results import PolicyResult, Status
from grantctl.render.escape import escape
from grantctl.render.policy_tests import failure_lines
from grantctl.render.style import Format, Style

_STYLE = Style(Format.TABLE)
_ELEMENTS = {Status.FAILED: "failure", Status.ERROR: "error"}
# What is no Char of XML 1.0 (section 2.2) and passes `escape`: non-characters.
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class JunitReport:
    """Collects results, those of a file together, and is the text of the report at the end."""

    def __init__(self) -> None:
        self._cases: dict[str, list[str]] = {}
        self._counts: dict[str, dict[Status, int]] = {}

    def add(self, result: PolicyResult) -> None:
        """Add one result."""
        file = result.assertion.place.file
        counts = self._counts.setdefault(file, dict.fromkeys(Status, 0))
        counts[result.status] += 1
        self._cases.setdefault(file, []).append(_case(result))

    def text(self) -> str:
        """The whole document."""
        every = {status: sum(one[status] for one in self._counts.values()) for status in Status}
        lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        lines += [f'<testsuites name="grantctl test" {_totals(every)}>']
        for file, cases in self._cases.items():
            lines += [f'  <testsuite name="{_attribute(file)}" {_totals(self._counts[file])}>']
            lines += [*cases, "  </testsuite>"]
        return "\n".join([*lines, "</testsuites>", ""])


def _case(result: PolicyResult) -> str:
    one = result.assertion
    sentence = str(one)
    name = f"{one.name}: {sentence}" if one.name else sentence
    begin = (
        f'    <testcase classname="{_attribute(one.place.file)}" name="{_attribute(name)}" '
        f'file="{_attribute(one.place.file)}" line="{one.place.line}"'
    )
    if result.is_passed:
        return f"{begin}/>"
    element = _ELEMENTS[result.status]
    body = "\n".join([str(one.place), *failure_lines(result, _STYLE, io.StringIO())])
    return (
        f'{begin}>\n      <{element} message="{_attribute(result.got)}">{_content(body)}'
        f"</{element}>\n    </testcase>"
    )


def _totals(counts: dict[Status, int]) -> str:
    return (
        f'tests="{sum(counts.values())}" failures="{counts[Status.FAILED]}" '
        f'errors="{counts[Status.ERROR]}"'
    )


def _attribute(text: str) -> str:
    return quote(_sound(escape(text)))


def _content(text: str) -> str:
    """The lines of a text; they were escaped one by one, but for the place."""
    return quote(_sound("\n".join(escape(line) for line in text.split("\n"))), quote=False)


def _sound(text: str) -> str:
    return _NO_CHARACTER.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
