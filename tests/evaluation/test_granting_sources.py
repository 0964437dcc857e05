"""What grants something: every source of an answer, and nothing of a denial."""

from __future__ import annotations

import pytest

from grantctl.evaluation.access import decide_access, find_reach
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import User
from grantctl.evaluation.granting_sources import (
    GrantingSource,
    sources_of,
    sources_of_reach,
    sources_of_subject,
)
from grantctl.evaluation.rules import held_groups
from grantctl.model import parse_resource
from tests.cli.office import OFFICE, USERS
from tests.cli.resource_office import RESOURCE_OFFICE
from tests.contract.worlds import NOW

ADA, BOB, CHEN, DANA, ELI, FLO, GUS = USERS


def said(sources: tuple[GrantingSource, ...]) -> list[str]:
    return [one.kind.value if one.group is None else one.group.name for one in sources]


@pytest.mark.parametrize(
    ("user", "key", "sources"),
    [
        (ADA, "chat.controls", ["role"]),
        (BOB, "chat.controls", ["engineering"]),
        (CHEN, "chat.controls", ["engineering"]),
        (BOB, "chat.share", ["default"]),
        (DANA, "notes", ["staff"]),
        (DANA, "chat.controls", []),
        (ELI, "notes", []),
        (GUS, "chat.controls", []),
        (BOB, "chat", ["engineering", "default"]),
        (FLO, "chat", ["default"]),
    ],
)
def test_a_permission_is_granted_by_the_role_or_by_groups_and_the_default(
    user: User, key: str, sources: list[str]
) -> None:
    assert said(sources_of(decide(OFFICE.facts(user), key, now=NOW))) == sources


@pytest.mark.parametrize(
    ("user", "asked", "sources"),
    [
        (ADA, "read model:gpt-4o", ["role"]),
        (BOB, "read model:gpt-4o", ["engineering"]),
        (CHEN, "read tool:calculator", ["interns", "staff"]),
        (BOB, "read tool:calculator", ["owner", "staff"]),
        (FLO, "write tool:calculator", ["direct"]),
        (FLO, "read model:llama3", ["public"]),
        (FLO, "write tool:whiteboard", ["everyone"]),
        (CHEN, "write tool:whiteboard", ["owner", "everyone"]),
        (DANA, "read model:gpt-4o", []),
        (DANA, "read model:helper", []),
        (ELI, "read model:llama3", []),
    ],
)
def test_a_resource_is_granted_by_the_role_the_owner_s_right_its_state_or_grants(
    user: User, asked: str, sources: list[str]
) -> None:
    action, _, resource = asked.partition(" ")
    question = AccessQuestion(action)
    facts = RESOURCE_OFFICE.facts(user, parse_resource(resource))
    assert said(sources_of(decide_access(facts, question, now=NOW))) == sources
    reach = find_reach(facts, question, now=NOW)
    assert ([] if reach is None else said(sources_of_reach(reach))) == sources


def test_of_one_among_many_the_sources_are_told_alike() -> None:
    [engineering] = [
        one for one in held_groups(OFFICE.facts(BOB), NOW) if one.group.name == "engineering"
    ]
    assert said(sources_of_subject(("group", "default"), (engineering,))) == [
        "engineering",
        "default",
    ]
    assert said(sources_of_subject(("admin",), ())) == ["role"]
