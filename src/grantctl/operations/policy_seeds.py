"""What the environment and the configuration file say of policy settings: seeds.

Owns their order, environment before file, and the file's `[policy]` table. A seed decides nothing:
`seeding` writes it where the database has no value of its own. Imports nothing heavy. Leaves the
variables of Open WebUI, and how each is read, to `seed_variables` and `permission_seeds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from grantctl.config import Settings
from grantctl.config_file import ConfigFile
from grantctl.errors import GrantctlError, InvalidError, UsageError
from grantctl.lean import dataclass, replace
from grantctl.operations import permission_seeds
from grantctl.operations import policy_settings as keys
from grantctl.operations.policy_values import PolicySetting, PolicyValue, is_same, value_text
from grantctl.operations.seed_variables import VARIABLES, read_list, read_variable

MERGE_VARIABLE = "OAUTH_MERGE_ACCOUNTS_BY_EMAIL"
MERGE_WARNING = (
    f"`{MERGE_VARIABLE}` is not honoured: a user is known by issuer and subject, never by an "
    "e-mail address alone; link accounts by hand: grantctl oauth link"
)

_KINDS = {bool: "true or false", int: "a number", str: "text", tuple: "an array of texts"}
_MAX_ECHO = 80


@dataclass(frozen=True, slots=True)
class Seed:
    """A value for a policy setting, or for the default of a permission.

    `origin`: `environment DEFAULT_USER_ROLE` or `file FILE [policy]`; `text`: the value as it was
    written there; `shadows`: who else says something of the same key, as (origin, text).
    """

    key: str
    value: PolicyValue
    origin: str
    text: str
    shadows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Seeds:
    """Everything that was found, by key. `problems`: what cannot be meant, and so is no seed."""

    policies: tuple[Seed, ...] = ()
    defaults: tuple[Seed, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[UsageError, ...] = ()

    def require_sound(self) -> None:
        """Raise the first of the problems, a UsageError, if there is one."""
        for problem in self.problems:
            raise problem


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A seed that says something else than what is in force."""

    seed: Seed
    in_force: PolicyValue


def read_seeds(environ: Mapping[str, str], settings: Settings) -> Seeds:
    """What the environment, then the file says. An empty variable counts as not set."""
    problems: list[UsageError] = []
    warnings = [*_warnings(environ)]
    in_file = _file_seeds(settings.file, problems)
    policies = []
    for key in keys.SETTINGS:
        found = [*_policy_seeds(key, environ, problems), *in_file.get(key, ())]
        policies += _strongest(found)
    defaults = []
    for key, variables in permission_seeds.VARIABLES.items():
        defaults += _strongest(_default_seeds(key, variables, environ, problems))
    return Seeds(tuple(policies), tuple(defaults), tuple(warnings), tuple(problems))


def disagreements(
    seeds: Seeds, policies: Mapping[str, PolicyValue], defaults: Mapping[str, bool]
) -> tuple[Disagreement, ...]:
    """The seeds that say something else than what is in force, of the keys that are given."""
    in_force: dict[str, PolicyValue] = {**defaults, **policies}
    return tuple(
        Disagreement(seed, in_force[seed.key])
        for seed in (*seeds.policies, *seeds.defaults)
        if seed.key in in_force and not is_same(in_force[seed.key], seed.value)
    )


def _strongest(found: Iterable[Seed]) -> list[Seed]:
    """The first of them, which knows of the others."""
    seeds = [*found]
    shadows = tuple((one.origin, one.text) for one in seeds[1:])
    return [replace(one, shadows=shadows) for one in seeds[:1]]


def _policy_seeds(
    key: str, environ: Mapping[str, str], problems: list[UsageError]
) -> Iterator[Seed]:
    for variable in VARIABLES.get(key, ()):
        text = environ.get(variable, "")
        if text:
            try:
                value = read_variable(key, text, environ)
            except InvalidError as error:
                problems.append(_told(f"`{variable}`", error))
                continue
            yield Seed(key, value, f"environment {variable}", text)


def _default_seeds(
    key: str, variables: Iterable[str], environ: Mapping[str, str], problems: list[UsageError]
) -> Iterator[Seed]:
    for variable in variables:
        text = environ.get(variable, "")
        if text.lower() in ("true", "false"):
            yield Seed(key, text.lower() == "true", f"environment {variable}", text)
        elif text:
            message = f"`{variable}` may not be `{text[:_MAX_ECHO]}`"
            problems.append(UsageError(message, hint="true or false"))


def _warnings(environ: Mapping[str, str]) -> Iterator[str]:
    if environ.get(MERGE_VARIABLE, "").lower() == "true":
        yield MERGE_WARNING
    known = [one for names in permission_seeds.VARIABLES.values() for one in names]
    for variable in sorted(environ):
        if variable.startswith(permission_seeds.PREFIX) and variable not in known:
            close = get_close_matches(variable[:_MAX_ECHO], known, n=1)
            meant = f"; did you mean `{close[0]}`?" if close else ""
            yield f"`{variable[:_MAX_ECHO]}` sets no permission that is known{meant}"


def _file_seeds(file: ConfigFile, problems: list[UsageError]) -> dict[str, tuple[Seed, ...]]:
    found: dict[str, tuple[Seed, ...]] = {}
    for path, value in _leaves(file.policy, ()):
        key = ".".join(path)
        try:
            if key in found:
                raise InvalidError(f"`{key}` is set twice")
            seed = _from_toml(keys.find_setting(key), value)
        except GrantctlError as error:
            problems.append(_told(file.line("policy", *path), error))
            continue
        found[key] = (Seed(key, seed, f"file {file.path} [policy]", value_text(seed)),)
    return found


def _leaves(
    table: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _from_toml(setting: PolicySetting, value: Any) -> PolicyValue:
    """The value that TOML gave, which must be of the setting's own type. Raises InvalidError."""
    kind = type(setting.default)
    if kind is tuple:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise InvalidError(f"`{setting.key}` is {_KINDS[kind]}", hint='["a", "b"]')
        return read_list(setting, value)
    if type(value) is not kind:
        raise InvalidError(f"`{setting.key}` is {_KINDS[kind]}", hint=setting.allowed)
    return setting.parse(value_text(value))


def _told(place: str, error: GrantctlError) -> UsageError:
    return UsageError(f"{place}: {error.message}", hint=error.hint)
