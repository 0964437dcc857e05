"""Credentials that got into a text where they should not be, taken out of it.

Owns what a JWT and an API key look like, whole or cut, at a glance: whoever pastes one into the
wrong place must not find it again in an error, a log, or the output of a build.
"""

from __future__ import annotations

MASK = "(a credential, not shown)"

# The header of a JWT is a JSON object, so base64url lets it begin in one of these ways. Behind it
# comes anything that a token may hold, padded or not; also a part of it alone is taken out.
_JWT = r"(?<![A-Za-z0-9])(?:ey[A-Z]|ew[0okA])[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_=-]*)*"
_API_KEY = r"gctl_[A-Za-z0-9_]{8,}"
_OPENWEBUI_KEY = r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}"
_CREDENTIAL = f"{_JWT}|{_API_KEY}|{_OPENWEBUI_KEY}"
_BEGINNINGS = ("ey", "ew", "gctl_", "sk-")


def mask_credentials(text: str) -> str:
    """The text with `(a credential, not shown)` for whatever looks like a JWT or an API key."""
    if not _may_hold_one(text):
        return text
    import re  # only here: it takes as long to import as half of a check

    return re.sub(_CREDENTIAL, MASK, text)


def looks_like_credential(text: str) -> bool:
    """Whether a JWT or an API key, or a part of one, is in the text."""
    if not _may_hold_one(text):
        return False
    import re

    return re.search(_CREDENTIAL, text) is not None


def _may_hold_one(text: str) -> bool:
    return any(one in text for one in _BEGINNINGS)
