"""Seeds: what variables of Open WebUI and the file say, which wins, and what cannot be meant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from grantctl.config import Settings, load_settings
from grantctl.interop.openwebui.defaults import built_in
from grantctl.operations import permission_seeds, seed_variables
from grantctl.operations import policy_settings as keys
from grantctl.operations.policy_seeds import MERGE_WARNING, Seed, Seeds, disagreements, read_seeds
from grantctl.operations.policy_settings import SETTINGS
from grantctl.operations.policy_values import PolicyValue
from grantctl.store.seed import SEEDED_PERMISSIONS


def read(
    environ: Mapping[str, str] | None = None, content: str = "", file: Path | None = None
) -> Seeds:
    return read_seeds(environ or {}, settings_of(content, file))


def settings_of(content: str, file: Path | None) -> Settings:
    if file is None:
        return load_settings(flags={}, environ={})
    file.write_text(content)
    return load_settings(flags={"config": str(file)}, environ={})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "c.toml"


EXAMPLES: dict[str, tuple[str, str, PolicyValue]] = {
    "DEFAULT_USER_ROLE": (keys.DEFAULT_ROLE_KEY, "user", "user"),
    "DEFAULT_GROUP_ID": (keys.DEFAULT_GROUP, "6c1b", "6c1b"),
    "BYPASS_ADMIN_ACCESS_CONTROL": (keys.ADMIN_BYPASS_KEY, "False", False),
    "ENABLE_ADMIN_WORKSPACE_CONTENT_ACCESS": (keys.ADMIN_BYPASS_KEY, "False", False),
    "ENABLE_API_KEYS": (keys.API_KEYS_ENABLED, "FALSE", False),
    "ENABLE_API_KEY": (keys.API_KEYS_ENABLED, "false", False),
    "JWT_EXPIRES_IN": (keys.LOGIN_TTL, "4w", "4w"),
    "OAUTH_CLIENT_ID": (keys.OAUTH_AUDIENCE, "open-webui", "open-webui"),
    "ENABLE_OAUTH_SIGNUP": (keys.OAUTH_SIGNUP, "true", True),
    "OAUTH_SUB_CLAIM": (keys.OAUTH_SUB_CLAIM, "oid", "oid"),
    "OAUTH_EMAIL_CLAIM": (keys.OAUTH_EMAIL_CLAIM, "mail", "mail"),
    "OAUTH_USERNAME_CLAIM": (keys.OAUTH_NAME_CLAIM, "displayName", "displayName"),
    "OAUTH_ALLOWED_DOMAINS": (
        keys.OAUTH_ALLOWED_DOMAINS,
        "example.com, Example.org",
        ("example.com", "example.org"),
    ),
    "OAUTH_UPDATE_EMAIL_ON_LOGIN": (keys.OAUTH_UPDATE_EMAIL, "True", True),
    "OAUTH_UPDATE_NAME_ON_LOGIN": (keys.OAUTH_UPDATE_NAME, "True", True),
    "ENABLE_OAUTH_ROLE_MANAGEMENT": (keys.OAUTH_ROLE_MANAGEMENT, "True", True),
    "OAUTH_ROLES_CLAIM": (keys.OAUTH_ROLES_CLAIM, "realm_access.roles", "realm_access.roles"),
    "OAUTH_ROLES_SEPARATOR": (keys.OAUTH_ROLES_SEPARATOR, ";", ";"),
    "OAUTH_ALLOWED_ROLES": (keys.OAUTH_ALLOWED_ROLES, "user, staff,", ("user", "staff")),
    "OAUTH_ADMIN_ROLES": (keys.OAUTH_ADMIN_ROLES, "[ops", ("[ops",)),
    "ENABLE_OAUTH_GROUP_MANAGEMENT": (keys.OAUTH_GROUP_MANAGEMENT, "True", True),
    "ENABLE_OAUTH_GROUP_CREATION": (keys.OAUTH_GROUP_CREATION, "True", True),
    "OAUTH_GROUPS_CLAIM": (keys.OAUTH_GROUPS_CLAIM, "memberOf", "memberOf"),
    "OAUTH_GROUP_CLAIM": (keys.OAUTH_GROUPS_CLAIM, "memberOf", "memberOf"),
    "OAUTH_GROUPS_SEPARATOR": (keys.OAUTH_GROUPS_SEPARATOR, ",", ","),
    "OAUTH_BLOCKED_GROUPS": (keys.OAUTH_BLOCKED_GROUPS, '["^a,", "b*"]', ("^a,", "b*")),
}


@pytest.mark.parametrize("variable", EXAMPLES)
def test_a_variable_of_open_webui_seeds_its_setting(variable: str) -> None:
    key, text, value = EXAMPLES[variable]
    seed = Seed(key, value, f"environment {variable}", text)
    assert read({variable: text}) == Seeds(policies=(seed,))


def test_every_variable_that_is_understood_has_an_example() -> None:
    understood = {one for names in seed_variables.VARIABLES.values() for one in names}
    assert understood == set(EXAMPLES)


def test_roles_are_taken_apart_at_the_separator_of_the_environment_alone(file: Path) -> None:
    roles = {"OAUTH_ALLOWED_ROLES": "cn=a,ou=b; cn=c"}
    content = 'policy.oauth.roles_separator = ";"'
    assert read(roles, content, file).policies[1].value == ("cn=a", "ou=b; cn=c")
    found = read(roles | {"OAUTH_ROLES_SEPARATOR": ";"}).policies
    assert [one.value for one in found] == [";", ("cn=a,ou=b", "cn=c")]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("28d", "4w"),
        ("1h30m", "90m"),
        ("1.5h", "90m"),
        ("500ms500ms", "1s"),
        ("0.25h", "15m"),
        ("90", None),
        ("-1h", None),
        ("1500ms", None),
        ("5w", None),
        ("0s", None),
        ("soon", None),
        ("999999999w999999999w", None),
    ],
)
def test_the_length_of_a_session_is_read_as_open_webui_does(text: str, length: str | None) -> None:
    found = read({"JWT_EXPIRES_IN": text})
    if length is not None:
        assert [one.value for one in found.policies] == [length]
        return
    assert found.policies == ()
    problem = found.problems[0]
    assert problem.message == f"`JWT_EXPIRES_IN`: `login.ttl` may not be `{text}`"
    assert problem.hint == SETTINGS[keys.LOGIN_TTL].allowed


@pytest.mark.parametrize("text", ["-1", "0"])
def test_a_session_without_an_end_is_refused_in_words(text: str) -> None:
    problem = read({"JWT_EXPIRES_IN": text}).problems[0]
    assert problem.message == (
        f"`JWT_EXPIRES_IN`: `{text}` means for ever, and the token of a login does not live for "
        "ever"
    )


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("DEFAULT_USER_ROLE", "admin", "the default role may not be `admin`: every new user"),
        ("DEFAULT_USER_ROLE", "owner", "no role `owner`"),
        ("ENABLE_OAUTH_SIGNUP", "1", "`oauth.signup` may not be `1`"),
        ("ENABLE_OAUTH_SIGNUP", "yes", "`oauth.signup` may not be `yes`"),
        ("OAUTH_BLOCKED_GROUPS", "a,b", "`oauth.blocked_groups` may not be `a,b`"),
        ("OAUTH_BLOCKED_GROUPS", "[1]", "`oauth.blocked_groups` may not be `[1]`"),
        ("OAUTH_ALLOWED_ROLES", "a\x1bb", "`oauth.allowed_roles` may not be `a\x1bb`"),
        ("OAUTH_CLIENT_ID", " a", "`oauth.audience` may not be ` a`"),
    ],
)
def test_a_variable_that_cannot_be_meant_is_named(variable: str, text: str, message: str) -> None:
    found = read({variable: text})
    assert found.policies == ()
    assert found.problems[0].message.startswith(f"`{variable}`: {message}")
    with pytest.raises(type(found.problems[0])):
        found.require_sound()


def test_empty_variables_count_as_not_set() -> None:
    empty = dict.fromkeys([*EXAMPLES, "USER_PERMISSIONS_CHAT_EDIT", "USER_PERMISSIONS_CHAT_X"], "")
    del empty["USER_PERMISSIONS_CHAT_X"]
    assert read(empty) == Seeds()


def test_the_newer_variable_beats_the_older_one_and_both_beat_the_file(file: Path) -> None:
    content = "[policy]\napi_keys.enabled = true\n"
    environ = {"ENABLE_API_KEY": "False", "ENABLE_API_KEYS": "True"}
    assert read(environ, content, file).policies == (
        Seed(
            keys.API_KEYS_ENABLED,
            True,
            "environment ENABLE_API_KEYS",
            "True",
            (("environment ENABLE_API_KEY", "False"), (f"file {file} [policy]", "true")),
        ),
    )


def test_a_shadowed_seed_that_cannot_be_meant_is_a_problem_too(file: Path) -> None:
    found = read({"ENABLE_API_KEYS": "True", "ENABLE_API_KEY": "no"})
    assert [one.key for one in found.policies] == [keys.API_KEYS_ENABLED]
    assert [one.message for one in found.problems] == [
        "`ENABLE_API_KEY`: `api_keys.enabled` may not be `no`"
    ]


def test_the_file_seeds_by_tables_or_dotted_keys(file: Path) -> None:
    content = """
[policy]
users.default_role = "user"
"access.admin_bypass" = false

[policy.oauth]
allowed_roles = ["a", "b,c"]

[policy.login]
max_failures = 3
"""
    origin = f"file {file} [policy]"
    assert read({}, content, file) == Seeds(
        policies=(
            Seed("users.default_role", "user", origin, "user"),
            Seed("access.admin_bypass", False, origin, "false"),
            Seed("login.max_failures", 3, origin, "3"),
            Seed("oauth.allowed_roles", ("a", "b,c"), origin, '["a", "b,c"]'),
        )
    )


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (
            "[policy]\nusers.default_rule = 'user'",
            "`FILE` line 2: no policy setting `users.default_rule`",
            "did you mean `users.default_role`, `users.default_group`, `tokens.default_ttl`? all ",
        ),
        ("[policy]\nusers = 'user'", "`FILE` line 2: no policy setting `users`", "all of them: "),
        (
            "[policy]\n\naccess.admin_bypass = 'true'",
            "`FILE` line 3: `access.admin_bypass` is true or false",
            "true or false",
        ),
        (
            "[policy]\nlogin.max_failures = true",
            "`FILE` line 2: `login.max_failures` is a number",
            "a whole number from 1 to 100",
        ),
        (
            "[policy.login]\nmax_failures = 0",
            "`FILE` line 2: `login.max_failures` may not be `0`",
            "a whole number from 1 to 100",
        ),
        (
            "[policy]\noauth.allowed_roles = 'a'",
            "`FILE` line 2: `oauth.allowed_roles` is an array of texts",
            '["a", "b"]',
        ),
        (
            "[policy]\noauth.allowed_roles = ['a', 1]",
            "`FILE` line 2: `oauth.allowed_roles` is an array of texts",
            '["a", "b"]',
        ),
        (
            "[policy]\noauth.allowed_roles = ['']",
            "`FILE` line 2: `oauth.allowed_roles` may not be ``",
            "a,b or a JSON list",
        ),
        (
            "[policy]\nusers.default_role = 'admin'",
            "`FILE` line 2: the default role may not be `admin`: every new user would be allowed "
            "everything",
            "grantctl roles default user",
        ),
        (
            "[policy]\nlogin.ttl = 2026-01-31",
            "`FILE` line 2: `login.ttl` is text",
            "a whole number with",
        ),
        (
            "[policy]\nlogin.ttl = '1h'\n'login.ttl' = '1h'",
            "`FILE` line 3: `login.ttl` is set twice",
            "",
        ),
    ],
)
def test_what_the_file_cannot_mean_is_told_with_its_line(
    content: str, message: str, hint: str, file: Path
) -> None:
    problem = read({}, content, file).problems[0]
    assert problem.message.replace(str(file), "FILE") == message
    assert (problem.hint or "").startswith(hint)


# Permissions

ODD = {
    "features.webhooks": "FEATURES_USER_WEBHOOKS",
    "sharing.notes": "NOTES_ALLOW_SHARING",
    "sharing.public_notes": "NOTES_ALLOW_PUBLIC_SHARING",
    "sharing.folders": "FOLDERS_ALLOW_SHARING",
    "sharing.public_chats": "CHAT_ALLOW_PUBLIC_SHARING",
    "sharing.open_chats": "CHAT_ALLOW_OPEN_SHARING",
    "sharing.public_calendars": "CALENDAR_ALLOW_PUBLIC_SHARING",
}


def rule(key: str) -> str:
    """The variable that Open WebUI's own pattern gives, where it follows one."""
    category, leaf = key.upper().split(".")
    if category == "SHARING":
        kind = leaf.removeprefix("PUBLIC_")
        return f"WORKSPACE_{kind}_ALLOW_{'PUBLIC_' if kind != leaf else ''}SHARING"
    if category == "WORKSPACE" and "_" not in leaf:
        return f"WORKSPACE_{leaf}_ACCESS"
    return f"{category}_{leaf}"


def test_every_permission_of_every_release_has_its_variable() -> None:
    known = {one.key for one in SEEDED_PERMISSIONS} | set(built_in("999"))
    assert {key: names[0] for key, names in permission_seeds.VARIABLES.items()} == {
        key: f"USER_PERMISSIONS_{ODD.get(key) or rule(key)}" for key in known
    }


def test_no_variable_stands_for_two_permissions() -> None:
    names = [one for group in permission_seeds.VARIABLES.values() for one in group]
    assert len(names) == len(set(names))


def test_variables_seed_the_defaults_of_permissions() -> None:
    found = read(
        {
            "USER_PERMISSIONS_CHAT_CONTROLS": "False",
            "USER_PERMISSIONS_WORKSPACE_MODELS_ALLOW_PUBLIC_SHARING": "TRUE",
            "USER_PERMISSIONS_CHAT_DELETION": "false",
            "USER_PERMISSIONS_CHAT_EDIT": "maybe",
        }
    )
    prefix = "environment USER_PERMISSIONS_"
    assert found.defaults == (
        Seed("chat.controls", False, f"{prefix}CHAT_CONTROLS", "False"),
        Seed("chat.delete", False, f"{prefix}CHAT_DELETION", "false"),
        Seed(
            "sharing.public_models",
            True,
            f"{prefix}WORKSPACE_MODELS_ALLOW_PUBLIC_SHARING",
            "TRUE",
        ),
    )
    assert [(one.message, one.hint) for one in found.problems] == [
        ("`USER_PERMISSIONS_CHAT_EDIT` may not be `maybe`", "true or false")
    ]


def test_what_is_not_understood_is_told() -> None:
    found = read(
        {
            "USER_PERMISSIONS_CHAT_CONTROL": "True",
            "USER_PERMISSIONS_QQQQQQQQQQQQQQQQQQQQQQQQQQQQQ": "True",
            "OAUTH_MERGE_ACCOUNTS_BY_EMAIL": "True",
            "SOMETHING_ELSE": "x",
        }
    )
    assert found == Seeds(
        warnings=(
            MERGE_WARNING,
            "`USER_PERMISSIONS_CHAT_CONTROL` sets no permission that is known; did you mean "
            "`USER_PERMISSIONS_CHAT_CONTROLS`?",
            "`USER_PERMISSIONS_QQQQQQQQQQQQQQQQQQQQQQQQQQQQQ` sets no permission that is known",
        )
    )
    assert read({"OAUTH_MERGE_ACCOUNTS_BY_EMAIL": "False"}) == Seeds()


# Disagreements


def test_a_seed_disagrees_where_it_means_something_else() -> None:
    environ = {
        "DEFAULT_USER_ROLE": "user",
        "JWT_EXPIRES_IN": "28d",
        "OAUTH_ALLOWED_ROLES": "b,a",
        "USER_PERMISSIONS_CHAT_EDIT": "False",
        "USER_PERMISSIONS_CHAT_STT": "True",
        "USER_PERMISSIONS_WORKSPACE_SKILLS_ACCESS": "True",
    }
    policies: dict[str, PolicyValue] = {
        keys.DEFAULT_ROLE_KEY: "pending",
        keys.LOGIN_TTL: "4w",
        keys.OAUTH_ALLOWED_ROLES: ("a", "b"),
    }
    defaults = {"chat.edit": True, "chat.stt": True}
    found = disagreements(read(environ), policies, defaults)
    assert [(one.seed.key, one.in_force) for one in found] == [
        (keys.DEFAULT_ROLE_KEY, "pending"),
        ("chat.edit", True),
    ]
