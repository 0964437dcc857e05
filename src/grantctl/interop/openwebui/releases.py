"""Which release of Open WebUI a database is of, as far as that shows.

Owns the table of releases and how they are told apart, in this order:

1. The schema revision (`alembic_version.version_num`) names the releases that have it.
2. A revision that is not in the table (a later release, a fork, a migration cut short), or none:
   the tables and columns name a wider range.
3. Within a range the newest release's permissions are taken. One that an older release does not
   have is never asked there, so that taking it changes nothing; lacking it would deny.
4. Two ranges hold a release whose answers are known and a newer one that allows more by default:
   0.5.20 and 0.6.0 to 0.6.5 have one revision, 0.6.43 and 0.7.0 to 0.7.2 have another. There the
   stored default permissions tell: with a key that only the newer has, it is the newer; without,
   the older, and what the newer would allow by default is told and taken as denied, as the
   permissions may have been stored before an upgrade. With nothing stored: the newer.

Groups do not tell: a permission that no release knows may stand in them.

A range that ends with a release whose answers are known goes by the name of that release.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from grantctl.interop.openwebui.defaults import built_in, newest_release, version
from grantctl.interop.openwebui.layout import Layout, SettingsForm


@dataclass(frozen=True, slots=True)
class Span:
    """Releases in a row whose databases look the same.

    `permissions`: the release whose permissions stand for all of them: the last, or where that one
    was not looked at, the next that was. `is_known`: the answers of the last are known.
    """

    first: str
    last: str
    permissions: str
    is_known: bool = False

    @property
    def label(self) -> str:
        if self.is_known or self.first == self.last:
            return f"Open WebUI {self.last}"
        return f"Open WebUI {self.first} to {self.last}"


_BY_REVISION = {
    "922e7a387820": (Span("0.4.0", "0.4.8", "0.5.20"),),
    "7826ab40b532": (Span("0.5.0", "0.5.2", "0.5.20"),),
    "3781e22d8b01": (
        Span("0.5.3", "0.5.20", "0.5.20", is_known=True),
        Span("0.6.0", "0.6.5", "0.6.5", is_known=True),
    ),
    "9f0c9cd09105": (Span("0.6.6", "0.6.15", "0.6.16"),),
    "d31026856c01": (Span("0.6.16", "0.6.22", "0.6.26"),),
    "3af16a1c9fb6": (Span("0.6.23", "0.6.26", "0.6.26"),),
    "38d63c18f30f": (Span("0.6.27", "0.6.31", "0.6.36"),),
    "a5c220713937": (Span("0.6.32", "0.6.36", "0.6.36"),),
    "37f288994c47": (Span("0.6.37", "0.6.40", "0.6.40"),),
    "3e0e00844bb0": (Span("0.6.41", "0.6.41", "0.6.41"),),
    "c440947495f3": (
        Span("0.6.42", "0.6.43", "0.6.43", is_known=True),
        Span("0.7.0", "0.7.2", "0.7.2"),
    ),
    "a1b2c3d4e5f6": (Span("0.8.0", "0.8.0", "0.8.0"),),
    "b2c3d4e5f6a7": (Span("0.8.1", "0.8.12", "0.8.12", is_known=True),),
    "56359461a091": (Span("0.9.0", "0.9.2", "0.9.5"),),
    "a0b1c2d3e4f5": (Span("0.9.3", "0.9.5", "0.9.5"),),
    "461111b60977": (Span("0.9.6", "0.9.6", "0.9.6"),),
    "42e2978c7933": (Span("0.10.0", "0.10.2", "0.11.0"),),
    "f0bd01a18a3d": (Span("0.11.0", "0.11.0", "0.11.0"),),
    "d4c1a8e37b62": (Span("0.11.1", "0.11.4", "0.11.4"),),
    "b8f2c6d91a04": (Span("0.12.0", "0.12.0", "0.12.0"),),
    "0bd252b206fb": (Span("0.12.1", "0.12.4", "0.12.4", is_known=True),),
}

# Asked in this order.
_BY_FORM: tuple[tuple[Callable[[Layout], bool], tuple[Span, ...]], ...] = (
    (
        lambda one: one.settings is SettingsForm.ROWS and one.has_parents,
        (Span("0.12.0", "0.12.4 or later", "0.12.4"),),
    ),
    (lambda one: one.settings is SettingsForm.ROWS, (Span("0.10.0", "0.11.4", "0.11.4"),)),
    (lambda one: "access_grant" in one.tables, (Span("0.8.0", "0.9.6", "0.9.6"),)),
    (
        lambda one: one.has_member_table and "api_key" in one.tables,
        (Span("0.6.41", "0.6.43", "0.6.43"), Span("0.7.0", "0.7.2", "0.7.2")),
    ),
    (lambda one: one.has_member_table, (Span("0.6.37", "0.6.40", "0.6.40"),)),
    (lambda one: "note" in one.tables, (Span("0.6.6", "0.6.36", "0.6.36"),)),
    (lambda _: True, (Span("0.4.0", "0.5.20", "0.5.20"), Span("0.6.0", "0.6.5", "0.6.5"))),
)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a database was recognised as, and the permissions that it is filled with.

    `doubtful`: permissions that a newer release, which this may be as well, allows by default.
    """

    label: str
    built_in: dict[str, bool]
    doubtful: frozenset[str]


def recognise(layout: Layout, stored: Collection[str]) -> Recognition:
    """The release by the database's form and the dotted keys of its stored default permissions."""
    spans = _spans(layout)
    oldest, newest = spans[0], spans[-1]
    known = newest_release(stored)
    if oldest is newest:
        span = newest
    elif known is None:
        span = Span(oldest.first, newest.last, newest.permissions)
    else:
        span = oldest if known <= version(oldest.permissions) else newest
    taken, possible = built_in(span.permissions), built_in(newest.permissions)
    doubtful = {key for key, default in possible.items() if default and key not in taken}
    return Recognition(span.label, taken, frozenset(doubtful - set(stored)))


def _spans(layout: Layout) -> tuple[Span, ...]:
    """The ranges that the database may be of, the older one first."""
    for revision in layout.revisions:
        if revision in _BY_REVISION:
            return _BY_REVISION[revision]
    return next(spans for has_form, spans in _BY_FORM if has_form(layout))
