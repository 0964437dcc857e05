"""Rows to facts: what was written is read, and the slice decides as everything would."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from grantctl.errors import NotFoundError
from grantctl.evaluation.evaluator import decide
from grantctl.model import Role
from grantctl.operations import catalogue, flags, groups, memberships, users
from grantctl.operations.changes import Intent
from grantctl.operations.questions import Question, access, answer, who_can
from grantctl.store.database import Database
from grantctl.store.seed import SEEDED_PERMISSIONS
from grantctl.store.session import read_session, reader_of
from grantctl.store.url import parse_url
from tests.contract.worlds import NOW, World, rich_world, worlds

INTENT = Intent("ada")
QUESTIONS = [
    Question(ignore_role=ignored, require_all=every)
    for ignored in (False, True)
    for every in (False, True)
]


def test_what_operations_wrote_is_what_is_read(database: Database) -> None:
    ends = datetime.now(UTC) + timedelta(days=1)
    for name in ("ada", "bob"):
        users.create_user(database, INTENT, email=f"{name}@example.com", name=name, role=Role.USER)
    groups.create_group(database, INTENT, name="company")
    groups.create_group(database, INTENT, name="ops", parent="company")
    memberships.add_members(database, INTENT, "ops", ["bob@example.com"], expires_at=ends)
    flags.set_flags(database, INTENT, "company", {"chat.valves": True, "chat.share": False})
    flags.set_flags(database, INTENT, "ops", {"chat.controls": False})
    flags.set_flags(database, INTENT, None, {"chat.controls": False})

    with database.reader() as reader:
        facts = reader.permission_facts("bob@example.com", "chat.valves", with_advice=True)
        whole = reader.access_facts("bob@example.com")
        company, ops = reader.find_group("company"), reader.find_group("ops")
    [membership] = facts.memberships
    assert (facts.user.email, facts.user.name, facts.user.role) == (
        "bob@example.com",
        "bob",
        "user",
    )
    assert facts.groups == {company.pk: company, ops.pk: ops}
    assert ops.parent == company.pk
    assert (membership.group, membership.source, membership.added_by) == (ops.pk, "manual", "ada")
    assert membership.expires_at == ends
    assert membership.added_at is not None
    assert abs(membership.added_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert facts.flags == {(company.pk, "chat.valves"): True, (ops.pk, "chat.controls"): False}
    seeded = {one.key: one for one in SEEDED_PERMISSIONS}
    seeded["chat.controls"] = replace(seeded["chat.controls"], default=False)
    assert facts.catalogue == {key: seeded[key] for key in ("chat.valves", "chat.controls")}
    assert facts.granting == {"chat.valves": (company,)}
    assert whole.catalogue == seeded
    assert whole.flags == {**facts.flags, (company.pk, "chat.share"): False}
    assert (whole.user, whole.groups, whole.memberships) == (
        facts.user,
        facts.groups,
        facts.memberships,
    )


def require_slices_decide_alike(world: World, database: Database) -> None:
    """Every question about every user: from the reader's slice as from all facts."""
    with database.reader() as reader:
        for user in world.users:
            whole = world.facts(user)
            assert reader.access_facts(user.id).user == user
            for key in world.all_keys():
                sliced = reader.permission_facts(user.id, key, with_advice=True)
                for question in QUESTIONS:
                    asked: dict[str, Any] = {
                        "now": NOW,
                        "ignore_role": question.ignore_role,
                        "require_all": question.require_all,
                    }
                    assert decide(sliced, key, **asked) == decide(whole, key, **asked)


def require_questions_agree(world: World, database: Database) -> None:
    """check, explain, access and who-can say the same."""
    with database.reader() as reader:
        for question in QUESTIONS:
            for key in world.all_keys():
                allowed = {one.user.id for one in who_can(reader, key, question, now=NOW)}
                for user in world.users:
                    checked = answer(reader, user.id, key, question, now=NOW)
                    explained = answer(reader, user.id, key, question, now=NOW, with_advice=True)
                    assert checked.allowed is explained.allowed is (user.id in allowed)
                    assert (checked.steps, checked.leaves, checked.warnings) == (
                        explained.steps,
                        explained.leaves,
                        explained.warnings,
                    )
                    listed = access(reader, user.id, question, now=NOW, key=key)
                    verdicts = [listed.is_allowed(leaf) for leaf in listed.leaves]
                    met = all(verdicts) if question.require_all else any(verdicts)
                    assert met is checked.allowed


def test_the_questions_agree_and_slices_decide_as_all_facts_do(database: Database) -> None:
    world = rich_world()
    world.write(database)
    require_slices_decide_alike(world, database)
    require_questions_agree(world, database)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(worlds())
def test_the_same_of_generated_directories(
    sqlite_template: Path, tmp_path: Path, world: World
) -> None:
    path = tmp_path / "generated.db"
    for old in tmp_path.glob("generated.db*"):
        old.unlink()
    shutil.copyfile(sqlite_template, path)
    database = Database(parse_url(f"sqlite:///{path}"))
    world.write(database)
    require_slices_decide_alike(world, database)
    require_questions_agree(world, database)


def test_everybody_s_facts_are_read_in_the_order_of_their_making(database: Database) -> None:
    world = rich_world()
    world.write(database)
    with database.reader() as reader:
        open_to_all = [facts.user.pk for facts in reader.facts_of_candidates("a.y")]
    with read_session(database) as session:
        reader = reader_of(session)
        of_a_group = [facts.user.pk for facts in reader.facts_of_members(1, ["a.x"])]
        everybody = [facts.user.pk for facts in reader.facts_of_members(None, ["a.x"])]
        [first, *_] = reader.facts_of_members(1, ["a.x"])
    assert open_to_all == everybody == [1, 2, 3, 4, 5, 6]
    assert of_a_group == [2, 4]
    assert list(first.catalogue) == ["a.x"]
    assert first.flags == {(1, "a.x"): True, (2, "a.x"): False}


@pytest.mark.parametrize("key", ["", "chat.", "a\0b", "\udcff", "x" * 1_000_000, "%", "a.x' OR 1"])
def test_an_unknown_key_is_an_error_at_once(database: Database, key: str) -> None:
    rich_world().write(database)
    with database.reader() as reader:
        for ask in (
            lambda: reader.permission_facts("u-1", key),
            lambda: next(reader.facts_of_candidates(key)),
            lambda: who_can(reader, key, Question(), now=NOW),
            lambda: access(reader, "u-1", Question(), now=NOW, key=key),
        ):
            with pytest.raises(NotFoundError, match="no permission"):
                ask()


def test_an_unknown_key_s_error_says_what_may_have_been_meant(database: Database) -> None:
    with database.reader() as reader, pytest.raises(NotFoundError) as caught:
        list(reader.facts_of_candidates("chat.contrls"))
    assert caught.value.message == "no permission `chat.contrls`"
    assert str(caught.value.hint).startswith("did you mean `chat.controls`")


def test_a_permission_of_the_catalogue_is_sorted_by_its_key(database: Database) -> None:
    catalogue.define_permission(
        database, INTENT, replace(SEEDED_PERMISSIONS[0], key="Zoo.first", gated_by=None)
    )
    with database.reader() as reader:
        keys = list(reader.catalogue())
    assert keys == sorted(keys)
    assert keys[0] == "Zoo.first"
