"""Logins from an identity provider, carried out: what is written, and that it is what was shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.errors import ConflictError, GuardError, InvalidError
from grantctl.evaluation.identity import GroupAction
from grantctl.model import Role
from grantctl.operations.api_keys import create_key
from grantctl.operations.flags import set_flags
from grantctl.operations.oauth_login import Expected, login, simulate_token
from grantctl.operations.oauth_plan import LoginOutcome, LoginPlan
from grantctl.operations.policies import unset_policy
from grantctl.operations.roles import set_role
from grantctl.operations.tokens import show_token
from grantctl.store.database import Database
from tests.credentials.provider import AUDIENCE, ISSUER, issued, issued_at, key_set, public_member
from tests.operations.directories import DRY, INTENT, add_user, events
from tests.operations.oauth_examples import ROOT, Realm, make_realm


@pytest.fixture
def realm(database: Database, tmp_path: Path) -> Realm:
    return make_realm(database, tmp_path)


def latest(realm: Realm, count: int) -> list[tuple[str, Any, Any]]:
    return events(realm.database)[-count:]


def test_a_login_makes_the_user_and_keeps_an_entry_of_each_change(realm: Realm) -> None:
    everyone = realm.group("everyone")
    realm.policy("users.default_group", "everyone")
    realm.policies(
        role_management="true",
        allowed_roles="staff",
        group_management="true",
        group_creation="true",
    )
    realm.group("eng")
    already = len(events(realm.database))
    result = realm.login(roles="staff", groups="eng;new")
    assert result.plan is not None
    assert (result.plan.outcome, result.is_verified) == (LoginOutcome.CREATED, True)
    assert result.user is not None
    user = realm.user("ada@example.com")
    assert (user.user, user.user.role) == (result.user, Role.USER)
    assert (user.user.name, user.user.has_password) == ("Ada", False)
    assert realm.groups_of("ada@example.com") == {
        "everyone": "manual",
        "eng": "oauth",
        "new": "oauth",
    }
    (identity,) = user.identities
    assert (identity.issuer, identity.subject, identity.created_by) == (ISSUER, "117", "tester")
    assert identity.last_login_at == identity.created_at
    id_ = user.user.id
    assert [action for action, _, _ in events(realm.database)[already:]] == [
        *("user.create", "group.add_members", "identity.link", "group.add_members"),
        *("group.create", "group.add_members", "login.succeed"),
    ]
    assert latest(realm, 1) == [
        ("login.succeed", None, {"issuer": ISSUER, "subject": "117", "role": "user"})
    ]
    oauth = {"added": [id_], "updated": [], "source": "oauth"}
    assert [after for action, _, after in latest(realm, 6) if action == "group.add_members"] == [
        {"added": [id_], "updated": [], "expires_at": None},
        oauth,
        oauth,
    ]
    assert everyone


def test_the_same_login_again_changes_nothing_but_the_time_of_it(realm: Realm) -> None:
    realm.policies(group_management="true", group_creation="true", role_management="true")
    claims = {"groups": ["a", "b"], "roles": ["user"]}
    realm.login(**claims)
    before, changes = realm.user("ada@example.com"), len(events(realm.database))
    result = realm.login(**claims)
    assert result.plan is not None
    assert result.plan.outcome is LoginOutcome.UNCHANGED
    after = realm.user("ada@example.com")
    assert (after.user, after.memberships) == (before.user, before.memberships)
    first, second = before.identities[0].last_login_at, after.identities[0].last_login_at
    assert first is not None
    assert second is not None
    assert first < second
    assert [action for action, _, _ in events(realm.database)[changes:]] == ["login.succeed"]


def test_memberships_are_added_removed_and_adopted_with_what_they_were(realm: Realm) -> None:
    realm.policies(group_management="true")
    bob = add_user(realm.database, "bob")
    realm.link(bob)
    realm.group("left", bob, source="oauth")
    realm.group("adopted", bob, source="import")
    realm.group("kept", bob)
    realm.expire(realm.group("again", bob))
    realm.login(groups=["adopted", "again"])
    assert realm.groups_of(bob) == {"adopted": "oauth", "again": "oauth", "kept": "manual"}
    again = {one.group_name: one for one in realm.user(bob).memberships}["again"]
    assert (again.is_expired, again.expires_at, again.added_by) == (False, None, "tester")
    id_ = realm.user(bob).user.id
    adopted, renewed, removed = latest(realm, 4)[:3]
    assert adopted[1]["members"][id_]["source"] == "import"
    assert adopted[2] == {"added": [], "updated": [id_], "source": "oauth"}
    assert renewed[1]["members"][id_]["source"] == "manual"
    assert removed[0] == "group.remove_members"
    assert removed[1]["members"][id_]["source"] == "oauth"
    realm.login(groups=["nowhere"])
    assert realm.groups_of(bob) == {"kept": "manual"}


def test_another_role_ends_tokens_as_any_change_of_role_does(realm: Realm) -> None:
    realm.policies(role_management="true")
    bob = add_user(realm.database, "bob")
    realm.link(bob)
    set_flags(realm.database, INTENT, None, {"features.api_keys": True})
    key = create_key(realm.database, INTENT, bob)
    realm.login(roles=["admin"])
    now = datetime.now(UTC)
    assert realm.user(bob).user.role is Role.ADMIN
    assert show_token(realm.database, key.token.id, now=now).token.revoked_at is None
    realm.login(roles=["nothing"])
    assert realm.user(bob).user.role is Role.PENDING
    assert show_token(realm.database, key.token.id, now=now).token.revoked_at is not None
    action, before, after = next(
        one for one in reversed(events(realm.database)) if one[0] == "user.set_role"
    )
    assert (action, before["role"], after["role"]) == ("user.set_role", "admin", "pending")
    assert after["ended_tokens"] == 1


def test_a_refused_login_is_kept_in_the_audit_log_and_nothing_else_is(realm: Realm) -> None:
    realm.policies(signup="false")
    changes = len(events(realm.database))
    result = realm.login()
    assert result.plan is not None
    assert (result.is_refused, result.user) == (True, None)
    assert events(realm.database)[changes:] == [
        (
            "login.refused",
            None,
            {
                "reason": "signup_off",
                "issuer": ISSUER,
                "subject": "117",
                "email": "ada@example.com",
            },
        )
    ]
    assert realm.roles() == {"root": "admin"}


def test_an_address_that_is_a_user_s_is_a_conflict_and_kept_in_the_audit_log(realm: Realm) -> None:
    add_user(realm.database, "bob")
    changes = len(events(realm.database))
    with pytest.raises(ConflictError, match="whom this subject does not stand for") as error:
        realm.login(sub="attacker", email="Bob@example.com", roles=["admin"])
    assert "grantctl oauth link" in str(error.value.hint)
    assert [(one, after["reason"]) for one, _, after in events(realm.database)[changes:]] == [
        ("login.refused", "email_taken")
    ]
    assert realm.user("bob@example.com").identities == ()


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (issued(), "expired"),
        ("nonsense", "malformed"),
        (issued(iss="https://evil.example"), "wrong_issuer"),
        (issued()[:-4] + "AAAA", "bad_signature"),
    ],
)
def test_an_invalid_token_is_refused_and_nothing_of_it_is_kept(
    realm: Realm, text: str, reason: str
) -> None:
    changes = len(events(realm.database))
    result = login(realm.database, INTENT, text, Expected())
    assert (result.plan, result.is_refused) == (None, True)
    assert result.refusal is not None
    assert result.refusal.reason == reason
    assert events(realm.database)[changes:] == [("login.refused", None, {"reason": reason})]


def test_a_dry_run_shows_it_and_keeps_nothing(realm: Realm) -> None:
    realm.policies(group_management="true", group_creation="true")
    changes = events(realm.database)
    result = realm.login(intent=DRY, groups=["a"])
    assert result.plan is not None
    assert result.plan.outcome is LoginOutcome.CREATED
    realm.policies(signup="false")
    realm.login(intent=DRY)
    assert realm.roles() == {"root": "admin"}
    assert [one for one in events(realm.database) if one[0] != "policy.set"] == [
        one for one in changes if one[0] != "policy.set"
    ]


def test_the_only_user_and_the_last_admin_stay_admin(realm: Realm) -> None:
    realm.link(ROOT)
    realm.policies(role_management="true")
    realm.login(roles=["user"])
    assert realm.roles() == {"root": "admin"}
    add_user(realm.database, "bob")
    realm.login(roles=["nothing"])
    assert realm.roles() == {"root": "admin", "bob": "user"}
    set_role(realm.database, INTENT, ["bob@example.com"], Role.ADMIN)
    realm.login(roles=["nothing"])
    assert realm.roles() == {"root": "pending", "bob": "admin"}


@pytest.mark.parametrize("engine", ["sqlite"])
def test_nothing_is_verified_unless_keys_issuer_and_audience_are_known(
    realm: Realm, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    text = issued_at(now)
    told = []
    for key in ("audience", "issuer", "jwks"):
        unset_policy(realm.database, INTENT, f"oauth.{key}")
        with pytest.raises(GuardError) as error:
            login(realm.database, INTENT, text, Expected(), now=now)
        told.append((error.value.message, error.value.hint))
    assert told == [
        (
            "there is no audience to verify an ID token by",
            "--audience NAME, or: grantctl config set oauth.audience NAME",
        ),
        (
            "there is no issuer to verify an ID token by",
            "--issuer URL, or: grantctl config set oauth.issuer URL",
        ),
        (
            "there is no key set to verify an ID token by",
            "--jwks FILE, or: grantctl config set oauth.jwks FILE",
        ),
    ]
    expected = Expected(ISSUER, AUDIENCE, str(tmp_path / "jwks.json"))
    assert login(realm.database, INTENT, text, expected, now=now).user is not None
    with pytest.raises(InvalidError, match="cannot be read"):
        login(realm.database, INTENT, text, Expected(ISSUER, AUDIENCE, "none.json"), now=now)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_for_what_is_no_token_no_key_is_asked_for(realm: Realm) -> None:
    realm.policies(jwks="/nowhere/keys.json")
    result = login(realm.database, INTENT, "nonsense", Expected())
    assert result.refusal is not None


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_nonce_leeway_and_the_provider_s_new_keys_count(realm: Realm, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    text = issued_at(now, nonce="n-1")

    def reason(at: datetime, nonce: str | None) -> str | None:
        found = login(realm.database, INTENT, text, Expected(nonce=nonce), now=at).refusal
        return None if found is None else found.reason.value

    assert (reason(now, "n-1"), reason(now, None), reason(now, "n-2")) == (
        None,
        None,
        "wrong_nonce",
    )
    late = now + timedelta(seconds=310)
    assert reason(late, None) == "expired"
    realm.policy("tokens.leeway_seconds", "60")
    assert reason(late, None) is None
    others = key_set({"kty": "RSA"}, public_member("EdDSA", kid="other"))
    (tmp_path / "jwks.json").write_bytes(others)
    assert reason(now, None) == "unknown_key"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_token_is_tried_without_keys_and_nobody_vouches_for_it(realm: Realm) -> None:
    now = datetime.now(UTC)
    unset_policy(realm.database, INTENT, "oauth.jwks")
    result = simulate_token(realm.database, issued_at(now), Expected(), now=now)
    assert (result.is_verified, result.is_refused, result.warnings) == (False, False, ())
    result = simulate_token(realm.database, issued(), Expected(), now=now)
    assert result.plan is not None
    assert result.warnings[0].startswith("it would be refused: it expired ")
    for key in ("issuer", "audience"):
        unset_policy(realm.database, INTENT, f"oauth.{key}")
    result = simulate_token(
        realm.database, issued_at(now, aud=["a", "b"], azp="b"), Expected(), now=now
    )
    assert (result.is_refused, result.warnings) == (False, ())
    assert simulate_token(realm.database, "nonsense", Expected()).refusal is not None


NAMES = st.lists(st.sampled_from(["a", "b", "c", "adm1", "new", "twins"]), unique=True)
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "roles": st.lists(st.sampled_from(["admin", "user", "guest"]), unique=True)
        | st.sampled_from(["admin,user", "guest", "", None]),
        "groups": NAMES | st.sampled_from(["a;b", "", None]),
        "name": st.sampled_from(["Ada", "Ada L.", None]),
        "email": st.sampled_from(
            ["ada@example.com", "ada@example.org", "bob@example.com", "no", None]
        ),
        "email_verified": st.booleans(),
        "sub": st.sampled_from(["117", "118", "root"]),
    },
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "role_management": st.sampled_from(["true", "false"]),
        "unmatched_role": st.sampled_from(["refuse", "default_role"]),
        "missing_role": st.sampled_from(["keep", "default_role"]),
        "admin_roles": st.sampled_from(["admin", "[]"]),
        "group_management": st.sampled_from(["true", "false"]),
        "group_creation": st.sampled_from(["true", "false"]),
        "blocked_groups": st.sampled_from(["^adm", "[]"]),
        "update_name": st.sampled_from(["true", "false"]),
        "update_email": st.sampled_from(["true", "false"]),
        "signup": st.sampled_from(["true", "false"]),
        "allowed_domains": st.sampled_from(["*", "example.com"]),
    },
)


def expected_groups(plan: LoginPlan, before: dict[str, str]) -> dict[str, str]:
    """The memberships that the plan leads to, by name."""
    after = dict(before)
    if plan.default_group is not None:
        after[plan.default_group.name] = "manual"
    for one in plan.groups.changes if plan.groups is not None else ():
        if one.action in (GroupAction.ADD, GroupAction.CREATE, GroupAction.ADOPT):
            after[one.name] = "oauth"
        elif one.action is GroupAction.REMOVE:
            after.pop(one.name)
    return after


@settings(
    deadline=None,
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changed=st.lists(st.tuples(SETTINGS, CLAIMS), min_size=2, max_size=4))
def test_a_login_does_what_a_simulation_shows_and_again_nothing(
    world: Realm, changed: list[tuple[dict[str, str], dict[str, Any]]]
) -> None:
    for policies, claims in changed:
        world.policies(**policies)
        now = datetime.now(UTC)
        text = issued_at(now, **claims)
        shown = simulate_token(world.database, text, Expected(), now=now).plan
        assert shown is not None
        before = world.state()
        user = None if shown.user is None else shown.user.id
        groups = {} if user is None else world.groups_of(user)
        had = set() if user is None else world.permissions_of(user)
        try:
            done = login(world.database, INTENT, text, Expected(), now=now)
        except ConflictError:
            assert shown.refusal is not None
            assert world.state() == before
            continue
        assert done.plan == shown
        if shown.refusal is not None:
            assert world.state() == before
            continue
        assert done.user is not None
        found = world.user(done.user.id).user
        assert (found.role, found.email, found.name) == (shown.new_role, shown.email, shown.name)
        assert world.groups_of(found.id) == expected_groups(shown, groups)
        has = world.permissions_of(found.id)
        assert shown.permissions is not None
        assert shown.permissions.gained == tuple(sorted(has - had))
        assert shown.permissions.lost == tuple(sorted(had - has))
        assert shown.permissions.allowed_count == len(has)
        assert "admin" in world.roles().values()
        after = world.state()
        again = login(world.database, INTENT, text, Expected(), now=now)
        assert again.plan is not None
        assert again.plan.outcome is LoginOutcome.UNCHANGED
        assert world.state() == after


@pytest.fixture
def world(realm: Realm) -> Realm:
    """Groups that set something, a bob, and a root whom the provider knows."""
    add_user(realm.database, "bob")
    realm.link(ROOT, "root")
    for name, key in (
        ("a", "workspace.models"),
        ("b", "workspace.tools"),
        ("adm1", "sharing.models"),
    ):
        realm.group(name)
        set_flags(realm.database, INTENT, name, {key: True})
    for name in ("c", "twins", "everyone"):
        realm.group(name)
    realm.twin_of("twins")
    realm.policy("users.default_group", "everyone")
    realm.policy("users.default_role", "user")
    return realm
