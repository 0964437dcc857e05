"""What may be wrong in a database: how it is written, and the rows that `doctor` makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.operations.health import Row

PAST = "it was written past grantctl: restore or import again"
USER = "INSERT INTO users (pk, id, email, name, role, created_at, updated_at) VALUES ({})"
GROUP = "INSERT INTO groups (pk, id, name, description, created_at, updated_at) VALUES ({})"
MEMBER = "INSERT INTO memberships (user_pk, group_pk, source) VALUES ({})"
POLICY = (
    "INSERT INTO policy_settings (key, value, updated_at, updated_by) VALUES ('{}', '{}', 1, 'x')"
)
FLAG = (
    "INSERT INTO group_permissions (group_pk, permission_pk, allowed)"
    " SELECT {group}, pk, {value} FROM permissions WHERE key = '{key}'"
)
PERMISSION = (
    "INSERT INTO permissions (key, default_allowed, description, restricts)"
    " VALUES ('{}', {}, '', false)"
)
TRUE_TO_STAFF = FLAG.format(group=1, value="true", key="{}")


@dataclass(frozen=True)
class Case:
    """What is written, and the rows that it makes. `mends`: the first advice makes all well."""

    statements: tuple[str, ...]
    rows: tuple[Row, ...]
    mends: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    engines: tuple[str, ...] = ("sqlite", "postgresql")


CASES = {
    "one admin": Case(
        ("UPDATE users SET role = 'user' WHERE id = 'u-amy'",),
        (
            (
                "warning",
                "admins",
                "",
                "one of 5 users is admin, and nobody could stand in",
                "grantctl users set-role USER admin",
            ),
        ),
    ),
    "no admin": Case(
        ("UPDATE users SET role = 'user'",),
        (
            (
                "failure",
                "no_admin",
                "users",
                "none of 5 users is admin",
                "grantctl users set-role USER admin",
            ),
        ),
    ),
    "one who waits": Case(
        (USER.format("9, 'u-eli', NULL, 'Eli', 'pending', 1, 1"),),
        (
            (
                "note",
                "users_pending",
                "",
                "1 user pending for over 7 days: `u-eli`",
                "grantctl users list --role pending",
            ),
        ),
    ),
    "many who wait": Case(
        tuple(
            USER.format(f"{pk}, 'u-{pk}', 'p{pk}@example.com', '', 'pending', {100 - pk}, 1")
            for pk in range(10, 17)
        ),
        (
            (
                "note",
                "users_pending",
                "",
                "7 users pending for over 7 days: `p16@example.com`, `p15@example.com`,"
                " `p14@example.com`, `p13@example.com`, `p12@example.com` and 2 more",
                "grantctl users list --role pending",
            ),
        ),
    ),
    "users to whom nothing gives anything": Case(
        (
            "UPDATE permissions SET default_allowed = false",
            USER.format("9, 'u-eli', 'eli@example.com', 'Eli', 'user', 1, 1"),
            "INSERT INTO memberships (user_pk, group_pk, source, expires_at)"
            " VALUES (9, 4, 'manual', 4102444800000000)",
            USER.format("8, 'u-flo', 'flo@example.com', 'Flo', 'user', 1, 1"),
            USER.format("7, 'u-gus', 'gus@example.com', 'Gus', 'pending', 5000000000000000, 1"),
        ),
        (
            (
                "warning",
                "users_without_groups",
                "",
                "every default is false, and 1 user in no group: `flo@example.com`:"
                " no permission is theirs",
                "grantctl groups add GROUP USER",
            ),
        ),
    ),
    "a default that restricts gives nothing": Case(
        (
            "UPDATE permissions SET restricts = true WHERE default_allowed",
            "DELETE FROM memberships WHERE user_pk = 3",
        ),
        (
            (
                "warning",
                "users_without_groups",
                "",
                "every default is false, and 1 user in no group: `bob@example.com`:"
                " no permission is theirs",
                "grantctl groups add GROUP USER",
            ),
        ),
    ),
    "a group without members": Case(
        (
            GROUP.format("9, 'g-nine', 'nobody''s [red]', '', 1, 1"),
            FLAG.format(group=9, value="true", key="chat.controls"),
        ),
        (
            (
                "warning",
                "groups_without_members",
                "",
                "1 group without members: `nobody's [red]`",
                "grantctl groups add g-nine USER",
            ),
        ),
    ),
    "many groups without members, and without effect": Case(
        tuple(GROUP.format(f"{pk}, '-{pk}', 'n{pk}', '', 1, 1") for pk in range(10, 17)),
        (
            (
                "warning",
                "groups_without_members",
                "",
                "7 groups without members: `n10`, `n11`, `n12`, `n13`, `n14` and 2 more",
                "grantctl groups add GROUP USER",
            ),
            (
                "warning",
                "groups_without_effect",
                "",
                "7 groups with no permission true and no access granted:"
                " `n10`, `n11`, `n12`, `n13`, `n14` and 2 more",
                "grantctl groups show GROUP",
            ),
        ),
    ),
    "a group that gives nothing": Case(
        (
            GROUP.format("9, '-nine', 'nine', '', 1, 1"),
            MEMBER.format("3, 9, 'manual'"),
            FLAG.format(group=9, value="false", key="workspace.tools"),
        ),
        (
            (
                "warning",
                "groups_without_effect",
                "",
                "1 group with no permission true and no access granted: `nine`",
                "grantctl groups show -- -nine",
            ),
        ),
    ),
    "an expired membership": Case(
        (
            "UPDATE memberships SET expires_at = 1 WHERE user_pk = 5",
            MEMBER.format("1, 4, 'manual'"),
        ),
        (
            (
                "note",
                "memberships_expired",
                "",
                "1 membership has expired, in `support`",
                "grantctl groups members g-sup",
            ),
        ),
    ),
    "expired memberships": Case(
        (
            "INSERT INTO memberships (user_pk, group_pk, source, expires_at)"
            " SELECT u.pk, g.pk, 'manual', 1 FROM users AS u CROSS JOIN groups AS g"
            " WHERE u.id IN ('u-ada', 'u-amy') AND g.pk <> 3",
        ),
        (
            (
                "note",
                "memberships_expired",
                "",
                "6 memberships have expired, in `engineering`, `staff`, `support`",
                "grantctl groups members GROUP",
            ),
        ),
    ),
    "a misspelt permission": Case(
        (PERMISSION.format("chat.contols", "false"),),
        (
            (
                "warning",
                "permission_keys",
                "chat.contols",
                "Open WebUI knows no such permission: did you mean `chat.controls`?",
                "grantctl permissions show chat.contols, then:"
                " grantctl permissions undefine chat.contols",
            ),
        ),
        mends=True,
    ),
    "a misspelt category, letter case, a separator; own permissions": Case(
        tuple(
            PERMISSION.format(key, "false")
            for key in (
                "feature.notes",
                "features.websearch",
                "workspace.Tools",
                "billing.invoices",
                "chat.invoices",
                "features.automations",
                "lone",
            )
        ),
        (
            *(
                (
                    "warning",
                    "permission_keys",
                    key,
                    f"Open WebUI knows no such permission: did you mean `{meant}`?",
                    f"grantctl permissions show {key}, then: grantctl permissions undefine {key}",
                )
                for key, meant in (
                    ("feature.notes", "features.notes"),
                    ("features.websearch", "features.web_search"),
                    ("workspace.Tools", "workspace.tools"),
                )
            ),
            (
                "note",
                "permission_keys",
                "",
                "3 permissions that Open WebUI does not know:"
                " `billing.invoices`, `chat.invoices`, `lone`",
                "grantctl permissions list",
            ),
        ),
    ),
    "a false under a default": Case(
        (FLAG.format(group=3, value="false", key="chat.share"),),
        (
            (
                "warning",
                "flags_under_default",
                "chat.share",
                "false without effect in `interns`: the default is true",
                "grantctl permissions unset --group=g-int chat.share, or:"
                " grantctl permissions set --default chat.share=false",
            ),
        ),
        mends=True,
    ),
    "falses of one permission under a default": Case(
        tuple(FLAG.format(group=pk, value="false", key="chat.share") for pk in (1, 2, 3, 4)),
        (
            (
                "warning",
                "flags_under_default",
                "chat.share",
                "false without effect in `engineering`, `interns`, `staff`, `support`:"
                " the default is true",
                "grantctl permissions unset --group=GROUP chat.share, or:"
                " grantctl permissions set --default chat.share=false",
            ),
        ),
    ),
    "falses of many permissions under their defaults": Case(
        tuple(
            statement
            for key in ("delete", "edit", "export", "stt", "tts", "call", "params")
            for statement in (
                PERMISSION.format(f"chat.{key}", "true"),
                FLAG.format(group=3, value="false", key=f"chat.{key}"),
            )
        ),
        (
            *(
                (
                    "warning",
                    "flags_under_default",
                    f"chat.{key}",
                    "false without effect in `interns`: the default is true",
                    f"grantctl permissions unset --group=g-int chat.{key}, or:"
                    f" grantctl permissions set --default chat.{key}=false",
                )
                for key in ("call", "delete", "edit", "export", "params")
            ),
            (
                "warning",
                "flags_under_default",
                "and 2 more",
                "of the same kind",
                "grantctl permissions list",
            ),
        ),
    ),
    "a false that a group above makes void": Case(
        (FLAG.format(group=3, value="false", key="chat.controls"),),
        (
            (
                "warning",
                "flags_shadowed",
                "chat.controls",
                "false without effect in `interns`: every member gets it from another group",
                "grantctl permissions unset --group=g-int chat.controls",
            ),
        ),
        mends=True,
    ),
    "a false whose members are elsewhere too, but for an admin and one who has expired": Case(
        (
            MEMBER.format("5, 2, 'manual'"),
            MEMBER.format("1, 4, 'manual'"),
            "INSERT INTO memberships (user_pk, group_pk, source, expires_at)"
            " VALUES (4, 4, 'manual', 1)",
        ),
        (
            (
                "note",
                "memberships_expired",
                "",
                "1 membership has expired, in `support`",
                "grantctl groups members g-sup",
            ),
            (
                "warning",
                "flags_shadowed",
                "chat.controls",
                "false without effect in `support`: every member gets it from another group",
                "grantctl permissions unset --group=g-sup chat.controls",
            ),
        ),
    ),
    "a broken policy setting": Case(
        (POLICY.format("access.admin_bypass", '"perhaps"'),),
        (
            (
                "failure",
                "policy_values",
                "access.admin_bypass",
                "`access.admin_bypass` in the database may not be what it is: `perhaps`",
                "grantctl config set access.admin_bypass true",
            ),
        ),
        mends=True,
    ),
    "a default role that would make everybody admin": Case(
        (POLICY.format("users.default_role", '"admin"'),),
        (
            (
                "failure",
                "policy_values",
                "users.default_role",
                "the default role may not be `admin`: every new user would be allowed everything",
                "grantctl roles default user, and: grantctl users set-role USER admin",
            ),
            (
                "skipped",
                "oauth_lint",
                "",
                "the default role may not be `admin`: every new user would be allowed everything",
                "",
            ),
        ),
        mends=True,
    ),
    "an unknown policy setting": Case(
        (POLICY.format("users.defualt_role", '"user"'),),
        (
            (
                "warning",
                "policy_values",
                "users.defualt_role",
                "this version knows no such setting",
                "grantctl config show",
            ),
        ),
    ),
    "a policy setting that is no JSON": Case(
        (POLICY.format("tokens.issuer", '"half'),),
        (
            (
                "failure",
                "policy_values",
                "tokens.issuer",
                "what is stored for it is not JSON",
                PAST,
            ),
            (
                "skipped",
                "oauth_lint",
                "",
                "the database is damaged: the row of a policy setting cannot be understood",
                "",
            ),
        ),
        engines=("sqlite",),
    ),
    "a default group that is gone": Case(
        (POLICY.format("users.default_group", '"g-gone"'),),
        (
            (
                "warning",
                "default_group",
                "g-gone",
                "new users are put into no group: the one that is set does not exist",
                "grantctl config unset users.default_group",
            ),
        ),
        mends=True,
    ),
    "a variable that says something else than what is stored": Case(
        (POLICY.format("users.default_role", '"user"'),),
        (
            (
                "warning",
                "settings_agree",
                "users.default_role",
                "environment DEFAULT_USER_ROLE says `pending`, but what decides is `user`"
                " in the database",
                "grantctl config set users.default_role pending",
            ),
        ),
        mends=True,
        environ={"DEFAULT_USER_ROLE": "pending"},
    ),
    "a variable that says something else than the default": Case(
        (),
        (
            (
                "warning",
                "settings_agree",
                "api_keys.enabled",
                "environment ENABLE_API_KEYS says `false`, but what decides is the default, `true`",
                "grantctl config seed",
            ),
        ),
        mends=True,
        environ={"ENABLE_API_KEYS": "false"},
    ),
    "a variable that says something else than a permission's default": Case(
        (),
        (
            (
                "warning",
                "settings_agree",
                "chat.controls",
                "environment USER_PERMISSIONS_CHAT_CONTROLS says `true`, but what decides is"
                " `false` in the database",
                "grantctl permissions set --default chat.controls=true",
            ),
        ),
        environ={"USER_PERMISSIONS_CHAT_CONTROLS": "true"},
    ),
    "a provider that is set up in part": Case(
        (
            POLICY.format("oauth.issuer", '"https://id.example.com"'),
            POLICY.format("oauth.audience", '"grantctl"'),
            POLICY.format("oauth.jwks", '"/no/such/keys.json"'),
            POLICY.format("oauth.group_creation", "true"),
        ),
        (
            (
                "failure",
                "oauth_jwks_unusable",
                "oauth.jwks",
                "the key set `/no/such/keys.json` cannot be read: no such file or directory",
                "grantctl config set oauth.jwks FILE",
            ),
            (
                "warning",
                "oauth_without_effect",
                "oauth.group_creation",
                "it is `true`, and does nothing while `oauth.group_management` is off",
                "grantctl config set oauth.group_management true, or:"
                " grantctl config unset oauth.group_creation",
            ),
        ),
    ),
    "a provider's setting that does nothing": Case(
        (
            POLICY.format("oauth.issuer", '"https://id.example.com"'),
            POLICY.format("oauth.audience", '"grantctl"'),
            POLICY.format("oauth.jwks", '"https://id.example.com/keys"'),
            POLICY.format("oauth.group_creation", "true"),
        ),
        (
            (
                "warning",
                "oauth_without_effect",
                "oauth.group_creation",
                "it is `true`, and does nothing while `oauth.group_management` is off",
                "grantctl config set oauth.group_management true, or:"
                " grantctl config unset oauth.group_creation",
            ),
        ),
        mends=True,
    ),
    "a flag that is neither true nor false": Case(
        (
            "UPDATE group_permissions SET allowed = 2 WHERE group_pk = 2",
            "UPDATE permissions SET default_allowed = 'yes' WHERE key = 'workspace.tools'",
        ),
        (
            (
                "failure",
                "settings_agree",
                "",
                "the database is damaged: the row of a permission cannot be understood",
                "grantctl db check, or restore it from a copy",
            ),
            (
                "failure",
                "flag_values",
                "",
                "neither true nor false: `chat.controls of group engineering`,"
                " `default of workspace.tools`",
                PAST,
            ),
        ),
        engines=("sqlite",),
    ),
    "a cycle of groups": Case(
        ("UPDATE groups SET parent_pk = 3 WHERE id = 'g-staff'",),
        (
            (
                "failure",
                "group_cycle",
                "staff",
                "its parents form a cycle: staff → interns → engineering → staff",
                "grantctl groups move g-staff --root",
            ),
            (
                "warning",
                "flags_shadowed",
                "chat.controls",
                "false without effect in `support`: every member gets it from another group",
                "grantctl permissions unset --group=g-sup chat.controls",
            ),
        ),
        mends=True,
    ),
    "a base that does not exist": Case(
        (
            "INSERT INTO resources (type, id, name, is_public, missing_base, created_at,"
            " updated_at) VALUES ('model', 'mine', '', true, 'model:gone', 1, 1)",
        ),
        (
            (
                "warning",
                "missing_base",
                "model:gone",
                "it does not exist, and `model:mine` is made of it: only admins may read what is",
                "grantctl resources create model:gone, or:"
                " grantctl resources update model:mine --no-base",
            ),
        ),
        mends=True,
    ),
    "many owners who do not exist": Case(
        tuple(
            "INSERT INTO resources (type, id, name, is_public, missing_owner, created_at,"
            f" updated_at) VALUES ('model', 'm{number}', '', false, 'u-gone', 1, 1)"
            for number in range(7)
        ),
        (
            *(
                (
                    "warning",
                    "missing_owner",
                    f"model:m{number}",
                    "its owner `u-gone` does not exist",
                    f"grantctl resources set-owner model:m{number} USER",
                )
                for number in range(5)
            ),
            ("warning", "missing_owner", "and 2 more", "of the same kind", "grantctl db check"),
        ),
    ),
    "memberships of nobody": Case(
        (MEMBER.format("77, 4, 'manual'"),),
        (
            (
                "failure",
                "orphan_membership",
                "user 77, group 4",
                "a membership without user or group",
                PAST,
            ),
        ),
    ),
}
