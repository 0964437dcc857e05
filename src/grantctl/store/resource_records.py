"""A resource by public names alone: what an export writes and an import reads.

Owns the shape. Leaves its text to `interop`, and what the names lead to here to whoever looks.
"""

from __future__ import annotations

from grantctl.evaluation.access_control import GrantKey
from grantctl.lean import dataclass
from grantctl.model import ResourceRef


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """`owner`, `base` and the principals of `grants` may be nobody's here.

    `grants` are sorted, each there once; one that is public has none.
    """

    ref: ResourceRef
    name: str
    owner: str | None = None
    base: ResourceRef | None = None
    is_public: bool = False
    grants: tuple[GrantKey, ...] = ()
