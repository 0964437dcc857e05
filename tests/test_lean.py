"""The quick dataclasses and enumerations do what the originals do."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from grantctl.errors import ExitCode
from grantctl.evaluation.facts import Group, PermissionFacts, User
from grantctl.lean import dataclass, field, replace
from grantctl.model import ResourceRef, Role

ADA = User(1, "u1", "ada@example.com", "Ada", Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Point:
    """A point."""

    x: int
    y: int = 2
    tags: dict[str, str] = field(default_factory=dict)
    secret: str = field(default="hidden", repr=False)


def test_a_dataclass_has_its_fields_defaults_and_words() -> None:
    assert Point(1) == Point(1, 2, {}, "hidden") != Point(1, 3)
    assert repr(Point(1, tags={"a": "b"})) == "Point(x=1, y=2, tags={'a': 'b'})"
    assert Point.__doc__ == "A point."
    assert hash(Group(1, "g", "Group")) == hash(Group(1, "g", "Group"))
    assert Point(1).tags is not Point(1).tags


def test_a_dataclass_takes_its_own_fields_only() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]


def test_a_dataclass_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="cannot change field 'x'"):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Point(1).other = 2  # type: ignore[attr-defined]


def test_the_standard_functions_take_these_dataclasses_too() -> None:
    assert dataclasses.replace(ADA, role=Role.USER) == replace(ADA, role=Role.USER)
    assert [one.name for one in dataclasses.fields(Point)] == ["x", "y", "tags", "secret"]
    assert dataclasses.asdict(ADA)["email"] == "ada@example.com"
    assert pickle.loads(pickle.dumps(PermissionFacts(ADA))) == PermissionFacts(ADA)
    assert copy.deepcopy(ADA) == ADA


def test_objects_of_an_ordered_class_are_sorted_by_their_values() -> None:
    references = [ResourceRef("b", "1"), ResourceRef("a", "2"), ResourceRef("a", "1")]
    assert sorted(references) == [references[2], references[1], references[0]]
    with pytest.raises(TypeError):
        assert ResourceRef("a", "1") < "a"  # type: ignore[operator]


def test_an_enumeration_is_found_by_value_and_by_name() -> None:
    assert Role("admin") is Role.ADMIN is Role["ADMIN"] is Role(Role.ADMIN)
    assert list(Role) == ["admin", "user", "pending"]
    assert (Role.USER.name, Role.USER.value, str(Role.USER), f"{Role.USER}") == (
        "USER",
        "user",
        "user",
        "user",
    )
    assert repr(Role.USER) == "<Role.USER: 'user'>"
    for value in ("boss", 1, None, []):
        with pytest.raises(ValueError, match="is not a valid Role"):
            Role(value)  # type: ignore[arg-type]


def test_members_stay_themselves_when_they_are_copied() -> None:
    assert pickle.loads(pickle.dumps(Role.USER)) is Role.USER
    assert copy.deepcopy({"role": Role.USER})["role"] is Role.USER
    assert ExitCode(3) is ExitCode.NO
    assert int(ExitCode.NO) == 3
    assert f"{ExitCode.NO}" == "3"
