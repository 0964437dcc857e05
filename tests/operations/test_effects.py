"""For whom a flag changes anything, and for whom not and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel import Session, update

from grantctl.evaluation.evaluator import effective_permissions
from grantctl.model import Role
from grantctl.operations.effects import FlagEffect
from grantctl.operations.flags import set_flags, unset_flags
from grantctl.operations.groups import create_group
from grantctl.operations.memberships import add_members
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import MembershipRow
from tests.databases import prepared
from tests.operations.directories import DRY, INTENT, add_user

KEY = "workspace.tools"  # false by default
OPEN = "chat.share"  # true by default


@prepared
def company(database: Database) -> None:
    """staff above ops; ada is admin, eli pending, the others users: all in ops but fay."""
    add_user(database, "ada", Role.ADMIN)
    people = ["ada@example.com"]
    people += [add_user(database, name) for name in ("bob", "cyd", "dee")]
    people.append(add_user(database, "eli", Role.PENDING))
    add_user(database, "fay")
    create_group(database, INTENT, name="staff")
    create_group(database, INTENT, name="ops", parent="staff")
    create_group(database, INTENT, name="writers")
    add_members(database, INTENT, "ops", people)
    add_members(database, INTENT, "writers", ["bob@example.com"])


def effect(database: Database, group: str | None, key: str, value: bool | None) -> FlagEffect:
    """The effect of setting it, which is not kept."""
    if value is None:
        changed = unset_flags(database, DRY, group, [key])
    else:
        changed = set_flags(database, DRY, group, {key: value})
    [one] = changed.changes
    return one.effect


ADMIN = {"admins are allowed everything": 1}
PENDING = {"pending users are denied everything": 1}


def test_true_in_a_group_is_gained_by_those_who_had_it_from_nowhere(company: Database) -> None:
    set_flags(company, INTENT, "writers", {KEY: True})
    had = {"admins are allowed everything": 1, "group `writers` sets it true": 1}
    assert effect(company, "ops", KEY, True) == FlagEffect(5, 2, 0, had, PENDING)


def test_true_where_the_default_is_true_is_gained_by_nobody(company: Database) -> None:
    had = {"the default is true": 3, "admins are allowed everything": 1}
    assert effect(company, "ops", OPEN, True) == FlagEffect(5, 0, 0, had, PENDING)


def test_false_has_no_effect_for_anybody_where_the_default_is_true(company: Database) -> None:
    kept = {"the default is true": 3, "admins are allowed everything": 1}
    assert effect(company, "ops", OPEN, False) == FlagEffect(5, 0, 0, kept, PENDING)


def test_false_has_an_effect_for_some_only_where_others_have_another_source(
    company: Database,
) -> None:
    for group in ("ops", "writers"):
        set_flags(company, INTENT, group, {KEY: True})
    kept = {"admins are allowed everything": 1, "group `writers` sets it true": 1}
    assert effect(company, "ops", KEY, False) == FlagEffect(5, 0, 2, kept, PENDING)
    assert effect(company, "ops", KEY, None) == FlagEffect(5, 0, 2, kept, PENDING)


def test_false_has_no_effect_where_a_group_above_says_true(company: Database) -> None:
    for group in ("ops", "staff"):
        set_flags(company, INTENT, group, {KEY: True})
    kept = {"group `staff` sets it true": 3, "admins are allowed everything": 1}
    assert effect(company, "ops", KEY, False) == FlagEffect(5, 0, 0, kept, PENDING)


def test_false_where_nobody_had_it_is_said_to_have_been_so(company: Database) -> None:
    denied = {"it was denied before": 3, **PENDING}
    assert effect(company, "ops", KEY, False) == FlagEffect(5, 0, 0, ADMIN, denied)


def test_members_of_groups_below_are_counted_and_those_of_groups_above_not(
    company: Database,
) -> None:
    add_members(company, INTENT, "staff", ["fay@example.com"])
    assert effect(company, "staff", KEY, True) == FlagEffect(6, 4, 0, ADMIN, PENDING)
    assert effect(company, "ops", KEY, True).user_count == 5


def test_a_group_without_members_has_an_effect_for_nobody(company: Database) -> None:
    create_group(company, INTENT, name="empty")
    assert effect(company, "empty", KEY, True) == FlagEffect(0, 0, 0, {}, {})


def test_an_expired_member_is_none(company: Database) -> None:
    def expire(session: Session) -> None:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.exec(update(MembershipRow).values(expires_at=past))

    change(company, expire, dry_run=False)
    assert effect(company, "ops", KEY, True) == FlagEffect(0, 0, 0, {}, {})
    assert effect(company, None, KEY, True) == FlagEffect(6, 4, 0, ADMIN, PENDING)


def test_a_default_is_gained_and_lost_by_every_user_without_another_source(
    company: Database,
) -> None:
    set_flags(company, INTENT, "ops", {KEY: True, OPEN: True})
    had = {"group `ops` sets it true": 3, "admins are allowed everything": 1}
    assert effect(company, None, KEY, True) == FlagEffect(6, 1, 0, had, PENDING)
    assert effect(company, None, OPEN, False) == FlagEffect(6, 0, 1, had, PENDING)
    assert effect(company, None, OPEN, None) == FlagEffect(
        6, 0, 0, {"group `ops` sets it true": 3, "the default is true": 1, **ADMIN}, PENDING
    )


def test_the_effect_is_what_everybody_s_effective_permissions_show(company: Database) -> None:
    set_flags(company, INTENT, "writers", {KEY: True, OPEN: False})
    people = ["ada", "bob", "cyd", "dee", "eli", "fay"]

    def granted() -> dict[str, set[str]]:
        now = datetime.now(UTC)
        with company.reader() as reader:
            of = {
                name: effective_permissions(reader.access_facts(f"{name}@example.com"), now=now)
                for name in people
            }
        return {key: {name for name in people if of[name][key]} for key in of["ada"]}

    for group, values in (
        ("ops", {KEY: True}),
        ("staff", {"workspace": True}),
        (None, {"chat": False}),
        ("writers", {"chat": True, "workspace": False}),
    ):
        before = granted()
        changed = set_flags(company, INTENT, group, values)
        after = granted()
        for one in changed.changes:
            assert one.effect.gained == len(after[one.key] - before[one.key])
            assert one.effect.lost == len(before[one.key] - after[one.key])


def test_several_keys_are_counted_each_for_itself(company: Database) -> None:
    set_flags(company, INTENT, "writers", {KEY: True})
    changed = set_flags(company, INTENT, "ops", {KEY: True, OPEN: False, "workspace.models": True})
    counts = {one.key: (one.effect.gained, one.effect.lost) for one in changed.changes}
    assert counts == {OPEN: (0, 0), "workspace.models": (3, 0), KEY: (2, 0)}
    assert [one.restricts for one in changed.changes] == [False] * 3
    [restricting] = set_flags(company, DRY, "ops", {"chat.temporary_enforced": True}).changes
    assert restricting.restricts
