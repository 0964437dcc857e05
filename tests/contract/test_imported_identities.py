"""Identities and settings of Open WebUI, taken into a database of either engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from grantctl.operations.attaching import find_database, import_openwebui
from grantctl.operations.identities import link_identity
from grantctl.operations.policies import get_policy, set_policy
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from tests.conftest import INTENT
from tests.interop.sources import ADA, STAFF, fixture_url, make, read
from tests.operations.directories import events
from tests.operations.oauth_examples import Realm
from tests.operations.test_users import shown

BOB = {**ADA, "id": "bob", "email": "bob@example.com", "role": "user", "created_at": 8}
CONFIGURED = {
    "ui.default_user_role": "user",
    "ui.default_group_id": "staff",
    "auth.enable_api_keys": False,
    "oauth.enable_role_mapping": True,
    "oauth.roles_claim": "realm_access.roles",
    "oauth.admin_roles": ["root"],
    "oauth.allowed_domains": ["Example.com"],
}


@pytest.fixture
def source(tmp_path: Path) -> str:
    users = (
        {**ADA, "oauth": {"oidc": {"sub": "a-1"}, "google": {"sub": "g-1"}}},
        {**BOB, "oauth": {"oidc": {"sub": "b-1"}}},
    )
    path = tmp_path / "webui.db"
    return str(make(path, "0.12.4", users=users, groups=(STAFF,), configured=CONFIGURED))


def identities_of(database: Database, user: str) -> list[tuple[str, str]]:
    return [(one.issuer, one.subject) for one in shown(database, user).identities]


def test_identities_and_settings_come_with_an_import_and_are_told(
    database: Database, source: str
) -> None:
    report = import_openwebui(database.url, source, actor="tester")
    assert identities_of(database, "ada") == [("google", "g-1"), ("oidc", "a-1")]
    assert identities_of(database, "bob") == [("oidc", "b-1")]
    tallies = {kind: report.tallies[kind] for kind in ("identities", "settings")}
    assert {kind: (one.created, one.unchanged) for kind, one in tallies.items()} == {
        "identities": (3, 0),
        "settings": (8, 0),
    }
    taken = {
        "users.default_role": "user",
        "users.default_group": "staff",
        "api_keys.enabled": False,
        "oauth.role_management": True,
        "oauth.roles_claim": "realm_access.roles",
        "oauth.admin_roles": ["root"],
        "oauth.allowed_domains": ["example.com"],
        "oauth.unmatched_role": "refuse",
    }
    for key, value in taken.items():
        policy = get_policy(database, key)
        assert policy.is_set
        assert (list(policy.value) if isinstance(policy.value, tuple) else policy.value) == value
    assert events(database)[-1][2]["settings"] == taken
    second = import_openwebui(database.url, source, actor="tester")
    assert not second.is_changed


def test_who_was_imported_logs_in_by_the_provider_s_name(database: Database, source: str) -> None:
    import_openwebui(database.url, source, actor="tester")
    realm = Realm(database)
    realm.policies(issuer="https://idp.example", provider="oidc")
    plan = realm.plan(sub="b-1", email=None, realm_access={"roles": ["root"]})
    assert (plan.label, plan.links, str(plan.new_role)) == ("bob@example.com", True, "admin")
    refused = realm.plan(sub="b-1", realm_access={"roles": ["nothing"]})
    assert refused.refusal is not None
    assert refused.refusal.reason == "role_refused"


def test_what_is_set_here_stays_and_the_difference_is_told(database: Database, source: str) -> None:
    set_policy(database, INTENT, "users.default_role", "pending")
    set_policy(database, INTENT, "oauth.roles_claim", "groups")
    report = import_openwebui(database.url, source, actor="tester")
    assert get_policy(database, "users.default_role").value == "pending"
    assert get_policy(database, "oauth.roles_claim").value == "groups"
    assert [
        (one.object_id, one.reason) for one in report.findings if one.object_type == "setting"
    ] == [
        (
            "ui.default_user_role",
            "`users.default_role` is set here, and stays; there it is `user`",
        ),
        (
            "oauth.roles_claim",
            "`oauth.roles_claim` is set here, and stays; there it is `realm_access.roles`",
        ),
    ]


def test_a_subject_that_is_another_user_s_here_stays_that_user_s(
    database: Database, source: str
) -> None:
    create_user(database, INTENT, email="root@example.com")
    link_identity(database, INTENT, "root@example.com", subject="b-1", issuer="oidc")
    report = import_openwebui(database.url, source, actor="tester")
    assert identities_of(database, "bob") == []
    assert identities_of(database, "root@example.com") == [("oidc", "b-1")]
    assert [one.reason for one in report.findings if one.object_type == "identity"] == [
        "`b-1` of `oidc` is another user's here, and stays that"
    ]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_setting_that_ours_may_not_be_is_left_out(database: Database, tmp_path: Path) -> None:
    configured = {
        "ui.default_user_role": "admin",
        "oauth.enable_signup": "yes",
        "oauth.allowed_roles": [1, 2],
        "oauth.group_claim": "",
    }
    path = make(tmp_path / "webui.db", "0.12.4", configured=configured)
    report = import_openwebui(database.url, str(path), actor="tester")
    assert [one.reason for one in report.findings if one.object_type == "setting"] == [
        "`admin` is nothing that `users.default_role` may be: left out",
        "`yes` is nothing that `oauth.signup` may be: left out",
        "`[1, 2]` is nothing that `oauth.allowed_roles` may be: left out",
        "`` is nothing that `oauth.groups_claim` may be: left out",
    ]
    assert not get_policy(database, "users.default_role").is_set


def test_an_attached_database_has_them_too(source: str) -> None:
    attached = find_database(f"openwebui+sqlite:///{source}")
    assert identities_of(attached, "bob") == [("oidc", "b-1")]
    assert get_policy(attached, "users.default_role").value == "user"


def test_every_identity_of_a_stored_database_is_taken(database: Database) -> None:
    source = fixture_url("0.12.4")
    import_openwebui(database.url, str(source), actor="tester")
    found = read(source).identities
    assert len(found) > 10
    kept = {user: identities_of(database, user) for user in {one.user_id for one in found}}
    assert sorted(
        (user, issuer, subject) for user, pairs in kept.items() for issuer, subject in pairs
    ) == sorted((one.user_id, one.provider, one.subject) for one in found)
