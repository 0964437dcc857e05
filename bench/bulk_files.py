"""Files to import: users, memberships and resources of a directory, as NDJSON and as CSV.

Owns how a row is spelled. Leaves what is in it to `directory`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.directory import Table, tables
from bench.sizes import Size

FORMATS = ("ndjson", "csv")

_USERS_A_GROUP, _USERS_A_RESOURCE = 50, 5

Member = dict[str, Any]  # a row as JSON holds it


def bulk_size(size: Size, users: int) -> Size:
    """The directory that is imported: like the size's, with so many users."""
    groups = max(size.groups if users >= size.users else 0, users // _USERS_A_GROUP, 20)
    return replace(size, users=users, groups=groups, resources=users // _USERS_A_RESOURCE)


def write_files(folder: Path, size: Size, seed: int, kinds: Iterable[str]) -> None:
    """Write `KIND.ndjson` and `KIND.csv` for each kind: users, memberships, resources."""
    for kind in kinds:
        found = _MAKERS[kind](size, seed)
        with (
            (folder / f"{kind}.ndjson").open("w") as lines,
            (folder / f"{kind}.csv").open("w", newline="") as sheet,
        ):
            writer = csv.writer(sheet, lineterminator="\n")
            for number, row in enumerate(found):
                if number == 0:
                    writer.writerow(row)
                lines.write(f"{_json(row)}\n")
                writer.writerow(
                    _json(one) if isinstance(one, dict) else one for one in row.values()
                )


def _users(size: Size, seed: int) -> Iterator[Member]:
    for _, id_, email, name, role, *_ in _table(size, seed, "users").rows:
        yield {"email": email, "name": name, "role": role, "id": id_}


def _memberships(size: Size, seed: int) -> Iterator[Member]:
    emails = [row[2] for row in _table(size, seed, "users").rows]
    names = [row[2] for row in _table(size, seed, "groups").rows]
    for user, group, *_ in _table(size, seed, "memberships").rows:
        yield {"user": emails[_at(user)], "group": names[_at(group)]}


def _resources(size: Size, seed: int) -> Iterator[Member]:
    users = [row[1] for row in _table(size, seed, "users").rows]
    groups = [row[1] for row in _table(size, seed, "groups").rows]
    grants = groupby(_table(size, seed, "access_grants").rows, key=lambda row: row[1])
    resources = _table(size, seed, "resources").rows
    for (_, type_, id_, name, _, owner, *_), (_, held) in zip(resources, grants, strict=True):
        control: dict[str, dict[str, list[object]]] = {
            action: {"group_ids": [], "user_ids": []} for action in ("read", "write")
        }
        for _, _, action, kind, user, group in held:
            if kind == "user":
                control[str(action)]["user_ids"].append(users[_at(user)])
            else:
                control[str(action)]["group_ids"].append(groups[_at(group)])
        row: Member = {"type": type_, "id": id_, "name": name, "owner": users[_at(owner)]}
        yield {**row, "access_control": control}


_MAKERS = {"users": _users, "memberships": _memberships, "resources": _resources}


def _table(size: Size, seed: int, name: str) -> Table:
    return next(one for one in tables(size, seed, range(1, 48)) if one.name == name)


def _at(pk: object) -> int:
    assert isinstance(pk, int)
    return pk - 1


def _json(value: Member) -> str:
    return json.dumps(value, separators=(",", ":"))
