"""What a login from an identity provider would do: who it is, who is refused, what changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grantctl.evaluation.identity import RoleReason
from grantctl.model import Role
from grantctl.operations.flags import set_flags
from grantctl.operations.groups import move_group
from grantctl.operations.oauth_facts import MatchedBy
from grantctl.operations.oauth_plan import LoginOutcome, LoginPlan
from grantctl.operations.oauth_refusals import RefusalReason
from grantctl.operations.roles import set_role
from grantctl.store.database import Database
from tests.credentials.provider import ISSUER
from tests.operations.directories import INTENT, add_user
from tests.operations.oauth_examples import ROOT, Realm, make_realm, usual


@pytest.fixture
def engine() -> str:
    """One will do: what is read is the same on both, as the tests of logins show."""
    return "sqlite"


@pytest.fixture
def realm(database: Database, tmp_path: Path) -> Realm:
    return make_realm(database, tmp_path)


def changes_of(plan: LoginPlan) -> dict[str, str]:
    assert plan.groups is not None
    return {one.name: one.action.value for one in plan.groups.changes}


def refusal_of(plan: LoginPlan) -> tuple[str, str, str | None]:
    assert plan.refusal is not None
    assert (plan.outcome, plan.new_role, plan.permissions) == (LoginOutcome.REFUSED, None, None)
    return plan.refusal.reason.value, plan.refusal.message, plan.refusal.hint


def test_somebody_new_becomes_a_user_of_the_default_role(realm: Realm) -> None:
    plan = realm.plan()
    assert (plan.outcome, plan.user, plan.email, plan.name, plan.new_role, plan.links) == (
        *(LoginOutcome.CREATED, None, "ada@example.com", "Ada", Role.PENDING, True),
    )
    assert plan.warnings == (
        "a pending user is denied everything, until: grantctl users approve ada@example.com",
    )
    realm.policy("users.default_role", "user")
    plan = realm.plan()
    assert (plan.new_role, plan.warnings) == (Role.USER, ())


def test_the_first_user_of_all_becomes_admin(database: Database) -> None:
    plan = Realm(database).plan(iss="https://idp.example")
    assert plan.role is not None
    assert (plan.new_role, plan.role.reason) == (Role.ADMIN, RoleReason.FIRST_USER)


def test_a_user_is_found_by_issuer_and_subject_to_the_letter(realm: Realm) -> None:
    realm.link(add_user(realm.database, "bob"), "Sub-1")
    plan = realm.plan(sub="Sub-1", email="other@example.com")
    assert (plan.matched_by, plan.label) == (MatchedBy.IDENTITY, "bob@example.com")
    assert (plan.outcome, plan.email) == (LoginOutcome.UNCHANGED, "bob@example.com")
    for subject in ("sub-1", "SUB-1", "Sub-1 ", "Sub_1", "Sub%", "Sub-١"):
        assert realm.plan(sub=subject).matched_by is MatchedBy.NOBODY, subject


def test_the_same_subject_of_another_issuer_is_somebody_else(realm: Realm) -> None:
    realm.link(add_user(realm.database, "bob"), "117", "https://other.example")
    assert realm.plan().matched_by is MatchedBy.NOBODY


def test_a_user_who_was_imported_is_found_by_the_provider_s_name_and_linked(realm: Realm) -> None:
    realm.link(add_user(realm.database, "bob"), "117", "oidc")
    assert realm.plan().matched_by is MatchedBy.NOBODY
    realm.policies(provider="oidc")
    plan = realm.plan()
    assert (plan.matched_by, plan.label) == (MatchedBy.PROVIDER, "bob@example.com")
    assert (plan.links, plan.outcome) == (True, LoginOutcome.UPDATED)


def test_the_issuer_comes_before_the_provider_s_name(realm: Realm) -> None:
    realm.policies(provider="oidc")
    realm.link(add_user(realm.database, "bob"), "117", "oidc")
    realm.link(add_user(realm.database, "chen"), "117")
    assert realm.plan().label == "chen@example.com"


@pytest.mark.parametrize(
    "email", ["bob@example.com", "BOB@Example.COM", " bob@example.com ", ["Bob@example.com"]]
)
def test_an_address_gives_nobody_s_account_away(realm: Realm, email: object) -> None:
    bob = realm.user(add_user(realm.database, "bob")).user
    plan = realm.plan(sub="attacker", email=email)
    assert plan.user is None
    assert refusal_of(plan) == (
        "email_taken",
        "`bob@example.com` is a user's whom this subject does not stand for",
        f"if it is the same person: grantctl oauth link {bob.id} --issuer {ISSUER} "
        "--subject attacker",
    )


def test_a_link_of_the_operator_lets_in_who_was_refused(realm: Realm) -> None:
    realm.link(add_user(realm.database, "bob"))
    plan = realm.plan(email="bob@example.com")
    assert (plan.refusal, plan.label) == (None, "bob@example.com")


Settings = dict[str, str]
REFUSED: dict[str, tuple[Settings, dict[str, Any], str, str]] = {
    "signup off": (
        {"signup": "false"},
        {},
        "signup_off",
        "there is no such user, and `oauth.signup` is off",
    ),
    "another domain": (
        {"allowed_domains": "example.org,corp.example"},
        {},
        "domain_not_allowed",
        "the domain of `ada@example.com` is not among `oauth.allowed_domains`",
    ),
    "a domain below": (
        {"allowed_domains": "example.com"},
        {"email": "ada@evil.example.com"},
        "domain_not_allowed",
        "the domain of `ada@evil.example.com` is not among `oauth.allowed_domains`",
    ),
    "a domain that ends alike": (
        {"allowed_domains": "example.com"},
        {"email": "ada@notexample.com"},
        "domain_not_allowed",
        "the domain of `ada@notexample.com` is not among `oauth.allowed_domains`",
    ),
    "no domain at all": (
        {"allowed_domains": "[]"},
        {},
        "domain_not_allowed",
        "the domain of `ada@example.com` is not among `oauth.allowed_domains`",
    ),
    "no address where domains are limited": (
        {"allowed_domains": "example.com"},
        {"email": None},
        "domain_not_allowed",
        "`oauth.allowed_domains` lets in addresses of some domains only; "
        "the claim `email` holds no e-mail address",
    ),
    "no address": (
        {},
        {"email": None},
        "email_unusable",
        "a new user needs an e-mail address; the claim `email` holds no e-mail address",
    ),
    "an empty address": (
        {},
        {"email": " "},
        "email_unusable",
        "a new user needs an e-mail address; the claim `email` holds no e-mail address",
    ),
    "two addresses": (
        {},
        {"email": ["a@example.com", "b@example.com"]},
        "email_unusable",
        "a new user needs an e-mail address; the claim `email` holds no e-mail address",
    ),
    "no address at all in it": (
        {},
        {"email": "ada"},
        "email_unusable",
        "a new user needs an e-mail address; of the claim `email`: `ada` is not an e-mail address",
    ),
    "an address in another claim": (
        {"email_claim": "upn"},
        {},
        "email_unusable",
        "a new user needs an e-mail address; the claim `upn` holds no e-mail address",
    ),
    "another issuer": (
        {},
        {"iss": "https://other.example"},
        "other_issuer",
        "the claims are of another issuer than the one whose logins are taken",
    ),
    "an issuer that is no text": (
        {},
        {"iss": [ISSUER]},
        "other_issuer",
        "the claims are of another issuer than the one whose logins are taken",
    ),
    "no subject": ({}, {"sub": None}, "no_subject", "the claim `sub` names no subject"),
    "an empty subject": (
        {},
        {"sub": ""},
        "no_subject",
        "the subject in the claim `sub` may not be empty",
    ),
    "a subject that is true": ({}, {"sub": True}, "no_subject", "the claim `sub` names no subject"),
    "two subjects": ({}, {"sub": ["1", "2"]}, "no_subject", "the claim `sub` names no subject"),
    "a subject with NUL": (
        {},
        {"sub": "a\0"},
        "no_subject",
        "the subject in the claim `sub` holds the control character U+0000",
    ),
    "a subject that is too long": (
        {},
        {"sub": "x" * 256},
        "no_subject",
        "the subject in the claim `sub` may have 255 characters at most, not 256",
    ),
    "another subject claim": (
        {"sub_claim": "oid"},
        {},
        "no_subject",
        "the claim `oid` names no subject",
    ),
    "a role that is not mapped": (
        {"role_management": "true", "unmatched_role": "refuse"},
        {"roles": ["guest"]},
        "role_refused",
        "`guest` in the claim `roles` is no mapped role, which `oauth.unmatched_role` refuses",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_who_is_refused_is_told_why(realm: Realm, name: str) -> None:
    settings, claims, reason, message = REFUSED[name]
    realm.policies(**settings)
    found, said, hint = refusal_of(realm.plan(**claims))
    assert (found, said) == (reason, message)
    assert hint


def test_every_reason_is_tried() -> None:
    tried = {reason for _, _, reason, _ in REFUSED.values()}
    others = {RefusalReason.EMAIL_TAKEN, RefusalReason.EMAIL_UNPROVEN}
    assert tried == set(RefusalReason) - others


@pytest.mark.parametrize("verified", [False, "false", "False", "no", 0, 1, [], "", {"email": True}])
def test_an_address_that_is_not_proven_makes_no_user(realm: Realm, verified: object) -> None:
    assert refusal_of(realm.plan(email_verified=verified))[:2] == (
        "email_unproven",
        "a new user needs an e-mail address that is verified, and `ada@example.com` is not",
    )


@pytest.mark.parametrize("verified", [True, "true", "True", None])
def test_an_address_that_nobody_doubts_does(realm: Realm, verified: object) -> None:
    assert realm.plan(email_verified=verified).refusal is None


def test_who_has_an_account_is_let_in_whatever_the_address(realm: Realm) -> None:
    realm.link(add_user(realm.database, "bob"))
    for claims in ({"email": None}, {"email": "no"}, {"email_verified": False}):
        assert realm.plan(**claims).outcome is LoginOutcome.UNCHANGED
    realm.policies(signup="false")
    assert realm.plan().outcome is LoginOutcome.UNCHANGED
    realm.policies(allowed_domains="example.org")
    assert refusal_of(realm.plan(email=None))[0] == "domain_not_allowed"
    realm.policies(allowed_domains="EXAMPLE.com")
    assert realm.plan(email=None).outcome is LoginOutcome.UNCHANGED


def test_the_claims_that_say_who_it_is_are_those_of_the_settings(realm: Realm) -> None:
    realm.policies(sub_claim="ids.oid", email_claim="mail", name_claim="https://idp.example/name")
    plan = realm.plan(
        sub="s",
        ids={"oid": 4711},
        mail="Grace@Example.com",
        **{"https://idp.example/name": " Grace "},
    )
    assert (plan.subject, plan.email, plan.name) == ("4711", "grace@example.com", "Grace")


@pytest.mark.parametrize(
    ("name", "kept", "notes"),
    [
        (None, "ada", ()),
        ("  ", "ada", ()),
        (["Ada", "Lovelace"], "ada", ()),
        (
            "A\x1bda",
            "ada",
            ("the name in the claim `name` holds the control character U+001B: it is left out",),
        ),
        (
            "x" * 201,
            "ada",
            (
                "the name in the claim `name` may have 200 characters at most, not 201: "
                "it is left out",
            ),
        ),
    ],
)
def test_without_a_name_it_is_the_address_s(
    realm: Realm, name: object, kept: str, notes: tuple[str, ...]
) -> None:
    plan = realm.plan(name=name)
    assert (plan.name, plan.warnings[:-1]) == (kept, notes)


def test_address_and_name_are_brought_up_to_date_only_by_the_settings(realm: Realm) -> None:
    realm.link(add_user(realm.database, "bob"))
    add_user(realm.database, "chen")
    plan = realm.plan(email="robert@example.com", name="Robert")
    assert (plan.email, plan.name) == ("bob@example.com", "Bob")
    realm.policies(update_email="true", update_name="true")
    plan = realm.plan(email="Robert@example.com", name="Robert")
    assert (plan.email, plan.name, plan.outcome) == (
        *("robert@example.com", "Robert", LoginOutcome.UPDATED),
    )
    taken = realm.plan(email="chen@example.com")
    assert (taken.email, taken.refusal) == ("bob@example.com", None)
    assert taken.warnings == ("`chen@example.com` is another user's: the e-mail address is kept",)
    unproven = realm.plan(email="robert@example.com", email_verified=False)
    assert unproven.email == "bob@example.com"
    assert unproven.warnings == (
        "`robert@example.com` is not verified: the e-mail address is kept",
    )
    assert realm.plan(email=None, name=None).name == "Bob"


def test_claims_are_tried_on_a_named_user_whoever_they_speak_of(realm: Realm) -> None:
    realm.policies(role_management="true")
    add_user(realm.database, "bob")
    plan = realm.plan(named="bob@example.com", sub=None, roles=["admin"])
    assert (plan.matched_by, plan.links) == (MatchedBy.NAMED, False)
    assert (plan.label, plan.new_role) == ("bob@example.com", Role.ADMIN)


def test_a_provider_makes_nobody_admin_unless_the_mapping_says_so(realm: Realm) -> None:
    realm.policy("users.default_role", "user")
    claims: dict[str, Any] = {"roles": ["admin", "root"], "role": "admin", "is_admin": True}
    assert realm.plan(**claims).new_role is Role.USER
    realm.policies(role_management="true", admin_roles="wheel", allowed_roles="admin")
    assert realm.plan(**claims).new_role is Role.USER
    realm.policies(admin_roles="[]", allowed_roles="*")
    assert realm.plan(**claims).new_role is Role.USER
    realm.policies(admin_roles="root")
    assert realm.plan(**claims).new_role is Role.ADMIN


def test_the_last_admin_stays_one_and_it_is_said(realm: Realm) -> None:
    realm.link(ROOT)
    add_user(realm.database, "bob")
    realm.policies(role_management="true")
    plan = realm.plan(roles=["user"])
    assert plan.role is not None
    assert (plan.new_role, plan.role.reason) == (Role.ADMIN, RoleReason.LAST_ADMIN_KEPT)
    set_role(realm.database, INTENT, ["bob@example.com"], Role.ADMIN)
    assert realm.plan(roles=["user"]).new_role is Role.USER


def test_what_becomes_of_each_group_is_planned(realm: Realm) -> None:
    realm.policies(group_management="true", group_creation="true", blocked_groups="^adm")
    bob = add_user(realm.database, "bob")
    realm.link(bob)
    realm.group("joined")
    realm.group("left", bob, source="oauth")
    realm.group("byhand", bob)
    realm.group("adopted", bob, source="import")
    realm.expire(realm.group("again", bob, source="oauth"))
    realm.group("admins")
    realm.group("twins")
    realm.twin_of("twins")
    taken = realm.group("taken")
    names = ["joined", "adopted", "again", "admins", "twins", taken, "fresh"]
    assert changes_of(realm.plan(groups=names)) == {
        "joined": "add",
        "left": "remove",
        "byhand": "keep",
        "adopted": "adopt",
        "again": "add",
        "admins": "skip",
        "twins": "skip",
        taken: "skip",
        "fresh": "create",
    }
    assert changes_of(realm.plan(groups=[])) == {}


def test_somebody_new_is_put_into_the_default_group(realm: Realm) -> None:
    realm.group("everyone")
    realm.policy("users.default_group", "everyone")
    realm.policies(group_management="true")
    plan = realm.plan(groups=["everyone"])
    assert plan.default_group is not None
    assert plan.default_group.name == "everyone"
    assert changes_of(plan) == {"everyone": "keep"}
    realm.link(add_user(realm.database, "bob"))
    assert realm.plan().default_group is None


def test_what_is_gained_and_lost_is_told(realm: Realm) -> None:
    realm.policies(group_management="true", role_management="true")
    bob = add_user(realm.database, "bob")
    realm.link(bob)
    for name, key in (("parent", "workspace.tools"), ("old", "workspace.models")):
        realm.group(name)
        set_flags(realm.database, INTENT, name, {key: True})
    realm.group("child")
    move_group(realm.database, INTENT, "child", "parent")
    realm.login(groups=["old"], roles=["user"])
    before = realm.permissions_of(bob)
    plan = realm.plan(groups=["child"], roles=["user"])
    assert plan.permissions is not None
    assert (plan.permissions.gained, plan.permissions.lost) == (
        ("workspace.tools",),
        ("workspace.models",),
    )
    assert plan.permissions.allowed_count == len(before)
    suspended = realm.plan(roles=["nothing"], groups=["old"]).permissions
    assert suspended is not None
    assert (set(suspended.lost), suspended.allowed_count) == (before, 0)


def test_without_an_issuer_nobody_is_found_and_a_warning_says_so(database: Database) -> None:
    add_user(database, "root", Role.ADMIN)
    plan = Realm(database).plan()
    assert (plan.issuer, plan.links) == (None, False)
    assert plan.warnings[0] == "no issuer is named, so that nobody is found by the subject"
    assert Realm(database).plan(iss="https://idp.example").issuer == "https://idp.example"


def test_a_simulation_changes_nothing(realm: Realm, url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    before = path.read_bytes()
    realm.plan(**usual(roles=["admin"], groups=["a"]))
    assert path.read_bytes() == before
