"""Settings of Open WebUI that have a counterpart here, from both forms."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interop.any_json import VALUES, unhurried
from tests.interop.sources import (
    ADA,
    STAFF,
    VERSIONS,
    check_invariants,
    fixture_url,
    make,
    read,
    told,
)

from grantctl.interop.directory import FindingKind, ForeignDirectory
from grantctl.interop.openwebui.settings import _NAMES
from grantctl.operations.policy_settings import SETTINGS

ROWS, DOCUMENT = "0.12.4", "0.6.43"
MANAGED = {
    "ui.default_user_role": "user",
    "ui.default_group_id": "staff",
    "auth.enable_api_keys": False,
    "oauth.enable_signup": True,
    "oauth.client_id": "grantctl",
    "oauth.client_secret": "never-read",
    "oauth.sub_claim": "oid",
    "oauth.email_claim": "mail",
    "oauth.username_claim": "displayName",
    "oauth.group_claim": "memberOf",
    "oauth.enable_role_mapping": True,
    "oauth.enable_group_mapping": True,
    "oauth.enable_group_creation": True,
    "oauth.blocked_groups": '["^adm", "x,y"]',
    "oauth.roles_claim": "realm_access.roles",
    "oauth.allowed_roles": ["staff"],
    "oauth.admin_roles": "root, wheel",
    "oauth.allowed_domains": ["example.com"],
    "oauth.update_name_on_login": True,
    "oauth.update_email_on_login": True,
}


def of_settings(tmp_path: Path, form: str, configured: Mapping[str, object]) -> ForeignDirectory:
    path = make(tmp_path / "webui.db", form, groups=(STAFF,), configured=configured)
    directory = read(path)
    check_invariants(directory)
    return directory


def found(directory: ForeignDirectory) -> dict[str, object]:
    return {one.key: one.value for one in directory.settings}


def test_every_setting_with_a_counterpart_is_read_from_its_row(tmp_path: Path) -> None:
    directory = of_settings(tmp_path, ROWS, MANAGED)
    assert found(directory) == {
        "users.default_role": "user",
        "users.default_group": "staff",
        "api_keys.enabled": False,
        "oauth.signup": True,
        "oauth.audience": "grantctl",
        "oauth.sub_claim": "oid",
        "oauth.email_claim": "mail",
        "oauth.name_claim": "displayName",
        "oauth.groups_claim": "memberOf",
        "oauth.role_management": True,
        "oauth.group_management": True,
        "oauth.group_creation": True,
        "oauth.blocked_groups": ["^adm", "x,y"],
        "oauth.roles_claim": "realm_access.roles",
        "oauth.allowed_roles": ["staff"],
        "oauth.admin_roles": ["root", "wheel"],
        "oauth.allowed_domains": ["example.com"],
        "oauth.update_name": True,
        "oauth.update_email": True,
        "oauth.unmatched_role": "refuse",
    }
    assert told(directory, "setting") == []
    assert "never-read" not in repr(directory)


def test_every_key_is_one_of_the_policy_settings() -> None:
    assert {*_NAMES, "oauth.unmatched_role"} <= set(SETTINGS)


def test_of_a_document_what_the_environment_decides_is_left_out(tmp_path: Path) -> None:
    directory = of_settings(tmp_path, DOCUMENT, MANAGED)
    assert found(directory) == {
        "users.default_role": "user",
        "users.default_group": "staff",
        "api_keys.enabled": False,
    }
    assert told(directory, "setting") == [
        (
            FindingKind.REJECTED,
            "oauth",
            "this version takes its settings from the environment, unless"
            " ENABLE_OAUTH_PERSISTENT_CONFIG is set: those stored are left out",
        )
    ]


def test_older_names_count_where_the_newer_are_not_there(tmp_path: Path) -> None:
    older = {"oauth.oidc.group_claim": "old", "oauth.oidc.email_claim": "old"}
    directory = of_settings(tmp_path, ROWS, {**older, "oauth.email_claim": "new"})
    assert found(directory) == {"oauth.email_claim": "new", "oauth.groups_claim": "old"}
    (tmp_path / "webui.db").unlink()
    directory = of_settings(tmp_path, DOCUMENT, {"auth.api_key.enable": False})
    assert found(directory) == {"api_keys.enabled": False}


def test_what_is_empty_is_not_set_but_for_claims_that_are_then_none(tmp_path: Path) -> None:
    names = ("oauth.client_id", "ui.default_group_id", "oauth.roles_claim", "oauth.group_claim")
    directory = of_settings(tmp_path, ROWS, {**dict.fromkeys(names, ""), "oauth.sub_claim": None})
    assert found(directory) == {"oauth.roles_claim": "", "oauth.groups_claim": ""}


def test_who_fits_no_role_is_refused_only_where_roles_are_managed(tmp_path: Path) -> None:
    directory = of_settings(tmp_path, ROWS, {"oauth.enable_role_mapping": False})
    assert found(directory) == {"oauth.role_management": False}


def test_a_default_group_that_is_not_there_and_merging_by_e_mail_are_told(tmp_path: Path) -> None:
    configured = {"ui.default_group_id": ["gone"], "oauth.merge_accounts_by_email": True}
    directory = of_settings(tmp_path, ROWS, configured)
    assert found(directory) == {}
    assert told(directory, "setting") == [
        (
            FindingKind.ADAPTED,
            "oauth.merge_accounts_by_email",
            "a login there takes over the account of its e-mail address; here it never does",
        ),
        (
            FindingKind.REJECTED,
            "ui.default_group_id",
            "there is no group `['gone']`: left out",
        ),
    ]


def test_a_row_that_is_no_json_is_left_out(tmp_path: Path) -> None:
    directory = of_settings(tmp_path, ROWS, {"ui.default_user_role": b"user"})
    assert (found(directory), told(directory, "setting")) == (
        {},
        [(FindingKind.REJECTED, "ui.default_user_role", "what is stored is not JSON: left out")],
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_the_stored_databases_say_that_new_users_are_users(version: str) -> None:
    directory = read(fixture_url(version))
    differing = {
        one.key: one.value
        for one in directory.settings
        if SETTINGS[one.key].read(one.value) != SETTINGS[one.key].default
    }
    assert differing == {
        "users.default_role": "user",
        **({"oauth.signup": False} if version == "0.12.4" else {}),
    }
    assert told(directory, "setting") == []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    names = sorted(name for names in _NAMES.values() for name in names)
    return make(tmp_path / "webui.db", ROWS, users=(ADA,), configured=dict.fromkeys(names))


@unhurried
@given(values=st.lists(VALUES, min_size=6, max_size=6))
def test_any_json_in_the_rows_keeps_the_promises(path: Path, values: list[object]) -> None:
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        names = [name for (name,) in connection.execute("SELECT key FROM config ORDER BY key")]
        for at, name in enumerate(names):
            connection.execute(
                "UPDATE config SET value = ? WHERE key = ?", [json.dumps(values[at % 6]), name]
            )
    connection.close()
    directory = read(path)
    check_invariants(directory)
    assert {one.key for one in directory.settings} <= set(SETTINGS)
