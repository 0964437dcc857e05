"""Groups: made, changed, listed, shown, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grantctl.errors import (
    AmbiguousError,
    ConflictError,
    GuardError,
    InvalidError,
    NotFoundError,
)
from grantctl.operations.groups import (
    Outcome,
    create_group,
    delete_groups,
    list_groups,
    move_group,
    plan_deletion,
    show_group,
    update_group,
)
from grantctl.operations.memberships import add_members
from grantctl.operations.pages import PageRequest
from grantctl.store.database import Database
from grantctl.store.url import parse_url
from tests.operations.group_examples import (
    DRY_RUN,
    EVERYTHING,
    INTENT,
    audit,
    counts,
    make_groups,
    make_users,
    paths,
    set_flags,
    write_group,
)

NOW = datetime.now(UTC)


LATER = NOW + timedelta(days=1)


def test_a_group_is_made_with_its_parent_and_recorded(database: Database) -> None:
    company = create_group(database, INTENT, name="company", description="all of us").group
    made = create_group(database, INTENT, name="backend", parent=company.id)
    assert made.outcome is Outcome.CREATED
    group = made.group
    assert (group.name, group.description, group.created_at) == ("backend", "", group.updated_at)
    assert [one.name for one in group.path] == ["company", "backend"]
    assert group.parent is not None
    assert group.parent.id == company.id
    entry = audit(database)[-1]
    assert (entry.actor, entry.action, entry.object_type, entry.object_id, entry.reason) == (
        "tester",
        "group.create",
        "group",
        group.id,
        "a test",
    )
    assert entry.before is None
    assert entry.after == {"name": "backend", "description": "", "parent": company.id}


def test_a_dry_run_answers_as_if_and_changes_nothing(database: Database) -> None:
    assert create_group(database, DRY_RUN, name="company").group.name == "company"
    make_groups(database, "company", "company/backend")
    move_group(database, DRY_RUN, "backend", None)
    update_group(database, DRY_RUN, "backend", name="frontend")
    assert [one.name for one in delete_groups(database, DRY_RUN, ["company"])] == ["company"]
    assert paths(database) == ["company", "company/backend"]
    assert [entry.action for entry in audit(database)] == ["group.create", "group.create"]


@pytest.mark.parametrize("name", ["company", "an-id"])
def test_a_name_that_another_group_has_as_name_or_id_is_refused(
    database: Database, name: str
) -> None:
    write_group(database, "an-id", "company")
    make_groups(database, "backend")
    what = "name" if name == "company" else "id"
    for attempt in (
        lambda: create_group(database, INTENT, name=name),
        lambda: update_group(database, INTENT, "backend", name=name),
    ):
        with pytest.raises(ConflictError) as caught:
            attempt()
        assert caught.value.message == f"`{name}` is the {what} of another group"
        assert caught.value.hint == "grantctl groups show an-id"
    assert paths(database) == ["company", "backend"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "a group's name may not be empty"),
        (" \t", "a group's name may not be empty"),
        ("x" * 201, "a group's name may have 200 characters at most, not 201"),
        ("x" * 1_000_000, "a group's name may have 200 characters at most, not 1000000"),
        ("a\0b", "a group's name holds the control character U+0000"),
        ("a\x1b[31mb", "a group's name holds the control character U+001B"),
        ("a\udcffb", "a group's name holds the control character U+DCFF"),
        ("a\nb", "a group's name holds the control character U+000A"),
    ],
)
def test_names_that_no_database_or_terminal_should_hold_are_refused(
    database: Database, name: str, complaint: str
) -> None:
    make_groups(database, "staff")
    with pytest.raises(InvalidError) as created:
        create_group(database, INTENT, name=name)
    with pytest.raises(InvalidError) as updated:
        update_group(database, INTENT, "staff", name=name)
    assert (created.value.message, updated.value.message) == (complaint, complaint)
    assert paths(database) == ["staff"]


@pytest.mark.parametrize("description", ["x" * 2001, "a\0", "\ud800"])
def test_descriptions_are_held_to_the_same_rules(database: Database, description: str) -> None:
    make_groups(database, "staff")
    with pytest.raises(InvalidError):
        create_group(database, INTENT, name="other", description=description)
    with pytest.raises(InvalidError):
        update_group(database, INTENT, "staff", description=description)


@pytest.mark.parametrize("name", ["[red]a[/]", "a\u202eb", "-x", "--help", "'; DROP", "%", "{x}"])
def test_names_that_only_look_dangerous_are_plain_data(database: Database, name: str) -> None:
    create_group(database, INTENT, name=name)
    assert show_group(database, name, now=NOW).group.name == name
    assert [one.group.name for one in list_groups(database, EVERYTHING, now=NOW, text=name).items]


@pytest.mark.parametrize("reference", ["", "nobody", "a\0", "\udcff", "x" * 100_000])
def test_unknown_groups_are_not_found_whatever_they_are_called(
    database: Database, reference: str
) -> None:
    for attempt in (
        lambda: show_group(database, reference, now=NOW),
        lambda: update_group(database, INTENT, reference, name="x"),
        lambda: move_group(database, INTENT, reference, None),
        lambda: delete_groups(database, INTENT, [reference]),
        lambda: create_group(database, INTENT, name="x", parent=reference),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert audit(database) == []


def test_a_shared_name_is_ambiguous_and_an_id_is_not(database: Database) -> None:
    write_group(database, "one", "staff")
    write_group(database, "two", "staff")
    with pytest.raises(AmbiguousError) as caught:
        delete_groups(database, INTENT, ["staff"])
    assert caught.value.hint == "say which by id: one, two"
    assert update_group(database, INTENT, "two", description="kept its name").group.id == "two"


def test_a_group_is_listed_with_its_members_and_those_below(database: Database) -> None:
    make_users(database, "ada", "bob", "cyd")
    make_groups(database, "company", "company/engineering", "company/engineering/backend", "guests")
    add_members(database, INTENT, "company", ["ada"])
    add_members(database, INTENT, "backend", ["ada", "bob"])
    add_members(database, INTENT, "engineering", ["cyd"], expires_at=LATER)
    assert counts(database) == {
        "company": (1, 3),
        "engineering": (1, 3),
        "backend": (2, 2),
        "guests": (0, 0),
    }
    after = counts(database, LATER)
    assert (after["company"], after["engineering"]) == ((1, 2), (0, 2))
    assert paths(database) == [
        "company",
        "company/engineering",
        "company/engineering/backend",
        "guests",
    ]


def test_pages_of_groups_follow_each_other_without_gap_or_twin(database: Database) -> None:
    make_groups(database, *"abcde")
    names, cursor = [], None
    while True:
        page = list_groups(database, PageRequest(2, cursor), now=NOW)
        names.append([one.group.name for one in page.items])
        cursor = page.next_cursor
        if cursor is None:
            break
    assert names == [["a", "b"], ["c", "d"], ["e"]]


def test_text_is_found_in_name_and_description_whatever_its_case(database: Database) -> None:
    create_group(database, INTENT, name="Équipe", description="Ärzte")
    create_group(database, INTENT, name="percent%", description="")
    create_group(database, INTENT, name="other", description="")

    def found(text: str) -> list[str]:
        page = list_groups(database, PageRequest(5), now=NOW, text=text)
        return [one.group.name for one in page.items]

    assert (found("éq"), found("ÄRZ"), found("%"), found("zzz")) == (
        ["Équipe"],
        ["Équipe"],
        ["percent%"],
        [],
    )
    first = list_groups(database, PageRequest(1), now=NOW, text="e")
    assert [one.group.name for one in first.items] == ["Équipe"]
    rest = list_groups(database, PageRequest(1, first.next_cursor), now=NOW, text="e")
    assert [one.group.name for one in rest.items] == ["percent%"]


def test_a_shown_group_says_all_that_hangs_on_it(database: Database) -> None:
    make_users(database, "ada", "bob")
    make_groups(database, "company", "company/backend", "company/backend/b2", "company/backend/b1")
    set_flags(database, "backend", chat__share=True, chat__controls=False)
    add_members(database, INTENT, "b1", ["ada", "bob"])
    add_members(database, INTENT, "backend", ["bob"], expires_at=LATER)
    detail = show_group(database, "backend", now=LATER)
    assert [group.name for group in detail.group.path] == ["company", "backend"]
    assert [group.name for group in detail.children] == ["b1", "b2"]
    assert dict(detail.flags) == {"chat.controls": False, "chat.share": True}
    assert (detail.members.direct, detail.members.effective, detail.expired_count) == (0, 2, 1)


def test_an_update_changes_what_is_named_and_leaves_the_rest(database: Database) -> None:
    make_groups(database, "staff")
    updated = update_group(database, INTENT, "staff", name="crew", description="on board")
    assert updated.outcome is Outcome.UPDATED
    assert update_group(database, INTENT, "crew", description="").group.name == "crew"
    entries = audit(database)[1:]
    assert [(entry.action, entry.before, entry.after) for entry in entries] == [
        (
            "group.update",
            {"name": "staff", "description": "", "parent": None},
            {"name": "crew", "description": "on board", "parent": None},
        ),
        (
            "group.update",
            {"name": "crew", "description": "on board", "parent": None},
            {"name": "crew", "description": "", "parent": None},
        ),
    ]


def test_what_changes_nothing_is_not_recorded(database: Database) -> None:
    make_groups(database, "company", "company/backend")
    before = audit(database)
    stamp = show_group(database, "backend", now=NOW).group.updated_at
    assert update_group(database, INTENT, "backend", name="backend").outcome is Outcome.UNCHANGED
    assert move_group(database, INTENT, "backend", "company").outcome is Outcome.UNCHANGED
    assert move_group(database, INTENT, "company", None).outcome is Outcome.UNCHANGED
    assert show_group(database, "backend", now=NOW).group.updated_at == stamp
    assert len(audit(database)) == len(before)
    with pytest.raises(InvalidError, match="nothing to change"):
        update_group(database, INTENT, "backend")


def test_a_group_may_be_called_as_its_own_id(database: Database) -> None:
    write_group(database, "an-id", "staff")
    assert update_group(database, INTENT, "staff", name="an-id").outcome is Outcome.UPDATED


def test_an_attached_database_is_never_changed(tmp_path: Path) -> None:
    database = Database(parse_url(f"openwebui+sqlite:///{tmp_path}/webui.db"))
    for attempt in (
        lambda: create_group(database, INTENT, name="x"),
        lambda: plan_deletion(database, ["x"]),
        lambda: delete_groups(database, INTENT, ["x"]),
    ):
        with pytest.raises(GuardError):
            attempt()
