"""The variables of Open WebUI that seed policy settings, and how it reads each.

Owns the table, and the spellings that are not ours: roles at a separator of their own, lengths of
time such as `1h30m`. Leaves permissions to `permission_seeds`, the order to `policy_seeds`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from grantctl.errors import InvalidError
from grantctl.operations import policy_settings as keys
from grantctl.operations.durations import duration_text
from grantctl.operations.policy_values import MAX_ECHO, PolicySetting, PolicyValue

# The variables by the key of the setting that they seed, the newest first.
VARIABLES = {
    keys.DEFAULT_ROLE_KEY: ("DEFAULT_USER_ROLE",),
    keys.DEFAULT_GROUP: ("DEFAULT_GROUP_ID",),
    keys.ADMIN_BYPASS_KEY: (
        "BYPASS_ADMIN_ACCESS_CONTROL",
        "ENABLE_ADMIN_WORKSPACE_CONTENT_ACCESS",
    ),
    keys.API_KEYS_ENABLED: ("ENABLE_API_KEYS", "ENABLE_API_KEY"),
    keys.LOGIN_TTL: ("JWT_EXPIRES_IN",),
    keys.OAUTH_AUDIENCE: ("OAUTH_CLIENT_ID",),
    keys.OAUTH_SIGNUP: ("ENABLE_OAUTH_SIGNUP",),
    keys.OAUTH_SUB_CLAIM: ("OAUTH_SUB_CLAIM",),
    keys.OAUTH_EMAIL_CLAIM: ("OAUTH_EMAIL_CLAIM",),
    keys.OAUTH_NAME_CLAIM: ("OAUTH_USERNAME_CLAIM",),
    keys.OAUTH_ALLOWED_DOMAINS: ("OAUTH_ALLOWED_DOMAINS",),
    keys.OAUTH_UPDATE_EMAIL: ("OAUTH_UPDATE_EMAIL_ON_LOGIN",),
    keys.OAUTH_UPDATE_NAME: ("OAUTH_UPDATE_NAME_ON_LOGIN",),
    keys.OAUTH_ROLE_MANAGEMENT: ("ENABLE_OAUTH_ROLE_MANAGEMENT",),
    keys.OAUTH_ROLES_CLAIM: ("OAUTH_ROLES_CLAIM",),
    keys.OAUTH_ROLES_SEPARATOR: ("OAUTH_ROLES_SEPARATOR",),
    keys.OAUTH_ALLOWED_ROLES: ("OAUTH_ALLOWED_ROLES",),
    keys.OAUTH_ADMIN_ROLES: ("OAUTH_ADMIN_ROLES",),
    keys.OAUTH_GROUP_MANAGEMENT: ("ENABLE_OAUTH_GROUP_MANAGEMENT",),
    keys.OAUTH_GROUP_CREATION: ("ENABLE_OAUTH_GROUP_CREATION",),
    keys.OAUTH_GROUPS_CLAIM: ("OAUTH_GROUPS_CLAIM", "OAUTH_GROUP_CLAIM"),
    keys.OAUTH_GROUPS_SEPARATOR: ("OAUTH_GROUPS_SEPARATOR",),
    keys.OAUTH_BLOCKED_GROUPS: ("OAUTH_BLOCKED_GROUPS",),
}

_PART = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))?(ms|[smhdw])")
_MILLISECONDS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}
_FRACTION_DIGITS = 6
_A_SECOND = 1000 * 10**_FRACTION_DIGITS
_MAX_SECONDS = 10**10


def read_variable(key: str, text: str, environ: Mapping[str, str]) -> PolicyValue:
    """The value that a variable's text means for that setting. Raises InvalidError."""
    return _READERS.get(key, _as_typed)(keys.SETTINGS[key], text, environ)


def read_list(setting: PolicySetting, items: list[str]) -> PolicyValue:
    """The value that these texts are. Raises InvalidError."""
    try:
        return setting.read(items)
    except InvalidError:
        listed = ", ".join(items)[:MAX_ECHO]
        raise InvalidError(f"`{setting.key}` may not be `{listed}`", hint=setting.allowed) from None


def _as_typed(setting: PolicySetting, text: str, _: Mapping[str, str]) -> PolicyValue:
    return setting.parse(text)


def _roles(setting: PolicySetting, text: str, environ: Mapping[str, str]) -> PolicyValue:
    """Roles as Open WebUI takes them apart, at the separator that its own variable names."""
    separator = environ.get(VARIABLES[keys.OAUTH_ROLES_SEPARATOR][0]) or ","
    return read_list(setting, [one for part in text.split(separator) if (one := part.strip())])


def _blocked(setting: PolicySetting, text: str, _: Mapping[str, str]) -> PolicyValue:
    if not text.lstrip().startswith("["):
        raise InvalidError(
            f"`{setting.key}` may not be `{text[:MAX_ECHO]}`", hint='a JSON list, ["a", "b"]'
        )
    return setting.parse(text)


def _session_length(setting: PolicySetting, text: str, _: Mapping[str, str]) -> PolicyValue:
    """A length such as `4w` or `1h30m`, as Open WebUI reads it. Raises InvalidError for ever."""
    if text in ("-1", "0"):
        raise InvalidError(
            f"`{text}` means for ever, and the token of a login does not live for ever",
            hint=setting.allowed,
        )
    parts = [*_PART.finditer(text)]
    if not parts or "".join(part[0] for part in parts) != text:
        return setting.parse(text)  # which says what it may be
    seconds, rest = divmod(sum(map(_ticks, parts)), _A_SECOND)
    if rest or not 0 < seconds <= _MAX_SECONDS:
        return setting.parse(text)
    return setting.parse(duration_text(timedelta(seconds=seconds)))


def _ticks(part: re.Match[str]) -> int:
    """A number with its unit, in millionths of a millisecond: exactly."""
    number = part[1] + (part[2] or "").ljust(_FRACTION_DIGITS, "0")
    return int(number) * _MILLISECONDS[part[3]]


_READERS: Mapping[str, Callable[[PolicySetting, str, Mapping[str, str]], PolicyValue]] = {
    keys.OAUTH_ALLOWED_ROLES: _roles,
    keys.OAUTH_ADMIN_ROLES: _roles,
    keys.OAUTH_BLOCKED_GROUPS: _blocked,
    keys.LOGIN_TTL: _session_length,
}
