"""How a request is refused: the answer to the stranger, and the line in the log.

Owns the words, statuses and headers (RFC 6750, 3), and the logger `grantctl.integrations`. To a
stranger only the class of a refusal; the reason, the user's and the token's id go to the log. What
is written there comes from requests and rows, so it is written as Python would quote it: on one
line, without control characters. A token never gets there.
"""

from __future__ import annotations

import logging

from fastapi import HTTPException, Request

REALM = "grantctl"
LOGGER = logging.getLogger("grantctl.integrations")

_LINE = "%s %s refused with %d: reason=%s user=%s token=%s"


def unauthenticated(
    request: Request | None,
    reason: str,
    *,
    user_id: str | None = None,
    token_id: str | None = None,
    is_token_shown: bool = True,
) -> HTTPException:
    """401: who is asking is not known. `is_token_shown`: a token was presented, a bad one."""
    error = ', error="invalid_token"' if is_token_shown else ""
    level = logging.WARNING if is_token_shown else logging.INFO
    _log(request, 401, reason, user_id, token_id, level=level)
    challenge = {"WWW-Authenticate": f'Bearer realm="{REALM}"{error}'}
    return HTTPException(401, "not authenticated", challenge)


def forbidden(
    request: Request | None,
    reason: str,
    *,
    user_id: str | None,
    token_id: str | None,
    is_scope: bool = False,
) -> HTTPException:
    """403: it is known who is asking, and they may not. `is_scope`: a wider token would do."""
    _log(request, 403, reason, user_id, token_id)
    challenge = {"WWW-Authenticate": f'Bearer realm="{REALM}", error="insufficient_scope"'}
    return HTTPException(403, "not permitted", challenge if is_scope else None)


def not_found(
    request: Request | None, problem: str, *, user_id: str, token_id: str | None
) -> HTTPException:
    """404: what a known user asks for does not exist."""
    _log(request, 404, f"not_found ({_escaped(problem)})", user_id, token_id)
    return HTTPException(404, "not found")


def unavailable(request: Request | None, problem: str) -> HTTPException:
    """503: nobody can tell now. `problem` holds no password: errors of grantctl never do."""
    LOGGER.error("%s %s not answered: %s", *_asked(request), _escaped(problem))
    return HTTPException(503, "try again later")


def misconfigured(request: Request | None, problem: str) -> HTTPException:
    """500: the program asks for what cannot be answered, whoever calls it."""
    LOGGER.error("%s %s is set up wrongly: %s", *_asked(request), _escaped(problem))
    return HTTPException(500, "internal error")


def _log(
    request: Request | None,
    status: int,
    reason: str,
    user_id: str | None,
    token_id: str | None,
    *,
    level: int = logging.WARNING,
) -> None:
    ids = ("-" if one is None else repr(one) for one in (user_id, token_id))
    LOGGER.log(level, _LINE, *_asked(request), status, reason, *ids)


def _asked(request: Request | None) -> tuple[str, str]:
    """The method and the path. Never the query, which may hold secrets."""
    if request is None:
        return "-", "-"
    # Not `request.url`: that is made from the Host header as well, which anybody can garble.
    return _escaped(request.method), repr(request.scope["path"])


def _escaped(text: str) -> str:
    return repr(text)[1:-1]
