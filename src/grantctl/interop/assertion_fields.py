"""What a policy test may hold, and the assertions that it makes.

Owns the keys of a test and what each may be (docs/policy-tests.md). Leaves whom and what the names
mean to the database, when the test is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from grantctl.errors import InvalidError
from grantctl.evaluation.assertions import (
    ANYTHING,
    Asked,
    Assertion,
    Circle,
    Given,
    NamedSource,
    Place,
    Population,
    RulesLeftOut,
    SourceKind,
    Subject,
)
from grantctl.interop.placed import Placed
from grantctl.model import Role, parse_resource, parse_role, require_action, require_key

_SUBJECTS = ("user", "who", "only")
_RULES = ("ignore_role", "ignore_owner", "ignore_base", "all")
_KEYS = ("name", *_SUBJECTS, "may", "may_not", "through", *_RULES, "given")
_GIVEN_KEYS = ("with_groups", "without_groups", "role", "set", "default", "at")
_UNSET = "unset"

Members = Mapping[str, Placed]


def assertions_of(test: Placed) -> Iterator[Assertion]:
    """One for each user and each thing asked. Raises InvalidError with the place."""
    members = test.table("a test", _KEYS)
    name = members["name"].text("`name`") if "name" in members else ""
    subjects = _subjects(test, members)
    through = _through(members)
    rules = _rules(members)
    given = _given(members["given"]) if "given" in members else None
    if "may" not in members and "may_not" not in members:
        test.refuse("a test says neither `may` nor `may_not`", hint='may = "chat.controls"')
    for key, allowed in (("may", True), ("may_not", False)):
        if key not in members:
            continue
        for one in members[key].one_or_more(f"`{key}`"):
            asked = _asked(one, f"`{key}`")
            _require_sense(one, asked, subjects[0], allowed=allowed, rules=rules)
            for subject in subjects:
                yield Assertion(
                    place=Place(one.file, one.line),
                    subject=subject,
                    asked=asked,
                    allowed=allowed,
                    name=name,
                    through=through if allowed else (),
                    rules=rules,
                    given=given,
                )


def _subjects(test: Placed, members: Members) -> tuple[Subject, ...]:
    named = [key for key in _SUBJECTS if key in members]
    if len(named) != 1:
        said = " and ".join(f"`{key}`" for key in named) or "none of `user`, `who` and `only`"
        place = members[named[1]] if named else test
        place.refuse(f"a test is about one of these, and this says {said}")
    [key] = named
    one = members[key]
    if key == "user":
        return tuple(part.text("`user`") for part in one.one_or_more("`user`"))
    return (_population(one) if key == "who" else _circle(one),)


def _population(one: Placed) -> Population:
    if one.value == "everyone":
        return Population()
    hint = 'who = "everyone", who = { role = "pending" } or who = { group = "staff" }'
    if isinstance(one.value, str) or one.value == {}:
        one.refuse("`who` is neither `everyone` nor a role or a group", hint=hint)
    members = one.table("`who`", ("role", "group"))
    return Population(
        role=_role(members["role"]) if "role" in members else None,
        group=members["group"].text("`group`") if "group" in members else None,
    )


def _circle(one: Placed) -> Circle:
    if isinstance(one.value, str | tuple):
        return Circle(users=_texts(one, "`only`"))
    members = one.table("`only`", ("users", "groups", "roles"))
    return Circle(
        users=_texts(members["users"], "`users`") if "users" in members else (),
        groups=_texts(members["groups"], "`groups`") if "groups" in members else (),
        roles=tuple(map(_role, _several(members["roles"]))) if "roles" in members else (),
    )


def _asked(one: Placed, what: str) -> Asked:
    """A key; `ACTION TYPE:ID`, told by its colon, which follows a space; `*`; or a table."""
    if isinstance(one.value, Mapping):
        return _asked_table(one, what)
    text = one.text(what)
    if text == ANYTHING:
        return Asked()
    action, _, resource = text.partition(" ")
    if ":" in resource:
        return _access(one, action, resource.strip())
    return Asked(key=_key(one, text))


def _asked_table(one: Placed, what: str) -> Asked:
    """The same for names that could be taken for something else."""
    members = one.table(what, ("permission", "action", "resource"))
    if members.keys() == {"permission"}:
        key = members["permission"]
        return Asked(key=_key(key, key.text("`permission`")))
    if members.keys() != {"action", "resource"}:
        one.refuse(f"{what} holds neither `permission`, nor `action` and `resource`")
    action, resource = (members[key].text(f"`{key}`") for key in ("action", "resource"))
    return _access(one, action, resource)


def _access(one: Placed, action: str, resource: str) -> Asked:
    try:
        return Asked(action=require_action(action), ref=parse_resource(resource))
    except InvalidError as error:
        one.refuse(error.message, hint=error.hint)


def _require_sense(
    one: Placed, asked: Asked, subject: Subject, *, allowed: bool, rules: RulesLeftOut
) -> None:
    """Raise InvalidError for what is no question, or may be meant in two ways."""
    if isinstance(subject, Circle) and not allowed:
        one.refuse("`only` goes with `may`, not with `may_not`")
    if asked == Asked() and allowed:
        one.refuse("`*` goes with `may_not`: nobody is asked for everything")
    if asked.key is None and rules.require_all:
        one.refuse("`all` goes with a category of permissions")
    if asked.key is not None and (rules.ignore_owner or rules.ignore_base):
        hint = 'may = "read model:gpt-4o"'
        one.refuse("`ignore_owner` and `ignore_base` go with a resource", hint=hint)


def _through(members: Members) -> tuple[NamedSource, ...]:
    if "through" not in members:
        return ()
    one = members["through"]
    if "may" not in members or "only" in members:
        one.refuse("`through` goes with `may` of a `user` or of `who`")
    return tuple(_source(part) for part in one.one_or_more("`through`"))


def _source(one: Placed) -> NamedSource:
    """A kind of source; anything else is a group's name, with `group:` before it or without."""
    text = one.text("`through`")
    alone = [kind.value for kind in SourceKind if kind is not SourceKind.GROUP]
    if text in alone:
        return NamedSource(SourceKind(text))
    group = text.removeprefix(f"{SourceKind.GROUP}:")
    if not group.strip():
        one.refuse("`through` names no group", hint=f"group:NAME, or one of {', '.join(alone)}")
    return NamedSource(SourceKind.GROUP, group)


def _rules(members: Members) -> RulesLeftOut:
    said = {key: key in members and members[key].flag(f"`{key}`") for key in _RULES}
    return RulesLeftOut(
        ignore_role=said["ignore_role"],
        ignore_owner=said["ignore_owner"],
        ignore_base=said["ignore_base"],
        require_all=said["all"],
    )


def _given(one: Placed) -> Given:
    members = one.table("`given`", _GIVEN_KEYS)
    if not members:
        one.refuse("`given` says nothing")
    return Given(
        with_groups=_texts(members["with_groups"], "`with_groups`")
        if "with_groups" in members
        else (),
        without_groups=_texts(members["without_groups"], "`without_groups`")
        if "without_groups" in members
        else (),
        role=_role(members["role"]) if "role" in members else None,
        flags=tuple(_flags(members["set"])) if "set" in members else (),
        defaults=tuple(_defaults(members["default"])) if "default" in members else (),
        at=_moment(members["at"]) if "at" in members else None,
    )


def _flags(one: Placed) -> Iterator[tuple[str, str, bool | None]]:
    """`GROUP:KEY` → true, false or `unset`. A group's name may hold colons, and a key may too."""
    for name, value in _table(one, "`set`").items():
        group, colon, key = name.rpartition(":")
        if not (colon and group and key):
            value.refuse(f"`{name[:80]}` is not of the form GROUP:KEY", hint="staff:chat.controls")
        yield group, _key(value, key), None if value.value == _UNSET else value.flag("a flag")


def _defaults(one: Placed) -> Iterator[tuple[str, bool]]:
    for key, value in _table(one, "`default`").items():
        yield _key(value, key), value.flag("a default")


def _table(one: Placed, what: str) -> Members:
    return one.table(what, tuple(one.value) if isinstance(one.value, Mapping) else ())


def _key(place: Placed, key: str) -> str:
    try:
        return require_key(key)
    except InvalidError as error:
        place.refuse(error.message, hint=error.hint)


def _role(one: Placed) -> Role:
    try:
        return parse_role(one.text("a role"))
    except InvalidError as error:
        one.refuse(error.message, hint=error.hint)


def _moment(one: Placed) -> datetime:
    """A moment in ISO 8601; where it names no zone, in UTC."""
    text = one.text("`at`").strip()
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        one.refuse(f"`{text[:60]}` is no date or time", hint="2030-12-31T18:00Z")


def _texts(one: Placed, what: str) -> tuple[str, ...]:
    return tuple(part.text(what) for part in _several(one))


def _several(one: Placed) -> tuple[Placed, ...]:
    """The parts of a list, which may be empty, or the one value that stands for it."""
    return one.value if isinstance(one.value, tuple) else (one,)
