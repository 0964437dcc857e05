"""What read_directory promises as a whole: what it reads, what it refuses, that it never writes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.interop.sources import (
    ADA,
    BCRYPT,
    FIXTURES,
    FORMS,
    STAFF,
    VERSIONS,
    answers,
    check_invariants,
    fixture_url,
    make,
    read,
)

from grantctl.errors import DatabaseError
from grantctl.interop.directory import (
    Finding,
    FindingKind,
    ForeignDirectory,
    ForeignGrant,
    ForeignGroup,
    ForeignMembership,
    ForeignResource,
    ForeignUser,
)
from grantctl.model import PrincipalType, ResourceRef, Role

SEVEN = datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)
GPT = {"id": "gpt", "name": "GPT", "user_id": "ada", "base_model_id": "llama", "created_at": 7}
NINE = datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC)


def test_a_small_directory_is_read_as_a_whole(tmp_path: Path) -> None:
    path = make(
        tmp_path / "webui.db",
        "0.12.4",
        revision="0bd252b206fb",
        users=[ADA, {**ADA, "id": "bob", "email": "Bob@Example.com", "role": "user"}],
        accounts=[{"id": "ada", "password": BCRYPT, "active": 1}],
        groups=[
            STAFF,
            {
                **STAFF,
                "id": "it",
                "name": "IT",
                "parent_group_id": "staff",
                "permissions": {"chat": {"import": False}, "extra": {"key": True}},
            },
        ],
        members=[("it", "bob")],
        stored={"chat": {"import": True, "export": False}, "custom": {"flag": True}},
        resources={"model": [GPT]},
        grants=[("model", "gpt", "user", "*", "write"), ("model", "gpt", "group", "it", "read")],
    )
    directory = read(path)
    built_in = answers("0.12.4")["permissions"]["built_in_default"]
    flat = {f"{part}.{name}": on for part, tree in built_in.items() for name, on in tree.items()}
    stored = {"chat.import": True, "chat.export": False, "custom.flag": True, "extra.key": False}
    assert directory == ForeignDirectory(
        layout="Open WebUI 0.12.4",
        users=(
            ForeignUser("ada", "ada@example.com", "Ada", Role.ADMIN, BCRYPT, SEVEN),
            ForeignUser("bob", "bob@example.com", "Ada", Role.USER, None, SEVEN),
        ),
        groups=(
            ForeignGroup("it", "IT", "all of us", "staff", SEVEN),
            ForeignGroup("staff", "Staff", "all of us", None, SEVEN),
        ),
        memberships=(ForeignMembership("it", "bob", NINE),),
        flags={("it", "chat.import"): False, ("it", "extra.key"): True},
        defaults=dict(sorted({**flat, **stored}.items())),
        resources=(
            ForeignResource(
                ref=ResourceRef("model", "gpt"),
                name="GPT",
                owner_id="ada",
                base=ResourceRef("model", "llama"),
                is_public=False,
                grants=(
                    ForeignGrant("read", PrincipalType.GROUP, "it"),
                    ForeignGrant("write", PrincipalType.EVERYONE, "*"),
                ),
                created_at=SEVEN,
            ),
        ),
        findings=(
            Finding(
                FindingKind.ADAPTED,
                "user",
                "bob",
                "its e-mail address `Bob@Example.com` kept in lower case as `bob@example.com`",
            ),
            Finding(
                FindingKind.ADAPTED,
                "permission",
                "extra.key",
                "not in this version's own tree: taken into the catalogue, default false",
            ),
        ),
    )
    assert list(directory.defaults) == sorted(directory.defaults)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_stored_databases_keep_the_promises_of_a_directory(version: str) -> None:
    directory = read(fixture_url(version))
    check_invariants(directory)
    assert directory.layout == f"Open WebUI {version}"
    asked = answers(version)
    assert {user.id for user in directory.users} == {user["id"] for user in asked["users"]}
    assert {group.id: group.name for group in directory.groups} == {
        group["id"]: group["name"] for group in asked["groups"]
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_accounts_that_are_switched_off_lose_what_the_reference_refuses(version: str) -> None:
    asked = answers(version)
    users = {user.id: user for user in read(fixture_url(version)).users}
    with sqlite3.connect(FIXTURES / version / "webui.db") as connection:
        off = {one for (one,) in connection.execute("SELECT id FROM auth WHERE active IS NOT 1")}
    connection.close()
    assert len(off) == 2
    for user in asked["users"]:
        ours = users[user["id"]]
        verified = user["role"] in ("admin", "user")
        if version == "0.12.4":
            assert ours.role == (
                user["role"] if verified and user["id"] not in off else Role.PENDING
            )
        else:
            assert ours.role == (user["role"] if verified else Role.PENDING)
            assert not (user["id"] in off and ours.password_hash)


@pytest.mark.parametrize("prefix", ["", "openwebui+"])
def test_an_attached_url_reads_the_same(prefix: str) -> None:
    assert read(f"{prefix}{fixture_url('0.12.4')}") == read(fixture_url("0.12.4"))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_source_and_its_folder_are_left_as_they_were(version: str, tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    shutil.copyfile(FIXTURES / version / "webui.db", path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    connection.close()
    os.utime(path, (7, 7))
    before = path.read_bytes()
    read(path)
    assert path.read_bytes() == before
    assert path.stat().st_mtime == 7
    assert list(tmp_path.iterdir()) == [path]


def test_a_read_only_file_in_a_read_only_folder_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "read only"
    folder.mkdir()
    path = folder / "webui.db"
    shutil.copyfile(FIXTURES / "0.12.4" / "webui.db", path)
    path.chmod(0o400)
    folder.chmod(0o500)
    try:
        assert len(read(path).users) == 62
    finally:
        folder.chmod(0o700)


def test_reading_imports_nothing_heavy() -> None:
    heavy = ("sqlalchemy", "sqlmodel", "rich", "typer", "pydantic", "alembic", "psycopg")
    script = (
        "import sys\n"
        "from grantctl.interop.openwebui import read_directory\n"
        "from grantctl.store.url import parse_url\n"
        f"read_directory(parse_url({fixture_url('0.12.4')!r}))\n"
        f"print(sorted(set(sys.modules) & set({heavy!r})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout == "[]\n"


def refusal(where: Path) -> tuple[str, str | None]:
    with pytest.raises(DatabaseError) as refused:
        read(where)
    return refused.value.message.replace(str(where), "FILE"), refused.value.hint


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE user (id, name)")
    connection.close()
    hint = "name its webui.db or its Postgres database; 0.5.20 and later can be read"
    assert refusal(path) == (
        "this is not a database of Open WebUI, it has no column `user.created_at`: sqlite:///FILE",
        hint,
    )
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE user")
    connection.close()
    assert refusal(path) == (
        "this is not a database of Open WebUI, it has no table `user`: sqlite:///FILE",
        hint,
    )


def test_grantctls_own_database_is_named_as_such(tmp_path: Path) -> None:
    path = make(tmp_path / "own.db", "0.12.4")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE grantctl_revision (version_num TEXT)")
    connection.close()
    assert refusal(path) == (
        "this is a database of grantctl's own, not Open WebUI's: sqlite:///FILE",
        "use it as it is, without `openwebui+` before its URL: grantctl db status",
    )


def test_a_database_without_a_place_for_members_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "half.db", "0.12.4")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE group_member")
    connection.close()
    message, hint = refusal(path)
    assert message == "this Open WebUI database keeps no members of groups: sqlite:///FILE"
    assert hint == "start Open WebUI once, so that it ends its migrations"


def test_files_that_are_no_database_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("id,name\n" * 200, encoding="utf-8")
    assert refusal(text)[0].startswith("the file is no SQLite database")
    empty = tmp_path / "empty.db"
    empty.touch()
    assert refusal(empty)[0] == "the file `FILE` is empty"
    assert refusal(tmp_path / "missing.db")[0] == "there is no database at `FILE`"
    assert refusal(tmp_path)[0] == "`FILE` is not a file"


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    sound = (FIXTURES / "0.12.4" / "webui.db").read_bytes()
    path.write_bytes(sound[:8192] + b"\xff" * (len(sound) - 8192))
    with pytest.raises(DatabaseError):
        read(path)


@pytest.mark.parametrize("form", FORMS)
def test_an_open_webui_database_without_anybody_is_an_empty_directory(
    form: str, tmp_path: Path
) -> None:
    directory = read(make(tmp_path / "webui.db", form, users=()))
    assert (directory.users, directory.groups, directory.memberships) == ((), (), ())
    assert (directory.flags, directory.findings) == ({}, ())
    assert directory.defaults["chat.controls"] is True
    check_invariants(directory)
