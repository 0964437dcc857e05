"""What an import makes of users, groups and memberships.

Owns how each is matched with what is here: by its id. Leaves what they may to
`imported_permissions`.
"""

from __future__ import annotations

from collections.abc import Mapping

from grantctl.errors import GuardError
from grantctl.interop.directory import Finding, FindingKind, ForeignGroup, ForeignUser
from grantctl.model import Role
from grantctl.operations.import_state import Taking, Tally, microseconds
from grantctl.store import directory_queries as queries


def take_users(taking: Taking) -> dict[str, int]:
    rows = taking.connection.rows(queries.USERS)
    known = {row[1]: row for row in rows}
    foreign = {user.id for user in taking.directory.users}
    taken = {row[2]: row[1] for row in rows if row[2] is not None and row[1] not in foreign}
    tally = taking.tallies.setdefault("users", Tally(only_here=len(known.keys() - foreign)))
    new, changed = [], []
    for user in taking.directory.users:
        email = _free_email(taking, user, taken)
        values = {
            "id": user.id,
            "email": email,
            "name": user.name,
            "role": user.role.value,
            "password_hash": user.password_hash,
            "now": taking.now,
        }
        row = known.get(user.id)
        if row is None:
            new.append({**values, "created_at": microseconds(user.created_at)})
        elif row[2:5] != (email, user.name, user.role.value) or (
            user.password_hash is not None and not row[5]
        ):
            changed.append({**values, "pk": row[0]})
        else:
            tally.unchanged += 1
    tally.created, tally.updated = len(new), len(changed)
    taking.connection.run_many(queries.CLEAR_EMAIL, [{"pk": one["pk"]} for one in changed])
    taking.connection.run_many(queries.UPDATE_USER, changed)
    taking.connection.run_many(queries.INSERT_USER, new)
    after = taking.connection.rows(queries.USERS)
    _require_admin(rows, after)
    return {row[1]: row[0] for row in after}


def _free_email(taking: Taking, user: ForeignUser, taken: Mapping[str, str]) -> str | None:
    """The user's e-mail, None where another user here has it."""
    if user.email is None or user.email not in taken:
        return user.email
    reason = f"its e-mail `{user.email}` belongs to user `{taken[user.email]}` here: left out"
    taking.findings.append(Finding(FindingKind.ADAPTED, "user", user.id, reason))
    return None


def _require_admin(before: list[tuple[object, ...]], after: list[tuple[object, ...]]) -> None:
    admin = Role.ADMIN.value
    if any(row[4] == admin for row in before) and not any(row[4] == admin for row in after):
        raise GuardError(
            "the import would leave no admin: the source demotes the last one",
            hint="make another admin first: grantctl users set-role USER admin",
        )


def take_groups(taking: Taking) -> dict[str, int]:
    rows = taking.connection.rows(queries.GROUPS)
    known = {row[1]: row for row in rows}
    foreign = taking.directory.groups
    tally = taking.tallies.setdefault(
        "groups", Tally(only_here=len(known.keys() - {group.id for group in foreign}))
    )
    new = [
        {
            **_group_values(group, taking.now),
            "id": group.id,
            "created_at": microseconds(group.created_at),
        }
        for group in foreign
        if group.id not in known
    ]
    taking.connection.run_many(queries.INSERT_GROUP, new)
    pks = {row[1]: row[0] for row in taking.connection.rows(queries.GROUPS)}
    parents, changed = [], []
    for group in foreign:
        pk, parent = pks[group.id], pks[group.parent_id] if group.parent_id else None
        row = known.get(group.id)
        if row is None:
            if parent is not None:
                parents.append({"pk": pk, "parent_pk": parent})
        elif row[2:5] != (group.name, group.description, parent):
            changed.append({**_group_values(group, taking.now), "pk": pk, "parent_pk": parent})
        else:
            tally.unchanged += 1
    tally.created, tally.updated = len(new), len(changed)
    taking.connection.run_many(queries.SET_PARENT, parents)
    taking.connection.run_many(queries.UPDATE_GROUP, changed)
    return pks


def _group_values(group: ForeignGroup, now: int) -> dict[str, object]:
    return {"name": group.name, "description": group.description, "now": now}


def take_memberships(taking: Taking, users: Mapping[str, int], groups: Mapping[str, int]) -> None:
    known = {(user, group) for user, group in taking.connection.rows(queries.MEMBERSHIPS)}
    wanted = {
        (users[one.user_id], groups[one.group_id]): one for one in taking.directory.memberships
    }
    new = [
        {
            "user_pk": user,
            "group_pk": group,
            "added_by": taking.added_by,
            "added_at": None if one.added_at is None else microseconds(one.added_at),
        }
        for (user, group), one in wanted.items()
        if (user, group) not in known
    ]
    taking.connection.run_many(queries.INSERT_MEMBERSHIP, new)
    taking.tallies["memberships"] = Tally(
        created=len(new),
        unchanged=len(wanted) - len(new),
        only_here=len(known - wanted.keys()),
    )
