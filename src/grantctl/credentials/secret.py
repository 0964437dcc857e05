"""The secret of HS256 tokens, and the files that secrets and private keys may be read from.

Owns where the secret comes from, and which secrets and files are refused. A secret is never made in
silence, and never shown: not in an error, not in a `repr`.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from grantctl.credentials.encoding import encode_base64url
from grantctl.errors import GuardError, InvalidError

MIN_SECRET_BYTES = 32  # RFC 7518, 3.2: the size of the hash
MAX_SECRET_BYTES = 4096
MAKE_HINT = "grantctl tokens keys generate --algorithm HS256 --to FILE"

_VARIABLES = ("GRANTCTL_SECRET_KEY", "WEBUI_SECRET_KEY")  # the first that is set counts
_MADE_BYTES = 48
_MIN_DISTINCT = 10
_KID_LABEL = b"grantctl kid"
_KID_LENGTH = 22
_PLACEHOLDERS = re.compile(
    r"changeme|changethis|replaceme|replacethis|placeholder|yoursecret|secretkey|mysecret"
    r"|topsecret|t0ps3cr3t|supersecret|example|password|passphrase|insecure|notasecret"
)
_REFERENCE = re.compile(r"\$\{.*|\$\(.*|\{\{.*|<.*>|%.*%", re.DOTALL)
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}(?:[^A-Za-z0-9]+[A-Z]?[a-z]{2,}){2,}[^A-Za-z0-9]*")
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


@dataclass(frozen=True, slots=True)
class HmacSecret:
    """The secret, the id that tokens name it by, and the variable that it came from."""

    value: bytes = field(repr=False)
    kid: str
    origin: str


def make_secret() -> str:
    """48 bytes of the system's generator, in base64url."""
    return secrets.token_urlsafe(_MADE_BYTES)


def secret_kid(value: bytes) -> str:
    """The id of a secret: it says nothing about it, and changes with it."""
    return encode_base64url(hmac.digest(value, _KID_LABEL, hashlib.sha256))[:_KID_LENGTH]


def load_secret(environ: Mapping[str, str]) -> HmacSecret | None:
    """The secret that the environment holds, or names a file of; None where there is none.

    An empty variable counts as not set. Raises InvalidError for a secret that is too weak or given
    twice, GuardError for a file that others may read.
    """
    for variable in _VARIABLES:
        secret = _from_variable(variable, environ)
        if secret:
            return secret
    return None


def read_private_file(path: str | Path, *, what: str, limit: int) -> bytes:
    """The content of a regular file that only its owner may use; no link is followed.

    `what` names its kind in an error, `limit` is its largest size in bytes. Raises GuardError,
    InvalidError where it is missing, empty or too large.
    """
    name = str(path)
    try:
        descriptor = os.open(name, _OPEN_FLAGS)
        try:
            _require_private(os.fstat(descriptor), what, name)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                raw = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refusal(error, what, name) from None
    except ValueError:  # NUL, or half of a surrogate pair
        raise InvalidError(f"the name of the {what} file is not one that a file can have") from None
    if not raw:
        raise InvalidError(f"the {what} file `{name}` is empty")
    if len(raw) > limit:
        raise InvalidError(f"the {what} file `{name}` has more than {limit} bytes")
    return raw


def require_strong_secret(value: bytes, origin: str) -> None:
    """Raise InvalidError unless this may sign tokens; `origin` names it."""
    problem = _weakness(value)
    if problem:
        raise InvalidError(f"`{origin}` {problem}", hint=MAKE_HINT)


def _from_variable(variable: str, environ: Mapping[str, str]) -> HmacSecret | None:
    text, file_variable = environ.get(variable, ""), f"{variable}_FILE"
    name = environ.get(file_variable, "")
    if text and name:
        raise InvalidError(f"both `{variable}` and `{file_variable}` are set", hint="unset one")
    if not text and not name:
        return None
    origin = variable if text else file_variable
    value = _encode(text, origin) if text else _read(name, origin)
    require_strong_secret(value, origin)
    return HmacSecret(value, secret_kid(value), origin)


def _encode(text: str, origin: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidError(f"`{origin}` is not valid text", hint=MAKE_HINT) from None


def _read(name: str, origin: str) -> bytes:
    """The file without the one line feed at its end."""
    raw = read_private_file(name, what=origin, limit=MAX_SECRET_BYTES)
    for newline in (b"\r\n", b"\n"):
        if raw.endswith(newline):
            return raw.removesuffix(newline)
    return raw


def _weakness(value: bytes) -> str | None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    if len(value) < MIN_SECRET_BYTES:
        return f"has {len(value)} bytes, and a secret needs {MIN_SECRET_BYTES}"
    if len(value) > MAX_SECRET_BYTES:
        return f"has more than {MAX_SECRET_BYTES} bytes"
    if "-----BEGIN" in text or text.startswith(("ssh-", "ecdsa-")) or '"kty"' in text:
        return "holds a key of another kind, which is no secret for HS256"
    if "\0" in text or text.strip() != text or len(text.split()) > 1:
        return "holds white space or NUL: a random secret has none"
    if len(set(text)) < _MIN_DISTINCT:
        return f"has fewer than {_MIN_DISTINCT} distinct characters: it is not random"
    letters = "".join(character for character in text.casefold() if character.isalnum())
    if _REFERENCE.fullmatch(text) or _PLACEHOLDERS.search(letters):
        return "is a placeholder, not a secret"
    if _WORDS.fullmatch(text):
        return "is made of words: a secret is random"
    return None


def _refusal(error: OSError, what: str, name: str) -> GuardError | InvalidError:
    """Why a file cannot be opened: a link, or whatever the system says."""
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return GuardError(
            f"the {what} file `{name}` is a symbolic link, which may come to lead elsewhere",
            hint="name the file itself",
        )
    if error.errno in (errno.ENXIO, errno.EISDIR):
        return _not_regular(what, name)
    reason = (error.strerror or "unknown reason").lower()
    return InvalidError(f"the {what} file `{name}` cannot be read: {reason}")


def _require_private(status: os.stat_result, what: str, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _not_regular(what, name)
    if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise GuardError(
            f"others than its owner may use the {what} file `{name}`",
            hint=f"chmod 600 {quote(name)}",
        )


def _not_regular(what: str, name: str) -> GuardError:
    return GuardError(f"the {what} file `{name}` is not a regular file")
