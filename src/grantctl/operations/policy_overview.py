"""Every policy setting as it is in force, with who chose it, and who says something else.

Owns the reading for `config show`, over the plain reader, so that it is quick; nothing that a
database may hold makes it fail. Leaves changing them to `policies`, and seeds to `policy_seeds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from grantctl.errors import GrantctlError, InvalidError
from grantctl.lean import dataclass, replace
from grantctl.operations.policy_seeds import Disagreement, Seed, Seeds, disagreements
from grantctl.operations.policy_settings import DEFAULT_GROUP, SETTINGS
from grantctl.operations.policy_values import MAX_ECHO, PolicyValue
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from grantctl.store.token_rows import StoredPolicy


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A setting. `value`: what is in force; the text of what is stored where that may not be.

    `shadows`: what the environment and the file say of it, as (origin, text).
    """

    key: str
    value: PolicyValue
    is_set: bool
    updated_at: datetime | None
    updated_by: str | None
    shadows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyOverview:
    """Every setting, in the order of the registry; who says something else, of the defaults of
    permissions too; and in words what is wrong with what is stored."""

    rows: tuple[PolicyRow, ...]
    disagreements: tuple[Disagreement, ...]
    problems: tuple[str, ...]


def read_policies(database: Database, seeds: Seeds) -> PolicyOverview:
    """Every setting of the database beside what seeds say. Raises DatabaseError."""
    with database.reader() as reader:
        stored = {one.key: one for one in reader.tokens.policy_rows()}
        defaults = {key: one.default for key, one in reader.catalogue().items()}
        known = tuple(_with_group(seed, reader) for seed in seeds.policies)
    problems = [*_unknown(stored)]
    values: dict[str, PolicyValue] = {}
    for key in SETTINGS:
        try:
            values[key] = _value(key, stored.get(key))
        except InvalidError as error:
            problems.append(f"{error.message}; {error.hint}")
    said = {seed.key: seed for seed in seeds.policies}
    return PolicyOverview(
        tuple(_row(key, values.get(key), stored.get(key), said.get(key)) for key in SETTINGS),
        disagreements(replace(seeds, policies=known), values, defaults),
        tuple(problems),
    )


def _with_group(seed: Seed, reader: Reader) -> Seed:
    """The seed with the id of the group that it names, since an id is what is stored."""
    if seed.key != DEFAULT_GROUP or not seed.value:
        return seed
    try:
        return replace(seed, value=reader.find_group(str(seed.value)).id)
    except GrantctlError:
        return seed


def _value(key: str, stored: StoredPolicy | None) -> PolicyValue:
    return SETTINGS[key].default if stored is None else SETTINGS[key].read(stored.value)


def _row(
    key: str, value: PolicyValue | None, stored: StoredPolicy | None, seed: Seed | None
) -> PolicyRow:
    shadows = () if seed is None else ((seed.origin, seed.text), *seed.shadows)
    if stored is None:
        return PolicyRow(key, SETTINGS[key].default, False, None, None, shadows)
    shown = str(stored.value)[:MAX_ECHO] if value is None else value
    return PolicyRow(key, shown, True, stored.updated_at, stored.updated_by, shadows)


def _unknown(stored: Mapping[str, StoredPolicy]) -> Iterator[str]:
    for key in stored:
        if key not in SETTINGS:
            yield f"the database holds `{key[:MAX_ECHO]}`, a setting that is not known here"
