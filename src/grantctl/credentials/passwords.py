"""Passwords: argon2id for new ones, bcrypt understood and replaced.

Owns hashing, verifying, the rules of length, and which passwords are too common (OWASP password
storage; NIST SP 800-63B 5.1.1.2). Leaves where the hash is kept to `store`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from grantctl.errors import InvalidError

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_BYTES = 1024

_MEMORY_KIB = 65536
_PASSES = 3
_SALT_BYTES = 16
_HASH_BYTES = 32
_ARGON2ID = Argon2Hasher(
    time_cost=_PASSES,
    memory_cost=_MEMORY_KIB,
    parallelism=1,
    hash_len=_HASH_BYTES,
    salt_len=_SALT_BYTES,
)
_BCRYPT = BcryptHasher()
_BCRYPT_BYTES = 72  # what bcrypt itself takes of a password

# A hash may come from anywhere; beyond these costs, verifying one password would take minutes, or
# all the memory. They leave room for the costliest of RFC 9106, 2 GiB in one pass.
_MAX_MEMORY_KIB = 2**21
_MAX_MEMORY_PASSES_KIB = 2**23
_MAX_BCRYPT_COST = 17

_BCRYPT_HASH = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}")
_ARGON2_HASH = re.compile(
    r"\$argon2(?P<variant>id|i|d)\$(?:v=(?P<version>[0-9]{1,2})\$)?"
    r"m=(?P<memory>[0-9]{1,10}),t=(?P<passes>[0-9]{1,10}),p=[0-9]{1,3}"
    r"\$(?P<salt>[A-Za-z0-9+/]{11,128})\$(?P<hash>[A-Za-z0-9+/]{16,128})"
)
# A hash as a new one is, of no password that anybody knows: 48 bytes out of /dev/urandom.
_NOBODY = (
    f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1"
    "$Z6RZkhvdErftSHmfEqZEig$83yPs/mudexP08qmvBLGzyKi3nVEU8n1d3Ms4F3456c"
)
_COMMON_PASSWORDS = "common_passwords.txt"


def hash_password(password: str) -> str:
    """The argon2id hash, as a PHC string. Raises what `require_password` raises."""
    require_password(password)
    return _ARGON2ID.hash(password)


def require_password(password: str) -> None:
    """Raise InvalidError unless this may become somebody's password.

    It has 8 characters (code points) at least and 1,024 bytes of UTF-8 at most, no NUL, and is none
    of the 10,000 most common ones in any letter case.
    """
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        raise InvalidError("the password is not valid text") from None
    if "\0" in password:
        raise InvalidError("a password may not hold NUL")
    if len(password) < MIN_PASSWORD_LENGTH:
        raise InvalidError(f"a password must have at least {MIN_PASSWORD_LENGTH} characters")
    if len(raw) > MAX_PASSWORD_BYTES:
        raise InvalidError(f"a password may have at most {MAX_PASSWORD_BYTES} bytes of UTF-8")
    if password.casefold() in _common_passwords():
        raise InvalidError(
            "the password is one of the most common ones",
            hint="several random words make a good one",
        )


def verify_password(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Whether this is the password of the hash, and the hash that should replace it if it is.

    Never raises: no hash or an unknown one, one that is too costly to try, and a password that none
    could have fit nothing. A hash is replaced where it is bcrypt's, or costs less than a new one.
    bcrypt sees the first 72 bytes, as it did when the hash was made; its replacement sees all.
    """
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        return False, None
    if not password_hash or not raw or len(raw) > MAX_PASSWORD_BYTES or b"\0" in raw:
        return False, None
    if bcrypt := _BCRYPT_HASH.fullmatch(password_hash):
        is_weaker = True
        fits = _fits_bcrypt(raw, bcrypt)
    elif argon2 := _ARGON2_HASH.fullmatch(password_hash):
        is_weaker = _is_weaker(argon2)
        fits = _fits_argon2(raw, argon2)
    else:
        return False, None
    return fits, _ARGON2ID.hash(raw) if fits and is_weaker else None


def verify_nobody(password: str) -> None:
    """Take the time of verifying a password where there is no hash to verify it against.

    Without it, a login would tell by its speed which users exist (OWASP ASVS 6.3.8).
    """
    verify_password(password, _NOBODY)


@cache
def _common_passwords() -> frozenset[str]:
    text = files(__package__).joinpath(_COMMON_PASSWORDS).read_text(encoding="ascii")
    return frozenset(text.splitlines())


def _fits_bcrypt(raw: bytes, found: re.Match[str]) -> bool:
    if int(found["cost"]) > _MAX_BCRYPT_COST:
        return False
    try:
        return _BCRYPT.verify(raw[:_BCRYPT_BYTES], found[0])
    except ValueError:  # what it says of a cost or a salt that it cannot take
        return False


def _fits_argon2(raw: bytes, found: re.Match[str]) -> bool:
    memory, passes = int(found["memory"]), int(found["passes"])
    if memory > _MAX_MEMORY_KIB or memory * passes > _MAX_MEMORY_PASSES_KIB:
        return False
    return _ARGON2ID.verify(raw, found[0])


def _is_weaker(found: re.Match[str]) -> bool:
    """Whether an argon2 hash is of an older make than ours, or cheaper to guess against."""
    memory, passes = int(found["memory"]), int(found["passes"])
    return (
        found["variant"] != "id"
        or found["version"] != "19"
        or memory < _MEMORY_KIB
        or memory * passes < _MEMORY_KIB * _PASSES
        or _byte_count(found["salt"]) < _SALT_BYTES
        or _byte_count(found["hash"]) < _HASH_BYTES
    )


def _byte_count(base64_text: str) -> int:
    return len(base64_text) * 6 // 8
