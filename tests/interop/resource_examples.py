"""Resources of every kind, some with the most awkward text that their fields may hold."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from hypothesis import strategies as st

from grantctl.evaluation.access_control import GrantKey
from grantctl.interop.plain_resources import PlainRow
from grantctl.interop.resource_files import open_resource_file
from grantctl.interop.resource_text import FileFormat, written
from grantctl.model import EVERYONE_ID, PrincipalType, ResourceRef
from grantctl.store.resource_records import ResourceRecord

AWKWARD = (
    *("=cmd|' /C calc'!A0", "'=x", "''", "  =1+1", " 'x", "+1", "-1", "@x", "\uff1dx", " "),
    *("\\", "\\\\", "\\x41", "\\u0041", "\\U0001f511", "a\\", "\\'", '"', '""', 'a"b,c', ",", ";"),
    *("\u202eevil", "zero\u200bwidth", "\u2028", "\u2029", "\ufeffbom", "\U000e0001", "soft\xad"),
    *(
        "é",
        "会议室",
        "🔑",
        "\U0010ffff",
        "null",
        "{}",
        "*",
        "true",
        "1",
        "NaN",
        "x:y:z",
        "a/b",
        "#",
    ),
)
_ANY_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12
)
_TEXTS = (st.sampled_from(AWKWARD) | _ANY_TEXT | st.builds(str.__add__, *[_ANY_TEXT] * 2)).filter(
    lambda text: bool(text.strip())
)
_TYPES = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)
_ACTIONS = st.sampled_from(
    ("read", "write", "Read", "+x", "'x", "a\\b", "@all", "+", "é", '"', "chat.use", "x" * 64)
)
_REFS = st.builds(ResourceRef, _TYPES, _TEXTS)
_GRANTS = st.builds(
    GrantKey,
    _ACTIONS,
    st.sampled_from((PrincipalType.USER, PrincipalType.GROUP)),
    _TEXTS.filter(lambda id_: id_ != EVERYONE_ID),
) | st.builds(GrantKey, _ACTIONS, st.just(PrincipalType.EVERYONE), st.just(EVERYONE_ID))


@dataclass(frozen=True, slots=True)
class PlacedRecord:
    """A resource of a file, and where it stands: `line 3`, or `row 3` of a document."""

    place: str
    record: ResourceRecord


@st.composite
def records(draw: st.DrawFn) -> ResourceRecord:
    """Any resource that may be kept."""
    is_public = draw(st.booleans())
    grants = () if is_public else tuple(sorted(draw(st.sets(_GRANTS, max_size=4))))
    return ResourceRecord(
        draw(_REFS),
        draw(_TEXTS),
        owner=draw(st.none() | _TEXTS),
        base=draw(st.none() | _REFS),
        is_public=is_public,
        grants=grants,
    )


def many_records() -> st.SearchStrategy[list[ResourceRecord]]:
    """Resources of different names, in an export's order."""
    several = st.lists(records(), max_size=6, unique_by=lambda one: one.ref)
    return several.map(lambda found: sorted(found, key=lambda one: (one.ref.type, one.ref.id)))


def content_of(
    found: list[ResourceRecord], format: FileFormat, *, ascii_only: bool = False
) -> bytes:
    """The bytes of an export."""
    return "".join(written(found, format, ascii_only=ascii_only)).encode()


def read(content: bytes, format: FileFormat | None = None, name: str = "") -> list[PlacedRecord]:
    """What an import makes of the bytes of a file."""
    rows = open_resource_file(BytesIO(content), name=name, format=format).rows()
    return [PlacedRecord(row[0], record_of(row)) for row in rows]


def record_of(row: PlainRow) -> ResourceRecord:
    """The resource of a plain row."""
    _, type_, id_, name, owner, base, is_public, grants = row
    return ResourceRecord(
        ResourceRef(type_, id_),
        name,
        owner=owner,
        base=None if base is None else ResourceRef(*base),
        is_public=is_public,
        grants=tuple(
            sorted(GrantKey(action, PrincipalType(kind), one) for action, kind, one in grants)
        ),
    )


EXAMPLES = [
    ResourceRecord(ResourceRef("knowledge", "handbook"), "Handbook"),
    ResourceRecord(
        ResourceRef("model", "gpt-4o"),
        "=GPT-4o, \\the\u202e one",
        owner="u1",
        base=ResourceRef("model", "llama3:8b"),
        grants=(
            GrantKey("Use", PrincipalType.EVERYONE, "*"),
            GrantKey("read", PrincipalType.GROUP, "g1"),
            GrantKey("read", PrincipalType.USER, "u1"),
            GrantKey("read", PrincipalType.USER, "u\xad2"),
        ),
    ),
    ResourceRecord(ResourceRef("model", "llama3:8b"), "'Llama ü", is_public=True),
]
