"""The configuration file: read, and taken apart into its three kinds of content.

Owns its form: client settings at the top, `[contexts.NAME]` tables of them, and `[policy]`; and the
errors of each, with line and key. Leaves what a setting may be to `config`, and what `[policy]` may
hold to whoever seeds a database from it. A value may be a password: no error repeats one.
"""

# `pathlib` takes longer to import than a whole check.
# ruff: noqa: PTH114, PTH123

from __future__ import annotations

import os.path

from grantctl.config_plain import parse_plain
from grantctl.config_values import MAX_ECHO, choices_hint, context_name_problem
from grantctl.errors import UsageError
from grantctl.lean import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

CONTEXT_KEYS = ("database", "output", "color", "actor", "keys")
KEYS = (*CONTEXT_KEYS, "context")
TABLES = ("contexts", "policy")
MAX_FILE_BYTES = 1024 * 1024

_TYPES = {bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "a table"}
_HINT = 'one setting a line: key = "value"'


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a file holds; nothing where there is none. Empty values are kept.

    `policy` is the table as TOML gives it, unchecked. Any: it may hold any type that TOML has.
    """

    name: str
    text: str = field(default="", repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    contexts: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    policy: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def path(self) -> Path:
        """The file as a path, which is made here."""
        from pathlib import Path

        return Path(self.name)

    def line(self, *keys: str) -> str:
        """On which line that key is: `FILE` line 3."""
        # Loaded here because only a mistake needs it.
        from grantctl.config_lines import find_line

        line = find_line(self.text, keys)
        return f"`{self.name}` line {line}" if line else f"`{self.name}`"

    def place(self, *keys: str) -> str:
        """Where that key is: `FILE` line 3: `output`."""
        return f"{self.line(*keys)}: `{'.'.join(keys)[:MAX_ECHO]}`"


def read_config_file(name: str, source: str | None) -> ConfigFile:
    """The file, of which `source` says who named it: None for the default place.

    There need not be one in the default place. Raises UsageError.
    """
    content = read_bytes(name, source)
    return ConfigFile(name) if content is None else parse_config(decode_config(content, name), name)


def parse_config(text: str, name: str) -> ConfigFile:
    """What a file of that name and text holds. Raises UsageError."""
    # The line feed lets the parser name a line even for what is wrong at the very end.
    found = parse_toml(text + "\n", name)
    file = ConfigFile(name, text)
    top = {key: value for key, value in found.items() if key not in TABLES}
    contexts = _table(file, found, "contexts")
    return ConfigFile(
        name,
        text,
        _texts(file, top),
        {one: _context(file, contexts, one) for one in contexts},
        _table(file, found, "policy"),
    )


def decode_config(content: bytes, name: str) -> str:
    """The text of these bytes, without a byte order mark. Raises UsageError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"`{name}` line {line}: not UTF-8") from None


def _context(file: ConfigFile, contexts: Mapping[str, Any], name: str) -> Mapping[str, str]:
    problem = context_name_problem(name)
    if problem:
        raise UsageError(f"{file.line('contexts', name)}: the name of a context {problem}")
    return _texts(file, _table(file, contexts, "contexts", name), "contexts", name)


def _table(file: ConfigFile, values: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The table of the last key, of those that the others name."""
    table = values.get(keys[-1], {})
    if not isinstance(table, dict):
        raise UsageError(
            f"{file.place(*keys)} is {_kind(table)}, not a table", hint=f"[{'.'.join(keys)}]"
        )
    return table


def _texts(file: ConfigFile, values: Mapping[str, Any], *above: str) -> Mapping[str, str]:
    """The settings of one table, each known, and text."""
    known = CONTEXT_KEYS if above else KEYS
    for key, value in values.items():
        if key not in known:
            hint = choices_hint(key, known if above else (*KEYS, *TABLES))
            if not above and isinstance(value, dict):
                hint += "; policy settings stand in the table [policy]"
            shown = ".".join((*above, key))[:MAX_ECHO]
            raise UsageError(f"{file.line(*above, key)}: unknown key `{shown}`", hint=hint)
        if not isinstance(value, str):
            raise UsageError(
                f"{file.place(*above, key)} is {_kind(value)}, not text", hint=f'{key} = "…"'
            )
    return values


def _kind(value: object) -> str:
    return _TYPES.get(type(value), "text" if isinstance(value, str) else "a date or time")


def read_bytes(name: str, source: str | None) -> bytes | None:
    """The content, or None where nobody named the file and it does not exist. Raises UsageError."""
    try:
        with open(name, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        if source is None and not os.path.islink(name):
            return None
        hint = f"`{source}` names it" if source else "it is a link to a file that is gone"
        raise UsageError(f"no configuration file `{name}`", hint=hint) from None
    except OSError as error:
        reason = (error.strerror or "input/output error").lower()
        raise UsageError(f"cannot read the configuration file `{name}`: {reason}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"the configuration file `{name}` is over {MAX_FILE_BYTES} bytes long")
    return content


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """The values of a file of that name; any type that TOML has. Raises UsageError."""
    plain = parse_plain(text)
    if plain is not None:
        return plain
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"`{name}` is nested too deeply", hint=_HINT) from None
    except ValueError as error:
        from grantctl.config_lines import syntax_problem

        raise UsageError(f"`{name}` {syntax_problem(error, text, KEYS)}", hint=_HINT) from None
