"""The policy settings that there are: their keys, their defaults, what each may be.

Owns the rules of a value, as text and as JSON. Imports nothing heavy. Leaves the database to
`policies`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from grantctl.errors import InvalidError, NotFoundError
from grantctl.model import MAX_NAME_LENGTH, Role, parse_role
from grantctl.operations.durations import DURATION_HINT, duration_text, parse_duration

DEFAULT_ROLE_KEY = "users.default_role"
DEFAULT_ROLE = Role.PENDING  # specification, "Configuration Options": DEFAULT_USER_ROLE
ADMIN_BYPASS_KEY = "access.admin_bypass"
API_KEYS_ENABLED = "api_keys.enabled"
ISSUER = "tokens.issuer"
AUDIENCE = "tokens.audience"
DEFAULT_TTL = "tokens.default_ttl"
MAX_TTL = "tokens.max_ttl"
LEEWAY = "tokens.leeway_seconds"
REVOKE_ON_ROLE_CHANGE = "tokens.revoke_on_role_change"
REVOKE_KEYS_ON_PASSWORD = "tokens.revoke_keys_on_password_change"  # noqa: S105
ACCEPT_OPENWEBUI = "tokens.accept_openwebui_sessions"
LOGIN_TTL = "login.ttl"
LOGIN_MAX_FAILURES = "login.max_failures"
LOGIN_WINDOW = "login.window"
LOGIN_LOCKOUT = "login.lockout"

PolicyValue = str | bool | int
_MAX_ECHO = 80
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class PolicySetting:
    """A setting; `meaning` says in half a sentence what it decides.

    `parse` makes a value of what somebody typed, `read` of the JSON that is stored; both raise
    InvalidError for what it may not be.
    """

    key: str
    default: PolicyValue
    meaning: str
    parse: Callable[[str], PolicyValue]
    read: Callable[[object], PolicyValue]


def find_setting(key: str) -> PolicySetting:
    """The setting of that key. Raises NotFoundError."""
    if key not in SETTINGS:
        close = [f"`{one}`" for one in get_close_matches(key[:_MAX_ECHO], SETTINGS)]
        meant = f"did you mean {', '.join(close)}? " if close else ""
        raise NotFoundError(
            f"no policy setting `{key[:_MAX_ECHO]}`",
            hint=f"{meant}there are: {', '.join(SETTINGS)}",
        )
    return SETTINGS[key]


def require_default_role(role: Role) -> Role:
    """The role itself. Raises InvalidError for admin: signing up would be all it takes."""
    if role is Role.ADMIN:
        raise InvalidError(
            "the default role may not be `admin`: every new user would be allowed everything",
            hint="grantctl roles default user, and: grantctl users set-role USER admin",
        )
    return role


def _parse_default_role(text: str) -> str:
    return require_default_role(parse_role(text)).value


def _read_default_role(stored: object) -> str:
    try:
        return require_default_role(Role(str(stored))).value
    except ValueError:
        raise InvalidError(
            f"the default role in the database is no role: `{str(stored)[:_MAX_ECHO]}`",
            hint=f"grantctl roles default {DEFAULT_ROLE}",
        ) from None


def _of(
    key: str,
    default: PolicyValue,
    meaning: str,
    parse: Callable[[str], PolicyValue],
    allowed: str,
) -> PolicySetting:
    """A setting of which `allowed` says what it may be; `parse` raises ValueError for others."""

    def from_text(text: str) -> PolicyValue:
        try:
            return parse(text)
        except ValueError:
            raise InvalidError(f"`{key}` may not be `{text[:_MAX_ECHO]}`", hint=allowed) from None

    def from_stored(stored: object) -> PolicyValue:
        try:
            if type(stored) is not type(default):
                raise ValueError
            return parse(str(stored))
        except ValueError:
            raise InvalidError(
                f"`{key}` in the database may not be what it is: `{str(stored)[:_MAX_ECHO]}`",
                hint=f"grantctl config set {key} {str(default).lower()}",
            ) from None

    return PolicySetting(key, default, meaning, from_text, from_stored)


def _flag(key: str, default: bool, meaning: str) -> PolicySetting:
    def parse(text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise ValueError
        return text.lower() == "true"

    return _of(key, default, meaning, parse, "true or false")


def _number(key: str, default: int, meaning: str, *, least: int, most: int) -> PolicySetting:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
            raise ValueError
        if not least <= int(text) <= most:
            raise ValueError
        return int(text)

    return _of(key, default, meaning, parse, f"a whole number from {least} to {most}")


def _duration(
    key: str, default: str, meaning: str, *, least: timedelta, most: timedelta
) -> PolicySetting:
    def parse(text: str) -> str:
        try:
            length = parse_duration(text)
        except InvalidError:
            raise ValueError from None
        if not least <= length <= most:
            raise ValueError
        return text.strip()

    limits = f"from {duration_text(least)} to {duration_text(most)}"
    return _of(key, default, meaning, parse, f"{DURATION_HINT}, {limits}")


def _name(key: str, default: str, meaning: str) -> PolicySetting:
    def parse(text: str) -> str:
        if not (0 < len(text) <= MAX_NAME_LENGTH and text.isprintable() and text == text.strip()):
            raise ValueError
        return text

    return _of(key, default, meaning, parse, f"1 to {MAX_NAME_LENGTH} printable characters")


SETTINGS = {
    one.key: one
    for one in (
        PolicySetting(
            DEFAULT_ROLE_KEY,
            DEFAULT_ROLE.value,
            "the role of every new user but the first",
            _parse_default_role,
            _read_default_role,
        ),
        _flag(ADMIN_BYPASS_KEY, True, "whether admins are allowed every action on every resource"),
        _flag(API_KEYS_ENABLED, True, "whether API keys are accepted at all"),
        _name(ISSUER, "grantctl", "who tokens say that they are issued by"),
        _name(AUDIENCE, "grantctl", "whom tokens say that they are for, unless another is named"),
        _duration(
            DEFAULT_TTL,
            "1h",
            "how long a token lives, unless it is said",
            least=timedelta(seconds=1),
            most=timedelta(days=366),
        ),
        _duration(
            MAX_TTL,
            "32d",
            "how long a token may live at most, at its issue and at every check",
            least=timedelta(minutes=1),
            most=timedelta(days=366),
        ),
        _number(
            LEEWAY,
            0,
            "by how many seconds the clocks of others may be wrong",
            least=0,
            most=60,
        ),
        _flag(REVOKE_ON_ROLE_CHANGE, True, "whether another role ends a user's tokens"),
        _flag(REVOKE_KEYS_ON_PASSWORD, True, "whether a new password ends a user's API keys too"),
        _flag(ACCEPT_OPENWEBUI, True, "whether Open WebUI's own session tokens are accepted"),
        _duration(
            LOGIN_TTL,
            "15m",
            "how long the token of a login lives",
            least=timedelta(seconds=1),
            most=timedelta(days=32),
        ),
        _number(
            LOGIN_MAX_FAILURES,
            5,
            "how many wrong passwords in a row lock an e-mail address",
            least=1,
            most=100,  # NIST SP 800-63B, 5.2.2
        ),
        _duration(
            LOGIN_WINDOW,
            "15m",
            "within how long they count as in a row",
            least=timedelta(minutes=1),
            most=timedelta(days=1),
        ),
        _duration(
            LOGIN_LOCKOUT,
            "15m",
            "how long an e-mail address stays locked",
            least=timedelta(minutes=1),
            most=timedelta(days=1),
        ),
    )
}
