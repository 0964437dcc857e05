"""Seeds written: all into a new database, what is not set into one that exists."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from grantctl.config import load_settings
from grantctl.errors import UsageError
from grantctl.operations.catalogue import list_permissions
from grantctl.operations.changes import Intent
from grantctl.operations.databases import initialise_database
from grantctl.operations.flags import set_flags
from grantctl.operations.groups import create_group
from grantctl.operations.policies import Policy, get_policy, set_policy
from grantctl.operations.policy_overview import read_policies
from grantctl.operations.policy_seeds import Seeds, read_seeds
from grantctl.operations.seeding import SeedOutcome, SeedReport, seed_database
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import PolicySettingRow
from grantctl.store.url import parse_url
from tests.operations.directories import DRY, INTENT, events

ENVIRON = {
    "DEFAULT_USER_ROLE": "user",
    "OAUTH_ALLOWED_ROLES": "staff",
    "USER_PERMISSIONS_CHAT_CONTROLS": "False",
    "USER_PERMISSIONS_CHAT_EDIT": "True",
    "USER_PERMISSIONS_WORKSPACE_SKILLS_ACCESS": "True",
}


def seeds(environ: dict[str, str] | None = None) -> Seeds:
    settings = load_settings(flags={}, environ={})
    return read_seeds(ENVIRON if environ is None else environ, settings)


def outcomes(report: SeedReport) -> list[tuple[str, str, object]]:
    return [(one.seed.key, one.outcome.value, one.value) for one in report.seeded]


def defaults(database: Database) -> dict[str, bool]:
    found = list_permissions(database, "chat")
    return {one.permission.key: one.permission.default for one in found}


NEW = [
    ("users.default_role", "seeded", "user"),
    ("oauth.allowed_roles", "seeded", ["staff"]),
    ("chat.controls", "seeded", False),
    ("chat.edit", "unchanged", True),
    ("workspace.skills", "unknown", None),
]
NO_SKILLS = (
    "environment USER_PERMISSIONS_WORKSPACE_SKILLS_ACCESS: there is no permission "
    "`workspace.skills` in the catalogue"
)


def test_a_new_database_takes_all_of_them_with_an_entry_for_each(empty_url: str) -> None:
    url = parse_url(empty_url)
    made = initialise_database(url, INTENT, seeds())
    assert (made.is_made, outcomes(made.report)) == (True, NEW)
    assert made.report.warnings == (NO_SKILLS,)
    database = Database(url)
    assert get_policy(database, "users.default_role") == Policy("users.default_role", "user", True)
    assert get_policy(database, "oauth.allowed_roles").value == ("staff",)
    assert (defaults(database)["chat.controls"], defaults(database)["chat.edit"]) == (False, True)
    assert events(database) == [
        ("policy.set", None, {"value": "user", "seed": "environment DEFAULT_USER_ROLE"}),
        ("policy.set", None, {"value": ["staff"], "seed": "environment OAUTH_ALLOWED_ROLES"}),
        (
            "permission.set_defaults",
            {"chat.controls": True},
            {
                "chat.controls": False,
                "seed": {"chat.controls": "environment USER_PERMISSIONS_CHAT_CONTROLS"},
            },
        ),
    ]
    again = initialise_database(url, INTENT, seeds({"DEFAULT_USER_ROLE": "pending"}))
    assert (again.is_made, again.report) == (False, SeedReport())
    assert get_policy(database, "users.default_role").value == "user"


def test_a_dry_run_says_the_same_and_makes_nothing(empty_url: str) -> None:
    url = parse_url(empty_url)
    made = initialise_database(url, DRY, seeds())
    assert (made.is_made, outcomes(made.report)) == (True, NEW)
    assert initialise_database(url, INTENT, Seeds()).is_made


def test_a_malformed_seed_is_refused_before_anything_is_made(empty_url: str) -> None:
    url, wrong = parse_url(empty_url), seeds({"DEFAULT_USER_ROLE": "admin"})
    for intent in (DRY, INTENT):
        with pytest.raises(UsageError):
            initialise_database(url, intent, wrong)
    assert url.path is None or list(url.path.parent.iterdir()) == []
    assert initialise_database(url, INTENT, Seeds()).is_made
    assert initialise_database(url, INTENT, wrong).is_made is False  # nothing is seeded here
    with pytest.raises(UsageError):
        seed_database(Database(url), INTENT, wrong)


def test_only_what_is_not_set_is_set_in_a_database_that_exists(database: Database) -> None:
    set_policy(database, INTENT, "users.default_role", "pending")
    set_flags(database, INTENT, None, {"chat.edit": False})
    before = len(events(database))
    tried = seed_database(database, DRY, seeds())
    assert len(events(database)) == before
    report = seed_database(database, INTENT, seeds())
    assert outcomes(report) == [
        ("users.default_role", "kept", "pending"),
        ("oauth.allowed_roles", "seeded", ["staff"]),
        ("chat.controls", "kept", True),
        ("chat.edit", "kept", False),
        ("workspace.skills", "unknown", None),
    ]
    assert tried == report
    assert report.warnings == (
        "`users.default_role` is left as it is, though environment DEFAULT_USER_ROLE says `user`",
        "`chat.controls` is left as it is, though environment USER_PERMISSIONS_CHAT_CONTROLS says "
        "`False`",
        "`chat.edit` is left as it is, though environment USER_PERMISSIONS_CHAT_EDIT says `True`",
        NO_SKILLS,
    )
    assert defaults(database)["chat.controls"] is True
    assert len(events(database)) == before + 1
    again = seed_database(database, INTENT, seeds())
    assert again.seeded[1].outcome is SeedOutcome.UNCHANGED
    assert len(events(database)) == before + 1


def test_a_broken_value_is_kept_and_told(database: Database) -> None:
    store(database, "users.default_role", 7)
    report = seed_database(database, INTENT, seeds({"DEFAULT_USER_ROLE": "user"}))
    assert outcomes(report) == [("users.default_role", "kept", 7)]


def test_the_default_group_is_found_by_id_or_name_or_waits_for_its_group(
    database: Database,
) -> None:
    group = create_group(database, INTENT, name="staff").group.id
    for named in (group, "staff"):
        report = seed_database(database, DRY, seeds({"DEFAULT_GROUP_ID": named}))
        assert outcomes(report) == [("users.default_group", "seeded", group)]
        assert report.warnings == ()
    report = seed_database(database, INTENT, seeds({"DEFAULT_GROUP_ID": "later"}))
    assert outcomes(report) == [("users.default_group", "seeded", "later")]
    assert report.warnings == (
        "`users.default_group` has no effect: there is no group with the id `later` yet",
    )


def test_a_default_group_in_a_new_database_waits_for_its_group(empty_url: str) -> None:
    made = initialise_database(parse_url(empty_url), INTENT, seeds({"DEFAULT_GROUP_ID": "g"}))
    assert made.report.warnings == (
        "`users.default_group` has no effect: there is no group with the id `g` yet",
    )


# The overview


def test_the_overview_tells_who_chose_what_and_who_says_something_else(
    database: Database,
) -> None:
    set_policy(database, Intent("ada"), "users.default_role", "user")
    said = seeds({"DEFAULT_USER_ROLE": "pending", "USER_PERMISSIONS_CHAT_EDIT": "False"})
    overview = read_policies(database, said)
    rows = {row.key: row for row in overview.rows}
    role = rows["users.default_role"]
    assert (role.value, role.is_set, role.updated_by) == ("user", True, "ada")
    assert role.updated_at is not None
    assert role.shadows == (("environment DEFAULT_USER_ROLE", "pending"),)
    assert rows["access.admin_bypass"].is_set is False
    assert [(one.seed.key, one.in_force) for one in overview.disagreements] == [
        ("users.default_role", "user"),
        ("chat.edit", True),
    ]
    assert overview.problems == ()


def test_a_default_group_that_is_named_agrees_with_its_id(database: Database) -> None:
    create_group(database, INTENT, name="staff")
    set_policy(database, INTENT, "users.default_group", "staff")
    overview = read_policies(database, seeds({"DEFAULT_GROUP_ID": "staff"}))
    assert overview.disagreements == ()


@pytest.mark.parametrize("stored", [7, None, [], {"a": [1]}, "owner", float("1e308"), ["x", None]])
def test_whatever_is_stored_is_shown_and_told(database: Database, stored: object) -> None:
    store(database, "users.default_role", stored)
    store(database, "no.such.setting", stored)
    overview = read_policies(database, seeds({}))
    row = next(one for one in overview.rows if one.key == "users.default_role")
    assert (row.value, row.is_set) == (str(stored)[:80], True)
    first, second = overview.problems
    assert first == "the database holds `no.such.setting`, a setting that is not known here"
    assert second.startswith("the default role in the database is no role: ")
    assert second.endswith("; grantctl roles default pending")


def store(database: Database, key: str, value: object) -> None:
    from datetime import UTC, datetime

    def work(session: Session) -> None:
        session.add(
            PolicySettingRow(key=key, value=value, updated_at=datetime.now(UTC), updated_by="x")
        )

    change(database, work, dry_run=False)
