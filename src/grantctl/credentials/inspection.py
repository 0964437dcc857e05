"""What a token says of itself, vouched for by nobody.

Owns decoding for the eye of an operator: parts that are readable are shown even where the token
would be refused. Nothing here is a ground for a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from grantctl.credentials.api_keys import key_problem, looks_like_api_key
from grantctl.credentials.compact import (
    ACCESS_TYPES,
    claims_refusal,
    decode_part,
    header_refusal,
    parse_compact,
    split_token,
)
from grantctl.credentials.reasons import TokenError, TokenReason, TokenRefusal, malformed


class Inspection(TypedDict):
    """What a text holds. `kind` is what it seems to be: `access`, `openwebui` (a session token),
    `other` or `api_key`. `would_fail` is None where its form is sound, which says no more.
    """

    kind: str
    header: dict[str, Any] | None
    claims: dict[str, Any] | None
    would_fail: TokenReason | None
    message: str | None


def inspect(text: str) -> Inspection:
    """Decode without vouching. Never raises; a text over the size of a token is not decoded."""
    if looks_like_api_key(text):
        problem = key_problem(text)
        return _inspection("api_key", None, None, malformed(problem) if problem else None)
    try:
        parts = split_token(text)
    except TokenError as error:
        return _inspection("other", None, None, error.refusal)
    header, claims = _decoded(parts.header), _decoded(parts.claims)
    return _inspection(_kind(header, claims), header, claims, _refusal(text))


def _decoded(part: bytes) -> dict[str, Any] | None:
    try:
        return decode_part(part, "it")
    except TokenError:
        return None


def _refusal(text: str) -> TokenRefusal | None:
    try:
        parse_compact(text)
    except TokenError as error:
        return error.refusal
    return None


def _kind(header: Mapping[str, Any] | None, claims: Mapping[str, Any] | None) -> str:
    if header is None or claims is None or header_refusal(header) or claims_refusal(claims):
        return "other"
    if "kid" in header:
        return "access" if header.get("typ") in ACCESS_TYPES else "other"
    return "openwebui" if "id" in claims else "other"


def _inspection(
    kind: str,
    header: dict[str, Any] | None,
    claims: dict[str, Any] | None,
    refusal: TokenRefusal | None,
) -> Inspection:
    return Inspection(
        kind=kind,
        header=header,
        claims=claims,
        would_fail=refusal.reason if refusal else None,
        message=refusal.message if refusal else None,
    )
