"""Database URLs without their passwords, however they are written.

Owns what is left out. Leaves parsing to `url`, which needs none of this for a file.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

ATTACHED_PREFIX = "openwebui+"
HIDDEN = "***"

_SCHEME = re.compile(r"[A-Za-z0-9+.-]{1,40}")
_AUTHORITY = re.compile(r"[^/?#]*")
_HOST = r"(?:\[[^\]@]*\]|[^:,@\[\]]*)(?::[0-9]*)?"
_HOSTS = re.compile(f"{_HOST}(?:,{_HOST})*")
_NO_SECRET = re.compile(r"[^@:=]*")
_SECRET_PARAMETERS = ("pass", "secret", "token", "key")


def mask_password(url: str) -> str:
    """The URL with `***` in place of a password, wherever it may stand; never raises.

    What can be read in two ways is left out as a whole: rather too little is shown than a secret.
    """
    prefix = ATTACHED_PREFIX if url.startswith(ATTACHED_PREFIX) else ""
    scheme, separator, tail = url.removeprefix(prefix).partition("://")
    if not separator:
        return url if _NO_SECRET.fullmatch(url) else HIDDEN
    if not _SCHEME.fullmatch(scheme):
        return HIDDEN
    if scheme == "sqlite" and tail.startswith("/"):
        return url  # a path: there is no password in it
    return f"{prefix}{scheme}://{_masked(tail)}"


def _masked(tail: str) -> str:
    matched = _AUTHORITY.match(tail)
    authority = matched[0] if matched else ""
    path, mark, query = tail[len(authority) :].partition("?")
    user, at, hosts = authority.rpartition("@")
    # A raw `/`, `?` or `#` in a password ends the authority early: an `@` follows. Without any `@`,
    # what looks like a port may be a password whose host was forgotten.
    if "@" in path + query or not _HOSTS.fullmatch(hosts):
        return HIDDEN
    name, colon, _ = user.partition(":")
    return f"{name}{f':{HIDDEN}' if colon else ''}{at}{hosts}{path}{mark}{_masked_query(query)}"


def _masked_query(query: str) -> str:
    shown: list[str] = []
    for parameter in query.split("&") if query else ():
        name, equals, _ = parameter.partition("=")
        plain = unquote(parameter).lower()
        if not equals or any(word in plain for word in _SECRET_PARAMETERS):
            # A raw `&` in a password ends its parameter early: nothing behind it is shown.
            return "&".join([*shown, f"{name}={HIDDEN}" if equals else HIDDEN])
        shown.append(parameter)
    return "&".join(shown)
