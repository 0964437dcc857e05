"""The reasons of a refusal: which class each is of, and what its sentence says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from grantctl.credentials import reasons
from grantctl.credentials.reasons import TokenClass, TokenReason, TokenRefusal

NOW = datetime(2026, 1, 2, 12, 0, 5, tzinfo=UTC)
KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

SENTENCES = {
    "it expired 0 seconds ago, on 2026-01-02 12:00 UTC": reasons.expired(NOW, NOW),
    "it expired 1 second ago, on 2026-01-02 12:00 UTC": reasons.expired(
        NOW - timedelta(seconds=1), NOW
    ),
    "it expired 59 minutes ago, on 2026-01-02 11:00 UTC": reasons.expired(
        NOW - timedelta(minutes=59, seconds=59), NOW
    ),
    "it expired 1 hour ago, on 2026-01-02 11:00 UTC": reasons.expired(
        NOW - timedelta(hours=1), NOW
    ),
    "it expired 400 days ago, on 2024-11-28 12:00 UTC": reasons.expired(
        NOW - timedelta(days=400), NOW
    ),
    "it is not valid before 2026-01-02 12:00:05 UTC": reasons.not_yet_valid(
        NOW.astimezone(timezone(timedelta(hours=9)))
    ),
    "it was issued in the future, on 2026-01-02 12:00:05 UTC: is a clock wrong?": (
        reasons.issued_in_future(NOW)
    ),
    "its signature is wrong: was it signed with another secret?": reasons.bad_signature("HS256"),
    "its signature is wrong: was it signed with another key?": reasons.bad_signature("RS256"),
    "no key `abc` is known here": reasons.unknown_key("abc"),
    "no key is known here": reasons.unknown_key("a\x1bc"),
    "it names no key": reasons.no_key_named(),
    "the stored key `abc` cannot be used": reasons.unusable_key("abc"),
    f"its key `{KID}` was retired on 2026-01-02 12:00 UTC": reasons.key_retired(KID, NOW),
    f"its key `{KID}` was revoked": reasons.key_revoked(KID, None),
    "it was revoked on 2026-01-02 12:00 UTC by ada: laptop lost": reasons.revoked(
        NOW, "ada", "laptop lost"
    ),
    "it was revoked on 2026-01-02 12:00 UTC": reasons.revoked(NOW, None, None),
    "it was revoked on 2026-01-02 12:00 UTC by a�b: two�lines": reasons.revoked(
        NOW, "a\u202eb", "two\nlines"
    ),
    "its user was deleted": reasons.user_deleted(),
    "its user is pending": reasons.user_pending(),
    "it was issued before the user's tokens were revoked on 2026-01-02 12:00:05 UTC": (
        reasons.user_tokens_revoked(NOW)
    ),
    "it does not say when it was issued, and the user's tokens were revoked on 2026-01-02 12:00:05 "
    "UTC": reasons.issue_time_unknown(NOW),
    "it is for another audience": reasons.wrong_audience(),
    "it names no audience": reasons.wrong_audience(is_missing=True),
    "it was issued by another issuer": reasons.wrong_issuer(),
    "it names no issuer": reasons.wrong_issuer(is_missing=True),
    "it was issued to another party": reasons.wrong_party(),
    "it has the nonce of another login": reasons.wrong_nonce(),
    "it has no nonce": reasons.wrong_nonce(is_missing=True),
    "its key `abc` cannot be used: it is too weak": reasons.unusable_provider_key(
        "abc", "it is too weak"
    ),
    "anything": reasons.malformed("anything"),
    "its algorithm is not allowed": reasons.algorithm_not_allowed(),
    "it is a token of another type": reasons.wrong_type(),
    "it lives for 33 days, longer than 32 days": reasons.lifetime_too_long(33 * 86400, 32 * 86400),
    "it lives for 2764801 seconds, longer than 2764800": reasons.lifetime_too_long(
        2764801, 2764800
    ),
    "no such token was issued here": reasons.unknown_token(),
    "API keys are switched off": reasons.api_keys_disabled(),
    "its user lacks the permission `features.api_keys`": reasons.api_keys_not_permitted(),
    "no secret is set to check it with: GRANTCTL_SECRET_KEY is empty": reasons.no_secret(),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_each_reason_has_its_sentence(sentence: str) -> None:
    assert SENTENCES[sentence].message == sentence
    assert sentence.isprintable()


def test_every_reason_but_ok_is_given_by_one_of_them() -> None:
    given = {refusal.reason for refusal in SENTENCES.values()}
    assert given == set(TokenReason) - {TokenReason.OK}


def test_a_stranger_learns_forbidden_only_where_it_is_known_who_asks() -> None:
    forbidden = {
        reason
        for reason in TokenReason
        if TokenRefusal(reason, "").token_class is TokenClass.FORBIDDEN
    }
    assert forbidden == {"user_pending", "api_keys_not_permitted", "api_keys_disabled"}
    assert TokenRefusal(TokenReason.EXPIRED, "").token_class is TokenClass.UNAUTHENTICATED


def test_a_long_why_is_cut() -> None:
    assert len(reasons.revoked(NOW, "a" * 5000, "b" * 5000).message) < 400
