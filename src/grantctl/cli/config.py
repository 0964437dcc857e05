"""`grantctl config`: settings of both kinds, and where they come from.

Leaves changing them to `config_changes`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli import config_changes
from grantctl.cli.call import Call, begin_anyway
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_setting
from grantctl.cli.setting_documents import client_value, one_line, seed_warning, with_hint
from grantctl.config import CONTEXT_KEYS, KEYS, Setting
from grantctl.errors import GrantctlError
from grantctl.render.columns import Column
from grantctl.store.masked_url import HIDDEN

if TYPE_CHECKING:
    from grantctl.operations.policy_overview import PolicyOverview, PolicyRow
    from grantctl.operations.policy_seeds import Seeds

app = new_app("Settings, and where they come from.")

COLUMNS = (
    Column("kind", "Kind", is_extra=True),
    Column("key", "Setting", is_name=True),
    Column("value", "Value"),
    Column("origin", "From"),
    Column("shadows", "Instead of"),
    Column("updated_at", "Set at", is_extra=True),
    Column("updated_by", "Set by", is_extra=True),
)
CONTEXT_COLUMNS = (
    Column("context", "Context", is_name=True),
    Column("current", "Current"),
    Column("database", "Database"),
    *(Column(key, key.capitalize(), is_extra=True) for key in CONTEXT_KEYS[1:]),
)
SECRET_VARIABLES = (  # the first that is set counts
    "GRANTCTL_SECRET_KEY",
    "GRANTCTL_SECRET_KEY_FILE",
    "WEBUI_SECRET_KEY",
    "WEBUI_SECRET_KEY_FILE",
)

KEY = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="a setting, e.g. access.admin_bypass",
        autocompletion=complete_setting,
        show_default=False,
    ),
]


@command(app, "path", opens=begin_anyway)
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
    """Show every setting, where it comes from, and what it stands before.

    Works without a database too: its settings are then left out.
    """
    seeds = operations.policy_seeds.read_seeds(os.environ, call.settings)
    warnings = [*seeds.warnings, *(with_hint(problem) for problem in seeds.problems)]
    rows = [_client_row(call, setting) for setting in call.settings.listed]
    overview = _overview(call, seeds, warnings)
    if overview is not None:
        rows += [_policy_row(one) for one in overview.rows]
        warnings += [*overview.problems, *map(seed_warning, overview.disagreements)]
    rows.append(_secret_row())
    call.show_rows("settings", rows, COLUMNS, warnings=warnings)
    if overview is not None and _is_seedable(overview):
        call.hint(
            "what is not set is set as the environment and the file say: grantctl config seed"
        )


@command(app, "get")
def get(call: Call, key: KEY) -> None:
    """Show one setting, and where it comes from."""
    value: object
    if key in KEYS:
        setting = next(one for one in call.settings.listed if one.key == key)
        value, origin = _value(call, setting), setting.origin
    else:
        policy = operations.policies.get_policy(call.database, key)
        value, origin = one_line(call, policy.value), "database" if policy.is_set else "default"
    record = {"key": key, "value": value, "origin": origin}
    call.show_record("setting", record, name_key="value")


@command(app, "contexts")
def contexts(call: Call) -> None:
    """List the contexts of the configuration file, and say which one is current."""
    current = call.settings.context.value
    rows = [
        {"context": name, "current": name == current}
        | {key: client_value(key, value) for key, value in values.items()}
        for name, values in call.settings.file.contexts.items()
    ]
    call.show_rows("contexts", rows, CONTEXT_COLUMNS)
    if not rows:
        call.hint("make one: grantctl config set --context NAME database URL")


app.add_typer(config_changes.app)


def _overview(call: Call, seeds: Seeds, warnings: list[str]) -> PolicyOverview | None:
    try:
        return operations.policy_overview.read_policies(call.database, seeds)
    except GrantctlError as error:
        warnings.append(f"policy settings are left out: {with_hint(error)}")
        return None


def _is_seedable(overview: PolicyOverview) -> bool:
    """Whether something that seeds say is not set at all."""
    is_set = {row.key: row.is_set for row in overview.rows}
    return any(is_set.get(one.seed.key) is False for one in overview.disagreements)


def _client_row(call: Call, setting: Setting) -> dict[str, object]:
    shadows = [f"{origin}: {client_value(setting.key, one)}" for origin, one in setting.shadows]
    return {
        "kind": "client",
        "key": setting.key,
        "value": _value(call, setting),
        "origin": setting.origin,
        "shadows": shadows,
    }


def _value(call: Call, setting: Setting) -> str:
    if setting.key == "actor":
        return call.settings.actor_name  # an empty one means the user of the system
    return client_value(setting.key, setting.value)


def _policy_row(row: PolicyRow) -> dict[str, object]:
    return {
        "kind": "policy",
        "key": row.key,
        "value": row.value,
        "origin": "database" if row.is_set else "default",
        "shadows": [f"{origin}: {text}" for origin, text in row.shadows],
        "updated_at": row.updated_at,
        "updated_by": row.updated_by,
    }


def _secret_row() -> dict[str, object]:
    """The secret that signs tokens: whether there is one, and from where; never what it is."""
    origins = [*_secrets_named()]
    return {
        "kind": "secret",
        "key": "secret_key",
        "value": HIDDEN if origins else "",
        "origin": origins[0] if origins else "none",
        "shadows": [f"{origin}: {HIDDEN}" for origin in origins[1:]],
    }


def _secrets_named() -> Iterator[str]:
    for variable in SECRET_VARIABLES:
        if os.environ.get(variable):
            yield f"environment {variable}"
