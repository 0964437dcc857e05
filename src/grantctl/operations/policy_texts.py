"""The kinds of policy settings whose value is one text: names, ids, separators, choices, sources.

Owns the rules of each. Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterable

from grantctl.model import MAX_ID_LENGTH, MAX_NAME_LENGTH
from grantctl.operations.policy_values import PolicySetting, setting_of

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")

_MAX_SEPARATOR_LENGTH = 16
_MAX_SOURCE_LENGTH = 2000
_NAME_HINT = f"1 to {MAX_NAME_LENGTH} printable characters"


def name(key: str, default: str, meaning: str, *, empty: bool = False) -> PolicySetting:
    """A name on one line; `empty`: or none."""

    def parse(text: str) -> str:
        if not (empty and not text) and not _is_name(text):
            raise ValueError
        return text

    return setting_of(key, default, meaning, parse, _or_none(_NAME_HINT, empty))


def reference(key: str, meaning: str) -> PolicySetting:
    """The id of something that the database holds, or none. Whether it does is not known here."""

    def parse(text: str) -> str:
        if len(text) > MAX_ID_LENGTH or "\0" in text or not _is_encodable(text):
            raise ValueError
        return text

    return setting_of(key, "", meaning, parse, "an id or a name, or nothing")


def separator(key: str, default: str, meaning: str) -> PolicySetting:
    """What stands between the parts of a text; a space may."""

    def parse(text: str) -> str:
        if not (0 < len(text) <= _MAX_SEPARATOR_LENGTH and text.isprintable()):
            raise ValueError
        return text

    allowed = f"1 to {_MAX_SEPARATOR_LENGTH} printable characters"
    return setting_of(key, default, meaning, parse, allowed)


def choice(key: str, default: str, meaning: str, *, choices: Iterable[str]) -> PolicySetting:
    """One of these words."""
    known = tuple(choices)

    def parse(text: str) -> str:
        if text not in known:
            raise ValueError
        return text

    return setting_of(key, default, meaning, parse, " or ".join(known))


def source(key: str, meaning: str) -> PolicySetting:
    """A file, by its whole name, or a web address that nobody on the way can change; or none."""

    def parse(text: str) -> str:
        if text and not (_is_address(text) if "://" in text else _is_file(text)):
            raise ValueError
        return text

    allowed = "the whole name of a file, /etc/…, or an address, https://… (http:// for this host)"
    return setting_of(key, "", meaning, parse, _or_none(allowed, empty=True))


def _or_none(allowed: str, empty: bool) -> str:
    return f"{allowed}, or nothing" if empty else allowed


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME_LENGTH and text.isprintable() and text == text.strip()


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _is_file(text: str) -> bool:
    """Whether it names the same file whatever the working directory, for every host reads it."""
    return text.startswith("/") and len(text) <= _MAX_SOURCE_LENGTH and text.isprintable()


def _is_address(text: str) -> bool:
    scheme, _, rest = text.partition("://")
    authority = rest.partition("/")[0].partition("?")[0]
    before, colon, port = authority.rpartition(":")
    host = before if colon and port.isdigit() else authority
    is_plain = text.isprintable() and " " not in text and len(text) <= _MAX_SOURCE_LENGTH
    # A password in it would be shown to whoever reads the settings.
    if not is_plain or host[-1:] in ("", ":") or "@" in rest or "#" in rest or "\\" in rest:
        return False
    return scheme == "https" or (scheme == "http" and host in LOCAL_HOSTS)
