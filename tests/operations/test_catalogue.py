"""The catalogue: what a new database knows, and what may be added and taken out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from grantctl.errors import ConflictError, GrantctlError, InvalidError, NotFoundError
from grantctl.evaluation.facts import Permission
from grantctl.evaluation.permissions import grow
from grantctl.operations.catalogue import (
    GroupSetting,
    define_permission,
    list_permissions,
    show_permission,
    undefine_permission,
)
from grantctl.operations.flags import set_flags
from grantctl.operations.groups import create_group
from grantctl.operations.memberships import add_members
from grantctl.store.database import Database
from tests.conftest import FIXTURES
from tests.operations.directories import DRY, INTENT, add_user, events
from tests.operations.group_examples import write_group

REPORTS = Permission("reports.export", False, "export reports")


def keys(database: Database, key: str | None = None) -> list[str]:
    return [record.permission.key for record in list_permissions(database, key)]


def test_a_new_database_knows_the_reference_s_permissions_and_defaults(database: Database) -> None:
    text = (FIXTURES / "openwebui" / "0.6.43" / "functions.json").read_text(encoding="utf-8")
    records = list_permissions(database)
    defaults = {one.permission.key: one.permission.default for one in records}
    assert grow(defaults) == json.loads(text)["built_in_default"]
    assert all(one.permission.description for one in records)
    assert {one.permission.key for one in records if one.permission.restricts} == {
        "chat.temporary_enforced"
    }
    gates = {one.permission.key: one.permission.gated_by for one in records}
    assert {key: gate for key, gate in gates.items() if gate} == dict.fromkeys(
        ("chat.valves", "chat.system_prompt", "chat.params"), "chat.controls"
    )


def test_permissions_are_listed_by_key_with_how_many_groups_set_them(database: Database) -> None:
    for name in "abc":
        create_group(database, INTENT, name=name)
    set_flags(database, INTENT, "a", {"features.notes": True, "features.folders": False})
    set_flags(database, INTENT, "b", {"features.notes": True})
    set_flags(database, INTENT, "c", {"features.notes": False})
    counts = {
        one.permission.key: (one.true_count, one.false_count) for one in list_permissions(database)
    }
    assert list(counts) == sorted(counts)
    assert {key: count for key, count in counts.items() if count != (0, 0)} == {
        "features.notes": (2, 1),
        "features.folders": (0, 1),
    }


def test_a_list_can_be_of_a_category_or_of_one_permission(database: Database) -> None:
    assert keys(database, "features.notes") == ["features.notes"]
    assert keys(database, "features")[0] == "features.api_keys"
    assert len(keys(database, "features")) == 8
    with pytest.raises(NotFoundError) as caught:
        list_permissions(database, "feature")
    assert str(caught.value.hint).startswith("did you mean `features`")


def test_a_permission_is_shown_with_what_it_gates_and_who_sets_it(database: Database) -> None:
    add_user(database, "ada")
    add_user(database, "bob")
    write_group(database, "g-2", "same")
    write_group(database, "g-1", "same")
    for id, value in (("g-1", False), ("g-2", True)):
        set_flags(database, INTENT, id, {"chat.controls": value})
    add_members(database, INTENT, "g-2", ["ada@example.com"])
    soon = datetime.now(UTC) + timedelta(hours=1)
    add_members(database, INTENT, "g-2", ["bob@example.com"], expires_at=soon)
    detail = show_permission(database, "chat.controls")
    assert (detail.record.true_count, detail.record.false_count) == (1, 1)
    assert detail.gates == ("chat.params", "chat.system_prompt", "chat.valves")
    assert detail.groups == (
        GroupSetting("g-1", "same", False, 0),
        GroupSetting("g-2", "same", True, 2),
    )


@pytest.mark.parametrize("ask", [show_permission, lambda d, k: undefine_permission(d, INTENT, k)])
def test_a_category_is_no_permission(database: Database, ask: object) -> None:
    with pytest.raises(NotFoundError) as caught:
        ask(database, "chat")  # type: ignore[operator]
    assert caught.value.message == "`chat` is a category, not a permission"
    assert caught.value.hint == "grantctl permissions list chat"


@pytest.mark.parametrize("key", ["chat.contrls", "", "a\0b", "\udcff", "%", "x" * 100_000])
@pytest.mark.parametrize(
    "ask",
    [show_permission, list_permissions, lambda d, k: undefine_permission(d, INTENT, k)],
)
def test_an_unknown_permission_is_not_found(database: Database, key: str, ask: object) -> None:
    with pytest.raises(NotFoundError, match=r"^no permission `"):
        ask(database, key)  # type: ignore[operator]


def test_a_permission_can_be_defined_and_is_recorded(database: Database) -> None:
    gated = Permission("reports.delete", True, "", restricts=True, gated_by="reports.export")
    assert define_permission(database, INTENT, REPORTS) == REPORTS
    assert define_permission(database, INTENT, gated) == gated
    assert [one.permission for one in list_permissions(database, "reports")] == [gated, REPORTS]
    assert show_permission(database, "reports.export").gates == ("reports.delete",)
    assert events(database) == [
        (
            "permission.define",
            None,
            {
                "default": False,
                "description": "export reports",
                "restricts": False,
                "gated_by": None,
            },
        ),
        (
            "permission.define",
            None,
            {"default": True, "description": "", "restricts": True, "gated_by": "reports.export"},
        ),
    ]


def test_a_dry_run_defines_and_undefines_nothing(database: Database) -> None:
    define_permission(database, DRY, REPORTS)
    undefine_permission(database, DRY, "chat.share")
    assert "reports.export" not in keys(database)
    assert "chat.share" in keys(database)
    assert events(database) == []


@pytest.mark.parametrize(
    ("permission", "error", "message"),
    [
        (Permission("chat.share", True), ConflictError, "`chat.share` is defined already"),
        (
            Permission("chat", True),
            ConflictError,
            "`chat` is a category: `chat.call` lies under it",
        ),
        (
            Permission("chat.share.link", True),
            ConflictError,
            "`chat.share` is a permission: nothing can lie under it",
        ),
        (
            Permission("x", True, gated_by="chat.contrls"),
            NotFoundError,
            "no permission `chat.contrls`",
        ),
        (
            Permission("x", True, gated_by="chat"),
            NotFoundError,
            "`chat` is a category, not a permission",
        ),
        (Permission("x", True, gated_by="x"), NotFoundError, "no permission `x`"),
        (
            Permission("x", True, "a\0b"),
            InvalidError,
            "a description holds the control character U+0000",
        ),
        (
            Permission("x", True, "d" * 2001),
            InvalidError,
            "a description may have 2000 characters at most, not 2001",
        ),
        (
            Permission("a..b", True),
            InvalidError,
            "`a..b` is no permission key: a part between the dots is empty",
        ),
        (Permission("a=b", True), InvalidError, "`a=b` is no permission key: it holds `=`"),
        (
            Permission("a.b.c.d.e.f.g.h.i", True),
            InvalidError,
            "`a.b.c.d.e.f.g.h.i` is no permission key: it has more than 8 levels",
        ),
        (
            Permission("a.__init__", True),
            InvalidError,
            "`a.__init__` is no permission key: `__init__` is a reserved name",
        ),
    ],
)
def test_what_may_not_be_defined_is_refused(
    database: Database, permission: Permission, error: type[GrantctlError], message: str
) -> None:
    before = keys(database)
    with pytest.raises(error) as caught:
        define_permission(database, INTENT, permission)
    assert caught.value.message == message
    assert (keys(database), events(database)) == (before, [])


def test_undefining_takes_a_permission_out_of_every_group_and_opens_what_it_gated(
    database: Database,
) -> None:
    write_group(database, "g-1", "a")
    write_group(database, "g-2", "b")
    for id, value in (("g-1", True), ("g-2", False)):
        set_flags(database, INTENT, id, {"chat.controls": value, "chat.share": True})
    gone = undefine_permission(database, INTENT, "chat.controls")
    assert (gone.permission.key, gone.group_count) == ("chat.controls", 2)
    assert gone.ungated == ("chat.params", "chat.system_prompt", "chat.valves")
    assert "chat.controls" not in keys(database)
    assert show_permission(database, "chat.valves").record.permission.gated_by is None
    assert show_permission(database, "chat.share").record.true_count == 2
    assert events(database)[-1] == (
        "permission.undefine",
        {
            "default": True,
            "description": "open the chat controls panel",
            "restricts": False,
            "gated_by": None,
            "groups": {"g-1": True, "g-2": False},
            "gates": ["chat.params", "chat.system_prompt", "chat.valves"],
        },
        None,
    )
    define_permission(database, INTENT, gone.permission)
    assert show_permission(database, "chat.controls").groups == ()
