"""The policy settings about tokens, as they are at this moment.

Owns their reading on the request path, without a session. Leaves what each may be to
`policy_settings`, and changing them to `policies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from grantctl.errors import DatabaseError, InvalidError
from grantctl.operations import policy_settings as keys
from grantctl.operations.durations import parse_duration
from grantctl.store.token_reader import TokenReader


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """What the database says of tokens, API keys and logins."""

    api_keys_enabled: bool
    issuer: str
    audience: str
    default_ttl: timedelta
    max_ttl: timedelta
    leeway_seconds: int
    revoke_on_role_change: bool
    revoke_keys_on_password_change: bool
    accept_openwebui_sessions: bool
    login_ttl: timedelta
    login_max_failures: int
    login_window: timedelta
    login_lockout: timedelta


def read_token_settings(tokens: TokenReader) -> TokenSettings:
    """All of them, from one statement. Raises DatabaseError for one that is broken."""
    stored = tokens.policies()

    def value(key: str) -> keys.PolicyValue:
        setting = keys.find_setting(key)
        if key not in stored:
            return setting.default
        try:
            return setting.read(stored[key])
        except InvalidError as error:
            raise DatabaseError(error.message, hint=error.hint) from None

    def length(key: str) -> timedelta:
        return parse_duration(str(value(key)))

    def number(key: str) -> int:
        return int(str(value(key)))

    return TokenSettings(
        api_keys_enabled=bool(value(keys.API_KEYS_ENABLED)),
        issuer=str(value(keys.ISSUER)),
        audience=str(value(keys.AUDIENCE)),
        default_ttl=length(keys.DEFAULT_TTL),
        max_ttl=length(keys.MAX_TTL),
        leeway_seconds=number(keys.LEEWAY),
        revoke_on_role_change=bool(value(keys.REVOKE_ON_ROLE_CHANGE)),
        revoke_keys_on_password_change=bool(value(keys.REVOKE_KEYS_ON_PASSWORD)),
        accept_openwebui_sessions=bool(value(keys.ACCEPT_OPENWEBUI)),
        login_ttl=length(keys.LOGIN_TTL),
        login_max_failures=number(keys.LOGIN_MAX_FAILURES),
        login_window=length(keys.LOGIN_WINDOW),
        login_lockout=length(keys.LOGIN_LOCKOUT),
    )
