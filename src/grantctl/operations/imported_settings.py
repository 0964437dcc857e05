"""What an import makes of the settings of the source.

Owns that they are taken only where this database has none of its own, and only where they say
something else than the default. Leaves what a value may be to `policy_settings`.
"""

from __future__ import annotations

import json
from typing import Any

from grantctl.errors import InvalidError
from grantctl.interop.directory import Finding, FindingKind, ForeignSetting
from grantctl.operations.import_state import Taking, Tally
from grantctl.operations.policy_settings import find_setting
from grantctl.operations.policy_values import PolicyValue, stored_value, value_text
from grantctl.store import directory_queries as queries
from grantctl.store.token_reader import TokenReader

_MAX_SHOWN = 80


def take_settings(taking: Taking) -> dict[str, Any]:
    """The settings that were taken, by policy key, as the audit entry keeps them."""
    here = TokenReader(taking.connection).policies()
    tally = taking.tallies.setdefault("settings", Tally())
    taken: dict[str, Any] = {}
    for one in taking.directory.settings:
        setting, value = find_setting(one.key), _value(taking, one)
        if value is None:
            continue
        is_here = one.key in here
        if is_here and here[one.key] != stored_value(value):
            reason = f"`{one.key}` is set here, and stays; there it is `{_short(value)}`"
            _tell(taking, FindingKind.ADAPTED, one, reason)
        if is_here or value == setting.default:
            tally.unchanged += 1
        else:
            taken[one.key] = stored_value(value)
    tally.created = len(taken)
    rows = [
        {"key": key, "value": json.dumps(value), "now": taking.now, "actor": taking.actor}
        for key, value in taken.items()
    ]
    taking.connection.run_many(queries.INSERT_POLICY, rows)
    return taken


def _value(taking: Taking, one: ForeignSetting) -> PolicyValue | None:
    try:
        return find_setting(one.key).read(one.value)
    except InvalidError:
        reason = f"`{str(one.value)[:_MAX_SHOWN]}` is nothing that `{one.key}` may be: left out"
        _tell(taking, FindingKind.REJECTED, one, reason)
        return None


def _tell(taking: Taking, kind: FindingKind, one: ForeignSetting, reason: str) -> None:
    taking.findings.append(Finding(kind, "setting", one.name, reason))


def _short(value: PolicyValue) -> str:
    return value_text(value)[:_MAX_SHOWN]
