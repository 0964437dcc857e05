"""Which groups are worth joining, where many would do."""

from __future__ import annotations

from datetime import UTC, datetime

from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.fix_ranking import RatedFix
from grantctl.evaluation.fixes import FixKind
from grantctl.model import parse_resource
from grantctl.operations.access_grants import Principals, grant
from grantctl.operations.fixes import MAX_CANDIDATES, advise, advise_on_access
from grantctl.operations.flags import set_flags, unset_flags
from grantctl.operations.groups import create_group
from grantctl.operations.memberships import add_members, remove_members
from grantctl.operations.questions import Question
from grantctl.operations.resources import create_resource
from grantctl.store.database import Database
from tests.databases import prepared
from tests.operations.directories import INTENT, add_user

MANY = [f"a{number:02}" for number in range(MAX_CANDIDATES + 2)]
USER = "bob@example.com"


@prepared
def crowded(database: Database) -> None:
    """Bob is in no group. Each of many sets the tools, and something besides; `lean` the tools
    alone; `whole`, below `half`, sets all that `half` does not. All of them may read `model:m`."""
    add_user(database, "ada")
    add_user(database, "bob")
    for name in (*MANY, "lean", "half"):
        create_group(database, INTENT, name=name)
    create_group(database, INTENT, name="whole", parent="half")
    set_flags(database, INTENT, None, {"workspace": False, "features.channels": False})
    for name in MANY:
        set_flags(database, INTENT, name, {"workspace.tools": True, "features.channels": True})
    set_flags(database, INTENT, "lean", {"workspace.tools": True})
    set_flags(database, INTENT, "half", {"workspace.knowledge": True, "workspace.models": True})
    set_flags(database, INTENT, "whole", {"workspace": True})
    set_flags(database, INTENT, "whole", {"workspace.knowledge": False, "workspace.models": False})
    create_resource(database, INTENT, "model:m")
    grant(database, INTENT, ["model:m"], "read", Principals(groups=(*MANY, "lean", "whole")))


def joined(fixes: tuple[RatedFix, ...]) -> list[tuple[str, int, int | None]]:
    """The groups that are to be joined, with what they give besides."""
    return [
        (one.fix.group.name, len(one.permissions_besides), one.resources_besides)
        for one in fixes
        if one.fix.kind is FixKind.JOIN_GROUP and one.fix.group is not None
    ]


def test_of_many_groups_that_would_do_those_that_give_least_are_named(crowded: Database) -> None:
    with crowded.reader() as reader:
        now = datetime.now(UTC)
        fixes = advise(reader, USER, "workspace.tools", Question(), now=now).fixes
        assert joined(fixes)[0] == ("lean", 0, 1)
        assert len(joined(fixes)) == 3
        asked = AccessQuestion("read")
        reading = advise_on_access(reader, USER, parse_resource("model:m"), asked, now=now).fixes
        assert joined(reading)[0] == ("lean", 1, 0)


def test_a_group_has_to_give_all_that_is_asked_if_with_a_group_above(crowded: Database) -> None:
    question = Question(require_all=True)
    with crowded.reader() as reader:
        fixes = advise(reader, USER, "workspace", question, now=datetime.now(UTC)).fixes
    assert joined(fixes) == [("whole", 0, 1)]


def test_of_many_groups_of_one_s_own_the_smallest_are_looked_at(crowded: Database) -> None:
    dana = add_user(crowded, "dana")
    for name in MANY:
        add_members(crowded, INTENT, name, [dana])
    create_group(crowded, INTENT, name="a-large")
    for name in (*MANY, "a-large"):
        add_members(crowded, INTENT, name, [USER])
        unset_flags(crowded, INTENT, name, ["workspace.tools"])
    add_members(crowded, INTENT, "a-large", [add_user(crowded, "chen"), dana])
    remove_members(crowded, INTENT, MANY[-1], [dana])
    with crowded.reader() as reader:
        now = datetime.now(UTC)
        fixes = advise(reader, USER, "workspace.tools", Question(), now=now).fixes
    own = [one for one in fixes if one.fix.kind is FixKind.SET_FOR_GROUP]
    assert [(one.fix.group.name, one.users_gaining) for one in own if one.fix.group] == [
        (MANY[-1], 1),
        (MANY[0], 2),
        (MANY[1], 2),
    ]
