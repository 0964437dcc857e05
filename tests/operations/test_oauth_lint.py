"""What is amiss in the settings about a provider: each finding, and none where nothing is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grantctl.model import Role
from grantctl.operations.oauth_lint import LintFinding
from grantctl.operations.oauth_lint_samples import lint
from grantctl.operations.policies import unset_policy
from grantctl.operations.policy_settings import SETTINGS
from grantctl.operations.roles import set_role
from grantctl.store.database import Database
from tests.operations.directories import INTENT, add_user
from tests.operations.oauth_examples import ROOT, Realm, make_realm, usual


@pytest.fixture
def engine() -> str:
    """One will do but for the last of these tests."""
    return "sqlite"


@pytest.fixture
def realm(database: Database, tmp_path: Path) -> Realm:
    return make_realm(database, tmp_path)


def findings(realm: Realm, *samples: dict[str, Any]) -> list[LintFinding]:
    report = lint(realm.database, samples)
    assert report.is_configured
    for one in report.findings:
        assert one.setting in SETTINGS
        assert one.message
        assert one.hint
    return list(report.findings)


def codes(realm: Realm, *samples: dict[str, Any]) -> list[str]:
    return [one.code for one in findings(realm, *samples)]


def test_of_a_provider_that_is_set_up_well_there_is_nothing_to_say(realm: Realm) -> None:
    realm.group("adm-eng")
    realm.policies(
        role_management="true",
        admin_roles="root",
        allowed_roles="staff",
        group_management="true",
        group_creation="true",
        blocked_groups="^adm",
    )
    assert codes(realm, usual(roles=["staff"], groups=["eng"])) == []


def test_where_no_provider_is_set_up_nothing_is_looked_at(database: Database) -> None:
    report = lint(database)
    assert (report.is_configured, report.findings) == (False, ())


Settings = dict[str, str]
FOUND: dict[str, tuple[Settings, list[tuple[str, str]]]] = {
    "nothing to verify by": (
        {"issuer": "", "audience": "", "jwks": ""},
        [
            ("issuer_missing", "oauth.issuer"),
            ("audience_missing", "oauth.audience"),
            ("jwks_missing", "oauth.jwks"),
        ],
    ),
    "an issuer without TLS": (
        {"issuer": "http://idp.example"},
        [("issuer_not_https", "oauth.issuer")],
    ),
    "an issuer that is a word": ({"issuer": "google"}, [("issuer_not_https", "oauth.issuer")]),
    "keys without TLS": (
        {"jwks": "http://localhost:8080/keys"},
        [("jwks_not_https", "oauth.jwks")],
    ),
    "keys that are not there": ({"jwks": "/nowhere/keys.json"}, [("jwks_unusable", "oauth.jwks")]),
    "a subject that may change": (
        {"sub_claim": "email"},
        [("subject_changes", "oauth.sub_claim")],
    ),
    "a subject that is the address": (
        {"sub_claim": "mail", "email_claim": "mail"},
        [("subject_changes", "oauth.sub_claim")],
    ),
    "a provider that nobody was imported of": (
        {"provider": "oidc"},
        [("provider_unknown", "oauth.provider")],
    ),
    "roles that nobody looks at": (
        {"admin_roles": "root", "missing_role": "default_role"},
        [("without_effect", "oauth.admin_roles"), ("without_effect", "oauth.missing_role")],
    ),
    "groups that nobody looks at": (
        {"group_creation": "true", "blocked_groups": "a"},
        [("without_effect", "oauth.group_creation"), ("without_effect", "oauth.blocked_groups")],
    ),
    "roles of no claim": (
        {"role_management": "true", "roles_claim": ""},
        [("roles_claim_empty", "oauth.roles_claim")],
    ),
    "no roles": (
        {"role_management": "true", "allowed_roles": "[]", "admin_roles": "[]"},
        [
            ("allowed_roles_empty", "oauth.allowed_roles"),
            ("admin_roles_empty", "oauth.admin_roles"),
        ],
    ),
    "a role in both lists": (
        {"role_management": "true", "allowed_roles": "staff,root", "admin_roles": "root"},
        [("role_in_both", "oauth.allowed_roles")],
    ),
    "any role": (
        {"role_management": "true", "allowed_roles": "*"},
        [("any_role_allowed", "oauth.allowed_roles")],
    ),
    "blocked groups": (
        {"group_management": "true", "blocked_groups": '["(", "^.*", ".*", "(a+)+$"]'},
        [
            ("blocked_malformed", "oauth.blocked_groups"),
            ("blocked_everything", "oauth.blocked_groups"),
            ("blocked_nothing", "oauth.blocked_groups"),
            ("blocked_malformed", "oauth.blocked_groups"),
        ],
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_each_thing_that_is_amiss_is_found(realm: Realm, name: str) -> None:
    settings, expected = FOUND[name]
    realm.policies(**settings)
    assert [(one.code, one.setting) for one in findings(realm)] == expected


def test_whoever_lets_everybody_in_is_told(realm: Realm) -> None:
    assert codes(realm) == []
    realm.policy("users.default_role", "user")
    assert codes(realm) == ["everybody_let_in"]
    for setting, value in (("signup", "false"), ("allowed_domains", "example.com")):
        realm.policies(**{setting: value})
        assert codes(realm) == []
        unset_policy(realm.database, INTENT, f"oauth.{setting}")
    realm.policies(role_management="true", unmatched_role="refuse")
    (finding,) = findings(realm)
    assert finding.message == "whoever the provider knows becomes a user, if it names no role"


def test_identities_by_which_nobody_is_found_are_told(realm: Realm) -> None:
    realm.link(ROOT, "1", "google")
    realm.link(ROOT, "2", "github")
    (first, second) = findings(realm)
    assert first == LintFinding(
        "identities_unused",
        "oauth.provider",
        "1 identities are of `github`, by which nobody is found",
        "if it is this provider: grantctl config set oauth.provider github",
    )
    realm.policies(provider="github")
    assert findings(realm) == [second]


def test_admins_who_would_be_demoted_are_counted_and_with_samples_named(realm: Realm) -> None:
    realm.link(ROOT, "root")
    add_user(realm.database, "bob")
    realm.link("bob@example.com", "bob")
    realm.policies(role_management="true", admin_roles="[]")
    (finding,) = findings(realm)
    assert finding.message == (
        "no claimed role keeps anybody an admin: of 1 who log in so, each but the last is demoted"
    )
    realm.policies(admin_roles="admin")
    samples = [usual(sub="root", roles=["user"]), usual(sub="bob", roles=["admin"])]
    assert [(one.code, one.message) for one in findings(realm, *samples)] == [
        (
            "last_admin_demoted",
            "but for being the last admin, `root@example.com` would be none after a login",
        )
    ]
    set_role(realm.database, INTENT, ["bob@example.com"], Role.ADMIN)
    assert [(one.code, one.message) for one in findings(realm, *samples)] == [
        (
            "admins_demoted",
            "who is admin now would be none after a login: `root@example.com`",
        )
    ]


def test_samples_show_which_claims_are_never_there_and_who_is_refused(realm: Realm) -> None:
    realm.policies(role_management="true", group_management="true", name_claim="displayName")
    samples = [usual(sub="1"), usual(sub="2", email="no"), usual(sub="3", email=None)]
    assert [(one.code, one.setting) for one in findings(realm, *samples)] == [
        ("claim_never_seen", "oauth.name_claim"),
        ("claim_never_seen", "oauth.roles_claim"),
        ("claim_never_seen", "oauth.groups_claim"),
        ("refused_email_unusable", "oauth.email_claim"),
    ]
    (refused,) = [one for one in findings(realm, *samples) if one.code.startswith("refused")]
    assert refused.message == (
        "2 of 3 samples are refused, e.g.: a new user needs an e-mail address; "
        "of the claim `email`: `no` is not an e-mail address"
    )


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_it_changes_nothing_on_either_engine(realm: Realm) -> None:
    realm.link(ROOT, "1", "google")
    before = realm.state()
    assert codes(realm, usual()) == ["identities_unused"]
    assert realm.state() == before
