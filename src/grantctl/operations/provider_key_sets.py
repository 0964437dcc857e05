"""Where the key set of an identity provider comes from: a file, or an https address.

Owns the fetching: which addresses are asked, for how long, how much is taken. Leaves which keys are
used to `credentials.provider_keys`.
INVARIANT: the address is one that an operator named. Nothing is ever fetched because of a token,
and a redirect leads only where an operator could have pointed as well.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
from threading import Thread
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from grantctl import credentials
from grantctl.credentials.jwk import MAX_KEY_SET_BYTES
from grantctl.errors import GuardError, InvalidError

if TYPE_CHECKING:
    from grantctl.credentials.provider_keys import ProviderKeys

TIMEOUT_SECONDS = 5.0

_MAX_REDIRECTS = 3
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_HINT = "an https:// address, or a file: grantctl config set oauth.jwks FILE"


def load_provider_keys(source: str) -> ProviderKeys:
    """The keys of the set that a file holds, or an address answers with.

    Raises InvalidError where there is none or it is none, GuardError for a file that anybody may
    change.
    """
    raw = _fetch(source) if "://" in source else _read(source)
    try:
        return credentials.provider_keys.parse_provider_keys(raw)
    except InvalidError as error:
        raise InvalidError(f"{_shown(source)}: {error.message}", hint=error.hint) from None


def address_problem(source: str) -> str | None:
    """Why nothing is fetched from this address, None where it may be asked."""
    try:
        parts = urlsplit(source)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is not an address"
    if not host or not source.isprintable() or " " in source:
        return "it is not an address"
    if parts.username is not None or parts.password is not None:
        return "it holds a name or a password"
    if parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL_HOSTS):
        return None
    if parts.scheme == "http":
        return "without TLS, anybody on the way could put other keys in"
    return "only https:// is fetched"


def _read(name: str) -> bytes:
    try:
        # Not blocked by a pipe that nobody writes to; what is no regular file is refused below.
        descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InvalidError(f"the key set `{name}` is not a regular file")
            if os.name == "posix" and status.st_mode & stat.S_IWOTH:
                raise GuardError(
                    f"anybody may change the key set `{name}`, and so log in as anybody",
                    hint=f"chmod o-w {name}",
                )
            return file.read(MAX_KEY_SET_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InvalidError(f"the key set `{name}` cannot be read: {reason}") from None
    except ValueError:
        raise InvalidError("the name of the key set is none that a file can have") from None


def _fetch(address: str) -> bytes:
    problem = address_problem(address)
    if problem:
        raise InvalidError(f"{_shown(address)}: {problem}", hint=_HINT)
    return _within(TIMEOUT_SECONDS, lambda: _answer(address), address)


def _within(seconds: float, work: Callable[[], bytes], address: str) -> bytes:
    """What the work comes to. The socket's own time-out starts anew with each byte that comes."""
    results: list[bytes | Exception] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # told by the thread that waits
            results.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise _unreachable(address, f"no answer within {seconds:.0f} seconds")
    if isinstance(results[0], InvalidError):
        raise results[0]
    if isinstance(results[0], Exception):
        raise _unreachable(address, _reason(results[0]))
    return results[0]


def _answer(address: str) -> bytes:
    request = Request(address, headers={"Accept": "application/json"})  # noqa: S310  # checked
    with _opener().open(request, timeout=TIMEOUT_SECONDS) as response:
        if response.status != 200:
            raise _unreachable(address, f"the answer has status {response.status}")
        return bytes(response.read(MAX_KEY_SET_BYTES + 1))


def _opener() -> OpenerDirector:
    """One that knows http and https alone: urllib's own also reads files, data URLs and ftp."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        _SafeRedirects(),
    ):
        opener.add_handler(handler)
    return opener


class _SafeRedirects(HTTPRedirectHandler):
    max_redirections = _MAX_REDIRECTS
    max_repeats = 2

    def redirect_request(  # noqa: PLR0917  # urllib's own parameters
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        was, to = urlsplit(req.full_url), urlsplit(newurl)
        problem = address_problem(newurl)
        if was.scheme == "https" and to.scheme != "https":
            problem = problem or "it leads away from TLS"
        if problem:
            raise InvalidError(f"{_shown(req.full_url)} redirects elsewhere: {problem}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _reason(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"the answer has status {error.code}"
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {TIMEOUT_SECONDS:.0f} seconds"
    if isinstance(cause, OSError) and (cause.strerror or cause.args):
        return str(cause.strerror or cause.args[-1]).lower()
    return "no HTTP answer" if isinstance(error, HTTPException) else "it failed"


def _unreachable(address: str, reason: str) -> InvalidError:
    return InvalidError(
        f"the key set cannot be fetched from {_shown(address)}: {reason}",
        hint="try again, or keep a copy in a file: --jwks FILE",
    )


def _shown(source: str) -> str:
    """The source for an error, without a query, which may hold a key."""
    try:
        parts = urlsplit(source) if "://" in source else SplitResult("", "", source, "", "")
    except ValueError:
        return "the key set's address"
    return f"`{parts._replace(query='', fragment='').geturl()}`"
