"""One call of a command: its settings, its streams, its database.

Owns what every command shares. Leaves what it does to the command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grantctl import operations
from grantctl.cli.streams import tell
from grantctl.config import KEYS, Settings, load_settings
from grantctl.errors import UnconfirmedError, UsageError
from grantctl.render.columns import Column
from grantctl.render.escape import escape, fit
from grantctl.render.record import write_record
from grantctl.render.rows import write_rows
from grantctl.render.style import Format, Style, detect_style
from grantctl.render.talk import hint_line, warning_line

if TYPE_CHECKING:
    from grantctl.evaluation.assumptions import Assumptions
    from grantctl.operations.changes import Intent
    from grantctl.render.decisions import Document
    from grantctl.store.database import Database


@dataclass(slots=True)
class Call:
    """`flags` are the shared options as given, None where they were not.

    `assumptions`: under which the answer is given, if it is a hypothetical one; all that is shown
    then says so.
    """

    flags: Mapping[str, Any]  # each option has a type of its own
    settings: Settings
    style: Style
    config_error: UsageError | None = None  # why the configuration file is not part of the settings
    assumptions: Assumptions | None = None
    _found: list[Database] = field(default_factory=list)

    @property
    def database(self) -> Database:
        """The database that this call works on, found once. Raises UsageError, DatabaseError."""
        if self.config_error is not None:
            raise self.config_error
        if not self._found:
            found = operations.attaching.find_database(self.settings.database.value)
            self._found.append(found)
        return self._found[0]

    @property
    def intent(self) -> Intent:
        """Who changes, why, and whether it is only tried."""
        return operations.changes.Intent(
            actor=self.actor,
            reason=self.flags.get("reason"),
            dry_run=self.is_dry_run,
        )

    @property
    def actor(self) -> str:
        return self.settings.actor_name

    @property
    def is_dry_run(self) -> bool:
        return bool(self.flags.get("dry_run"))

    def show_rows(
        self,
        noun: str,
        rows: Iterable[Mapping[str, object]],
        columns: Sequence[Column],
        *,
        warnings: Sequence[str] = (),
        next_cursor: str | None = None,
    ) -> None:
        """Print a list; what a format has no place for is said on stderr."""
        headline, assumed = self._hypothesis()
        if headline and not self._is_told_within_lists:
            self.warn(headline)
        if headline:
            warnings = [headline, *warnings]
        write_rows(
            sys.stdout,
            rows,
            schema=f"grantctl.{noun}/v1",
            columns=columns,
            style=self.style,
            warnings=warnings,
            next_cursor=next_cursor,
            headline=headline,
            assumptions=assumed,
        )
        self._say_more(next_cursor)
        self._say_unless_structured([one for one in warnings if one != headline])

    def show_record(
        self,
        noun: str,
        record: Mapping[str, object],
        *,
        name_key: str,
        warnings: Sequence[str] = (),
        next_cursor: str | None = None,
    ) -> None:
        """Print one object; `next_cursor` is that of the list that it holds a part of."""
        headline, assumed = self._hypothesis()
        if headline:
            record = {**record, "assumptions": assumed}
            warnings = [headline, *(one for one in warnings if one != headline)]
        write_record(
            sys.stdout,
            record,
            schema=f"grantctl.{noun}/v1",
            style=self.style,
            name_key=name_key,
            warnings=warnings,
            next_cursor=next_cursor,
        )
        self._say_more(next_cursor)
        self._say_unless_structured(warnings)

    def _hypothesis(self) -> tuple[str, list[Document]]:
        """What is assumed in a line and as data; nothing where nothing is."""
        if self.assumptions is None:
            return "", []
        # Loaded here because answers of the world as it is need none of it.
        from grantctl.render.assumptions import assumption_documents

        return self.assumptions.headline, assumption_documents(self.assumptions)

    @property
    def _is_told_within_lists(self) -> bool:
        """Whether the format of a list has a place to say that it is hypothetical."""
        is_drawn = self.style.format is Format.TABLE and self.style.is_terminal
        return is_drawn or self.style.format in (Format.JSON, Format.YAML)

    def _say_more(self, next_cursor: str | None) -> None:
        if next_cursor is not None:
            self.warn(f"there is more: --cursor {next_cursor}, or --all")

    def _say_unless_structured(self, warnings: Sequence[str]) -> None:
        if self.style.format not in (Format.JSON, Format.YAML):
            for warning in warnings:
                self.warn(warning)

    def warn(self, text: str) -> None:
        """Say something on stderr that the reader should know."""
        tell(warning_line(text))

    def say(self, text: str) -> None:
        """Say something on stderr that is neither a warning nor a hint."""
        tell(fit(escape(text), sys.stderr))

    def say_plainly(self, text: str) -> None:
        """Print one line of the answer."""
        print(fit(escape(text), sys.stdout))

    def hint(self, text: str) -> None:
        """Say on stderr which command helps."""
        tell(hint_line(text))

    def say_dry_run(self) -> None:
        """Where nothing was changed, say so."""
        if self.is_dry_run:
            self.warn("dry run: nothing was changed")

    def confirm(self, question: str, *, is_confirmed: bool) -> None:
        """Ask before a dangerous change. Raises UnconfirmedError without a yes."""
        if is_confirmed or self.is_dry_run:
            return
        if sys.stdin is None or not sys.stdin.isatty():
            raise UnconfirmedError(f"{question}: not confirmed", hint="confirm with --yes")
        print(f"{fit(escape(question), sys.stderr)}?", end=" [y/N] ", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise UnconfirmedError("declined, nothing was changed")


def begin(flags: Mapping[str, Any]) -> Call:
    """The call with these shared options. Raises UsageError."""
    settings = _settings(flags)
    return Call(flags, settings, _style(flags, settings))


def begin_anyway(flags: Mapping[str, Any]) -> Call:
    """The same for a command that is about the configuration file, whatever is wrong with it.

    A call that could not read it has no database. Raises UsageError for flags and variables.
    """
    try:
        return begin(flags)
    except UsageError as error:
        settings = _settings(flags, reads_file=False)
        return Call(flags, settings, _style(flags, settings), error)


def _settings(flags: Mapping[str, Any], *, reads_file: bool = True) -> Settings:
    given = {key: flags.get(key) for key in (*KEYS, "config")}
    return load_settings(flags=given, environ=os.environ, reads_file=reads_file)


def _style(flags: Mapping[str, Any], settings: Settings) -> Style:
    return detect_style(
        sys.stdout,
        output=settings.output.value,
        fields=flags.get("fields"),
        color=settings.color.value,
        environ=os.environ,
    )
