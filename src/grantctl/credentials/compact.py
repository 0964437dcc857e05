"""Tokens in the compact form (RFC 7515, 7.1), read by rules that are stricter than any library's.

Owns the form: size, three parts, base64url, JSON, the header, the types of the registered claims.
Nothing here says that a token is genuine or good for anything; that is left to `jwt`.
INVARIANT: a token that passes has one spelling only, so that its text cannot have a twin with the
same signature bytes, and no later check meets a value of an unexpected type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from grantctl.credentials import reasons
from grantctl.credentials.encoding import decode_base64url, decode_json_object
from grantctl.credentials.reasons import TokenError, TokenRefusal

MAX_TOKEN_BYTES = 8192
MAX_TEXT = 255
ALGORITHMS = frozenset({"HS256", "RS256", "ES256", "EdDSA"})
ACCESS_TYPES = frozenset({"at+jwt", "application/at+jwt"})  # RFC 9068, 4

_MAX_SCOPE = 2000
_MAX_SECONDS = 253_402_300_800  # the year 10000
_REFUSED_HEADERS = (
    *("crit", "b64", "zip", "cty"),  # RFC 7515, 4.1.11: extensions, none of which is understood
    *("jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"),  # RFC 8725, 3.10: keys that a token brings
)
_TEXT_HEADERS = ("typ", "kid")
_TIME_CLAIMS = ("exp", "nbf", "iat")
_TEXT_CLAIMS = (
    *(("iss", MAX_TEXT), ("sub", MAX_TEXT), ("jti", MAX_TEXT), ("id", MAX_TEXT)),
    ("scope", _MAX_SCOPE),
)


@dataclass(frozen=True, slots=True)
class CompactToken:
    """A well-formed token. `claims` are what it says of itself, vouched for by nobody."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any] = field(repr=False)
    signing_input: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenParts:
    """The three parts of a token, still encoded, and what they sign."""

    header: bytes = field(repr=False)
    claims: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signing_input: bytes = field(repr=False)


def parse_compact(text: str) -> CompactToken:
    """The token of that text, which may hold nothing else. Raises TokenError."""
    parts = split_token(text)
    header = _known_header(parts.header)
    claims = decode_part(parts.claims, "its payload")
    refusal = claims_refusal(claims)
    if refusal:
        raise TokenError(refusal)
    return CompactToken(
        header, claims, parts.signing_input, _decode(parts.signature, "its signature")
    )


def split_token(text: str) -> TokenParts:
    """The parts between two dots, none of them empty. Raises TokenError."""
    if len(text) > MAX_TOKEN_BYTES:
        raise _malformed(f"it is longer than {MAX_TOKEN_BYTES} characters")
    try:
        raw = text.encode("ascii")
    except UnicodeEncodeError:
        raise _malformed("it holds a character that no token holds") from None
    parts = raw.split(b".")
    if len(parts) != 3 or not all(parts):
        raise _malformed("it does not have three parts between dots")
    header, claims, signature = parts
    return TokenParts(header, claims, signature, raw[: -len(signature) - 1])


def decode_part(part: bytes, what: str) -> dict[str, Any]:
    """The JSON object of a part. Raises TokenError."""
    raw = _decode(part, what)
    try:
        return decode_json_object(raw)
    except ValueError as error:
        raise _malformed(f"{what} {error}") from None


def header_refusal(header: Mapping[str, Any]) -> TokenRefusal | None:
    """Why no token with this header is read any further."""
    for name in _REFUSED_HEADERS:
        if name in header:
            return reasons.malformed(f"its header has a `{name}`, which is not accepted")
    for name in _TEXT_HEADERS:
        if name in header and not isinstance(header[name], str):
            return reasons.malformed(f"`{name}` in its header is not text")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        return reasons.malformed("its header names no algorithm")
    if algorithm not in ALGORITHMS:
        return reasons.algorithm_not_allowed()
    return None


def claims_refusal(claims: Mapping[str, Any]) -> TokenRefusal | None:
    """Which registered claim is of a type, or a size, that it may not be."""
    for name in _TIME_CLAIMS:
        if name in claims and not is_time(claims[name]):
            return reasons.malformed(f"its `{name}` is not a time")
    for name, longest in _TEXT_CLAIMS:
        if name in claims and not is_text(claims[name], longest):
            return reasons.malformed(f"its `{name}` is not text of a usable length")
    audience = claims.get("aud")
    if audience is not None and audience != [] and not is_text(audience, MAX_TEXT):
        return reasons.malformed("its `aud` is not one audience")
    return None


def is_time(value: object) -> bool:
    """A number of seconds since 1970, before the year 10000; `bool` is an int in Python."""
    return type(value) in (int, float) and 0 <= value < _MAX_SECONDS  # type: ignore[operator]


def is_text(value: object, longest: int) -> bool:
    """Text without NUL, neither empty nor too long."""
    return isinstance(value, str) and 0 < len(value) <= longest and "\0" not in value


@lru_cache(maxsize=64)
def _known_header(part: bytes) -> Mapping[str, Any]:
    """The header of that part; all tokens of a key share one, so it is kept. Raises TokenError."""
    header = decode_part(part, "its header")
    refusal = header_refusal(header)
    if refusal:
        raise TokenError(refusal)
    return MappingProxyType(header)


def _decode(part: bytes, what: str) -> bytes:
    try:
        return decode_base64url(part)
    except ValueError as error:
        raise _malformed(f"{what} {error}") from None


def _malformed(problem: str) -> TokenError:
    return TokenError(reasons.malformed(problem))
