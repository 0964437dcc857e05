"""What is told about values that could not be taken as they are.

Owns the collecting of findings and the spelling of foreign values in them. Leaves the rules to
those who find.
"""

from __future__ import annotations

import re

from grantctl.interop.directory import Finding, FindingKind
from grantctl.interop.openwebui.resource_tables import RESOURCE_TYPES
from grantctl.model import MAX_ID_LENGTH

MAX_QUOTED_LENGTH = 80

UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # Postgres takes neither in a text
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


_TYPES = (
    *("user", "account", "group", "membership", "permission", "api key", "identity"),
    *("setting", "owner", "resources"),
    *(*RESOURCE_TYPES, "access grants"),
)
_RANKS = {object_type: rank for rank, object_type in enumerate(_TYPES)}


class Findings:
    """The findings of one reading."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def about(self, object_type: str, object_id: str | None) -> Subject:
        """Where findings about one object go."""
        return Subject(self, object_type, shortened(object_id or "", MAX_ID_LENGTH))

    def add(self, finding: Finding) -> None:
        self._found.append(finding)

    def all(self) -> tuple[Finding, ...]:
        """By type and id of the object: the order of rows differs from engine to engine."""
        return tuple(sorted(self._found, key=lambda one: (_RANKS[one.object_type], one.object_id)))


class Subject:
    """One object of the source, to say something about."""

    __slots__ = ("_findings", "_id", "_type")

    def __init__(self, findings: Findings, object_type: str, object_id: str) -> None:
        self._findings = findings
        self._type = object_type
        self._id = object_id

    def adapted(self, reason: str) -> None:
        """The value was taken, changed."""
        self._findings.add(Finding(FindingKind.ADAPTED, self._type, self._id, reason))

    def rejected(self, reason: str) -> None:
        """The value was left out."""
        self._findings.add(Finding(FindingKind.REJECTED, self._type, self._id, reason))


def quoted(value: object) -> str:
    """A foreign value between backticks, cut where it is long."""
    return f"`{shortened(str(value), MAX_QUOTED_LENGTH)}`"


def shortened(text: str, longest: int) -> str:
    """The text as it may be stored and encoded, with an ellipsis where it was cut."""
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return UNSTORABLE.sub(REPLACEMENT, text)
