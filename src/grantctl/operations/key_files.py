"""The private parts of signing keys: one PEM file each, in a folder that only its owner can enter.

Owns writing and reading these files. No private key is ever in the database or in an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from grantctl import credentials
from grantctl.errors import GuardError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from grantctl.credentials.signing import SigningKey

_MAX_PEM_BYTES = 64 * 1024
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `path` is None where it was only tried."""

    kid: str
    algorithm: str
    public_jwk: Mapping[str, Any]
    path: Path | None = field(default=None)

    def discard(self) -> None:
        """Take its file away: nothing names it."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


@contextmanager
def made_key(keys: Path, algorithm: str, *, is_kept: bool) -> Iterator[NewKey]:
    """A new key; its file is taken away again where what follows fails."""
    new = make_key(keys, algorithm, is_kept=is_kept)
    try:
        yield new
    except BaseException:
        new.discard()
        raise


def make_key(keys: Path, algorithm: str, *, is_kept: bool) -> NewKey:
    """A new key, its private part in a file if it is kept. Raises InvalidError, GuardError."""
    key = credentials.jwk.generate_private_key(algorithm)
    jwk = credentials.jwk.public_jwk(key)
    path = _write(keys, jwk["kid"], credentials.jwk.private_pem(key)) if is_kept else None
    return NewKey(jwk["kid"], algorithm, jwk, path)


def load_key(keys: Path, kid: str) -> SigningKey:
    """The private part of the key of that id.

    Raises NotFoundError where this host does not have it, GuardError where others may read it,
    InvalidError where the file holds something else.
    """
    if not credentials.jwk.is_kid(kid):
        raise InvalidError("the id of the signing key is none that a key can have")
    path = keys / f"{kid}.pem"
    if not path.is_symlink() and not path.exists():
        raise NotFoundError(
            f"the private part of the signing key `{kid}` is not here: `{path}`",
            hint="copy it from the host that made it, or: grantctl tokens keys rotate",
        )
    pem = credentials.secret.read_private_file(path, what="signing key", limit=_MAX_PEM_BYTES)
    key = credentials.signing.signing_key(credentials.jwk.load_private_pem(pem))
    if key.kid != kid:
        raise InvalidError(
            f"`{path}` holds another key than `{kid}`",
            hint="copy it from the host that made it, or: grantctl tokens keys rotate",
        )
    return key


def _write(keys: Path, kid: str, pem: bytes) -> Path:
    """The new file, on the disk whatever happens next; an existing one is never touched."""
    path = keys / f"{kid}.pem"
    try:
        _make_folder(keys)
        descriptor = os.open(path, _FLAGS, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), 0o600)  # whatever the umask took away
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        _sync_folder(keys)
    except OSError as error:
        reason = (error.strerror or "input/output error").lower()
        raise GuardError(
            f"the signing key cannot be written to `{keys}`: {reason}",
            hint="another folder? GRANTCTL_KEYS=PATH",
        ) from None
    return path


def _make_folder(keys: Path) -> None:
    """Make the folder, or refuse one in which others could replace a key."""
    keys.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        keys.mkdir(mode=0o700)
        keys.chmod(0o700)
    if os.name == "posix" and keys.stat().st_mode & 0o022:
        raise GuardError(
            f"others may write into the folder of the signing keys: `{keys}`",
            hint=f"chmod 700 {quote(str(keys))}",
        )


def _sync_folder(keys: Path) -> None:
    """So that the new name is on the disk too."""
    if os.name != "posix":
        return
    descriptor = os.open(keys, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
