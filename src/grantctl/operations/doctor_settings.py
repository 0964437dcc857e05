"""What `doctor` finds of policy settings: broken ones, and whoever says something else.

Leaves what a value may be to `policy_settings`, what variables and the file say of them to
`policy_seeds`, and what is amiss in those about an identity provider to `oauth_lint`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from shlex import join

from grantctl.errors import DatabaseError, InvalidError, NotFoundError
from grantctl.evaluation.command_words import command
from grantctl.operations.doctor_findings import (
    DoctorFinding,
    Status,
    counted,
    failure,
    ok,
    skipped,
    warning,
)
from grantctl.operations.doctor_visit import Visit
from grantctl.operations.integrity_findings import WRITTEN_PAST
from grantctl.operations.oauth_lint import LintFinding, find_problems, read_lint_facts
from grantctl.operations.policy_overview import read_policies
from grantctl.operations.policy_seeds import Disagreement, Seeds, read_seeds
from grantctl.operations.policy_settings import DEFAULT_GROUP, SETTINGS, find_setting
from grantctl.operations.policy_values import value_text
from grantctl.store import doctor_queries as queries

# Of the findings of `oauth lint`, those with which something set up does not work at all.
BROKEN = frozenset({"jwks_unusable", "blocked_malformed"})


def policy_values(visit: Visit) -> Iterator[DoctorFinding]:
    """Whether every stored setting is one, and may be what it is."""
    rows = visit.rows(queries.POLICIES)
    found = [one for key, text in rows for one in _value(str(key), str(text))]
    yield from found or [ok(f"{counted(len(rows), 'setting')} stored, each what it may be")]


def _value(key: str, text: str) -> Iterator[DoctorFinding]:
    try:
        find_setting(key).read(json.loads(text))
    except NotFoundError:
        yield warning("this version knows no such setting", key, "grantctl config show")
    except InvalidError as error:
        yield failure(error.message, key, error.hint or f"grantctl config unset {key}")
    except (ValueError, RecursionError):
        yield failure("what is stored for it is not JSON", key, WRITTEN_PAST)


def default_group(visit: Visit) -> Iterator[DoctorFinding]:
    """Whether the group of new users exists."""
    stored = {str(key): str(text) for key, text in visit.rows(queries.POLICIES)}
    try:
        group = json.loads(stored.get(DEFAULT_GROUP, '""'))
    except (ValueError, RecursionError):
        group = ""
    if not isinstance(group, str) or not group:
        yield ok("new users are put into no group")
        return
    rows = visit.rows(queries.GROUP_NAME, group=group)
    if rows:
        yield ok(f"new users are put into `{rows[0][0]}`")
    else:
        message = "new users are put into no group: the one that is set does not exist"
        yield warning(message, group, f"grantctl config unset {DEFAULT_GROUP}")


def seeds_valid(visit: Visit) -> Iterator[DoctorFinding]:
    """Whether what variables and the file say of policy settings can be meant."""
    if not visit.loaded.is_file_read:
        yield skipped("the configuration file cannot be read")
        return
    seeds = _seeds(visit)
    found = [warning(one.message, "", one.hint or "") for one in seeds.problems]
    found += [warning(text) for text in seeds.warnings]
    count = len(seeds.policies) + len(seeds.defaults)
    said = f"{counted(count, 'setting')} named by variables or the file, each can be meant"
    yield from found or [ok(said)]


def settings_agree(visit: Visit) -> Iterator[DoctorFinding]:
    """Whether variables or the file say something else than the database, which decides."""
    overview = read_policies(visit.database, _seeds(visit))
    is_set = {row.key: row.is_set for row in overview.rows}
    found = [_disagreement(one, is_set) for one in overview.disagreements]
    yield from found or [ok("no variable and no file says something else than the database")]


def _disagreement(one: Disagreement, is_set: Mapping[str, bool]) -> DoctorFinding:
    seed, in_force = one.seed, value_text(one.in_force)
    message = f"{seed.origin} says `{seed.text}`, but what decides is `{in_force}` in the database"
    value = value_text(seed.value)
    if seed.key not in SETTINGS:
        words = command("permissions", "set", f"{seed.key}={value}", options=("--default",))
    elif is_set[seed.key]:
        words = command("config", "set", seed.key, value)
    else:
        message = f"{seed.origin} says `{seed.text}`, but what decides is the default, `{in_force}`"
        words = ("grantctl", "config", "seed")
    return warning(message, seed.key, join(words))


def identity_provider(visit: Visit) -> Iterator[DoctorFinding]:
    """What `oauth lint` finds without samples of claims."""
    try:
        facts = read_lint_facts(visit.connection)
    except DatabaseError as error:  # a broken setting, which `policy_values` tells
        yield skipped(error.message)
        return
    found = [_linted(one) for one in find_problems(facts)]
    fine = "nothing is amiss" if facts.is_configured else "no identity provider is set up"
    yield from found or [ok(fine)]


def _linted(one: LintFinding) -> DoctorFinding:
    status = Status.FAILURE if one.code in BROKEN else Status.WARNING
    return DoctorFinding(status, one.message, one.setting, one.hint, f"oauth_{one.code}")


def _seeds(visit: Visit) -> Seeds:
    return read_seeds(visit.environ, visit.loaded.settings)
