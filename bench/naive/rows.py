"""The rows of a file to load: lines of JSON, or CSV with a head, one mapping each."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from typing import Any

USERS = ("id", "email", "name", "role", "created_at", "updated_at")
MEMBERSHIPS = ("user_pk", "group_pk", "source", "added_at")
RESOURCES = ("pk", "type", "id", "name", "is_public", "owner_pk", "created_at", "updated_at")
GRANTS = ("resource_pk", "action", "principal_type", "user_pk", "group_pk")

Row = tuple[object, ...]
Keys = dict[str, int]


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Each row of the file."""
    with path.open(newline="") as file:
        if path.suffix == ".csv":
            yield from csv.DictReader(file)
        else:
            yield from map(json.loads, file)


def user_rows(path: Path) -> Iterator[Row]:
    """Rows of users, in the order of `USERS`."""
    now = time_ns() // 1000
    for row in read_rows(path):
        yield row["id"], row["email"], row["name"], row["role"], now, now


def membership_rows(path: Path, users: Keys, groups: Keys) -> Iterator[Row]:
    """Rows of memberships, in the order of `MEMBERSHIPS`; users by e-mail, groups by name."""
    now = time_ns() // 1000
    for row in read_rows(path):
        yield users[row["user"]], groups[row["group"]], "import", now


def resource_rows(path: Path, users: Keys, groups: Keys) -> tuple[list[Row], list[Row]]:
    """Rows of resources and of their grants, in the order of `RESOURCES` and `GRANTS`; by ids."""
    now = time_ns() // 1000
    resources: list[Row] = []
    grants: list[Row] = []
    for pk, row in enumerate(read_rows(path), start=1):
        owner = users[row["owner"]]
        resources.append((pk, row["type"], row["id"], row["name"], False, owner, now, now))
        control = row["access_control"]
        for action, held in (json.loads(control) if isinstance(control, str) else control).items():
            for one in held["user_ids"]:
                grants.append((pk, action, "user", users[one], None))
            for one in held["group_ids"]:
                grants.append((pk, action, "group", None, groups[one]))
    return resources, grants
