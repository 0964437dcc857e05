"""Which release a database is taken for, and which permissions it is filled with."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop.sources import STAFF, VERSIONS, answers, make, read, told

from grantctl.interop.directory import FindingKind
from grantctl.interop.openwebui.defaults import built_in
from grantctl.interop.openwebui.layout import Layout, SettingsForm
from grantctl.interop.openwebui.releases import recognise

OLD_TREE = {"chat": {"controls": True, "edit": False}}
DOUBT = (
    "a newer release, which this may be, allows it by default, and the stored defaults do not know"
    " it: taken into the catalogue, default false"
)


@pytest.mark.parametrize("version", VERSIONS)
def test_built_in_defaults_are_those_of_the_reference(version: str) -> None:
    tree = answers(version)["permissions"]["built_in_default"]
    assert built_in(version) == {
        f"{category}.{name}": allowed
        for category, names in tree.items()
        for name, allowed in names.items()
    }


def test_built_in_defaults_of_0_6_5() -> None:
    added = built_in("0.6.5").items() - built_in("0.5.20").items()
    assert dict(added) == {
        "sharing.public_models": False,
        "sharing.public_knowledge": False,
        "sharing.public_prompts": False,
        "sharing.public_tools": False,
        "chat.temporary_enforced": False,
        "features.direct_tool_servers": False,
        "chat.stt": True,
        "chat.tts": True,
        "chat.call": True,
        "chat.multiple_models": True,
    }


@pytest.mark.parametrize(
    ("form", "revision", "layout"),
    [
        ("0.6.5", "922e7a387820", "Open WebUI 0.4.0 to 0.4.8"),
        ("0.6.5", "3781e22d8b01", "Open WebUI 0.5.3 to 0.6.5"),
        ("0.6.36", "9f0c9cd09105", "Open WebUI 0.6.6 to 0.6.15"),
        ("0.6.36", "a5c220713937", "Open WebUI 0.6.32 to 0.6.36"),
        ("0.6.40", "37f288994c47", "Open WebUI 0.6.37 to 0.6.40"),
        ("0.6.43", "3e0e00844bb0", "Open WebUI 0.6.41"),
        ("0.6.43", "c440947495f3", "Open WebUI 0.6.42 to 0.7.2"),
        ("0.8.12", "b2c3d4e5f6a7", "Open WebUI 0.8.12"),
        ("0.10.0", "42e2978c7933", "Open WebUI 0.10.0 to 0.10.2"),
        ("0.12.4", "0bd252b206fb", "Open WebUI 0.12.4"),
    ],
)
def test_the_revision_names_the_releases(
    form: str, revision: str, layout: str, tmp_path: Path
) -> None:
    assert read(make(tmp_path / "webui.db", form, revision=revision)).layout == layout


@pytest.mark.parametrize(
    ("form", "layout"),
    [
        ("0.6.5", "Open WebUI 0.4.0 to 0.6.5"),
        ("0.6.36", "Open WebUI 0.6.6 to 0.6.36"),
        ("0.6.40", "Open WebUI 0.6.37 to 0.6.40"),
        ("0.6.43", "Open WebUI 0.6.41 to 0.7.2"),
        ("0.8.12", "Open WebUI 0.8.0 to 0.9.6"),
        ("0.10.0", "Open WebUI 0.10.0 to 0.11.4"),
        ("0.12.4", "Open WebUI 0.12.0 to 0.12.4 or later"),
    ],
)
@pytest.mark.parametrize("revision", [None, "fffffffffff0"])
def test_tables_and_columns_name_a_range_where_the_revision_does_not(
    form: str, layout: str, revision: str | None, tmp_path: Path
) -> None:
    assert read(make(tmp_path / "webui.db", form, revision=revision)).layout == layout


@pytest.mark.parametrize(
    ("form", "revision", "stored", "layout"),
    [
        ("0.6.5", "3781e22d8b01", OLD_TREE, "Open WebUI 0.5.20"),
        ("0.6.5", "3781e22d8b01", {"sharing": {"public_models": True}}, "Open WebUI 0.6.5"),
        ("0.6.5", "3781e22d8b01", {"custom": {"flag": True}}, "Open WebUI 0.5.3 to 0.6.5"),
        ("0.6.5", "3781e22d8b01", {}, "Open WebUI 0.5.3 to 0.6.5"),
        ("0.6.43", "c440947495f3", OLD_TREE, "Open WebUI 0.6.43"),
        ("0.6.43", "c440947495f3", {"settings": {"interface": 0}}, "Open WebUI 0.7.0 to 0.7.2"),
        ("0.6.43", None, OLD_TREE, "Open WebUI 0.6.41 to 0.6.43"),
    ],
)
def test_the_stored_permissions_tell_releases_of_one_revision_apart(
    form: str, revision: str | None, stored: object, layout: str, tmp_path: Path
) -> None:
    path = make(tmp_path / "webui.db", form, revision=revision, stored=stored)
    assert read(path).layout == layout


def test_groups_do_not_tell_releases_apart(tmp_path: Path) -> None:
    group = {**STAFF, "permissions": {"chat": {"stt": True}}}
    path = make(
        tmp_path / "webui.db", "0.6.5", revision="3781e22d8b01", groups=[group], stored=OLD_TREE
    )
    assert read(path).layout == "Open WebUI 0.5.20"


def test_what_the_newer_of_two_releases_would_allow_is_denied_and_told(tmp_path: Path) -> None:
    path = make(tmp_path / "webui.db", "0.6.43", revision="c440947495f3", stored=OLD_TREE)
    directory = read(path)
    assert directory.defaults == dict(
        sorted(
            {
                **built_in("0.6.43"),
                "chat.edit": False,
                "features.memories": False,
                "settings.interface": False,
            }.items()
        )
    )
    assert told(directory) == [
        (FindingKind.ADAPTED, "features.memories", DOUBT),
        (FindingKind.ADAPTED, "settings.interface", DOUBT),
    ]


def test_a_doubtful_permission_gives_way_to_what_is_stored(tmp_path: Path) -> None:
    path = make(
        tmp_path / "webui.db",
        "0.6.43",
        revision="c440947495f3",
        groups=[{**STAFF, "permissions": {"settings": True}}],
        stored=OLD_TREE,
    )
    directory = read(path)
    assert directory.flags == {("staff", "settings"): True}
    assert directory.defaults["settings"] is False
    assert "settings.interface" not in directory.defaults


def test_with_nothing_stored_the_newest_release_of_the_range_fills_in(tmp_path: Path) -> None:
    path = make(tmp_path / "webui.db", "0.6.43", revision="c440947495f3")
    assert read(path).defaults == dict(sorted(built_in("0.7.2").items()))


def test_every_release_that_fills_in_is_one_that_was_looked_at() -> None:
    layout = Layout(frozenset(), (), False, False, False, SettingsForm.NONE)
    assert recognise(layout, ()).built_in == built_in("0.6.5")
    assert built_in("0.4.0") == built_in("0.5.20")
    assert len(built_in("0.12.4")) == 67


def test_a_half_migrated_database_is_read_by_its_member_table(tmp_path: Path) -> None:
    path = make(
        tmp_path / "webui.db",
        "0.6.43",
        revision="a5c220713937",
        groups=[{**STAFF}],
        members=[("staff", "ada")],
    )
    directory = read(path)
    assert directory.layout == "Open WebUI 0.6.32 to 0.6.36"
    assert [(one.group_id, one.user_id) for one in directory.memberships] == [("staff", "ada")]
