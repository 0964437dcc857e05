"""How rows of resources become ours, one rule a test."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.interop.sources import ADA, FORMS, STAFF, check_invariants, make, read, told

from grantctl.interop.directory import FindingKind, ForeignDirectory, ForeignGrant
from grantctl.interop.openwebui.users import MAX_FOREIGN_NAME_LENGTH
from grantctl.model import PrincipalType, ResourceRef

ADAPTED, REJECTED = FindingKind.ADAPTED, FindingKind.REJECTED
ROW = {"id": "x", "user_id": "ada", "name": "X", "created_at": 7}
TITLED = {"id": "x", "user_id": "ada", "title": "X", "created_at": 7}
EVERYWHERE = {
    "model": ROW,
    "knowledge": ROW,
    "tool": ROW,
    "channel": ROW,
    "folder": ROW,
    "file": {"id": "x", "user_id": "ada", "filename": "X", "created_at": 7},
}
BY_COMMAND = {"prompt": {"id": 1, "command": "x", "user_id": "ada", "title": "X", "timestamp": 7}}
BY_ID = {"prompt": {**ROW, "command": "/x"}}
SHARED = {"id": "share", "chat_id": "x", "user_id": "ada", "title": "X", "created_at": 7}
NEWEST = {**EVERYWHERE, **BY_ID, "note": TITLED, "skill": ROW, "calendar": ROW}
ROWS_OF = {
    "0.6.5": {**EVERYWHERE, **BY_COMMAND},
    "0.6.36": {**EVERYWHERE, **BY_COMMAND, "note": TITLED},
    "0.6.40": {**EVERYWHERE, **BY_COMMAND, "note": TITLED},
    "0.6.43": {**EVERYWHERE, **BY_COMMAND, "note": TITLED},
    "0.8.12": {**EVERYWHERE, **BY_ID, "note": TITLED, "skill": ROW},
    "0.10.0": {**NEWEST, "shared_chat": SHARED},
    "0.12.4": {**NEWEST, "shared_chat": SHARED},
}


def of_rows(tmp_path: Path, form: str = "0.12.4", **things: Any) -> ForeignDirectory:
    """A directory of Ada and Staff with these resources, by their tables."""
    resources = {
        table: rows if isinstance(rows, list) else [rows] for table, rows in things.items()
    }
    path = make(tmp_path / "webui.db", form, groups=[STAFF], resources=resources)
    directory = read(path)
    check_invariants(directory)
    return directory


def state(directory: ForeignDirectory, type_: str, id_: str = "x") -> tuple[bool, list[str]]:
    """Whether a resource is public, and its grants."""
    one = next(one for one in directory.resources if one.ref == ResourceRef(type_, id_))
    grants = [f"{one.action} {one.principal_type}:{one.principal_id}" for one in one.grants]
    return one.is_public, grants


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_resource_is_read_from_every_form(form: str, tmp_path: Path) -> None:
    directory = of_rows(tmp_path, form, **ROWS_OF[form])
    assert {one.ref.type for one in directory.resources} == ROWS_OF[form].keys()
    for one in directory.resources:
        assert (one.ref.id, one.name, one.owner_id, one.base) == ("x", "X", "ada", None)
        assert one.created_at == datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)
    assert directory.findings == ()


EVERYONE = ["read everyone:*", "write everyone:*"]


@pytest.mark.parametrize("form", FORMS)
def test_no_access_control_means_what_it_does_for_the_type_in_that_release(
    form: str, tmp_path: Path
) -> None:
    directory = of_rows(tmp_path, form, **ROWS_OF[form])
    is_json = form in ("0.6.5", "0.6.36", "0.6.40", "0.6.43")
    for type_ in ROWS_OF[form]:
        expected: tuple[bool, list[str]] = (is_json, [])
        if type_ in ("file", "folder"):
            expected = (False, [])
        elif type_ in ("channel", "note") and form in ("0.6.40", "0.6.43"):
            expected = (False, EVERYONE)
        assert state(directory, type_) == expected, type_


def test_the_access_of_a_shared_chat_is_that_of_the_chat(tmp_path: Path) -> None:
    shared = [SHARED, {**SHARED, "id": "other", "created_at": 8}]
    grants = [("shared_chat", "x", "user", "*", "read")]
    path = make(tmp_path / "w.db", "0.12.4", resources={"shared_chat": shared}, grants=grants)
    directory = read(path)
    assert state(directory, "shared_chat") == (True, [])
    reason = "another one has its id, and was created first: left out"
    assert told(directory) == [(REJECTED, "x", reason)]


def test_resources_come_in_the_order_of_their_creation(tmp_path: Path) -> None:
    models = [{**ROW, "id": "b"}, {**ROW, "id": "a"}, {**ROW, "id": "old", "created_at": 3}]
    notes = [{**TITLED, "id": "note", "created_at": 1_700_000_000 * 10**9}]  # nanoseconds
    directory = of_rows(tmp_path, model=models, note=notes, knowledge={**ROW, "id": "c"})
    assert [str(one.ref) for one in directory.resources] == [
        "model:old",
        "knowledge:c",
        "model:a",
        "model:b",
        "note:note",
    ]


def test_the_first_of_two_folders_with_one_id_stays(tmp_path: Path) -> None:
    folders = [
        {**ROW, "name": "Second", "created_at": 9},
        {**ROW, "name": "First", "user_id": "eve", "created_at": 8},
    ]
    directory = of_rows(tmp_path, folder=folders)
    (folder,) = directory.resources
    assert (folder.name, folder.owner_id) == ("First", "eve")
    assert told(directory, "folder") == [
        (REJECTED, "x", "another one has its id, and was created first: left out")
    ]


@pytest.mark.parametrize(
    ("id_", "shown", "reason"),
    [
        ("", "", "its id is empty"),
        (None, "", "its id is empty"),
        (" ", " ", "a resource's id may not be empty"),
        ("a\0b", "a\ufffdb", "its id holds NUL or half of a surrogate pair"),
        ("a\nb", "a\nb", "a resource's id holds the control character U+000A"),
        (b"\xff\xfe", "\ufffd\ufffd", "the bytes of its id are not UTF-8"),
        ("x" * 256, "x" * 254 + "…", "its id has more than 255 characters"),
    ],
)
def test_an_id_that_cannot_be_ours_is_rejected(
    id_: object, shown: str, reason: str, tmp_path: Path
) -> None:
    row = {**ROW, "id": id_.encode() if isinstance(id_, str) and "\0" in id_ else id_}
    directory = of_rows(tmp_path, model=row)
    assert directory.resources == ()
    assert told(directory) == [(REJECTED, shown, f"{reason}: left out")]


@pytest.mark.parametrize("id_", ["a:b", "/cmd", "ünï:cöde", "a b", "*", "x" * 255, "\u202e"])
def test_odd_ids_are_kept(id_: str, tmp_path: Path) -> None:
    directory = of_rows(tmp_path, model={**ROW, "id": id_})
    assert [one.ref.id for one in directory.resources] == [id_]
    assert directory.findings == ()


def test_a_name_is_the_id_where_there_is_none_and_cut_where_it_is_long(tmp_path: Path) -> None:
    rows = [
        {**ROW, "id": "a", "name": None},
        {**ROW, "id": "b", "name": " "},
        {**ROW, "id": "c", "name": "n" * 1200},
    ]
    directory = of_rows(tmp_path, model=rows)
    assert [one.name for one in directory.resources] == ["a", "b", "n" * MAX_FOREIGN_NAME_LENGTH]
    assert told(directory) == [(ADAPTED, "c", "its name has 1200 characters: cut to 1000")]


def test_owners_who_do_not_exist_are_kept_and_told_once_each(tmp_path: Path) -> None:
    rows = [
        {**ROW, "id": "a", "user_id": "eve"},
        {**ROW, "id": "b", "user_id": "eve"},
        {**ROW, "id": "c", "user_id": "mallory"},
        {**ROW, "id": "d", "user_id": None},
        {**ROW, "id": "e", "user_id": ""},
        {**ROW, "id": "f", "user_id": "*"},
        {**ROW, "id": "g", "user_id": b"ad\xff"},
    ]
    directory = of_rows(tmp_path, model=rows)
    owners = {one.ref.id: one.owner_id for one in directory.resources}
    kept = {"a": "eve", "b": "eve", "c": "mallory"}
    assert owners == {**dict.fromkeys("abcdefg"), **kept}
    gone = "there is no such user: kept as the missing owner of"
    no_star = "its id is `*`, which stands for everyone"
    assert told(directory) == [
        (ADAPTED, "eve", f"{gone} `model:a` and 1 more"),
        (ADAPTED, "mallory", f"{gone} `model:c`"),
        (ADAPTED, "f", f"its owner `*` cannot be a user, {no_star}: kept without"),
        (
            ADAPTED,
            "g",
            "its owner `ad\ufffd` cannot be a user, the bytes of its id are not UTF-8: kept"
            " without",
        ),
    ]


def test_bases_are_kept_whether_they_exist_or_not(tmp_path: Path) -> None:
    bases = {"a": "b", "b": "llama3", "c": "", "d": None, "e": "x:y"}
    rows = [{**ROW, "id": id_, "base_model_id": base} for id_, base in bases.items()]
    directory = of_rows(tmp_path, model=rows)
    assert {one.ref.id: one.base and one.base.id for one in directory.resources} == {
        **bases,
        "c": None,
    }
    assert directory.findings == ()


@pytest.mark.parametrize("base", [" ", "a\nb", b"a\0b", b"\xff", "x" * 300])
def test_a_base_that_cannot_be_ours_stays_one_that_lets_nobody_through(
    base: object, tmp_path: Path
) -> None:
    directory = of_rows(tmp_path, model={**ROW, "base_model_id": base})
    (model,) = directory.resources
    assert model.base is not None
    assert model.base.id.startswith("\ufffd")
    ((kind, _, reason),) = told(directory)
    assert kind is ADAPTED
    assert reason.endswith("cannot be the id of a model: kept as a missing one")


def test_bases_that_go_round_in_a_circle_are_kept_and_told(tmp_path: Path) -> None:
    bases = {"a": "a", "b": "c", "c": "d", "d": "c", "e": "b"}
    rows = [{**ROW, "id": id_, "base_model_id": base} for id_, base in bases.items()]
    directory = of_rows(tmp_path, model=rows)
    assert {one.ref.id: one.base and one.base.id for one in directory.resources} == bases
    end = "kept, though nobody but an admin gets through"
    assert told(directory) == [
        (ADAPTED, "a", f"it is its own base: {end}"),
        (ADAPTED, "c", f"its bases form a circle of 2: {end}"),
    ]


def test_a_table_of_no_known_form_is_told(tmp_path: Path) -> None:
    path = make(tmp_path / "webui.db", "0.12.4")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE skill")
        connection.execute("CREATE TABLE skill (id TEXT)")
        connection.execute("ALTER TABLE access_grant DROP COLUMN permission")
    connection.close()
    assert told(read(path)) == [
        (REJECTED, "access_grant", "its columns are of no known form: not read"),
        (REJECTED, "skill", "its columns are of no known form: not read"),
    ]


def test_of_a_half_migrated_database_the_grants_count(tmp_path: Path) -> None:
    path = make(tmp_path / "webui.db", "0.12.4", grants=[("tool", "x", "user", "ada", "read")])
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE tool ADD COLUMN access_control JSON")
        connection.execute("INSERT INTO tool (id, created_at) VALUES ('x', 7)")
    connection.close()
    assert state(read(path), "tool") == (False, ["read user:ada"])


def channel(tmp_path: Path, form: str, kind: str | None) -> tuple[bool, list[str]]:
    path = make(
        tmp_path / "webui.db",
        form,
        users=[ADA, {**ADA, "id": "bob", "email": None}, {**ADA, "id": "eve", "email": None}],
        resources={
            "channel": [{**ROW, "type": kind}],
            "channel_member": [
                {"channel_id": "x", "user_id": "ada", "is_active": 1},
                {"channel_id": "x", "user_id": "eve", "is_active": 0},
                {"channel_id": "x", "user_id": "*", "is_active": 1},
                {"channel_id": "y", "user_id": "bob", "is_active": 1},
            ],
        },
        grants=[] if form == "0.6.43" else [("channel", "x", "user", "*", "read")],
    )
    directory = read(path)
    check_invariants(directory)
    return state(directory, "channel")


@pytest.mark.parametrize("form", ["0.6.43", "0.12.4"])
def test_a_channel_of_members_only_is_theirs_alone(form: str, tmp_path: Path) -> None:
    for kind in ("dm", "group"):
        (tmp_path / kind).mkdir()
        members = (False, ["read user:ada", "write user:ada"])
        assert channel(tmp_path / kind, form, kind) == members
    other = (False, EVERYONE) if form == "0.6.43" else (True, [])
    for at, open_kind in enumerate((None, "", "standard")):
        (tmp_path / str(at)).mkdir()
        assert channel(tmp_path / str(at), form, open_kind) == other


def test_users_and_groups_that_are_called_as_everyone_is_are_rejected(tmp_path: Path) -> None:
    path = make(
        tmp_path / "webui.db",
        "0.12.4",
        users=[ADA, {**ADA, "id": "*"}],
        groups=[{**STAFF, "id": "*"}],
    )
    directory = read(path)
    assert [one.id for one in directory.users] == ["ada"]
    assert directory.groups == ()
    why = "its id is `*`, which stands for everyone: left out"
    assert told(directory) == [
        (REJECTED, "*", why),
        (REJECTED, "*", f"{why}, with its memberships and permissions"),
    ]


def test_a_resource_knows_no_grant_twice_in_any_order(tmp_path: Path) -> None:
    rows = [("model", "x", "user", user, "read") for user in ("b", "a", "ada")]
    path = make(tmp_path / "webui.db", "0.12.4", resources={"model": [ROW]}, grants=rows * 2)
    directory = read(path)
    assert directory.resources[0].grants == tuple(
        ForeignGrant("read", PrincipalType.USER, one) for one in ("a", "ada", "b")
    )
