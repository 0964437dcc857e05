"""Flags of groups, and the defaults: set, and taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from grantctl.errors import AmbiguousError, ConflictError, GrantctlError, NotFoundError
from grantctl.operations.catalogue import list_permissions, undefine_permission
from grantctl.operations.changes import Intent
from grantctl.operations.flags import FlagsChanged, set_flags, unset_flags
from grantctl.operations.groups import create_group
from grantctl.store.database import Database
from tests.databases import prepared
from tests.operations.directories import DRY, INTENT, events
from tests.operations.group_examples import write_group

WORKSPACE = 10
PROMPTS = "workspace.prompts"


@prepared
def editors(database: Database) -> None:
    create_group(database, INTENT, name="editors")


def flags(database: Database, group: str = "editors") -> dict[str, bool]:
    """What the group sets, as the reader that decides sees it."""
    with database.reader() as reader:
        pk = reader.find_group(group).pk
        rows = reader._connection.rows(
            "SELECT p.key, f.allowed FROM group_permissions AS f JOIN permissions AS p"
            " ON p.pk = f.permission_pk WHERE f.group_pk = :group",
            {"group": pk},
        )
    return {key: bool(allowed) for key, allowed in rows}


def defaults(database: Database) -> dict[str, bool]:
    records = list_permissions(database)
    return {one.permission.key: one.permission.default for one in records}


def changes(changed: FlagsChanged) -> list[tuple[str, bool | None, bool | None]]:
    return [(one.key, one.before, one.after) for one in changed.changes]


def test_flags_of_a_group_are_set_and_made_absent_again(editors: Database) -> None:
    changed = set_flags(editors, INTENT, "editors", {"chat.share": False, PROMPTS: True})
    assert changes(changed) == [("chat.share", None, False), (PROMPTS, None, True)]
    assert changed.group is not None
    assert changed.group.name == "editors"
    assert flags(editors) == {"chat.share": False, PROMPTS: True}
    changed = unset_flags(editors, INTENT, "editors", ["chat.share", "chat.edit"])
    assert changes(changed) == [("chat.edit", None, None), ("chat.share", False, None)]
    assert flags(editors) == {PROMPTS: True}


def test_defaults_are_set_for_everybody_and_taken_back_to_those_of_a_new_database(
    database: Database,
) -> None:
    new = defaults(database)
    changed = set_flags(database, INTENT, None, {"chat.share": False, PROMPTS: True})
    assert changes(changed) == [("chat.share", True, False), (PROMPTS, False, True)]
    assert changed.group is None
    assert defaults(database) == {**new, "chat.share": False, PROMPTS: True}
    changed = unset_flags(database, INTENT, None, ["chat.share", PROMPTS, "chat.edit"])
    assert changes(changed) == [
        ("chat.edit", True, True),
        ("chat.share", False, True),
        (PROMPTS, True, False),
    ]
    assert defaults(database) == new


def test_every_change_is_one_audit_entry_of_what_changed(editors: Database) -> None:
    set_flags(editors, INTENT, "editors", {"chat.share": True})
    set_flags(editors, INTENT, "editors", {"chat.share": False, PROMPTS: True})
    set_flags(editors, INTENT, "editors", {"chat.share": False, PROMPTS: False})
    unset_flags(editors, INTENT, "editors", [PROMPTS, "chat.edit"])
    set_flags(editors, INTENT, None, {"chat.share": False, "chat.edit": True})
    assert events(editors)[1:] == [
        ("group.set_permissions", {"chat.share": None}, {"chat.share": True}),
        (
            "group.set_permissions",
            {"chat.share": True, PROMPTS: None},
            {"chat.share": False, PROMPTS: True},
        ),
        ("group.set_permissions", {PROMPTS: True}, {PROMPTS: False}),
        ("group.set_permissions", {PROMPTS: False}, {PROMPTS: None}),
        ("permission.set_defaults", {"chat.share": True}, {"chat.share": False}),
    ]


def test_what_changes_nothing_writes_no_audit_entry(editors: Database) -> None:
    set_flags(editors, INTENT, "editors", {"chat.share": True})
    before = events(editors)
    assert not any(
        one.is_changed
        for changed in (
            set_flags(editors, INTENT, "editors", {"chat.share": True}),
            unset_flags(editors, INTENT, "editors", ["chat.edit"]),
            set_flags(editors, INTENT, None, {"chat.edit": True}),
            unset_flags(editors, INTENT, None, ["chat.edit"]),
        )
        for one in changed.changes
    )
    assert events(editors) == before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(editors: Database) -> None:
    before = (events(editors), defaults(editors))
    assert changes(set_flags(editors, DRY, "editors", {"chat.share": True})) == [
        ("chat.share", None, True)
    ]
    set_flags(editors, DRY, None, {"chat": False})
    assert (events(editors), defaults(editors), flags(editors)) == (*before, {})


def test_a_category_stands_for_all_its_leaves_and_the_answer_says_for_which(
    editors: Database,
) -> None:
    changed = set_flags(editors, INTENT, "editors", {"workspace": True, "chat.share": False})
    keys = [key for key in defaults(editors) if key.startswith("workspace.")]
    assert len(keys) == WORKSPACE
    assert changed.expanded == {"workspace": tuple(keys)}
    assert flags(editors) == {**dict.fromkeys(keys, True), "chat.share": False}
    changed = unset_flags(editors, INTENT, "editors", ["workspace"])
    assert changed.expanded == {"workspace": tuple(keys)}
    assert flags(editors) == {"chat.share": False}


@pytest.mark.parametrize("group", ["editors", None])
def test_two_values_for_one_leaf_are_refused(editors: Database, group: str | None) -> None:
    with pytest.raises(ConflictError) as caught:
        set_flags(editors, INTENT, group, {PROMPTS: True, "workspace": False})
    assert caught.value.message == f"`{PROMPTS}` is given two values"
    assert flags(editors) == {}


def test_one_value_given_twice_is_no_conflict(editors: Database) -> None:
    changed = set_flags(editors, INTENT, "editors", {PROMPTS: True, "workspace": True})
    assert len(changed.changes) == WORKSPACE
    unset_flags(editors, INTENT, "editors", [PROMPTS, PROMPTS, "workspace"])
    assert flags(editors) == {}


@pytest.mark.parametrize(
    ("group", "key", "error", "message"),
    [
        ("nobody", "chat.share", NotFoundError, "no group `nobody`"),
        ("same", "chat.share", AmbiguousError, "more than one group is called `same`"),
        ("editors", "chat.shar", NotFoundError, "no permission `chat.shar`"),
        (None, "", NotFoundError, "no permission ``"),
        (None, "a\0b", NotFoundError, "no permission `a\0b`"),
        ("a\0b", "chat.share", NotFoundError, "no group `a\0b`"),
        ("\udcff", "chat.share", NotFoundError, "no group `\udcff`"),
    ],
)
def test_what_is_unknown_is_refused_and_nothing_is_set(
    editors: Database, group: str | None, key: str, error: type[GrantctlError], message: str
) -> None:
    for id in ("g-1", "g-2"):
        write_group(editors, id, "same")
    before = (events(editors), defaults(editors))
    for attempt in (
        lambda: set_flags(editors, INTENT, group, {PROMPTS: True, key: True}),
        lambda: unset_flags(editors, INTENT, group, [PROMPTS, key]),
    ):
        with pytest.raises(error) as caught:
            attempt()
        assert caught.value.message == message
    assert (events(editors), defaults(editors), flags(editors)) == (*before, {})


def test_operators_who_set_flags_of_one_group_at_once_lose_none(editors: Database) -> None:
    keys = [key for key in defaults(editors) if key.startswith(("workspace.", "chat."))][:8]
    barrier = Barrier(len(keys))

    def work(number: int) -> None:
        barrier.wait()
        set_flags(editors, Intent(f"operator-{number}"), "editors", {keys[number]: True})
        set_flags(editors, Intent(f"operator-{number}"), None, {keys[number]: number % 2 == 0})

    with ThreadPoolExecutor(len(keys)) as pool:
        list(pool.map(work, range(len(keys))))
    assert flags(editors) == dict.fromkeys(keys, True)
    found = defaults(editors)
    assert [found[key] for key in keys] == [number % 2 == 0 for number in range(len(keys))]
    actions = [action for action, _, _ in events(editors)]
    assert actions.count("group.set_permissions") == len(keys)


def test_a_permission_that_is_gone_cannot_be_set(editors: Database) -> None:
    undefine_permission(editors, INTENT, "chat.share")
    with pytest.raises(NotFoundError):
        set_flags(editors, INTENT, "editors", {"chat.share": True})
