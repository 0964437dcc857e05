"""base64url and JSON as tokens and keys are written: one spelling, nothing left open.

Owns the strict decoders (RFC 7515, 2; RFC 8259; RFC 7519, 4). They raise ValueError with a sentence
that holds nothing of the input. What the decoded values mean is left to `compact` and `jwk`.
"""

from __future__ import annotations

import json
import math
import re
from base64 import urlsafe_b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import Any, NoReturn

MAX_DEPTH = 32
MAX_INTEGER = 2**63

_MAX_DIGITS = 19  # of MAX_INTEGER
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_ALPHABET = re.compile(rb"[A-Za-z0-9_-]*")
# A string, closed or not, or a bracket. INVARIANT: an open string is taken to the end at once; were
# it tried again from each quote inside, the time would grow with the square of the text.
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)
_PADDING = (b"", b"", b"==", b"=")


def encode_base64url(raw: bytes) -> str:
    """Without padding (RFC 7515, 2)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode_base64url(text: bytes) -> bytes:
    """The bytes whose only spelling this is: no padding, no white space, no unused bits.

    Raises ValueError.
    """
    if len(text) % 4 == 1 or not _ALPHABET.fullmatch(text):
        raise ValueError("is not base64url")
    try:
        raw = a2b_base64(text.translate(_TO_STANDARD) + _PADDING[len(text) % 4])
    except Base64Error:
        raise ValueError("is not base64url") from None
    if len(text) % 4 and urlsafe_b64encode(raw[-(len(raw) % 3) :]).rstrip(b"=") != _tail(text):
        raise ValueError("is not canonical base64url")
    return raw


def decode_json_object(raw: bytes) -> dict[str, Any]:
    """The JSON object, in UTF-8, that the bytes are. Its values are whatever JSON holds.

    Refused are a byte order mark, a member that stands twice, NaN, infinities, lone surrogates,
    integers beyond 64 bits, and more than 32 levels. Raises ValueError.
    """
    if raw.startswith(b"\xef\xbb\xbf"):
        raise ValueError("begins with a byte order mark")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _require_shallow(text)
    try:
        value = _DECODER.decode(text)
    except _JsonFaultError as fault:
        raise ValueError(fault.problem) from None
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")
    if "\\u" in text:
        _require_text(value)
    return value


class _JsonFaultError(Exception):
    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _JsonFaultError("has a member that stands twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) <= _MAX_DIGITS + 1:
        value = int(digits)
        if -MAX_INTEGER < value < MAX_INTEGER:
            return value
    raise _JsonFaultError("holds a number that is too large")


def _float(digits: str) -> float:
    value = float(digits)
    if math.isfinite(value):
        return value
    raise _JsonFaultError("holds a number that is too large")


def _constant(name: str) -> NoReturn:
    raise _JsonFaultError(f"holds {name}, which is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)


def _require_shallow(text: str) -> None:
    depth = 0
    for found in _NESTING.finditer(text):
        if found[0] in ("{", "["):
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
        elif found[0] in ("}", "]"):
            depth -= 1


def _require_text(value: dict[str, Any]) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair") from None


def _tail(text: bytes) -> bytes:
    """The characters of the last, incomplete group."""
    return text[-(len(text) % 4) :]
