"""`grantctl test record`: today's access as assertions."""

from __future__ import annotations

import codecs
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from grantctl import interop, operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_resource_type, complete_user
from grantctl.cli.policy_reading import parse_format
from grantctl.cli.questions import wants_words
from grantctl.errors import UsageError

app = new_app("Today's access as assertions.")


@command(app, "record")
def record(
    call: Call,
    users: Annotated[
        list[str],
        typer.Argument(
            metavar="USER...",
            help="id, e-mail or unique name",
            autocompletion=complete_user,
            show_default=False,
        ),
    ],
    format: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="toml or yaml", show_default=False),
    ] = "toml",
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="of the resources of this type as well, * for all",
            autocompletion=complete_resource_type,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write what users may today, through what, and what not, as a file of tests."""
    if not wants_words(call):
        raise UsageError("a recording is TOML or YAML", hint="--format toml, or --format yaml")
    asked = parse_format(format)
    encoding = sys.stdout.encoding or "utf-8"
    with call.database.reader() as reader:
        recorded = operations.access_recording.record_access(
            reader, users, type_=type_, now=datetime.now(UTC)
        )
        text = interop.recorded_text.written(
            recorded, asked, is_ascii=codecs.lookup(encoding).name != "utf-8"
        )
        sys.stdout.writelines(text)
