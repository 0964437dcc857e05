"""The settings of a database that have a counterpart here.

Owns which they are, under what names they are kept, and which of them count. In the document of up
to 0.9.6, those under `oauth` count only where the variable ENABLE_OAUTH_PERSISTENT_CONFIG says so;
otherwise the environment decides, which is not seen here. Since 0.10.0 the rows always count.
Leaves to whoever takes them whether a value is one that it may have here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from grantctl.interop.directory import ForeignSetting
from grantctl.interop.openwebui import queries
from grantctl.interop.openwebui.findings import Findings, quoted
from grantctl.interop.openwebui.layout import Layout, SettingsForm
from grantctl.interop.openwebui.values import MalformedError, as_text, is_known, load_json
from grantctl.store.connection import Connection

_TYPE = "setting"
_DEFAULT_GROUP = "users.default_group"
_ROLE_MANAGEMENT = "oauth.role_management"
_LISTS = ("oauth.blocked_groups", "oauth.allowed_roles", "oauth.admin_roles")
_MERGED = "oauth.merge_accounts_by_email"

# Policy key here → names there, of which the first that is there counts.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "users.default_role": ("ui.default_user_role",),
    _DEFAULT_GROUP: ("ui.default_group_id",),
    "api_keys.enabled": ("auth.enable_api_keys", "auth.api_key.enable"),
    "oauth.signup": ("oauth.enable_signup",),
    "oauth.audience": ("oauth.client_id", "oauth.oidc.client_id"),
    "oauth.sub_claim": ("oauth.sub_claim", "oauth.oidc.sub_claim"),
    "oauth.email_claim": ("oauth.email_claim", "oauth.oidc.email_claim"),
    "oauth.name_claim": ("oauth.username_claim", "oauth.oidc.username_claim"),
    _ROLE_MANAGEMENT: ("oauth.enable_role_mapping",),
    "oauth.roles_claim": ("oauth.roles_claim",),
    "oauth.allowed_roles": ("oauth.allowed_roles",),
    "oauth.admin_roles": ("oauth.admin_roles",),
    "oauth.group_management": ("oauth.enable_group_mapping",),
    "oauth.group_creation": ("oauth.enable_group_creation",),
    "oauth.groups_claim": ("oauth.group_claim", "oauth.oidc.group_claim"),
    "oauth.blocked_groups": ("oauth.blocked_groups",),
    "oauth.allowed_domains": ("oauth.allowed_domains",),
    "oauth.update_name": ("oauth.update_name_on_login",),
    "oauth.update_email": ("oauth.update_email_on_login",),
}
# Where nothing stands in these, nothing is claimed; in all others it means: not set.
_MAY_BE_EMPTY = ("oauth.roles_claim", "oauth.groups_claim")


def read_settings(
    connection: Connection, layout: Layout, groups: Collection[str], findings: Findings
) -> tuple[ForeignSetting, ...]:
    """What is set, by policy key; a default group only where it is one of these."""
    stored = _read_stored(connection, layout, findings)
    found = []
    for key, names in _NAMES.items():
        name = next((one for one in names if stored.get(one) is not None), None)
        if name is None or (stored[name] == "" and key not in _MAY_BE_EMPTY):
            continue
        if key == _DEFAULT_GROUP and not _is_one_of(stored[name], groups):
            findings.about(_TYPE, name).rejected(
                f"there is no group {quoted(stored[name])}: left out"
            )
            continue
        found.append(
            ForeignSetting(key, name, _listed(stored[name]) if key in _LISTS else stored[name])
        )
    return (*found, *_implied(found))


def _is_one_of(value: object, ids: Collection[str]) -> bool:
    return isinstance(value, str) and is_known(value, ids)


def _implied(found: Collection[ForeignSetting]) -> tuple[ForeignSetting, ...]:
    """Where roles are managed, whom no role fits is refused: since 0.8.0, whatever is set."""
    for one in found:
        if one.key == _ROLE_MANAGEMENT and one.value is True:
            return (ForeignSetting("oauth.unmatched_role", one.name, "refuse"),)
    return ()


def _read_stored(connection: Connection, layout: Layout, findings: Findings) -> dict[str, object]:
    """What counts of what is stored, by its name."""
    if layout.settings is SettingsForm.DOCUMENT:
        return _read_document(connection, findings)
    if layout.settings is SettingsForm.NONE:
        return {}
    stored: dict[str, object] = {}
    for name, value in connection.rows(queries.CONFIG_ROWS):
        try:
            stored[as_text(name) or ""] = load_json(value)
        except MalformedError as error:
            findings.about(_TYPE, as_text(name)).rejected(f"what is stored {error}: left out")
    if stored.get(_MERGED) is True:
        findings.about(_TYPE, _MERGED).adapted(
            "a login there takes over the account of its e-mail address; here it never does"
        )
    return stored


def _read_document(connection: Connection, findings: Findings) -> dict[str, object]:
    rows = connection.rows(queries.CONFIG_DOCUMENT)
    try:
        document = load_json(rows[0][0]) if rows else None
    except MalformedError:
        return {}  # told where the permissions in it are read
    names = [name for names in _NAMES.values() for name in names]
    stored = {name: _walk(document, name) for name in names}
    uncounted = sorted(
        name for name in names if name.startswith("oauth.") and stored[name] is not None
    )
    if uncounted:
        findings.about(_TYPE, "oauth").rejected(
            "this version takes its settings from the environment, unless"
            " ENABLE_OAUTH_PERSISTENT_CONFIG is set: those stored are left out"
        )
    return {name: value for name, value in stored.items() if name not in uncounted}


def _walk(value: object, name: str) -> object:
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _listed(value: object) -> object:
    """A list that is kept as the text of one: JSON's, or with commas."""
    if not isinstance(value, str):
        return value
    try:
        return load_json(value)
    except MalformedError:
        return [part.strip() for part in value.split(",") if part.strip()]
