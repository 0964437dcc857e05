"""Rows to what lies around a group, a permission, a resource: as written, on both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grantctl.errors import AmbiguousError, NotFoundError
from grantctl.evaluation.access import decide_access
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.decision import HeldGroup
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import User
from grantctl.evaluation.graph_facts import lineage
from grantctl.evaluation.graph_of_access import graph_of_access
from grantctl.evaluation.graph_of_user import graph_of_decision, graph_of_user
from grantctl.evaluation.rules import held_groups
from grantctl.model import ResourceRef, parse_resource
from grantctl.operations.graphs import (
    Subject,
    SubjectKind,
    draw_access,
    draw_decision,
    draw_subject,
    find_subject,
)
from grantctl.operations.questions import Question
from grantctl.store.database import Database
from tests.contract.resource_worlds import rich_resource_world
from tests.contract.worlds import NOW, World
from tests.databases import prepared

WORLD = rich_resource_world()
PEOPLE = WORLD.people
LIMIT = 1000


@prepared
def rich(database: Database) -> None:
    """The rich world with its resources."""
    WORLD.write(database)


def direct(world: World, group: int) -> list[User]:
    """Who holds a group by a membership in it, as the evaluator says."""

    def is_direct(held: HeldGroup) -> bool:
        return held.group.pk == group and not held.is_inherited

    return [
        user for user in world.users if any(map(is_direct, held_groups(world.facts(user), NOW)))
    ]


def test_around_a_group_is_what_was_written(rich: Database) -> None:
    groups = {one.pk: one for one in PEOPLE.groups}
    with rich.reader() as reader:
        for group in PEOPLE.groups:
            around = reader.graphs.around_group(group.id, now=NOW, limit=LIMIT)
            above = lineage(group, groups)
            assert (around.group, dict(around.groups)) == (group, groups)
            assert dict(around.catalogue) == dict(PEOPLE.catalogue)
            assert [user for user, _ in around.members] == direct(PEOPLE, group.pk)
            assert around.counts == {pk: len(direct(PEOPLE, pk)) for pk in around.counts}
            assert {one.pk for one in above} <= around.counts.keys()
            pks = {one.pk for one in above}
            flags = {pair: value for pair, value in PEOPLE.flags.items() if pair[0] in pks}
            assert dict(around.flags) == flags
            granted = {
                (grant.principal, resource.ref, resource.name, grant.action)
                for resource in WORLD.resources
                for grant in resource.grants
                if grant.principal_type.value == "group" and grant.principal in pks
            }
            assert set(around.grants) == granted
            assert around.grant_count == len(granted)


def test_around_a_group_some_members_and_grants_are_read_and_all_are_counted(
    rich: Database,
) -> None:
    with rich.reader() as reader:
        around = reader.graphs.around_group("g-2", now=NOW, limit=1)
    assert (len(around.members), around.counts[2]) == (1, 1)
    assert (len(around.grants), around.grant_count) == (1, 1)


def test_around_a_key_is_what_was_written(rich: Database) -> None:
    with rich.reader() as reader:
        for key in PEOPLE.all_keys():
            around = reader.graphs.around_key(key, now=NOW, limit=LIMIT)
            keys = {leaf.key for leaf in around.leaves}
            assert keys == {
                one for one in PEOPLE.catalogue if one == key or one.startswith(f"{key}.")
            }
            assert dict(around.flags) == {
                pair: value for pair, value in PEOPLE.flags.items() if pair[1] in keys
            }
            assert around.counts == {pk: len(direct(PEOPLE, pk)) for pk in around.counts}
            assert {pk for pk, _ in around.flags} <= around.counts.keys()


def test_around_a_resource_is_what_was_written(rich: Database) -> None:
    with rich.reader() as reader:
        for resource in WORLD.resources:
            around = reader.graphs.around_resource(resource.ref, now=NOW, limit=LIMIT)
            assert around.chain == WORLD.facts(PEOPLE.users[0], resource.ref).chain
            assert around.counts == {pk: len(direct(PEOPLE, pk)) for pk in around.counts}


def test_what_is_drawn_of_the_reader_s_slice_is_what_is_drawn_of_all_facts(rich: Database) -> None:
    question, asked = Question(), AccessQuestion("read")
    with rich.reader() as reader:
        for user in PEOPLE.users:
            facts, subject = PEOPLE.facts(user), Subject(SubjectKind.USER, user.id)
            drawn = draw_subject(reader, subject, now=NOW, limit=LIMIT)
            assert drawn == graph_of_user(facts, now=NOW, limit=LIMIT)
            for key in PEOPLE.all_keys():
                ours = draw_decision(reader, user.id, key, question, now=NOW, limit=LIMIT)
                decision = decide(facts, key, now=NOW)
                assert ours == graph_of_decision(facts, decision, limit=LIMIT)
            for resource in WORLD.resources:
                of_access = draw_access(reader, user.id, resource.ref, asked, now=NOW, limit=LIMIT)
                whole = replace(WORLD.facts(user, resource.ref), taken_names=None)
                decision_about = decide_access(whole, asked, now=NOW)
                assert of_access == graph_of_access(decision_about, limit=LIMIT)


def test_every_subject_can_be_drawn(rich: Database) -> None:
    names = {
        SubjectKind.GROUP: [one.id for one in PEOPLE.groups],
        SubjectKind.KEY: PEOPLE.all_keys(),
        SubjectKind.RESOURCE: [str(one.ref) for one in WORLD.resources],
    }
    with rich.reader() as reader:
        for kind, references in names.items():
            for reference in references:
                subject = find_subject(reader, reference, kind)
                assert subject == Subject(kind, reference)
                graph = draw_subject(reader, subject, now=NOW, limit=2)
                assert [one.is_subject for one in graph.nodes].count(True) == 1


def test_what_does_not_exist_has_nothing_around_it(rich: Database) -> None:
    with rich.reader() as reader:
        with pytest.raises(NotFoundError, match="no group `g-99`"):
            reader.graphs.around_group("g-99", now=NOW, limit=1)
        with pytest.raises(NotFoundError, match=r"no permission `a\.z`"):
            reader.graphs.around_key("a.z", now=NOW, limit=1)
        with pytest.raises(NotFoundError, match="no resource `model:none`"):
            reader.graphs.around_resource(ResourceRef("model", "none"), now=NOW, limit=1)
        with pytest.raises(AmbiguousError):
            reader.graphs.around_group("editors", now=NOW, limit=1)
        with pytest.raises(NotFoundError, match="no user, group, permission or resource `x\0y`"):
            find_subject(reader, "x\0y")
        assert parse_resource(find_subject(reader, "tool:a:b c").reference).id == "a:b c"
