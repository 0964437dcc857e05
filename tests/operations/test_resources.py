"""Resources: made, found, changed, given an owner, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from grantctl.errors import (
    ConflictError,
    GrantctlError,
    GuardError,
    InvalidError,
    NotFoundError,
    UsageError,
)
from grantctl.model import ResourceRef
from grantctl.operations.pages import PageRequest
from grantctl.operations.resource_selection import preview
from grantctl.operations.resources import (
    AccessState,
    CreatedResource,
    ResourceDetail,
    ResourceRecord,
    create_resource,
    list_resources,
    set_owner,
    show_resource,
    update_resource,
)
from grantctl.operations.users import show_user
from grantctl.store.database import Database
from tests.databases import prepared
from tests.operations.directories import DRY, INTENT
from tests.operations.resource_examples import (
    BOB,
    EVERYTHING,
    STAFF,
    edit_resource,
    give,
    log,
    make_directory,
    make_resources,
    names,
)


@prepared
def office(database: Database) -> None:
    """Users, groups, two models, a preset of one of them, and a prompt."""
    make_directory(database)
    make_resources(database, "model:gpt-4o", "model:gpt-3", "prompt:hello")
    make_resources(database, "model:preset", base="model:gpt-4o", name="A preset")


def test_a_new_resource_is_private_and_called_by_its_id(database: Database) -> None:
    created = create_resource(database, INTENT, "model:gpt:4o")
    moment = created.resource.created_at
    record = ResourceRecord(
        ref=ResourceRef("model", "gpt:4o"),
        name="gpt:4o",
        state=AccessState.PRIVATE,
        owner_id=None,
        owner=None,
        is_owner_missing=False,
        base=None,
        is_base_missing=False,
        grant_count=0,
        created_at=moment,
        updated_at=moment,
    )
    assert created == CreatedResource(record, ())
    assert moment.tzinfo is UTC
    assert moment <= datetime.now(UTC)
    assert show_resource(database, "model:gpt:4o") == ResourceDetail(record)
    facts: dict[str, Any] = {"name": "gpt:4o", "owner": None, "base": None, "access_control": {}}
    assert log(database) == [("resource.create", "model:gpt:4o", None, facts)]


def test_owner_base_name_and_publicity_may_be_given(office: Database) -> None:
    bob = show_user(office, "bob@example.com", now=datetime.now(UTC)).user
    made = create_resource(
        office,
        INTENT,
        "model:mine",
        name="Mine",
        owner="bob@example.com",
        base="model:gpt-3",
        is_public=True,
    ).resource
    assert (made.name, made.owner, made.owner_id, made.base, made.state) == (
        "Mine",
        "bob@example.com",
        bob.id,
        "model:gpt-3",
        AccessState.PUBLIC,
    )
    assert log(office)[-1][3] == {
        "name": "Mine",
        "owner": bob.id,
        "base": "model:gpt-3",
        "access_control": None,
    }
    assert show_resource(office, "model:gpt-3").dependents == (ResourceRef("model", "mine"),)


def test_a_long_id_is_cut_to_make_a_name(database: Database) -> None:
    made = create_resource(database, INTENT, f"model:{'é' * 255}").resource
    assert (len(made.ref.id), made.name) == (255, "é" * 200)


REFUSED: tuple[tuple[str, dict[str, str], type[GrantctlError], str], ...] = (
    ("model:gpt-3", {}, ConflictError, "there is a resource `model:gpt-3` already"),
    ("gpt", {}, InvalidError, "`gpt` does not name a resource"),
    ("model:", {}, InvalidError, "`model:` does not name a resource"),
    ("Model:x", {}, InvalidError, "`Model` is no type of resource"),
    (
        "model:a\u202eb",
        {},
        InvalidError,
        "a resource's id may not hold a control or invisible character",
    ),
    ("model:a\0", {}, InvalidError, "a resource's id holds the control character U+0000"),
    ("model:x", {"name": " "}, InvalidError, "a resource's name may not be empty"),
    ("model:x", {"name": ""}, InvalidError, "a resource's name may not be empty"),
    (
        "model:x",
        {"name": "y" * 201},
        InvalidError,
        "a resource's name may have 200 characters at most, not 201",
    ),
    ("model:x", {"owner": "nobody"}, NotFoundError, "no user `nobody`"),
    ("model:x", {"base": "model:gone"}, NotFoundError, "no resource `model:gone`"),
    ("model:x", {"base": "model:*"}, NotFoundError, "no resource `model:*`"),
    ("model:x", {"base": "model:x"}, GuardError, "`model:x` cannot be made of itself"),
)


@pytest.mark.parametrize(("reference", "options", "kind", "message"), REFUSED)
def test_what_may_not_be_is_refused_and_leaves_nothing(
    office: Database,
    reference: str,
    options: dict[str, str],
    kind: type[GrantctlError],
    message: str,
) -> None:
    before = log(office), names(office)
    with pytest.raises(kind) as raised:
        create_resource(office, INTENT, reference, **options)  # type: ignore[arg-type]
    assert raised.value.message == message
    assert (log(office), names(office)) == before


def test_a_dry_run_makes_changes_and_gives_away_nothing(office: Database) -> None:
    before = log(office), names(office), show_resource(office, "model:gpt-3")
    create_resource(office, DRY, "model:new")
    update_resource(office, DRY, "model:gpt-3", name="New")
    set_owner(office, DRY, ["model:*"], "bob@example.com")
    assert (log(office), names(office), show_resource(office, "model:gpt-3")) == before


def test_resources_that_wait_for_their_base_get_it_when_it_is_made(office: Database) -> None:
    edit_resource(office, "gpt-3", missing_base="model:late")
    edit_resource(office, "hello", missing_base="model:late")
    edit_resource(office, "preset", base_pk=None, missing_base="model:later")
    created = create_resource(office, INTENT, "model:late")
    assert created.resolved == (ResourceRef("model", "gpt-3"), ResourceRef("prompt", "hello"))
    assert show_resource(office, "model:late").dependents == created.resolved
    assert not show_resource(office, "model:gpt-3").resource.is_base_missing
    waiting = show_resource(office, "model:preset").resource
    assert (waiting.base, waiting.is_base_missing) == ("model:later", True)
    assert log(office)[-1][3]["resolved"] == ["model:gpt-3", "prompt:hello"]


def test_a_resource_is_not_made_of_what_waits_for_it(office: Database) -> None:
    edit_resource(office, "gpt-4o", missing_base="model:late")
    with pytest.raises(GuardError) as raised:
        create_resource(office, INTENT, "model:late", base="model:preset")
    assert raised.value.message == (
        "`model:late` cannot be made of `model:preset`, which is made of it: "
        "model:late → model:preset → model:gpt-4o → model:late"
    )
    assert raised.value.hint == "grantctl resources update model:gpt-4o --no-base"
    assert "model:late" not in names(office)


def test_a_change_is_recorded_and_one_that_changes_nothing_is_not(office: Database) -> None:
    changed = update_resource(office, INTENT, "model:preset", name="Better", base="model:gpt-3")
    assert changed.is_changed
    assert (changed.before.name, changed.before.base) == ("A preset", "model:gpt-4o")
    assert (changed.after.name, changed.after.base) == ("Better", "model:gpt-3")
    assert changed.after == show_resource(office, "model:preset").resource
    assert changed.after.updated_at > changed.before.updated_at
    facts: dict[str, Any] = {
        "name": "A preset",
        "owner": None,
        "base": "model:gpt-4o",
        "access_control": {},
    }
    entry = (
        "resource.update",
        "model:preset",
        facts,
        facts | {"name": "Better", "base": "model:gpt-3"},
    )
    assert log(office)[-1] == entry
    again = update_resource(office, INTENT, "model:preset", name="Better")
    assert (again.is_changed, again.after) == (False, changed.after)
    assert log(office)[-1] == entry


def test_a_base_is_taken_away_whether_it_exists_or_not(office: Database) -> None:
    edit_resource(office, "gpt-3", missing_base="model:gone")
    for reference in ("model:gpt-3", "model:preset"):
        changed = update_resource(office, INTENT, reference, no_base=True)
        assert changed.is_changed
        assert (changed.after.base, changed.after.is_base_missing) == (None, False)


def test_bases_never_lead_in_a_circle(office: Database) -> None:
    update_resource(office, INTENT, "model:gpt-3", base="model:preset")
    for reference, base, way in (
        ("gpt-4o", "gpt-3", "model:gpt-4o → model:gpt-3 → model:preset → model:gpt-4o"),
        ("gpt-4o", "preset", "model:gpt-4o → model:preset → model:gpt-4o"),
    ):
        with pytest.raises(GuardError) as raised:
            update_resource(office, INTENT, f"model:{reference}", base=f"model:{base}")
        assert raised.value.message == (
            f"`model:{reference}` cannot be made of `model:{base}`, which is made of it: {way}"
        )
        assert raised.value.hint == "grantctl resources update model:preset --no-base"
    with pytest.raises(GuardError, match="cannot be made of itself"):
        update_resource(office, INTENT, "model:gpt-4o", base="model:gpt-4o")
    assert show_resource(office, "model:gpt-4o").resource.base is None


def test_nothing_to_change_is_said(office: Database) -> None:
    for options in ({}, {"base": "model:gpt-3", "no_base": True}):
        with pytest.raises(InvalidError):
            update_resource(office, INTENT, "model:preset", **options)  # type: ignore[arg-type]


def test_owners_are_given_and_taken_one_or_many(office: Database) -> None:
    edit_resource(office, "gpt-3", missing_owner="u-gone")
    record = show_resource(office, "model:gpt-3").resource
    assert (record.owner, record.owner_id, record.is_owner_missing) == ("u-gone", "u-gone", True)
    changes = set_owner(office, INTENT, ["model:gpt-*"], "Bob")
    assert [(str(one.after.ref), one.before.owner, one.after.owner) for one in changes] == [
        ("model:gpt-3", "u-gone", "bob@example.com"),
        ("model:gpt-4o", None, "bob@example.com"),
    ]
    assert [entry[:2] for entry in log(office, "resource.set_owner")] == [
        ("resource.set_owner", "model:gpt-3"),
        ("resource.set_owner", "model:gpt-4o"),
    ]
    again = set_owner(office, INTENT, ["model:gpt-3", "model:preset"], "Bob")
    assert [one.is_changed for one in again] == [False, True]
    nobody = set_owner(office, INTENT, ["*:*"], None)
    assert [one.after.owner for one in nobody] == [None] * 4
    assert names(office, owner="Bob") == []


def test_resources_are_listed_by_type_owner_access_and_text(office: Database) -> None:
    set_owner(office, INTENT, ["model:gpt-3"], "Bob")
    edit_resource(office, "hello", missing_owner="u-gone")
    create_resource(office, INTENT, "note:été", name="100%_SICHER", is_public=True)
    give(office, "model:preset", "read", BOB)
    for filters, found in (
        ({"type": "prompt"}, ["prompt:hello"]),
        ({"type": "none"}, []),
        ({"owner": "bob@example.com"}, ["model:gpt-3"]),
        ({"owner": "u-gone"}, ["prompt:hello"]),
        ({"state": AccessState.PUBLIC}, ["note:été"]),
        ({"state": AccessState.RESTRICTED}, ["model:preset"]),
        ({"state": AccessState.PRIVATE}, ["model:gpt-4o", "model:gpt-3", "prompt:hello"]),
        ({"text": "GPT"}, ["model:gpt-4o", "model:gpt-3"]),
        ({"text": "a PRE"}, ["model:preset"]),
        ({"text": "ÉTÉ"}, ["note:été"]),
        ({"text": "%_sicher"}, ["note:été"]),
        ({"text": "_"}, ["note:été"]),
        ({"text": "e", "type": "prompt", "state": AccessState.PRIVATE}, ["prompt:hello"]),
    ):
        assert names(office, **filters) == found, filters
    for filters in ({"owner": "nobody"}, {"owner": "u-gone "}):
        with pytest.raises(NotFoundError):
            list_resources(office, EVERYTHING, **filters)  # type: ignore[arg-type]
    for hostile in ({"owner": "\0"}, {"text": "\ud800"}, {"type": "Model"}, {"text": "x" * 255}):
        with pytest.raises(InvalidError):
            list_resources(office, EVERYTHING, **hostile)  # type: ignore[arg-type]


def test_a_listed_resource_says_what_is_missing_and_counts_its_grants(office: Database) -> None:
    edit_resource(office, "gpt-3", missing_owner="u-gone", missing_base="model:gone")
    give(office, "model:gpt-3", "read", STAFF)
    give(office, "model:gpt-3", "write", STAFF)
    [listed] = list_resources(office, EVERYTHING, text="gpt-3").items
    assert listed == show_resource(office, "model:gpt-3").resource
    assert (listed.owner, listed.base, listed.is_base_missing, listed.grant_count) == (
        "u-gone",
        "model:gone",
        True,
        2,
    )


def test_resources_come_page_by_page(office: Database) -> None:
    first = list_resources(office, PageRequest(3))
    assert [one.ref.id for one in first.items] == ["gpt-4o", "gpt-3", "hello"]
    rest = list_resources(office, PageRequest(3, first.next_cursor))
    assert ([one.ref.id for one in rest.items], rest.next_cursor) == (["preset"], None)
    with pytest.raises(UsageError):
        list_resources(office, PageRequest(3, "x"))


PATTERNS = (
    (["model:gpt-*"], ["model:gpt-3", "model:gpt-4o"]),
    (["*:*"], ["model:gpt-3", "model:gpt-4o", "model:preset", "prompt:hello"]),
    (["model:gpt-?"], ["model:gpt-3"]),
    (["mod??:*4*"], ["model:gpt-4o"]),
    (["*:hel*o"], ["prompt:hello"]),
    (["*:hel****l****o"], ["prompt:hello"]),
    (["prompt:hello", "model:*"], ["prompt:hello", "model:gpt-3", "model:gpt-4o", "model:preset"]),
    (["model:gpt-4o", "*:gpt*", "model:gpt-4o"], ["model:gpt-4o", "model:gpt-3"]),
)


@pytest.mark.parametrize(("words", "found"), PATTERNS)
def test_a_pattern_names_resources_by_type_and_id(
    office: Database, words: list[str], found: list[str]
) -> None:
    selection = preview(office, words)
    assert [str(ref) for ref in selection.refs] == found
    assert selection.is_pattern


def test_a_resource_called_like_a_pattern_comes_before_it(office: Database) -> None:
    make_resources(office, "model:gpt-*", "model:[g]pt", "model:gpt-[3]")
    exact = preview(office, ["model:gpt-*"])
    assert ([str(ref) for ref in exact.refs], exact.is_pattern) == (["model:gpt-*"], False)
    for words, found in (
        ("model:[g]*", ["model:[g]pt"]),
        ("model:gpt-[3*", ["model:gpt-[3]"]),
        ("model:gpt-[!4]*", None),
    ):
        if found is None:
            with pytest.raises(NotFoundError):
                preview(office, [words])
        else:
            assert [str(ref) for ref in preview(office, [words]).refs] == found
    again = preview(office, [*preview(office, ["model:gpt-**"]).refs])
    assert (len(again.refs), again.is_pattern) == (4, False)


def test_a_pattern_that_could_be_matched_for_ever_is_not(office: Database) -> None:
    make_resources(office, f"model:{'a' * 255}")
    with pytest.raises(NotFoundError):
        preview(office, [f"model:{'*a' * 120}b"])


NOT_FOUND = (
    (
        "model:gpt-5",
        "no resource `model:gpt-5`",
        "did you mean `model:gpt-3`, `model:gpt-4o`? grantctl resources list",
    ),
    (
        "model:gpt",
        "no resource `model:gpt`",
        "did you mean `model:gpt-3`, `model:gpt-4o`? grantctl resources list",
    ),
    ("model:zzz", "no resource `model:zzz`", "grantctl resources list"),
    (
        "modle:gpt-3",
        "no resource is of the type `modle`",
        "did you mean `model`? there are: model, prompt",
    ),
    ("model:x*", "no resource matches `model:x*`", "grantctl resources list"),
    (
        "modle:x*",
        "no resource is of the type `modle`",
        "did you mean `model`? there are: model, prompt",
    ),
    ("x*:*", "no resource matches `x*:*`", "there are: model, prompt"),
    ("m*:x", "no resource matches `m*:x`", "grantctl resources list"),
)


@pytest.mark.parametrize(("words", "message", "hint"), NOT_FOUND)
def test_what_is_not_found_is_said_with_what_may_be_meant(
    office: Database, words: str, message: str, hint: str
) -> None:
    with pytest.raises(NotFoundError) as raised:
        preview(office, ["prompt:hello", words])
    assert (raised.value.message, raised.value.hint) == (message, hint)


@pytest.mark.parametrize("words", ["*", "x", "", "*:", ":*", "A:*", "model:a\0*", "model:\ud800*"])
def test_words_of_another_form_name_no_resource(office: Database, words: str) -> None:
    with pytest.raises(InvalidError):
        preview(office, [words])


def test_in_an_empty_database_the_first_resource_is_proposed(database: Database) -> None:
    with pytest.raises(NotFoundError) as raised:
        show_resource(database, "model:x")
    assert raised.value.hint == "grantctl resources create TYPE:ID"
