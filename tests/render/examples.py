"""Rows, columns, streams and nasty text that the tests of this folder share."""

from __future__ import annotations

import io
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st

from grantctl.model import Role
from grantctl.render.rows import Column
from grantctl.render.style import Format, Style

COLUMNS = (
    Column("id", "ID"),
    Column("name", "Name", is_name=True),
    Column("members", "Members", justify="right"),
    Column("is_default", "Default"),
    Column("groups", "Groups"),
    Column("created_at", "Created"),
    Column("tree", "Tree", is_extra=True),
)
ROWS = (
    {
        "id": "g1",
        "name": "[red]staff[/] :skull:",
        "members": -3,
        "is_default": True,
        "groups": ["a", "b"],
        "created_at": datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2))),
        "tree": {"chat": {"share": True, "call": None}},
        "password_hash": "never shown: it is no column",
    },
    {
        "id": "g2",
        "name": "=né\x1b[31m\n\u202e",
        "members": 1.5,
        "is_default": False,
        "groups": [],
        "created_at": datetime(2026, 1, 31, 12, 0, 0, 250, tzinfo=UTC),
        "tree": Role.ADMIN,
    },
)

NASTY = (
    "\0\t\n\r\x1b\x7f\x85\x9b\xad\u200b\u200d\u202e\u2028\u2066\ufeff\ufffe\ud800\udc80\U000e0001"
)
MARKUP = ("[/]", "[red]", "[link=x]", ":skull:", "[bold]x[/bold]", "\\[red]", "{x}", "%s", "&lt;")

# No deadline: the first example may import a library, and the machine may be busy.
unhurried = settings(deadline=None)

characters = st.one_of(
    st.sampled_from(NASTY + "=+-@'\",;:[]{}\\#&*!|>%` -?aé字😀\u0301\ue000"),
    st.characters(exclude_categories=()),
)
texts = st.one_of(st.text(characters, max_size=20), st.sampled_from(MARKUP))
scalars = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["yes", "null", "~", "1", "0x1f", "1e3", ".5", "2026-01-01", "=", "<<", "- a"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def style(format: Format, **more: object) -> Style:
    return Style(format, **more)  # type: ignore[arg-type]


def stream(encoding: str = "utf-8") -> io.TextIOWrapper:
    """A stream as stdout is one, strict about its encoding."""
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")


def written(to: io.TextIOWrapper) -> str:
    to.flush()
    raw = to.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode(to.encoding)


def is_clean(text: str, own: str) -> bool:
    """Whether nothing unprintable is in the text but the format's own characters."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return all(unicodedata.category(one) not in hidden or one in own for one in text)


def has_joined_surrogates(text: str) -> bool:
    """Whether two lone surrogates stand so that JSON cannot tell them from one character."""
    return any(
        "\ud800" <= high <= "\udbff" and "\udc00" <= low <= "\udfff" for high, low in pairwise(text)
    )
