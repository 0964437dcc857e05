"""Passwords: argon2id for new ones, bcrypt understood and replaced.

Owns hashing, verifying and the rules of length (OWASP password storage; NIST SP 800-63B 5.1.1.2).
Leaves where the hash is kept to `store`.
"""

from __future__ import annotations

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from grantctl.errors import InvalidError

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_BYTES = 1024
_BCRYPT_BYTES = 72  # what bcrypt itself takes of a password

_ARGON2ID = Argon2Hasher(time_cost=3, memory_cost=65536, parallelism=1, hash_len=32, salt_len=16)
_HASHES = PasswordHash((_ARGON2ID, BcryptHasher()))


def hash_password(password: str) -> str:
    """The argon2id hash, as a PHC string.

    Raises InvalidError for fewer than 8 characters, more than 1,024 bytes of UTF-8, or NUL.
    """
    _require_length(password)
    return _HASHES.hash(password)


def verify_password(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Whether the password fits the hash, and the hash that should replace it if it does.

    Never raises: a missing or unknown hash, and a password that none could have, fit nothing. A
    bcrypt hash sees the first 72 bytes, as it did when it was made; its replacement sees all.
    """
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        return False, None
    if not password_hash or not raw or len(raw) > MAX_PASSWORD_BYTES or b"\0" in raw:
        return False, None
    is_bcrypt = BcryptHasher.identify(password_hash)
    try:
        fits, update = _HASHES.verify_and_update(
            raw[:_BCRYPT_BYTES] if is_bcrypt else raw, password_hash
        )
    except (PwdlibError, ValueError):
        return False, None
    if fits and update is not None:
        update = _HASHES.hash(raw)
    return fits, update


def _require_length(password: str) -> None:
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        raise InvalidError("the password is not valid text") from None
    if "\0" in password:
        raise InvalidError("a password may not hold NUL")
    if len(password) < MIN_PASSWORD_LENGTH:
        raise InvalidError(f"a password has {MIN_PASSWORD_LENGTH} characters at least")
    if len(raw) > MAX_PASSWORD_BYTES:
        raise InvalidError(f"a password has {MAX_PASSWORD_BYTES} bytes of UTF-8 at most")
