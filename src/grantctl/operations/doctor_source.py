"""What `doctor` finds of an attached Open WebUI database: what its import could not take as it is.

Owns which of the importer's findings are warnings: all that is left out, and what a group's
permissions or the defaults hold that is no boolean, because Open WebUI takes `"false"` for true.
"""

from __future__ import annotations

from collections.abc import Iterator

from grantctl.interop.directory import Finding, FindingKind
from grantctl.operations.doctor_findings import DoctorFinding, counted, first_of, note, ok, warning
from grantctl.operations.doctor_visit import Visit

_ALL = "grantctl import openwebui SOURCE --dry-run"
_DEFAULTS = ("permission", "user.permissions")


def import_findings(visit: Visit) -> Iterator[DoctorFinding]:
    """The importer's findings: of those that matter the first few of each kind of object."""
    kinds: dict[str, list[DoctorFinding]] = {}
    minor = 0
    for one in visit.opened.imported:
        if _matters(one):
            row = warning(f"{one.kind.value}: {one.reason}", f"{one.object_type} {one.object_id}")
            kinds.setdefault(one.object_type, []).append(row)
        else:
            minor += 1
    for rows in kinds.values():
        yield from first_of(rows, _ALL)
    if minor:
        yield note(f"{counted(minor, 'value')} taken in another form, and nothing lost", "", _ALL)
    if not visit.opened.imported:
        yield ok("everything could be taken as it is")


def _matters(one: Finding) -> bool:
    is_of_default = (one.object_type, one.object_id) == _DEFAULTS
    return one.kind is FindingKind.REJECTED or one.object_type == "group" or is_of_default
