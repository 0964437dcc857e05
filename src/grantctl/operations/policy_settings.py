"""The policy settings that there are: their keys, their defaults, what each may be.

Imports nothing heavy. Leaves the kinds of values to `policy_values`, whose names it offers too, the
database to `policies`, and what an environment or a file says of them to `policy_seeds`.
"""

from __future__ import annotations

from datetime import timedelta

from grantctl.errors import InvalidError, NotFoundError
from grantctl.model import Role, parse_role
from grantctl.operations import policy_texts as text_kinds
from grantctl.operations import policy_values as kinds
from grantctl.operations.policy_values import PolicySetting, PolicyValue

__all__ = ["SETTINGS", "PolicySetting", "PolicyValue", "find_setting", "require_default_role"]

DEFAULT_ROLE_KEY = "users.default_role"
DEFAULT_ROLE = Role.PENDING  # specification, "Configuration Options": DEFAULT_USER_ROLE
DEFAULT_GROUP = "users.default_group"
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

OAUTH_ISSUER = "oauth.issuer"
OAUTH_AUDIENCE = "oauth.audience"
OAUTH_JWKS = "oauth.jwks"
OAUTH_PROVIDER = "oauth.provider"
OAUTH_SIGNUP = "oauth.signup"
OAUTH_SUB_CLAIM = "oauth.sub_claim"
OAUTH_EMAIL_CLAIM = "oauth.email_claim"
OAUTH_NAME_CLAIM = "oauth.name_claim"
OAUTH_ALLOWED_DOMAINS = "oauth.allowed_domains"
OAUTH_UPDATE_EMAIL = "oauth.update_email"
OAUTH_UPDATE_NAME = "oauth.update_name"
OAUTH_ROLE_MANAGEMENT = "oauth.role_management"
OAUTH_ROLES_CLAIM = "oauth.roles_claim"
OAUTH_ROLES_SEPARATOR = "oauth.roles_separator"
OAUTH_ALLOWED_ROLES = "oauth.allowed_roles"
OAUTH_ADMIN_ROLES = "oauth.admin_roles"
OAUTH_UNMATCHED_ROLE = "oauth.unmatched_role"
OAUTH_MISSING_ROLE = "oauth.missing_role"
OAUTH_GROUP_MANAGEMENT = "oauth.group_management"
OAUTH_GROUP_CREATION = "oauth.group_creation"
OAUTH_GROUPS_CLAIM = "oauth.groups_claim"
OAUTH_GROUPS_SEPARATOR = "oauth.groups_separator"
OAUTH_BLOCKED_GROUPS = "oauth.blocked_groups"


def find_setting(key: str) -> PolicySetting:
    """The setting of that key. Raises NotFoundError."""
    if key not in SETTINGS:
        # Loaded here because only a mistake needs it.
        from difflib import get_close_matches

        close = [f"`{one}`" for one in get_close_matches(key[: kinds.MAX_ECHO], SETTINGS)]
        meant = f"did you mean {', '.join(close)}? " if close else ""
        raise NotFoundError(
            f"no policy setting `{key[: kinds.MAX_ECHO]}`",
            hint=f"{meant}all of them: grantctl config show",
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
            f"the default role in the database is no role: `{str(stored)[: kinds.MAX_ECHO]}`",
            hint=f"grantctl roles default {DEFAULT_ROLE}",
        ) from None


SETTINGS = {
    one.key: one
    for one in (
        PolicySetting(
            DEFAULT_ROLE_KEY,
            DEFAULT_ROLE.value,
            "the role of every new user but the first",
            _parse_default_role,
            _read_default_role,
            "pending or user",
        ),
        text_kinds.reference(DEFAULT_GROUP, "the group that every new user is put into"),
        kinds.flag(
            ADMIN_BYPASS_KEY, True, "whether admins are allowed every action on every resource"
        ),
        kinds.flag(API_KEYS_ENABLED, True, "whether API keys are accepted at all"),
        text_kinds.name(ISSUER, "grantctl", "who tokens say that they are issued by"),
        text_kinds.name(
            AUDIENCE, "grantctl", "whom tokens say that they are for, unless another is named"
        ),
        kinds.duration(
            DEFAULT_TTL,
            "1h",
            "how long a token lives, unless it is said",
            least=timedelta(seconds=1),
            most=timedelta(days=366),
        ),
        kinds.duration(
            MAX_TTL,
            "32d",
            "how long a token may live at most, at its issue and at every check",
            least=timedelta(minutes=1),
            most=timedelta(days=366),
        ),
        kinds.number(
            LEEWAY,
            0,
            "by how many seconds the clocks of others may be wrong",
            least=0,
            most=60,
        ),
        kinds.flag(REVOKE_ON_ROLE_CHANGE, True, "whether another role ends a user's tokens"),
        kinds.flag(
            REVOKE_KEYS_ON_PASSWORD, True, "whether a new password ends a user's API keys too"
        ),
        kinds.flag(ACCEPT_OPENWEBUI, True, "whether Open WebUI's own session tokens are accepted"),
        kinds.duration(
            LOGIN_TTL,
            "15m",
            "how long the token of a login lives",
            least=timedelta(seconds=1),
            most=timedelta(days=32),
        ),
        kinds.number(
            LOGIN_MAX_FAILURES,
            5,
            "how many wrong passwords in a row lock an e-mail address",
            least=1,
            most=100,  # NIST SP 800-63B, 5.2.2
        ),
        kinds.duration(
            LOGIN_WINDOW,
            "15m",
            "within how long they count as in a row",
            least=timedelta(minutes=1),
            most=timedelta(days=1),
        ),
        kinds.duration(
            LOGIN_LOCKOUT,
            "15m",
            "how long an e-mail address stays locked",
            least=timedelta(minutes=1),
            most=timedelta(days=1),
        ),
        text_kinds.name(
            OAUTH_ISSUER, "", "the identity provider whose tokens are accepted", empty=True
        ),
        text_kinds.name(OAUTH_AUDIENCE, "", "whom its tokens must say they are for", empty=True),
        text_kinds.source(OAUTH_JWKS, "where its public keys are"),
        text_kinds.name(
            OAUTH_PROVIDER,
            "",
            "the name under which Open WebUI kept its subjects",
            empty=True,
        ),
        kinds.flag(OAUTH_SIGNUP, True, "whether a login makes a user that there is not yet"),
        text_kinds.name(OAUTH_SUB_CLAIM, "sub", "the claim that names the subject"),
        text_kinds.name(OAUTH_EMAIL_CLAIM, "email", "the claim that holds the e-mail address"),
        text_kinds.name(OAUTH_NAME_CLAIM, "name", "the claim that holds the name"),
        kinds.texts(
            OAUTH_ALLOWED_DOMAINS,
            ("*",),
            "the domains of e-mail addresses that are let in, * for all",
            fold=True,
        ),
        kinds.flag(OAUTH_UPDATE_EMAIL, False, "whether a login brings the e-mail up to date"),
        kinds.flag(OAUTH_UPDATE_NAME, False, "whether a login brings the name up to date"),
        kinds.flag(OAUTH_ROLE_MANAGEMENT, False, "whether claims decide roles"),
        text_kinds.name(OAUTH_ROLES_CLAIM, "roles", "the claim that holds the roles", empty=True),
        text_kinds.separator(OAUTH_ROLES_SEPARATOR, ",", "what separates roles in a text"),
        kinds.texts(
            OAUTH_ALLOWED_ROLES,
            ("user", "admin"),
            "the claimed roles that make somebody a user, * for any",
        ),
        kinds.texts(OAUTH_ADMIN_ROLES, ("admin",), "the claimed roles that make somebody an admin"),
        text_kinds.choice(
            OAUTH_UNMATCHED_ROLE,
            "default_role",
            "what becomes of who claims other roles alone",
            choices=("default_role", "refuse"),
        ),
        text_kinds.choice(
            OAUTH_MISSING_ROLE,
            "keep",
            "what becomes of a user who claims no role",
            choices=("keep", "default_role"),
        ),
        kinds.flag(OAUTH_GROUP_MANAGEMENT, False, "whether claims decide memberships"),
        kinds.flag(OAUTH_GROUP_CREATION, False, "whether a claimed group is made if there is none"),
        text_kinds.name(OAUTH_GROUPS_CLAIM, "groups", "the claim that holds the groups"),
        text_kinds.separator(OAUTH_GROUPS_SEPARATOR, ";", "what separates groups in a text"),
        kinds.texts(
            OAUTH_BLOCKED_GROUPS,
            (),
            "groups that claims have no say in: names, regular expressions, wildcards",
        ),
    )
}
