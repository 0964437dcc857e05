"""Files of policy tests as commands take them: by name, from a folder, from stdin.

Owns finding and opening them. Leaves what they hold to `interop.policy_files`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import interop
from grantctl.config import choices_hint
from grantctl.errors import UsageError

if TYPE_CHECKING:
    from grantctl.evaluation.assertions import Assertion
    from grantctl.interop.policy_files import PolicyFormat

FORMAT = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="toml or yaml, where a file's name does not tell",
        show_default=False,
    ),
]
_STDIN = "-"


def parse_format(text: str) -> PolicyFormat:
    """The format of that name. Raises UsageError."""
    formats = interop.policy_files.PolicyFormat
    try:
        return formats(text)
    except ValueError:
        hint = choices_hint(text, tuple(formats))
        raise UsageError(f"no format `{text[:60]}`", hint=hint) from None


def read_files(sources: Iterable[str], format: PolicyFormat | None) -> list[Assertion]:
    """Every assertion of all of the files, before any is looked at.

    Raises UsageError for a file that cannot be read or whose format nobody tells, InvalidError for
    one that does not hold policy tests.
    """
    return [
        assertion
        for source in sources
        for file in _files(source)
        for assertion in _read(file, format)
    ]


def _files(source: str) -> Iterator[str]:
    """The file itself, or those of a folder and of the folders in it, by name."""
    if source == _STDIN:
        yield source
        return
    if not source:
        raise UsageError("no file is named ``", hint="grantctl test FILE")
    try:
        is_folder = Path(source).is_dir()
        inside = sorted(Path(source).rglob("*")) if is_folder else []
    except (OSError, ValueError):
        raise UsageError(f"`{source}` cannot be read") from None
    known = (one for one in inside if interop.policy_files.format_of(one.name) is not None)
    found = [str(one) for one in known if one.is_file()]
    if is_folder and not found:
        raise UsageError(f"the folder `{source}` holds no policy tests", hint="*.toml or *.yaml")
    yield from found if is_folder else [source]


def _read(source: str, format: PolicyFormat | None) -> list[Assertion]:
    found = format or interop.policy_files.format_of(source)
    if found is None:
        what = "stdin" if source == _STDIN else f"`{source}`"
        raise UsageError(f"{what} may be TOML or YAML", hint="--format toml, or --format yaml")
    name = "stdin" if source == _STDIN else source
    return interop.policy_files.read_assertions(_content(source), file=name, format=found)


def _content(source: str) -> bytes:
    """No more of it than a file may have, and one byte."""
    limit = interop.policy_files.MAX_FILE_BYTES + 1
    if source == _STDIN:
        return sys.stdin.buffer.read(limit)
    try:
        with Path(source).open("rb") as file:
            return file.read(limit)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"`{source}` cannot be read: {reason}") from None
    except ValueError:
        raise UsageError("the name of the file is none that a file can have") from None
