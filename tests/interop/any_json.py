"""Whatever JSON a database may hold, to be generated."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

NAMES = st.sampled_from(
    ["chat", "controls", "edit", "features", "notes", "custom", "deep", "zzz", "a.b", "", "__x__"]
) | st.text(max_size=5)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["controls", "notes", "\0", "\ud800"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
TREES = st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4) | VALUES, max_size=4)

unhurried = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


class RaisedError(Exception):
    """The reference would raise."""


def storable(value: object) -> object:
    """The value as sqlite3 takes it: half of a surrogate pair only as bytes."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
