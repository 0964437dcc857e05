"""The configuration file, written: one setting changed, or the sample put in its place.

Owns that comments and all that is not meant stay as they are. Leaves reading the file to
`config_file`, what a value may be to `config`, and putting it on the disk to `file_replacing`.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from grantctl.config import KEYS, check_value, choices_hint
from grantctl.config_file import (
    CONTEXT_KEYS,
    ConfigFile,
    decode_config,
    parse_config,
    parse_toml,
    read_bytes,
)
from grantctl.config_values import MAX_ECHO, context_name_problem
from grantctl.errors import UsageError
from grantctl.lean import dataclass
from grantctl.operations.file_replacing import NEW_MODE, make_file, replace_file

_SAMPLE = "sample-config.toml"
_MARK = b"\xef\xbb\xbf"
_BY_HAND = "change it with an editor"

Table = dict[str, Any]  # Any: whatever TOML has


@dataclass(frozen=True, slots=True)
class FileChange:
    """A setting of the file before and after, None where it is not set there."""

    key: str
    before: str | None
    after: str | None
    is_new_context: bool


def sample_text() -> str:
    """The commented sample: every key, with its default."""
    return files("grantctl").joinpath(_SAMPLE).read_text(encoding="utf-8")


def write_sample(path: Path, *, overwrite: bool, dry_run: bool) -> None:
    """Write the sample there, for its owner only; folders are made.

    Raises GuardError where there is a file already, UsageError where there cannot be one.
    """
    content = sample_text().encode()
    if overwrite:
        replace_file(path, content, mode=NEW_MODE, dry_run=dry_run)
    else:
        make_file(path, content, dry_run=dry_run)


def change_setting(
    path: Path, key: str, value: str | None, *, context: str | None = None, dry_run: bool = False
) -> FileChange:
    """Set a client setting in the file, or in one of its contexts; None takes it out.

    File and context are made where need be. Raises UsageError for a value that cannot be meant, and
    for a file that would not be a sound one.
    """
    _require_place(key, context)
    if value:
        check_value(key, f"`{key}`", value)
    content = read_bytes(str(path), None) or b""
    text = decode_config(content, str(path))
    values = parse_toml(text + "\n", str(path))  # so that a line is named even at the very end
    table = _table(values, context)
    before = (table or {}).get(key)
    change = FileChange(key, _shown(before), value, value is not None and table is None)
    if before == value and not change.is_new_context:
        return change
    edited = _edited(text, key, value, context, path)
    if parse_toml(edited + "\n", str(path)) != _expected(values, key, value, context):
        raise UsageError(f"`{path}` cannot be changed in this one place", hint=_BY_HAND)
    _require_context(parse_config(edited, str(path)), key, value)
    mark = _MARK if content.startswith(_MARK) else b""
    replace_file(path, mark + edited.encode(), dry_run=dry_run)
    return change


def _require_place(key: str, context: str | None) -> None:
    known = KEYS if context is None else CONTEXT_KEYS
    if key not in known:
        raise UsageError(
            f"`{key[:MAX_ECHO]}` is no setting of a context", hint=choices_hint(key, known)
        )
    problem = None if context is None else context_name_problem(context)
    if problem:
        raise UsageError(f"`--context`: the name of a context {problem}")


def _require_context(file: ConfigFile, key: str, value: str | None) -> None:
    if key == "context" and value and value not in file.contexts:
        known = tuple(file.contexts)
        make = f"grantctl config set --context {value} database URL"
        raise UsageError(
            f"there is no context `{value}` in `{file.name}`",
            hint=choices_hint(value, known) if known else f"make it: {make}",
        )


def _table(values: Table, context: str | None) -> Table | None:
    """The table that holds the settings, None where there is none."""
    if context is None:
        return values
    contexts = values.get("contexts")
    table = contexts.get(context) if isinstance(contexts, dict) else None
    return table if isinstance(table, dict) else None


def _shown(value: object) -> str | None:
    """What stood there; what is not text could not be read either."""
    return value if isinstance(value, str) else None


def _expected(values: Table, key: str, value: str | None, context: str | None) -> Table:
    """What the file is to hold afterwards: this one change, and nothing else."""
    if context is None:
        return _changed(values, key, value)
    contexts = values.get("contexts", {})
    changed = _changed(_table(values, context) or {}, key, value)
    return {**values, "contexts": {**contexts, context: changed}}


def _changed(table: Table, key: str, value: str | None) -> Table:
    rest = {name: one for name, one in table.items() if name != key}
    return rest if value is None else {**rest, key: value}


def _edited(text: str, key: str, value: str | None, context: str | None, path: Path) -> str:
    """The text with the change in it, its comments where they were."""
    try:
        document = tomlkit.parse(text)
        table: MutableMapping[str, Any] = document
        if context is not None:
            if "contexts" not in document:
                document["contexts"] = tomlkit.table(is_super_table=True)
            contexts: Any = document["contexts"]
            if context not in contexts:
                contexts[context] = tomlkit.table()
            table = contexts[context]
        if value is None:
            del table[key]
        else:
            table[key] = value
        return tomlkit.dumps(document)
    except (TOMLKitError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        raise UsageError(f"`{path}` cannot be changed in this one place", hint=_BY_HAND) from None
