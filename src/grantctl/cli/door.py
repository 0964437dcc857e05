"""The hot questions in their plain form, answered before Typer is imported.

Owns `check` and `explain -o json` as scripts ask them, with the options that `plain_line` declares,
and hands a TAB to `door_completion`, a list of names to `list_door`.
Whatever else stands on the line, and whatever goes wrong, is handed over whole to the Typer app,
which answers it, or says what is wrong with it, as if nobody had been asked before.
INVARIANT: nothing is printed unless the answer is complete, but for lists, which are long.
"""

from __future__ import annotations

import os
import sys

from grantctl.cli.asking import (
    Asked,
    answer_asked,
    decision_line,
    decision_noun,
    decision_record,
    decision_warnings,
    parse_asked,
)
from grantctl.cli.completion_variables import SHELL_VARIABLE
from grantctl.cli.plain_line import LISTS, PlainLine, read_plain_line
from grantctl.config import load_settings
from grantctl.errors import ExitCode, GrantctlError
from grantctl.evaluation.decision import Decision
from grantctl.render.escape import escape, fit
from grantctl.store.database import Database
from grantctl.store.url import parse_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grantctl.evaluation.access_decision import AccessDecision


def answer(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """The exit code of a question that was answered; None for what is left to the Typer app."""
    if SHELL_VARIABLE in environ:
        return _complete(environ)
    line = read_plain_line(arguments)
    return None if line is None else answer_line(line, environ)


def answer_line(line: PlainLine, environ: Mapping[str, str]) -> int | None:
    """The same of a question that was read already."""
    if not _are_plain_streams():
        return None
    if line.command in LISTS:
        # Loaded here because other questions need none of it.
        from grantctl.cli.list_door import answer_list

        return answer_list(line, environ)
    try:
        settings = load_settings(flags=line.flags, environ=environ)
        output = settings.output.value
        if output not in ("", "table", "json") or (line.command == "explain" and output != "json"):
            return None
        url = parse_url(settings.database.value)
        if url.is_attached:
            return None
        asked = _asked(line)
        decision = _decide(line, asked, Database(url), is_json=output == "json")
        answer_text, warnings = _spoken(line, asked, decision, is_json=output == "json")
    except GrantctlError:
        return None
    _write(answer_text, warnings)
    return int(ExitCode.OK if decision.allowed else ExitCode.NO)


def _complete(environ: Mapping[str, str]) -> int | None:
    # Loaded here because a question needs none of it.
    from grantctl.cli.door_completion import complete

    words = complete(environ) if _are_plain_streams() else None
    if words is None:
        return None
    _write(words, ())
    return int(ExitCode.OK)


def _asked(line: PlainLine) -> Asked:
    _, asked, *rest = line.words
    return parse_asked(
        asked,
        rest[0] if rest else None,
        ignore_role="ignore_role" in line.switches,
        ignore_owner="ignore_owner" in line.switches,
        ignore_base="ignore_base" in line.switches,
        require_all="every" in line.switches,
    )


def _decide(
    line: PlainLine, asked: Asked, database: Database, *, is_json: bool
) -> Decision | AccessDecision:
    from grantctl.moments import UTC, datetime

    now = datetime.now(UTC)
    with_advice = is_json and "quiet" not in line.switches
    with database.reader() as reader:
        return answer_asked(reader, line.words[0], asked, now=now, with_advice=with_advice)


def _spoken(
    line: PlainLine, asked: Asked, decision: Decision | AccessDecision, *, is_json: bool
) -> tuple[str, list[str]]:
    """The answer, and what is said beside it."""
    if "quiet" in line.switches:
        return "", []
    if not is_json:
        words = decision_line(decision.allowed, decision.cause)
        return fit(escape(words), sys.stdout) + "\n", decision_warnings(decision)
    # Loaded here because an answer in words needs none of it.
    from grantctl.render.document import document_text
    from grantctl.render.values import plain

    record = plain(decision_record(decision))
    schema = f"grantctl.{decision_noun(asked)}/v1"
    warnings = decision_warnings(decision)
    return document_text(sys.stdout, record, schema=schema, warnings=warnings), []


def _write(text: str, warnings: Sequence[str]) -> None:
    """Print it. What cannot be printed is an OSError, as it is in the Typer app."""
    sys.stdout.write(text)
    sys.stdout.flush()
    if warnings:
        from grantctl.cli.streams import tell
        from grantctl.render.talk import warning_line

        for warning in warnings:
            tell(warning_line(warning))


def _are_plain_streams() -> bool:
    """Whether both streams are there, and go somewhere."""
    try:
        return all(os.fstat(stream.fileno()) for stream in (sys.stdout, sys.stderr))
    except (AttributeError, OSError, ValueError):
        return False
