"""Why a credential is refused.

Owns the reason codes and the one sentence that goes with each. A sentence is for the operator: a
lower-case line without control characters, which holds no claim of the token but its times.
Strangers are told the class only (RFC 7662, 2.2); that is left to whoever answers them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from grantctl.lean import StrEnum, dataclass
from grantctl.model import is_unprintable

_MAX_ECHO = 80
_MAX_WHY = 200
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


class TokenReason(StrEnum):
    """What a check of a token or an API key came to."""

    OK = "ok"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    KEY_RETIRED = "key_retired"
    REVOKED = "revoked"
    USER_DELETED = "user_deleted"
    USER_PENDING = "user_pending"
    USER_TOKENS_REVOKED = "user_tokens_revoked"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_NONCE = "wrong_nonce"
    MALFORMED = "malformed"
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    WRONG_TYPE = "wrong_type"
    LIFETIME_TOO_LONG = "lifetime_too_long"
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105
    API_KEYS_DISABLED = "api_keys_disabled"
    API_KEYS_NOT_PERMITTED = "api_keys_not_permitted"
    NO_SECRET = "no_secret"  # noqa: S105


class TokenClass(StrEnum):
    """All that a stranger learns: who asks is not known (401), or is and may not (403)."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"


_FORBIDDEN = frozenset(
    {
        TokenReason.USER_PENDING,
        TokenReason.API_KEYS_NOT_PERMITTED,
        TokenReason.API_KEYS_DISABLED,
    }
)


@dataclass(frozen=True, slots=True)
class TokenRefusal:
    """The reason, and its sentence for the operator."""

    reason: TokenReason
    message: str

    @property
    def token_class(self) -> TokenClass:
        """What may be told to a stranger."""
        is_forbidden = self.reason in _FORBIDDEN
        return TokenClass.FORBIDDEN if is_forbidden else TokenClass.UNAUTHENTICATED


class TokenError(Exception):
    """A credential was refused. Never leaves `operations`, which turn it into a verdict."""

    def __init__(self, refusal: TokenRefusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def expired(expires_at: datetime, now: datetime) -> TokenRefusal:
    """RFC 7519, 4.1.4: refused on the very second, and after."""
    ago = _span(now - expires_at)
    return TokenRefusal(TokenReason.EXPIRED, f"it expired {ago} ago, on {_time(expires_at)}")


def not_yet_valid(not_before: datetime) -> TokenRefusal:
    """RFC 7519, 4.1.5."""
    return TokenRefusal(
        TokenReason.NOT_YET_VALID, f"it is not valid before {_time(not_before, seconds=True)}"
    )


def issued_in_future(issued_at: datetime) -> TokenRefusal:
    """It says that it was issued at a time that has not come yet."""
    when = _time(issued_at, seconds=True)
    return TokenRefusal(
        TokenReason.NOT_YET_VALID, f"it was issued in the future, on {when}: is a clock wrong?"
    )


def bad_signature(algorithm: str) -> TokenRefusal:
    """`algorithm` is the key's, so one of ours."""
    other = "secret" if algorithm == "HS256" else "key"
    return TokenRefusal(
        TokenReason.BAD_SIGNATURE, f"its signature is wrong: was it signed with another {other}?"
    )


def unknown_key(kid: str) -> TokenRefusal:
    """No key of that id; it is repeated only where it is short and printable."""
    shown = f" `{kid}`" if 0 < len(kid) <= _MAX_ECHO and kid.isprintable() else ""
    return TokenRefusal(TokenReason.UNKNOWN_KEY, f"no key{shown} is known here")


def no_key_named() -> TokenRefusal:
    """Keys are never tried in turn (RFC 8725, 3.10)."""
    return TokenRefusal(TokenReason.UNKNOWN_KEY, "it names no key")


def unusable_key(kid: str) -> TokenRefusal:
    """The stored key of that id cannot be read."""
    return TokenRefusal(
        TokenReason.UNKNOWN_KEY, f"the stored key `{_shown(kid, _MAX_ECHO)}` cannot be used"
    )


def key_retired(kid: str, ended_at: datetime | None) -> TokenRefusal:
    """The key verifies no more, because it was replaced long ago."""
    return _key_ended(kid, "retired", ended_at)


def key_revoked(kid: str, ended_at: datetime | None) -> TokenRefusal:
    """The key verifies no more, because it may be in the wrong hands."""
    return _key_ended(kid, "revoked", ended_at)


def revoked(revoked_at: datetime, revoked_by: str | None, why: str | None) -> TokenRefusal:
    """`revoked_by` and `why` are as they are stored."""
    by = f" by {_shown(revoked_by, _MAX_ECHO)}" if revoked_by else ""
    because = f": {_shown(why, _MAX_WHY)}" if why else ""
    return TokenRefusal(TokenReason.REVOKED, f"it was revoked on {_time(revoked_at)}{by}{because}")


def user_deleted() -> TokenRefusal:
    """The id of a deleted user is never used again."""
    return TokenRefusal(TokenReason.USER_DELETED, "its user was deleted")


def user_pending() -> TokenRefusal:
    """The user was not approved, or was suspended."""
    return TokenRefusal(TokenReason.USER_PENDING, "its user is pending")


def user_tokens_revoked(revoked_at: datetime) -> TokenRefusal:
    """All tokens of the user were revoked after this one was issued."""
    return TokenRefusal(
        TokenReason.USER_TOKENS_REVOKED,
        f"it was issued before the user's tokens were revoked on {_time(revoked_at, seconds=True)}",
    )


def issue_time_unknown(revoked_at: datetime) -> TokenRefusal:
    """It does not say when it was issued, and tokens of the user were revoked once."""
    return TokenRefusal(
        TokenReason.USER_TOKENS_REVOKED,
        "it does not say when it was issued, and the user's tokens were revoked on "
        + _time(revoked_at, seconds=True),
    )


def wrong_audience(*, is_missing: bool = False) -> TokenRefusal:
    """RFC 9068, 4: compared exactly."""
    what = "names no audience" if is_missing else "is for another audience"
    return TokenRefusal(TokenReason.WRONG_AUDIENCE, f"it {what}")


def wrong_issuer(*, is_missing: bool = False) -> TokenRefusal:
    """RFC 9068, 4: compared exactly."""
    what = "names no issuer" if is_missing else "was issued by another issuer"
    return TokenRefusal(TokenReason.WRONG_ISSUER, f"it {what}")


def wrong_party() -> TokenRefusal:
    """OpenID Connect Core, 3.1.3.7: of several audiences, the one that asked must be this one."""
    return TokenRefusal(TokenReason.WRONG_AUDIENCE, "it was issued to another party")


def wrong_nonce(*, is_missing: bool = False) -> TokenRefusal:
    """OpenID Connect Core, 3.1.3.7: it must answer the login that was begun."""
    what = "has no nonce" if is_missing else "has the nonce of another login"
    return TokenRefusal(TokenReason.WRONG_NONCE, f"it {what}")


def unusable_provider_key(kid: str, problem: str) -> TokenRefusal:
    """The provider offers the key, and it may not be used. `problem` holds no part of it."""
    return TokenRefusal(
        TokenReason.UNKNOWN_KEY, f"its key `{_shown(kid, _MAX_ECHO)}` cannot be used: {problem}"
    )


def malformed(problem: str) -> TokenRefusal:
    """`problem` is the sentence, without anything that the token holds."""
    return TokenRefusal(TokenReason.MALFORMED, problem)


def algorithm_not_allowed(problem: str = "its algorithm is not allowed") -> TokenRefusal:
    """RFC 8725, 3.1: the algorithm is the key's, whatever the header says."""
    return TokenRefusal(TokenReason.ALGORITHM_NOT_ALLOWED, problem)


def wrong_type(problem: str = "it is a token of another type") -> TokenRefusal:
    """RFC 8725, 3.11: one kind of token never passes as another."""
    return TokenRefusal(TokenReason.WRONG_TYPE, problem)


def lifetime_too_long(lifetime_seconds: float, max_ttl_seconds: int) -> TokenRefusal:
    """The longest lifetime holds for tokens that were issued under another one, too."""
    lifetime = _span(timedelta(seconds=lifetime_seconds))
    longest = _span(timedelta(seconds=max_ttl_seconds))
    if lifetime == longest:
        lifetime, longest = f"{lifetime_seconds:.0f} seconds", f"{max_ttl_seconds}"
    return TokenRefusal(
        TokenReason.LIFETIME_TOO_LONG, f"it lives for {lifetime}, longer than {longest}"
    )


def unknown_token() -> TokenRefusal:
    """Nothing of that id or hash is stored."""
    return TokenRefusal(TokenReason.UNKNOWN_TOKEN, "no such token was issued here")


def api_keys_disabled() -> TokenRefusal:
    """The first gate: the setting `api_keys.enabled`."""
    return TokenRefusal(TokenReason.API_KEYS_DISABLED, "API keys are switched off")


def api_keys_not_permitted() -> TokenRefusal:
    """The third gate: the permission `features.api_keys`, which admins need not."""
    return TokenRefusal(
        TokenReason.API_KEYS_NOT_PERMITTED, "its user lacks the permission `features.api_keys`"
    )


def no_secret() -> TokenRefusal:
    """An HS256 token, and no secret to check it with."""
    return TokenRefusal(
        TokenReason.NO_SECRET, "no secret is set to check it with: GRANTCTL_SECRET_KEY is empty"
    )


def _key_ended(kid: str, how: str, ended_at: datetime | None) -> TokenRefusal:
    when = f" on {_time(ended_at)}" if ended_at else ""
    return TokenRefusal(
        TokenReason.KEY_RETIRED, f"its key `{_shown(kid, _MAX_ECHO)}` was {how}{when}"
    )


def _time(moment: datetime, *, seconds: bool = False) -> str:
    clock = "%H:%M:%S" if seconds else "%H:%M"
    return moment.astimezone(UTC).strftime(f"%Y-%m-%d {clock} UTC")


def _span(length: timedelta) -> str:
    """The length in its largest whole unit: `3 hours`."""
    total = max(0, int(length.total_seconds()))
    unit, size = next(((u, s) for u, s in _UNITS if total >= s), ("second", 1))
    count = total // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _shown(text: str, longest: int) -> str:
    """The text on one line, without characters that a terminal would act on."""
    return "".join("�" if is_unprintable(c) else c for c in text[:longest])
