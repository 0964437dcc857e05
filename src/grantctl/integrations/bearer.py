"""The credential that a request presents: in its `Authorization` header, or in a cookie.

Owns what counts as presented (RFC 6750, 2.1; RFC 6265, 4.2.1). Leaves to `operations` whether it
is any good.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1: b64token
_SPACE = " \t"


class PresentedProblem(StrEnum):
    """Why no credential can be read from a request; the codes are for the log."""

    NOTHING = "no_credentials"
    OTHER_SCHEME = "other_scheme"
    MALFORMED = "malformed_credentials"
    CONFLICTING = "conflicting_credentials"

    @property
    def is_absence(self) -> bool:
        """Whether no token was presented, so that none can be called invalid (RFC 6750, 3.1)."""
        return self in (PresentedProblem.NOTHING, PresentedProblem.OTHER_SCHEME)


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential, or why there is none: one of them is set."""

    text: str = field(default="", repr=False)
    problem: PresentedProblem | None = None


def presented_credential(
    authorization: Iterable[str], cookies: Iterable[str], *, cookie_name: str | None
) -> Presented:
    """What a request presents, from the values of its `Authorization` and its `Cookie` headers.

    The header is preferred to the cookie, which may only repeat it. Two headers, two cookies or a
    header and a cookie that differ are refused rather than chosen from. An empty cookie counts as
    none: that is what a logout leaves behind.
    """
    headers = list(authorization)
    texts = [] if cookie_name is None else list(_cookie_values(cookies, cookie_name))
    if len(headers) > 1:
        return Presented(problem=PresentedProblem.CONFLICTING)
    if headers:
        scheme, _, rest = headers[0].strip(_SPACE).partition(" ")
        if scheme.lower() != "bearer":
            return Presented(problem=PresentedProblem.OTHER_SCHEME)
        texts.insert(0, rest.strip(_SPACE))
    if not texts:
        return Presented(problem=PresentedProblem.NOTHING)
    if any(_TOKEN.fullmatch(text) is None for text in texts):
        return Presented(problem=PresentedProblem.MALFORMED)
    if len(set(texts)) > 1:
        return Presented(problem=PresentedProblem.CONFLICTING)
    return Presented(texts[0])


def _cookie_values(cookies: Iterable[str], name: str) -> Iterable[str]:
    """Every value of that cookie, of those that are not empty."""
    for header in cookies:
        for pair in header.split(";"):
            found, equals, value = pair.strip(_SPACE).partition("=")
            if equals and found.strip(_SPACE) == name:
                text = _unquoted(value.strip(_SPACE))
                if text:
                    yield text


def _unquoted(value: str) -> str:
    is_quoted = len(value) >= 2 and value[0] == value[-1] == '"'
    return value[1:-1] if is_quoted else value
