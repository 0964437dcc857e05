"""API keys: long random words that stand for a user, known here by their hash only.

Owns their form, what can be said of one without a database, and finding them and JWTs in a text
that should not have held any. A key is `gctl_`, 30 random characters of base 62 (178 bits), and 6
that are a CRC-32 of all before. Open WebUI's own keys (`sk-…`) are recognised, and hashed in the
same way.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from grantctl.credentials.compact import MAX_TOKEN_BYTES
from grantctl.errors import InvalidError
from grantctl.evaluation.token_facts import TokenKind

PREFIX = "gctl_"
OPENWEBUI_PREFIX = "sk-"
PATTERN = r"gctl_[A-Za-z0-9]{36}"  # for scanners of leaked secrets
OPENWEBUI_PATTERN = r"sk-[0-9a-f]{32}"
MAX_LEAK_CHARACTERS = 2**20

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH = 30
_CHECKSUM_LENGTH = 6
_LENGTH = len(PREFIX) + _RANDOM_LENGTH + _CHECKSUM_LENGTH
_HINT_LENGTH = 4
_MAX_OPENWEBUI_LENGTH = 255
_KEY = re.compile(PATTERN)
_OPENWEBUI_KEY = re.compile(rf"{OPENWEBUI_PREFIX}[\x21-\x7e]{{1,{_MAX_OPENWEBUI_LENGTH}}}")
# Keys may overlap or stand right between letters: a look-ahead misses none, and what is no key
# after all is known to nobody.
_API_KEYS = re.compile(rf"(?=({PATTERN}|{OPENWEBUI_PATTERN}))")
_DOTTED = re.compile(r"[A-Za-z0-9_.-]+")
_OBJECT = "ey"  # base64url of `{"`


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token in a leaked text, which may be anyone's."""

    kind: TokenKind
    text: str = field(repr=False)


def make_api_key() -> str:
    """A new key of the system's generator; it is shown once, and only its hash is kept."""
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return body + _checksum(body)


def looks_like_api_key(text: str) -> bool:
    """Whether this is meant to be an API key, sound or not: ours, or one of Open WebUI's."""
    return text.startswith((PREFIX, OPENWEBUI_PREFIX))


def is_openwebui_key(text: str) -> bool:
    """Whether this is meant to be a key that Open WebUI made, which has no checksum."""
    return text.startswith(OPENWEBUI_PREFIX)


def key_problem(text: str) -> str | None:
    """Why no such key was ever issued, told without a look-up and without repeating it."""
    if is_openwebui_key(text):
        return None if _OPENWEBUI_KEY.fullmatch(text) else "it is no API key of open webui"
    if not text.startswith(PREFIX):
        return f"an API key begins with `{PREFIX}`"
    if len(text) != _LENGTH:
        return f"an API key has {_LENGTH} characters"
    if not _KEY.fullmatch(text):
        return "an API key holds only letters and digits behind its prefix"
    if not hmac.compare_digest(_checksum(text[:-_CHECKSUM_LENGTH]), text[-_CHECKSUM_LENGTH:]):
        return "its checksum is wrong: was it mistyped, or cut?"
    return None


def hash_api_key(text: str) -> str:
    """SHA-256 in hex: enough for what holds 128 random bits and more (NIST SP 800-63B, 5.1.2.2)."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def is_same_hash(one: str, other: str) -> bool:
    """Compare two hashes in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def hint(text: str) -> str:
    """What a list shows of a key: `gctl_Ab3d…`."""
    prefix = OPENWEBUI_PREFIX if is_openwebui_key(text) else PREFIX
    return f"{text[: len(prefix) + _HINT_LENGTH]}…"


def find_tokens(text: str) -> tuple[FoundToken, ...]:
    """Every API key, and all that looks like a JWT, each once, in order. Raises InvalidError."""
    if len(text) > MAX_LEAK_CHARACTERS:
        raise InvalidError(f"a text to search may have {MAX_LEAK_CHARACTERS} characters at most")
    found = sorted({*_api_keys(text), *_jwts(text)})
    return tuple(dict.fromkeys(FoundToken(TokenKind(kind), token) for _, kind, token in found))


def _api_keys(text: str) -> Iterator[tuple[int, str, str]]:
    for match in _API_KEYS.finditer(text):
        if key_problem(match[1]) is None:
            yield match.start(), TokenKind.API_KEY, match[1]


def _jwts(text: str) -> Iterator[tuple[int, str, str]]:
    """Three parts between dots of which the first two begin as JSON objects do."""
    for match in _DOTTED.finditer(text):
        parts, start = match[0].split("."), match.start()
        for number in range(len(parts) - 2):
            begin = parts[number].find(_OBJECT)
            is_one = begin >= 0 and parts[number + 1].startswith(_OBJECT) and parts[number + 2]
            if is_one:
                token = ".".join((parts[number][begin:], *parts[number + 1 : number + 3]))
                if len(token) <= MAX_TOKEN_BYTES:
                    yield start + begin, TokenKind.JWT, token
            start += len(parts[number]) + 1


def _checksum(body: str) -> str:
    value, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(_CHECKSUM_LENGTH):
        value, digit = divmod(value, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
