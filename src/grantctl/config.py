"""Client settings: database, output, colour, actor, keys; each value with where it comes from.

Owns the order flag > variable > configuration file > default, and the errors of each. Policy
settings are kept in the database and are none of these. Values are given as they were written: the
database URL may hold a password, so nothing here repeats one in an error, and a caller masks it
before showing a value or what it shadows.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from grantctl.errors import UsageError
from grantctl.model import MAX_NAME_LENGTH

KEYS = ("database", "output", "color", "actor", "keys")
OUTPUTS = ("table", "json", "ndjson", "yaml", "csv", "name")
COLORS = ("auto", "always", "never")
MAX_FILE_BYTES = 1024 * 1024
MAX_ECHO = 60

_CHOICES = {"output": OUTPUTS, "color": COLORS}
_PLACEHOLDER = re.compile(r"\$\{.*?\}|\{\{.*?\}\}|^<.*>$|^change-?me$", re.IGNORECASE)
_POSITION = re.compile(r"(.+) \(at line (\d+), column \d+\)", re.DOTALL)
_TYPES = {bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "a table"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and its origin: `flag --output`, `environment GRANTCTL_OUTPUT`, `file /etc/g.toml`
    or `default`. `shadows`: what else was set, as (origin, value), the strongest first; the default
    is not among them.
    """

    key: str
    value: str = field(repr=False)
    origin: str
    shadows: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The client settings. An empty `output` means: as suits the stream; an empty `actor`: the
    user of the operating system; an empty `keys`, the folder of the private keys that sign tokens:
    the one in the data folder. `config_path` is the file that was read, or would be.
    """

    database: Setting
    output: Setting
    color: Setting
    actor: Setting
    keys: Setting
    config_path: Path

    @property
    def listed(self) -> tuple[Setting, ...]:
        """Every setting, in the order of KEYS."""
        return (self.database, self.output, self.color, self.actor, self.keys)

    @property
    def keys_folder(self) -> Path:
        """The folder of the private keys. It need not exist, and its name is made up only here."""
        return Path(self.keys.value) if self.keys.value else _directory("user_data_path") / "keys"

    @property
    def actor_name(self) -> str:
        """The name for the audit log. The operating system is asked only here: it may be slow."""
        return self.actor.value or os_user()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A value that was found; `subject` is what an error about it begins with."""

    subject: str
    origin: str
    value: str = field(repr=False)


def load_settings(*, flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """The settings from the flags (`database`, `output`, `color`, `actor`, `config`; None where one
    was not given), the environment and the configuration file.

    An empty variable or value in the file counts as not set; an empty flag is an error, because a
    script's unset variable must not choose the default database in silence. Every value is
    checked, a shadowed one too. Raises UsageError.
    """
    path, source = _config_path(flags, environ)
    in_file = _read_file(path, source)
    found = {key: tuple(_candidates(key, flags, environ, path, in_file)) for key in KEYS}
    settings = {key: _setting(key, found[key]) for key in KEYS}
    return Settings(**settings, config_path=path)


def choices_hint(text: str, choices: Sequence[str]) -> str:
    """The hint after a word that is none of the choices: the nearest one, and all of them."""
    # Loaded here because only a mistake needs it, and start-up is what a short command consists of.
    matches = import_module("difflib").get_close_matches(text[:MAX_ECHO].lower(), choices, n=1)
    listed = f"one of {', '.join(choices)}"
    return f"did you mean `{matches[0]}`? {listed}" if matches else listed


def os_user() -> str:
    """The name of the user who runs the process, by id: LOGNAME and USER may say anything."""
    if not hasattr(os, "getuid"):
        return os.environ.get("USERNAME", "unknown")
    uid = os.getuid()
    try:
        name: str = import_module("pwd").getpwuid(uid).pw_name
    except KeyError:  # a container may run under an id without a name
        return f"uid {uid}"
    return name


def _setting(key: str, found: tuple[_Candidate, ...]) -> Setting:
    for candidate in found:
        _check(key, candidate)
    if not found:
        return Setting(key, _default(key), "default")
    shadows = tuple((candidate.origin, candidate.value) for candidate in found[1:])
    return Setting(key, found[0].value, found[0].origin, shadows)


def _default(key: str) -> str:
    if key == "database":
        path = _directory("user_data_path") / "grantctl.db"
        return f"sqlite:///{str(path).replace('%', '%25')}"
    return "auto" if key == "color" else ""


def _directory(name: str) -> Path:
    # Loaded here because it costs as much as all the rest of this module, and is not needed where
    # the configuration file and the database are named.
    directory: Path = getattr(import_module("platformdirs"), name)("grantctl")
    return directory


def _candidates(
    key: str,
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    path: Path,
    in_file: Mapping[str, str],
) -> Iterator[_Candidate]:
    """What is set for a key, the strongest first."""
    flag, variable = flags.get(key), f"GRANTCTL_{key.upper()}"
    if flag is not None:
        yield _Candidate(f"`--{key}`", f"flag --{key}", _require_flag(key, flag))
    if environ.get(variable):
        yield _Candidate(f"`{variable}`", f"environment {variable}", environ[variable])
    if in_file.get(key):
        yield _Candidate(f"`{key}` in `{path}`", f"file {path}", in_file[key])


def _require_flag(key: str, value: str) -> str:
    if not value:
        raise UsageError(f"`--{key}` is empty", hint="leave it out to use the default")
    return value


def _check(key: str, candidate: _Candidate) -> None:
    """Refuse what cannot be meant. The value is repeated only where it cannot be a secret."""
    subject, value = candidate.subject, candidate.value
    for character in value:
        if unicodedata.category(character) == "Cs":
            raise UsageError(f"{subject} is not UTF-8")
        if unicodedata.category(character) == "Cc":
            raise UsageError(f"{subject} holds the control character U+{ord(character):04X}")
    if _PLACEHOLDER.search(value):
        raise UsageError(f"{subject} is still a placeholder", hint="put the value in its place")
    choices = _CHOICES.get(key)
    if choices and value not in choices:
        raise UsageError(
            f"{subject} may not be `{value[:MAX_ECHO]}`", hint=choices_hint(value, choices)
        )
    if key == "actor" and (not value.strip() or len(value) > MAX_NAME_LENGTH):
        raise UsageError(f"{subject} may have 1 to {MAX_NAME_LENGTH} characters, not all spaces")


def _config_path(
    flags: Mapping[str, str | None], environ: Mapping[str, str]
) -> tuple[Path, str | None]:
    """The configuration file, and what names it: None for the default place."""
    flag, variable = flags.get("config"), environ.get("GRANTCTL_CONFIG")
    if flag is not None:
        name, source = _require_flag("config", flag), "--config"
    elif variable:
        name, source = variable, "GRANTCTL_CONFIG"
    else:
        return _directory("user_config_path") / "config.toml", None
    if "\0" in name:
        raise UsageError(f"`{source}` holds the control character U+0000")
    return Path(name), source


def _read_file(path: Path, source: str | None) -> Mapping[str, str]:
    content = _read_bytes(path, source)
    if content is None:
        return {}
    # The line feed lets the parser name a line even for what is wrong at the very end.
    values = _parse(_decode(content, path) + "\n", path)
    for key, value in values.items():
        if key not in KEYS:
            raise UsageError(
                f"unknown key `{key[:MAX_ECHO]}` in `{path}`", hint=choices_hint(key, KEYS)
            )
        if not isinstance(value, str):
            kind = _TYPES.get(type(value), "a date or time")
            raise UsageError(f"`{key}` in `{path}` is {kind}, not text", hint=f'{key} = "…"')
    return values


def _read_bytes(path: Path, source: str | None) -> bytes | None:
    """The content, or None where nobody named the file and it does not exist."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        if source is None and not path.is_symlink():
            return None
        hint = f"`{source}` names it" if source else "it is a link to a file that is gone"
        raise UsageError(f"no configuration file `{path}`", hint=hint) from None
    except OSError as error:
        reason = (error.strerror or "input/output error").lower()
        raise UsageError(f"cannot read the configuration file `{path}`: {reason}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"the configuration file `{path}` is over {MAX_FILE_BYTES} bytes long")
    return content


def _decode(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"`{path}` line {line}: not UTF-8") from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    """The file's values; Any, because a file may hold any type that TOML has."""
    hint = 'one setting a line: key = "value"'
    try:
        values: dict[str, Any] = import_module("tomllib").loads(text)
    except RecursionError:
        raise UsageError(f"`{path}` is nested too deeply", hint=hint) from None
    except ValueError as error:
        raise UsageError(f"`{path}` {_problem(error, text)}", hint=hint) from None
    return values


def _problem(error: ValueError, text: str) -> str:
    """What the parser says, its line first, and the key there if it is one of ours."""
    match = _POSITION.fullmatch(str(error))
    if match is None:
        return "is not valid TOML"
    reason, line = match[1][0].lower() + match[1][1:], int(match[2])
    key = text.split("\n")[line - 1].partition("=")[0].strip()
    return f"line {line}{f' (`{key}`)' if key in KEYS else ''}: {reason}"
