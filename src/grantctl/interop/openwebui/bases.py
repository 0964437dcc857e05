"""What resources are made of: a preset's base model.

Owns how a base is named, and telling of bases that go round in a circle. Bases are kept whether
they exist or not: one that does not is not let through, so that none may be dropped.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from grantctl.interop.directory import ForeignResource
from grantctl.interop.openwebui.findings import REPLACEMENT, Findings, Subject, quoted
from grantctl.interop.openwebui.resource_tables import MODEL
from grantctl.interop.openwebui.values import MendedText, resource_problem
from grantctl.model import MAX_ID_LENGTH, ResourceRef


def base_of(base: str | None, subject: Subject) -> ResourceRef | None:
    """The base of that id; an id that cannot be ours is kept as one that no model has."""
    if not base:
        return None
    if not resource_problem(base):
        return ResourceRef(MODEL, base)
    subject.adapted(f"its base {quoted(base)} cannot be the id of a model: kept as a missing one")
    return ResourceRef(MODEL, _mended(base))


def _mended(base: str) -> str:
    text = base[: MAX_ID_LENGTH - 1] if not isinstance(base, MendedText) else base[:100]
    kept = "".join(
        REPLACEMENT if unicodedata.category(one) in {"Cc", "Cs"} else one for one in text
    )
    return REPLACEMENT + kept.strip()


def tell_of_circles(resources: Iterable[ForeignResource], findings: Findings) -> None:
    """One finding for each circle of bases, about that resource of it which comes first."""
    bases = {one.ref: one.base for one in resources if one.base is not None}
    done: set[ResourceRef] = set()
    for ref in bases:
        way: dict[ResourceRef, None] = {}
        at: ResourceRef | None = ref
        while at in bases and at not in done and at not in way:
            way[at] = None
            at = bases[at]
        if at in way:
            circle = list(way)[list(way).index(at) :]
            subject = findings.about(at.type, at.id)
            subject.adapted(
                "it is its own base: kept, though nobody but an admin gets through"
                if len(circle) == 1
                else f"its bases form a circle of {len(circle)}: kept, though nobody but an admin"
                " gets through"
            )
        done.update(way)
