"""Users with their memberships, and groups: what facts about permissions and resources share.

Owns the way from rows of several queries to these values. Leaves single rows to `rows`.
"""

from __future__ import annotations

from itertools import groupby

from grantctl.evaluation.facts import Group, Membership, User
from grantctl.store import queries, references
from grantctl.store.connection import Connection, Row
from grantctl.store.rows import group_of, membership_of, user_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def read_memberships(
    connection: Connection, user: User
) -> tuple[dict[int, Group], tuple[Membership, ...]]:
    """Every group that the user is or was in, directly or through a child, and the memberships."""
    rows = connection.rows(queries.HELD_GROUPS, {"user": user.pk})
    groups = {row[0]: group_of(row) for row in rows}
    direct = (membership_of(row[0], row[5:9]) for row in rows if row[4] is not None)
    in_order = tuple(sorted(direct, key=lambda membership: membership.group))
    return dict(sorted(groups.items())), in_order


def read_groups(connection: Connection) -> dict[int, Group]:
    """Every group by its pk."""
    return {row[0]: group_of(row) for row in connection.rows(queries.ALL_GROUPS)}


def read_taken_names(connection: Connection, user: User) -> frozenset[str]:
    """Names of groups, and the user's e-mail, by which a command would find something else."""
    rows = connection.rows(queries.TAKEN_NAMES, {"user": user.pk})
    taken = {str(name) for (name,) in rows}
    if user.email is not None and references.email_of(user.email) != user.email:
        taken.add(user.email)  # a foreign writer's spelling, by which nobody is found
    return frozenset(taken)


def users_of(rows: Iterable[Row]) -> Iterator[tuple[User, tuple[Membership, ...]]]:
    """Users with their memberships, from rows of the two joined, a user's rows together."""
    for _, of_user in groupby(rows, key=lambda row: row[0]):
        first, *rest = of_user
        memberships = (
            membership_of(row[5], row[6:10]) for row in (first, *rest) if row[5] is not None
        )
        yield user_of(first), tuple(memberships)
