"""`grantctl config set`, `unset`, `seed` and `init`: settings of both kinds changed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call, begin_anyway
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_setting, complete_setting_value
from grantctl.cli.setting_documents import client_value, one_line
from grantctl.config import KEYS, choices_hint
from grantctl.errors import NotFoundError
from grantctl.render.columns import Column
from grantctl.store.masked_url import mask_password

if TYPE_CHECKING:
    from grantctl.operations.config_files import FileChange
    from grantctl.operations.policies import PolicyChange
    from grantctl.operations.seeding import Seeded

app = new_app("Settings changed.")

SEED_COLUMNS = (
    Column("key", "Setting", is_name=True),
    Column("value", "Value"),
    Column("outcome", "Outcome"),
    Column("origin", "Said by"),
    Column("text", "What it says"),
)
KEY = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="a setting, e.g. access.admin_bypass or database",
        autocompletion=complete_setting,
        show_default=False,
    ),
]
VALUE = Annotated[
    str,
    typer.Argument(
        metavar="VALUE",
        help="what it shall be",
        autocompletion=complete_setting_value,
        show_default=False,
    ),
]
TO = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="write this file", show_default=False),
]
FORCE = Annotated[bool, typer.Option("--force", help="replace a file that is there")]


@command(app, "set", changes=True, opens=begin_anyway)
def set_(call: Call, key: KEY, value: VALUE) -> None:
    """Set a policy setting in the database, for every host that uses it; or a setting of this
    client in the configuration file, with --context in that context."""
    if key in KEYS:
        _change_file(call, key, value)
    else:
        _require_known(key)
        _show_policy(call, operations.policies.set_policy(call.database, call.intent, key, value))


@command(app, "unset", changes=True, opens=begin_anyway)
def unset(call: Call, key: KEY) -> None:
    """Let a policy setting be its default again, or take a setting of this client out of the
    configuration file."""
    if key in KEYS:
        _change_file(call, key, None)
    else:
        _require_known(key)
        _show_policy(call, operations.policies.unset_policy(call.database, call.intent, key))


@command(app, "seed", changes=True)
def seed(call: Call) -> None:
    """Set the policy settings that are not set to what the environment and the file say.

    What is set already is left as it is, and so are the defaults of permissions.
    """
    seeds = operations.policy_seeds.read_seeds(os.environ, call.settings)
    report = operations.seeding.seed_database(call.database, call.intent, seeds)
    rows = [_seed_row(one) for one in report.seeded]
    call.show_rows("seeds", rows, SEED_COLUMNS, warnings=report.warnings)
    if not rows:
        call.say("neither the environment nor the file says anything of policy settings")
    call.say_dry_run()


@command(app, "init", changes=True, opens=begin_anyway)
def init(call: Call, to: TO = None, force: FORCE = False) -> None:
    """Write a configuration file that explains every setting, for its owner only."""
    file = to or call.settings.config_path
    operations.config_files.write_sample(file, overwrite=force, dry_run=call.is_dry_run)
    if call.style.format == "table" and not call.style.fields:
        call.say_plainly(str(file))
    else:
        record = {"path": str(file), "exists": file.exists()}
        call.show_record("config-path", record, name_key="path")
    call.say_dry_run()


def _require_known(key: str) -> None:
    """Raise NotFoundError for a key that is almost one of the client's."""
    hint = choices_hint(key, KEYS)
    if key not in operations.policy_settings.SETTINGS and hint.startswith("did you mean"):
        raise NotFoundError(f"no setting `{key[:80]}`", hint=hint)


def _change_file(call: Call, key: str, value: str | None) -> None:
    path, context = call.settings.config_path, call.flags.get("context")
    changed = operations.config_files.change_setting(
        path, key, value, context=context, dry_run=call.is_dry_run
    )
    table = f" [contexts.{context}]" if context else ""
    record = {
        "key": key,
        "value": _masked(key, changed.after),
        "before": _masked(key, changed.before),
        "origin": f"file {path}{table}",
    }
    call.show_record("setting-change", record, name_key="value")
    _advise(call, changed, path)
    call.say_dry_run()


def _masked(key: str, value: str | None) -> str | None:
    return None if value is None else client_value(key, value)


def _advise(call: Call, changed: FileChange, path: Path) -> None:
    """Say what whoever changed the file may not expect."""
    variable = f"GRANTCTL_{changed.key.upper()}"
    if changed.is_new_context:
        call.say("the context is new")
    if changed.after and os.environ.get(variable):
        call.warn(f"`{variable}` is set, and stands before the file")
    is_secret = changed.key == "database" and mask_password(changed.after or "") != changed.after
    if is_secret and not call.is_dry_run and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        call.warn(f"others may read the password in `{path}`: chmod 600 FILE")


def _show_policy(call: Call, changed: PolicyChange) -> None:
    policy = changed.policy
    record = {
        "key": policy.key,
        "value": one_line(call, policy.value),
        "before": one_line(call, changed.before),
        "origin": "database" if policy.is_set else "default",
    }
    call.show_record("setting-change", record, name_key="value")
    call.say_dry_run()


def _seed_row(one: Seeded) -> dict[str, object]:
    return {
        "key": one.seed.key,
        "value": one.value,
        "outcome": one.outcome.value,
        "origin": one.seed.origin,
        "text": one.seed.text,
    }
