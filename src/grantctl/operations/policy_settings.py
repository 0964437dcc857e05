"""The policy settings that there are: their keys, their defaults, what each may be.

Owns the rules of a value, as text and as JSON. Imports nothing heavy. Leaves the database to
`policies`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from grantctl.errors import InvalidError, NotFoundError
from grantctl.model import Role, parse_role

DEFAULT_ROLE_KEY = "users.default_role"
DEFAULT_ROLE = Role.PENDING  # specification, "Configuration Options": DEFAULT_USER_ROLE
ADMIN_BYPASS_KEY = "access.admin_bypass"

PolicyValue = str | bool
_MAX_ECHO = 80


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


def _parse_admin_bypass(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise InvalidError(
            f"`{ADMIN_BYPASS_KEY}` may not be `{text[:_MAX_ECHO]}`", hint="true or false"
        )
    return text.lower() == "true"


def _read_admin_bypass(stored: object) -> bool:
    if not isinstance(stored, bool):
        raise InvalidError(
            f"`{ADMIN_BYPASS_KEY}` in the database is neither true nor false: "
            f"`{str(stored)[:_MAX_ECHO]}`",
            hint=f"grantctl config set {ADMIN_BYPASS_KEY} true",
        )
    return stored


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
        PolicySetting(
            ADMIN_BYPASS_KEY,
            True,
            "whether admins are allowed every action on every resource",
            _parse_admin_bypass,
            _read_admin_bypass,
        ),
    )
}
