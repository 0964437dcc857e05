"""A small office with fixed ids and times, so that whole outputs can be written down."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from grantctl.evaluation.facts import Group, Membership, Permission, User
from grantctl.model import Role, Source
from tests.contract.worlds import World

JOINED = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
FAR = datetime(2099, 1, 1, tzinfo=UTC)
PAST = datetime(2020, 1, 1, tzinfo=UTC)
_FIXED = {f"{moment:%Y-%m-%dT%H:%M:%S}Z" for moment in (JOINED, FAR, PAST)}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

GROUPS = (
    Group(1, "g-staff", "staff"),
    Group(2, "g-eng", "engineering", 1),
    Group(3, "g-int", "interns", 2),
    Group(4, "g-sup", "support", 1),
)
USERS = (
    User(1, "u-ada", "ada@example.com", "Ada", Role.ADMIN),
    User(2, "u-bob", "bob@example.com", "Bob", Role.USER),
    User(3, "u-chen", "chen@example.com", "Chen", Role.USER),
    User(4, "u-dana", "dana@example.com", "Dana", Role.USER),
    User(5, "u-eli", "eli@example.com", "Eli", Role.PENDING),
    User(6, "u-flo", None, "Flo", Role.USER),
    User(7, "u-gus", "gus@example.com", "Gus", Role.USER),
)
MEMBERSHIPS = (
    (2, Membership(2, Source.MANUAL, "ada", JOINED)),
    (3, Membership(3, Source.MANUAL, "ada", JOINED, FAR)),
    (4, Membership(4, Source.OAUTH, None, JOINED)),
    (5, Membership(4, Source.IMPORT, "owui", JOINED)),
    (7, Membership(2, Source.MANUAL, "ada", JOINED, PAST)),
)
CATALOGUE = (
    Permission("chat.controls", False, "open the controls"),
    Permission("chat.enforced", False, "be held", restricts=True),
    Permission("chat.share", True, "share chats"),
    Permission("chat.valves", True, "set valves", gated_by="chat.controls"),
    Permission("notes", False, "write notes"),
)
FLAGS = {
    (1, "notes"): True,
    (2, "chat.controls"): True,
    (3, "chat.controls"): False,
    (4, "chat.share"): False,
}
OFFICE = World(USERS, GROUPS, MEMBERSHIPS, {one.key: one for one in CATALOGUE}, FLAGS)


def undated(text: str) -> str:
    """The text with the time of the decision, which alone is not fixed, replaced."""
    return _TIME.sub(lambda found: found[0] if found[0] in _FIXED else "NOW", text)
