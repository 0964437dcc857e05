"""`grantctl config`: settings, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.config import KEYS, Setting
from grantctl.errors import UsageError
from grantctl.render.columns import Column
from grantctl.store.url import mask_password

if TYPE_CHECKING:
    from grantctl.operations.policies import PolicyChange

app = new_app("Settings, and where they come from.")

COLUMNS = (
    Column("key", "Setting", is_name=True),
    Column("value", "Value"),
    Column("origin", "From"),
    Column("shadows", "Instead of"),
)


def complete_policy(incomplete: str) -> list[str]:
    """Policy settings that begin so."""
    return [key for key in operations.policy_settings.SETTINGS if key.startswith(incomplete)]


def complete_key(incomplete: str) -> list[str]:
    """Settings of both kinds that begin so."""
    client = [key for key in KEYS if key.startswith(incomplete)]
    return [*complete_policy(incomplete), *client]


KEY = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="a setting, e.g. access.admin_bypass",
        autocompletion=complete_key,
        show_default=False,
    ),
]
POLICY_KEY = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="a policy setting, e.g. access.admin_bypass",
        autocompletion=complete_policy,
        show_default=False,
    ),
]


@command(app, "path")
def path(call: Call) -> None:
    """Say which configuration file is read."""
    file = call.settings.config_path
    record = {"path": str(file), "exists": file.exists()}
    if call.style.format == "table" and not call.style.fields:
        call.say_plainly(str(file))
    else:
        call.show_record("config-path", record, name_key="path")


@command(app, "show")
def show(call: Call) -> None:
    """Show every setting, where it comes from, and what it stands before."""
    records = [_client_record(call, key) for key in KEYS]
    call.show_rows("settings", records, COLUMNS)


@command(app, "get")
def get(call: Call, key: KEY) -> None:
    """Show one setting, and where it comes from."""
    if key in KEYS:
        found = _client_record(call, key)
        record = {field: found[field] for field in ("key", "value", "origin")}
    else:
        policy = operations.policies.get_policy(call.database, key)
        origin = "database" if policy.is_set else "default"
        record = {"key": key, "value": policy.value, "origin": origin}
    call.show_record("setting", record, name_key="value")


@command(app, "set", changes=True)
def set_(
    call: Call,
    key: POLICY_KEY,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="what it shall be", show_default=False)
    ],
) -> None:
    """Decide a policy setting, for every host that uses the database."""
    _refuse_client_setting(call, key)
    changed = operations.policies.set_policy(call.database, call.intent, key, value)
    _show_change(call, changed)


@command(app, "unset", changes=True)
def unset(call: Call, key: POLICY_KEY) -> None:
    """Let a policy setting be its default again."""
    _refuse_client_setting(call, key)
    _show_change(call, operations.policies.unset_policy(call.database, call.intent, key))


def _refuse_client_setting(call: Call, key: str) -> None:
    if key in KEYS:
        raise UsageError(
            f"`{key}` is a setting of this client, not of the database",
            hint=f"write it into the configuration file: {call.settings.config_path}",
        )


def _show_change(call: Call, changed: PolicyChange) -> None:
    policy = changed.policy
    record = {
        "key": policy.key,
        "value": policy.value,
        "before": changed.before,
        "origin": "database" if policy.is_set else "default",
    }
    call.show_record("setting-change", record, name_key="value")
    call.say_dry_run()


def _client_record(call: Call, key: str) -> dict[str, object]:
    settings = call.settings
    record = _record(next(one for one in settings.listed if one.key == key))
    if key == "actor":
        record["value"] = settings.actor_name  # an empty one means the user of the system
    return record


def _record(setting: Setting) -> dict[str, object]:
    return {
        "key": setting.key,
        "value": _shown(setting, setting.value),
        "origin": setting.origin,
        "shadows": [f"{origin}: {_shown(setting, value)}" for origin, value in setting.shadows],
    }


def _shown(setting: Setting, value: str) -> str:
    return mask_password(value) if setting.key == "database" else value
