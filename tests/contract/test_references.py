"""What a reference names: id, e-mail, unique name, in this order; and what none names."""

from __future__ import annotations

import pytest

from grantctl.errors import AmbiguousError, NotFoundError
from grantctl.evaluation.facts import Group, User
from grantctl.model import Role
from grantctl.store.database import Database
from tests.contract.worlds import World
from tests.databases import prepared

USERS = (
    User(1, "u-1", "ada@example.com", "Ada Okafor", Role.USER),
    User(2, "u-2", "bob@example.com", "ada@example.com", Role.USER),
    User(3, "u-3", "ñandú@example.com", "u-1", Role.USER),
    User(4, "Bob@Example.com", "cy@example.com", "Twin", Role.USER),
    User(5, "u-5", "dee@example.com", "Twin", Role.USER),
    User(6, "u-6", None, "Nobody's \ufffd", Role.USER),
    User(7, "u-7", None, "what?", Role.USER),
    User(8, "u-8", "eve@example.com", "DEE@EXAMPLE.COM", Role.USER),
)
GROUPS = (
    Group(1, "g-1", "editors"),
    Group(2, "g-2", "g-1"),
    Group(3, "g-3", "twins"),
    Group(4, "g-4", "twins"),
    Group(5, "g-5", "100%_'x'"),
)


@prepared
def people(database: Database) -> None:
    World(USERS, GROUPS, (), {}, {}).write(database)


@pytest.mark.parametrize(
    ("reference", "pk"),
    [
        ("u-1", 1),  # an id before another's name
        ("ada@example.com", 1),  # an e-mail before another's name
        ("ADA@Example.COM", 1),
        ("  ada@example.com\n", 1),
        ("ÑANDÚ@example.com", 3),
        ("n\u0303andu\u0301@example.com", 3),
        ("Bob@Example.com", 4),  # an id before another's e-mail
        ("bob@example.com", 2),
        ("Ada Okafor", 1),
        ("DEE@EXAMPLE.COM", 5),  # an e-mail in any case before another's name in this one
        ("Nobody's \ufffd", 6),
        ("what?", 7),
    ],
)
def test_a_user_is_found_by_id_then_e_mail_in_any_case_then_name(
    people: Database, reference: str, pk: int
) -> None:
    with people.reader() as reader:
        assert reader.find_user(reference).pk == pk


@pytest.mark.parametrize(
    ("reference", "pk"), [("g-1", 1), ("editors", 1), ("g-2", 2), ("100%_'x'", 5)]
)
def test_a_group_is_found_by_id_then_name(people: Database, reference: str, pk: int) -> None:
    with people.reader() as reader:
        assert reader.find_group(reference).pk == pk


def test_a_shared_name_is_an_error_that_lists_the_candidates(people: Database) -> None:
    with people.reader() as reader:
        with pytest.raises(AmbiguousError) as of_user:
            reader.find_user("Twin")
        with pytest.raises(AmbiguousError) as of_group:
            reader.find_group("twins")
    assert (of_user.value.message, of_user.value.hint) == (
        "more than one user is called `Twin`",
        "say which by id: Bob@Example.com (cy@example.com), u-5 (dee@example.com)",
    )
    assert (of_group.value.message, of_group.value.hint) == (
        "more than one group is called `twins`",
        "say which by id: g-3, g-4",
    )


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        ("ada", "`ada@example.com`"),
        ("ada@exmaple.com", "`ada@example.com`"),
        ("Ada Okafr", "`Ada Okafor`"),
        ("ada okafor", ""),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_an_unknown_user_s_error_says_who_may_have_been_meant(
    people: Database, reference: str, meant: str
) -> None:
    with people.reader() as reader, pytest.raises(NotFoundError) as caught:
        reader.find_user(reference)
    hint = f"did you mean {meant}? " if meant else ""
    assert caught.value.message == f"no user `{reference}`"
    assert caught.value.hint == f"{hint}grantctl users list"


def test_an_unknown_group_s_error_says_which_may_have_been_meant(people: Database) -> None:
    with people.reader() as reader, pytest.raises(NotFoundError) as caught:
        reader.find_group("Editor")
    assert caught.value.message == "no group `Editor`"
    assert caught.value.hint == "did you mean `editors`? grantctl groups list"


@pytest.mark.parametrize(
    "reference",
    [
        "",
        " ",
        "a\0b",
        "Nobody's \0",
        "Nobody's \udcff",
        "what\udcff",
        "\ud800",
        "x" * 1_000_000,
        "\u0301" * 100_000,
        "%",
        "_______",
        "ada%",
        "editor_",
        "' OR '1'='1",
        '"; DROP TABLE users; --',
        ":reference",
        "%(reference)s",
        "\\",
        "U-1",
        "ada okafor",
        "EDITORS",
        "editors ",
    ],
)
def test_a_hostile_reference_names_nobody_and_breaks_nothing(
    people: Database, reference: str
) -> None:
    with people.reader() as reader:
        for find in (reader.find_user, reader.find_group):
            with pytest.raises(NotFoundError) as caught:
                find(reference)
            assert len(caught.value.message) < 120
        assert reader.find_user("u-1").pk == 1


@pytest.mark.parametrize(
    ("prefix", "emails", "names"),
    [
        ("", ["ada@example.com", "bob@example.com", "cy@example.com"], ["100%_'x'", "editors"]),
        ("A", ["ada@example.com"], []),
        ("ñ", ["ñandú@example.com"], []),
        ("ed", [], ["editors"]),
        ("%", [], []),
        ("a\0", [], []),
        ("\udcff", [], []),
        ("\U0010ffff", [], []),
    ],
)
def test_names_are_completed_from_their_beginning(
    people: Database, prefix: str, emails: list[str], names: list[str]
) -> None:
    with people.reader() as reader:
        assert reader.emails_from(prefix, limit=3) == emails
        assert reader.group_names_from(prefix, limit=2) == names
