"""What becomes of access controls and access grants, one rule a test."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop.sources import ADA, STAFF, as_stored, check_invariants, make, read, told

from grantctl.interop.directory import FindingKind, ForeignDirectory

ADAPTED, REJECTED = FindingKind.ADAPTED, FindingKind.REJECTED
MODEL = {"id": "m", "user_id": "ada", "name": "M", "created_at": 7}

State = tuple[bool, list[str]]
Told = list[tuple[FindingKind, str]]


def state_of(directory: ForeignDirectory) -> State:
    (model,) = directory.resources
    grants = [f"{one.action} {one.principal_type}:{one.principal_id}" for one in model.grants]
    return model.is_public, grants


def of_json(tmp_path: Path, control: object) -> tuple[State, Told]:
    """What a model's JSON access control becomes; text is stored as it is."""
    row = {**MODEL, "access_control": as_stored(control)}
    path = make(tmp_path / "w.db", "0.6.43", groups=[STAFF], resources={"model": [row]})
    directory = read(path)
    check_invariants(directory)
    return state_of(directory), [(kind, reason) for kind, _, reason in told(directory)]


def of_grants(tmp_path: Path, *grants: tuple[object, ...]) -> tuple[State, Told]:
    """What a model's access grants become: type and id of the principal, action."""
    rows = [("model", "m", *one) for one in grants]
    things = {"resources": {"model": [MODEL]}, "grants": rows}
    path = make(tmp_path / "w.db", "0.12.4", groups=[STAFF], **things)  # type: ignore[arg-type]
    directory = read(path)
    check_invariants(directory)
    return state_of(directory), [(kind, reason) for kind, _, reason in told(directory)]


@pytest.mark.parametrize(
    ("control", "state"),
    [
        (None, (True, [])),
        ("null", (True, [])),
        ({}, (False, [])),
        ({"read": {}}, (False, [])),
        ({"read": {"user_ids": [], "group_ids": []}}, (False, [])),
        ({"read": {"user_ids": ["ada"]}}, (False, ["read user:ada"])),
        (
            {"write": {"group_ids": ["staff"], "user_ids": ["ada"]}, "read": {}},
            (False, ["write group:staff", "write user:ada"]),
        ),
        ({"READ": {"user_ids": ["ada"]}}, (False, ["READ user:ada"])),
        ({"admin": {"group_ids": ["staff"]}}, (False, ["admin group:staff"])),
    ],
)
def test_an_access_control_becomes_its_grants(
    control: object, state: State, tmp_path: Path
) -> None:
    assert of_json(tmp_path, control) == (state, [])


@pytest.mark.parametrize(
    ("control", "what"),
    [
        ("{", "what is stored as its access control is not JSON"),
        pytest.param(
            "[" * 200_000, "what is stored as its access control is nested too deeply", id="deep"
        ),
        (b"\xff", "what is stored as its access control holds bytes that are not UTF-8"),
        ("[]", "its access control is a list, no object"),
        ("0", "its access control is `0`, no object"),
        ("false", "its access control is false, no object"),
        ('"ada"', "its access control is `ada`, no object"),
    ],
)
def test_an_access_control_that_is_none_gives_nobody_anything(
    control: object, what: str, tmp_path: Path
) -> None:
    assert of_json(tmp_path, control) == ((False, []), [(REJECTED, f"{what}: kept as private")])


@pytest.mark.parametrize(
    ("control", "grants", "what"),
    [
        ({"read": None}, [], [(REJECTED, "what it grants for `read` is null, no object")]),
        ({"read": ["ada"]}, [], [(REJECTED, "what it grants for `read` is a list, no object")]),
        (
            {"re ad": {"user_ids": ["ada"]}},
            [],
            [
                (
                    REJECTED,
                    "`re ad` in its access control is no action: it holds a space or an invisible"
                    " character",
                )
            ],
        ),
        (
            {"read": {"users": ["ada"], "user_ids": ["ada"]}},
            ["read user:ada"],
            [(REJECTED, "`users` for `read` is neither user_ids nor group_ids")],
        ),
        (
            {"read": {"user_ids": None, "group_ids": ["staff"]}},
            ["read group:staff"],
            [(ADAPTED, "user_ids for `read` is null: taken as empty")],
        ),
        (
            {"read": {"user_ids": {"ada": 1}}},
            ["read user:ada"],
            [(ADAPTED, "user_ids for `read` is an object: the names in it are taken")],
        ),
        (
            {"read": {"user_ids": "ada"}},
            [],
            [(REJECTED, "user_ids for `read` is `ada`, no list: left out")],
        ),
        (
            {"read": {"user_ids": [1, None, "ada", "ada", ["ada"]]}},
            ["read user:ada"],
            [
                (REJECTED, "3 in user_ids for `read` left out: it is no text"),
                (ADAPTED, "1 in user_ids for `read` listed more than once: kept once"),
            ],
        ),
        (
            {"read": {"group_ids": ["*", "", "a\0"], "user_ids": ["*", "x" * 256]}},
            [],
            [
                (
                    REJECTED,
                    "1 in user_ids for `read` left out: its id has more than 255 characters",
                ),
                (REJECTED, "1 in user_ids for `read` left out: nobody has the id `*`"),
                (REJECTED, "1 in group_ids for `read` left out: its id holds NUL or half of a"),
                (REJECTED, "1 in group_ids for `read` left out: its id is empty"),
                (REJECTED, "1 in group_ids for `read` left out: nobody has the id `*`"),
            ],
        ),
    ],
)
def test_malformed_parts_give_nobody_anything_and_are_told(
    control: object, grants: list[str], what: Told, tmp_path: Path
) -> None:
    state, findings = of_json(tmp_path, control)
    assert state == (False, grants)
    assert [kind for kind, _ in findings] == [kind for kind, _ in what]
    for (_, found), (_, expected) in zip(findings, what, strict=True):
        assert found.startswith(expected)


def test_grants_to_nobody_are_kept_and_told_once_a_resource(tmp_path: Path) -> None:
    control = {"read": {"user_ids": ["eve", "ada"], "group_ids": ["gone"]}}
    assert of_json(tmp_path, control) == (
        (False, ["read group:gone", "read user:ada", "read user:eve"]),
        [(ADAPTED, "2 of its access grants name nobody, e.g. group `gone`: kept")],
    )


@pytest.mark.parametrize(
    ("grants", "state"),
    [
        ((), (False, [])),
        ((("user", "*", "read"),), (True, [])),
        ((("user", "*", "write"),), (False, ["write everyone:*"])),
        (
            (("user", "*", "write"), ("user", "*", "read")),
            (False, ["read everyone:*", "write everyone:*"]),
        ),
        (
            (("user", "*", "read"), ("group", "staff", "write")),
            (False, ["read everyone:*", "write group:staff"]),
        ),
        ((("user", "ada", "read"),), (False, ["read user:ada"])),
    ],
)
def test_access_grants_become_ours(
    grants: tuple[tuple[object, ...], ...], state: State, tmp_path: Path
) -> None:
    assert of_grants(tmp_path, *grants) == (state, [])


def test_grants_that_give_a_signed_in_user_nothing_are_told_once_a_kind(tmp_path: Path) -> None:
    state, findings = of_grants(
        tmp_path,
        *[("group", "*", "read"), ("group", "*", "write")],
        *[("anyone", "*", "read"), ("anyone", "ada", "read"), ("USER", "ada", "read")],
        *[("user", "", "read"), ("user", None, "read"), ("user", "x" * 256, "read")],
        *[("user", "ada", ""), ("user", "ada", "re ad"), (None, None, None)],
        *[("user", b"ad\xff", "read"), ("user", b"ad\xff", b"r\xff")],
        *[("user", "ada", "read"), ("user", "ada", "read")],
    )
    assert state == (False, ["read user:ada"])
    left = "of its access grants left out:"
    space = "it holds a space or an invisible character"
    assert findings == [
        (REJECTED, f"1 {left} `USER` gives a signed-in user nothing"),
        (REJECTED, f"1 {left} `` gives a signed-in user nothing"),
        (REJECTED, f"1 {left} `` is no action: it is empty"),
        (REJECTED, f"2 {left} `anyone` gives a signed-in user nothing"),
        (REJECTED, f"2 {left} `group:*` gives a signed-in user nothing"),
        (REJECTED, f"1 {left} `re ad` is no action: {space}"),
        (REJECTED, f"1 {left} `r\ufffd` is no action: it is not UTF-8"),
        (REJECTED, f"1 {left} of its principal, its id has more than 255 characters"),
        (REJECTED, f"2 {left} of its principal, its id is empty"),
        (REJECTED, f"1 {left} of its principal, the bytes of its id are not UTF-8"),
        (ADAPTED, "1 of its access grants listed more than once: kept once"),
    ]


def test_grants_of_what_is_not_there_are_counted_by_type(tmp_path: Path) -> None:
    grants = [
        ("model", "gone", "user", "ada", "read"),
        ("model", "gone", "user", "*", "read"),
        ("model", "also gone", "anyone", "*", "read"),
        ("terminal", "t", "user", "ada", "read"),
        ("model", b"m\xff", "user", "ada", "read"),
        (None, None, "user", "ada", "read"),
    ]
    model = {**MODEL, "id": "m\ufffd"}  # what the id that is not UTF-8 looks like
    path = make(tmp_path / "w.db", "0.12.4", resources={"model": [model]}, grants=grants)
    directory = read(path)
    assert state_of(directory) == (False, [])
    assert told(directory, "access grants") == [
        (REJECTED, "", "1 left out: it is no type of resources that is taken"),
        (REJECTED, "model", "4 left out: no model has the id that they name"),
        (REJECTED, "terminal", "1 left out: it is no type of resources that is taken"),
    ]


def test_an_id_with_replaced_bytes_is_not_the_one_that_it_looks_like(tmp_path: Path) -> None:
    user = {**ADA, "id": "ad\ufffd"}
    for at, ids in enumerate(([b"ad\xff", "ad\ufffd"], ["ad\ufffd", b"ad\xff"])):
        path = make(
            tmp_path / f"{at}.db",
            "0.12.4",
            users=[user],
            resources={"model": [{**MODEL, "user_id": None}]},
            grants=[("model", "m", "user", ids[0], "a"), ("model", "m", "user", ids[1], "b")],
        )
        action = "b" if at == 0 else "a"
        assert state_of(read(path)) == (False, [f"{action} user:ad\ufffd"])
