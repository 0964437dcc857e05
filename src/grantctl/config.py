"""Client settings: database, output, colour, actor, keys, context; each value with its origin.

Owns the order flag > variable > configuration file > default, and where a context comes in. Leaves
the file's form to `config_file`, what a value may be to `config_values`. Policy settings are kept
in the database and are none of these. Values are given as they were written: the database URL may
hold a password, so nothing here repeats one in an error, and a caller masks it before showing a
value or what it shadows.
"""

from __future__ import annotations

import os

from grantctl.config_file import CONTEXT_KEYS, KEYS, ConfigFile, read_config_file
from grantctl.config_folders import user_folder
from grantctl.config_values import COLORS, OUTPUTS, check_value, choices_hint
from grantctl.errors import UsageError
from grantctl.lean import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "COLORS",
    "CONTEXT_KEYS",
    "KEYS",
    "OUTPUTS",
    "ConfigFile",
    "Setting",
    "Settings",
    "check_value",
    "choices_hint",
    "load_settings",
    "os_user",
]


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and its origin: `flag --output`, `flag --context prod (FILE)`, `environment
    GRANTCTL_OUTPUT`, `file FILE [contexts.prod]`, `file FILE` or `default`. `shadows`: what else
    was set, as (origin, value), the strongest first; the default is not among them.
    """

    key: str
    value: str = field(repr=False)
    origin: str
    shadows: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The client settings. An empty `output` means: as suits the stream; an empty `actor`: the
    user of the operating system; an empty `keys`, the folder of the private keys that sign tokens:
    the one in the data folder; an empty `context`: none. `file` is what was read, or nothing.
    """

    database: Setting
    output: Setting
    color: Setting
    actor: Setting
    keys: Setting
    context: Setting
    file: ConfigFile

    @property
    def config_path(self) -> Path:
        """The file that was read, or would be."""
        return self.file.path

    @property
    def listed(self) -> tuple[Setting, ...]:
        """Every setting, in the order of KEYS."""
        return (self.database, self.output, self.color, self.actor, self.keys, self.context)

    @property
    def keys_folder(self) -> Path:
        """The folder of the private keys. It need not exist, and its name is made up only here."""
        from pathlib import Path

        return Path(self.keys.value or f"{user_folder('user_data_dir')}/keys")

    @property
    def actor_name(self) -> str:
        """The name for the audit log. The operating system is asked only here: it may be slow."""
        return self.actor.value or os_user()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A value that was found; `subject` tells what an error about it begins with."""

    subject: Callable[[], str]
    origin: str
    value: str = field(repr=False)


def load_settings(
    *, flags: Mapping[str, str | None], environ: Mapping[str, str], reads_file: bool = True
) -> Settings:
    """The settings from the flags (`database`, `output`, `color`, `actor`, `context`, `config`;
    None where one was not given), the environment and the configuration file.

    An empty variable or value in the file counts as not set; an empty flag is an error, because a
    script's unset variable must not choose the default database in silence. Every value is
    checked, a shadowed one too, but for those of contexts that nobody named. A context that a flag
    names stands before variables, since nobody who names one expects a forgotten variable to win;
    one that a variable or the file names stands behind them. Without `reads_file` the file is only
    named. Raises UsageError.
    """
    name, source = _config_name(flags, environ)
    file = read_config_file(name, source) if reads_file else ConfigFile(name)
    chosen = tuple(_contexts_named(flags, environ, file))
    if reads_file:
        for candidate in chosen:
            _require_context(candidate, file)
    context = _setting("context", chosen)
    found = {key: tuple(_candidates(key, flags, environ, file, context)) for key in CONTEXT_KEYS}
    settings = {key: _setting(key, found[key]) for key in CONTEXT_KEYS}
    return Settings(**settings, context=context, file=file)


def os_user() -> str:
    """The name of the user who runs the process, by id: LOGNAME and USER may say anything."""
    if not hasattr(os, "getuid"):
        return os.environ.get("USERNAME", "unknown")
    uid = os.getuid()
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run under an id without a name
        return f"uid {uid}"


def _setting(key: str, found: tuple[_Candidate, ...]) -> Setting:
    for candidate in found:
        _check(key, candidate)
    if not found:
        return Setting(key, _default(key), "default")
    shadows = tuple((candidate.origin, candidate.value) for candidate in found[1:])
    return Setting(key, found[0].value, found[0].origin, shadows)


def _check(key: str, candidate: _Candidate) -> None:
    try:
        check_value(key, "", candidate.value)
    except UsageError as error:
        raise UsageError(candidate.subject() + error.message, hint=error.hint) from None


def _default(key: str) -> str:
    if key == "database":
        path = f"{user_folder('user_data_dir')}/grantctl.db"
        return f"sqlite:///{path.replace('%', '%25')}"
    return "auto" if key == "color" else ""


def _contexts_named(
    flags: Mapping[str, str | None], environ: Mapping[str, str], file: ConfigFile
) -> Iterator[_Candidate]:
    """Who names a context, the strongest first."""
    yield from _from_flag("context", flags)
    yield from _from_variable("context", environ)
    yield from _from_file(file, file.values, "context")


def _require_context(candidate: _Candidate, file: ConfigFile) -> None:
    _check("context", candidate)
    name = candidate.value
    if name not in file.contexts:
        hint = f"make it: grantctl config set --context {name} database URL"
        raise UsageError(
            f"{candidate.subject()} names no context of `{file.name}`: `{name}`",
            hint=choices_hint(name, tuple(file.contexts)) if file.contexts else hint,
        )


def _candidates(
    key: str,
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    file: ConfigFile,
    context: Setting,
) -> Iterator[_Candidate]:
    """What is set for a key, the strongest first."""
    name, is_flagged = context.value, context.origin.startswith("flag")
    values = file.contexts.get(name, {})
    yield from _from_flag(key, flags)
    if is_flagged:
        yield from _from_file(file, values, "contexts", name, key, by=f"--context {name}")
    yield from _from_variable(key, environ)
    if not is_flagged:
        yield from _from_file(file, values, "contexts", name, key)
    yield from _from_file(file, file.values, key)


def _from_flag(key: str, flags: Mapping[str, str | None]) -> Iterator[_Candidate]:
    value = flags.get(key)
    if value is not None:
        yield _Candidate(lambda: f"`--{key}`", f"flag --{key}", _require_flag(key, value))


def _from_variable(key: str, environ: Mapping[str, str]) -> Iterator[_Candidate]:
    variable = f"GRANTCTL_{key.upper()}"
    value = environ.get(variable)
    if value:
        yield _Candidate(lambda: f"`{variable}`", f"environment {variable}", value)


def _from_file(
    file: ConfigFile, values: Mapping[str, str], *keys: str, by: str | None = None
) -> Iterator[_Candidate]:
    value = values.get(keys[-1])
    if value:
        table = f" [{'.'.join(keys[:-1])}]" if len(keys) > 1 else ""
        origin = f"flag {by} ({file.name})" if by else f"file {file.name}{table}"
        yield _Candidate(lambda: file.place(*keys), origin, value)


def _require_flag(key: str, value: str) -> str:
    if not value:
        raise UsageError(f"`--{key}` is empty", hint="leave it out to use the default")
    return value


def _config_name(
    flags: Mapping[str, str | None], environ: Mapping[str, str]
) -> tuple[str, str | None]:
    """The configuration file, and what names it: None for the default place."""
    flag, variable = flags.get("config"), environ.get("GRANTCTL_CONFIG")
    if flag is not None:
        name, source = _require_flag("config", flag), "--config"
    elif variable:
        name, source = variable, "GRANTCTL_CONFIG"
    else:
        return f"{user_folder('user_config_dir')}/config.toml", None
    if "\0" in name:
        raise UsageError(f"`{source}` holds the control character U+0000")
    return name, source
