"""`grantctl config`: settings, and where they come from."""

from __future__ import annotations

from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.config import Setting
from grantctl.render.columns import Column
from grantctl.store.url import mask_password

app = new_app("Settings, and where they come from.")

COLUMNS = (
    Column("key", "Setting", is_name=True),
    Column("value", "Value"),
    Column("origin", "From"),
    Column("shadows", "Instead of"),
)


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
    settings = call.settings
    found = (settings.database, settings.output, settings.color, settings.actor)
    records = [_record(setting) for setting in found]
    records[-1]["value"] = settings.actor_name  # an empty one means the user of the system
    call.show_rows("settings", records, COLUMNS)


def _record(setting: Setting) -> dict[str, object]:
    return {
        "key": setting.key,
        "value": _shown(setting, setting.value),
        "origin": setting.origin,
        "shadows": [f"{origin}: {_shown(setting, value)}" for origin, value in setting.shadows],
    }


def _shown(setting: Setting, value: str) -> str:
    return mask_password(value) if setting.key == "database" else value
