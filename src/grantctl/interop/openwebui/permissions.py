"""The permissions of a database: its own defaults, and what each group sets.

Owns where the default tree is stored and how it is filled, and the catalogue that results. Leaves
the shape of trees to `trees`, and which release's permissions fill it to `releases`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from grantctl.evaluation.permissions import grow
from grantctl.interop.openwebui import queries
from grantctl.interop.openwebui.findings import Findings, Subject, quoted
from grantctl.interop.openwebui.groups import GroupRow
from grantctl.interop.openwebui.layout import Layout, SettingsForm
from grantctl.interop.openwebui.releases import recognise
from grantctl.interop.openwebui.trees import (
    Kind,
    Kinds,
    Nodes,
    flags_of,
    kinds_of,
    learn,
    nodes_of,
    spelled,
)
from grantctl.interop.openwebui.values import MalformedError, load_json
from grantctl.model import is_below
from grantctl.store.connection import Connection

_STORED_KEY = "user.permissions"

_QUERIES = {
    SettingsForm.DOCUMENT: queries.CONFIG_DOCUMENT,
    SettingsForm.ROWS: queries.CONFIG_ROW,
}


@dataclass(frozen=True, slots=True)
class Permissions:
    """The catalogue with its defaults, and the groups' flags; `label` names the release."""

    label: str
    defaults: dict[str, bool]
    flags: dict[tuple[str, str], bool]


def read_permissions(
    connection: Connection, layout: Layout, groups: Sequence[GroupRow], findings: Findings
) -> Permissions:
    """Every permission that the database knows, with its default, and what each group sets.

    The defaults are the stored ones, filled from the release's own. A permission that only groups
    know is denied by default: Open WebUI allows it to their members alone.
    """
    of_defaults = findings.about("permission", _STORED_KEY)
    stored = _read_stored(connection, layout, of_defaults)
    release = recognise(layout, stored)
    kinds = kinds_of(release.built_in)
    learn(kinds, [stored])
    unfilled = _unfilled(release.built_in, stored, kinds, of_defaults)
    defaults = release.built_in | unfilled | flags_of(stored, kinds, of_defaults)
    forest = {group.id: _nodes_of_group(group, findings) for group in groups}
    learn(kinds, forest.values())
    flags = {
        (group_id, key): value
        for group_id, nodes in forest.items()
        for key, value in flags_of(nodes, kinds, findings.about("group", group_id)).items()
    }
    added = {key for _, key in flags if key not in defaults}
    doubtful = _fitting(release.doubtful, kinds)
    _tell_of_added(added, doubtful, findings)
    denied = dict.fromkeys((added | doubtful) - defaults.keys(), False)
    return Permissions(release.label, dict(sorted({**defaults, **denied}.items())), flags)


def _read_stored(connection: Connection, layout: Layout, subject: Subject) -> Nodes:
    """The stored default tree; nothing where none is stored or what is stored is none."""
    query = _QUERIES.get(layout.settings)
    rows = connection.rows(query) if query else []
    try:
        found = load_json(rows[0][0]) if rows else None
    except MalformedError as error:
        subject.rejected(f"what is stored {error}: the release's own defaults are taken")
        return {}
    if layout.settings is SettingsForm.DOCUMENT:
        for name in _STORED_KEY.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    return _nodes_of_tree(found, "the release's own defaults are taken", subject)


def _unfilled(
    built_in: Collection[str], stored: Nodes, kinds: Kinds, subject: Subject
) -> dict[str, bool]:
    """Denials of what lies under a category in whose place something else is stored.

    Open WebUI leaves that as it is, and so allows nothing under it by default.
    """
    places = [
        key
        for key, value in stored.items()
        if kinds.get(key) is Kind.CATEGORY and not isinstance(value, dict)
    ]
    for place in places:
        subject.adapted(f"what lies under {quoted(place)} is denied by default: it is not filled")
    return {key: False for key in built_in for place in places if is_below(key, place)}


def _nodes_of_group(group: GroupRow, findings: Findings) -> Nodes:
    subject = findings.about("group", group.id)
    try:
        tree = load_json(group.permissions)
    except MalformedError as error:
        subject.rejected(f"what is stored as its permissions {error}: it sets none")
        return {}
    return _nodes_of_tree(tree, "it sets none", subject)


def _nodes_of_tree(tree: object, consequence: str, subject: Subject) -> Nodes:
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        subject.rejected(f"its permissions are {spelled(tree)}, no tree: {consequence}")
        return {}
    return nodes_of(tree, subject)


def _fitting(doubtful: Collection[str], kinds: Kinds) -> set[str]:
    """Those of the keys that cross nothing that is stored; their kinds are added."""
    unheard = Findings().about("permission", None)
    nodes = nodes_of(grow(dict.fromkeys(doubtful, False)), unheard)
    learn(kinds, [nodes])
    return set(flags_of(nodes, kinds, unheard)) & set(doubtful)


def _tell_of_added(added: set[str], doubtful: set[str], findings: Findings) -> None:
    for key in sorted(added | doubtful):
        findings.about("permission", key).adapted(
            "a newer release, which this may be, allows it by default, and the stored defaults do"
            " not know it: taken into the catalogue, default false"
            if key in doubtful
            else "not in this version's own tree: taken into the catalogue, default false"
        )
