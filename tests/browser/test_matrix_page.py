"""The page of a matrix in a real browser: colours, causes on hover, keys and filters."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grantctl.evaluation.facts import Group, User
from grantctl.evaluation.matrix import Cell, CellCause, MatrixRow
from grantctl.model import Role
from grantctl.render.html_matrix import LETTERS, page_lines
from grantctl.render.html_matrix import Page as MatrixPage
from tests.browser.chromium import Page

NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
BACKGROUNDS = {
    CellCause.ADMIN: "#cc79a7",
    CellCause.OWNER: "#009e73",
    CellCause.DIRECT: "#e69f00",
    CellCause.GROUP: "#0072b2",
    CellCause.EVERYONE: "#a6d5f2",
    CellCause.PUBLIC: "#f0e442",
    CellCause.DEFAULT: "#a6d5f2",
    CellCause.PENDING: "#f3f3f3",
    CellCause.FALSE: "#f3f3f3",
    CellCause.ABSENT: "#f3f3f3",
    CellCause.BASE: "#f3f3f3",
}
DENYING = {CellCause.PENDING, CellCause.FALSE, CellCause.ABSENT, CellCause.BASE}
HOSTILE = "<img src=x onerror=\"document.title='evil'\"><script>document.title='evil'</script>'\""
CAUSES = list(CellCause)
CELL = "document.querySelectorAll('tbody tr')[{}].querySelectorAll('td')[{}]"
CAUSE = "document.getElementById('cause').textContent"


def row(email: str, causes: list[CellCause]) -> MatrixRow:
    cells = (Cell(one not in DENYING, one, f"for {one.value} {email}") for one in causes)
    return MatrixRow(User(1, "u-1", email, "Name", Role.USER), tuple(cells))


def write_page(folder: Path, columns: list[str], rows: list[MatrixRow]) -> Path:
    path = folder / "matrix.html"
    page = MatrixPage(Group(1, "g", HOSTILE), "permissions", columns, rows, NOW)
    path.write_text("\n".join(page_lines(page)), encoding="utf-8")
    return path


@pytest.fixture
def matrix(page: Page, tmp_path: Path) -> Page:
    """A page with a column for each cause, and three users, one of them hostile."""
    columns = [f"chat.{cause.value}" for cause in CAUSES]
    rows = [row(email, CAUSES) for email in ("ada@example.com", HOSTILE, "cyd@example.com")]
    page.open(write_page(tmp_path, columns, rows))
    return page


def box(page: Page, expression: str) -> dict[str, Any]:
    found: dict[str, Any] = page.value(f"({expression}).getBoundingClientRect().toJSON()")
    return found


def shown_rows(page: Page) -> list[str]:
    found: list[str] = page.value(
        "[...document.querySelectorAll('tbody tr')].filter(one => one.offsetParent !== null)"
        ".map(one => one.firstElementChild.textContent)"
    )
    return found


def test_every_cell_is_seen_in_the_colour_and_with_the_letter_of_its_cause(matrix: Page) -> None:
    picture = matrix.picture()
    for at, cause in enumerate(CAUSES):
        cell = CELL.format(0, at)
        place = box(matrix, cell)
        corner = picture.color(place["x"] + 2, place["y"] + 2)
        assert (cause, corner) == (cause, BACKGROUNDS[cause])
        assert matrix.value(f"{cell}.textContent") == LETTERS[cause]
        inner = picture.colors(place["x"], place["y"], place["width"], place["height"])
        assert len(inner) > 1  # the letter is there to be seen


def test_the_cause_is_told_where_the_mouse_points(matrix: Page) -> None:
    for at, cause in enumerate(CAUSES):
        matrix.point_at(CELL.format(0, at))
        verdict = "denied" if cause in DENYING else "allowed"
        expected = f"chat.{cause.value}: {verdict}: for {cause.value} ada@example.com"
        assert matrix.value(CAUSE) == f"ada@example.com — {expected}"
        assert matrix.value(f"{CELL.format(0, at)}.title") == expected


def test_the_keyboard_reaches_every_cell_and_the_focus_is_seen(matrix: Page) -> None:
    matrix.value("document.querySelector('td[tabindex=\"0\"]').focus(), 0")
    for key, told in (
        ("ArrowRight", "ada@example.com — chat.owner"),
        ("ArrowDown", f"{HOSTILE} — chat.owner"),
        ("End", f"{HOSTILE} — chat.base"),
        ("ArrowDown", "cyd@example.com — chat.base"),
        ("ArrowDown", "cyd@example.com — chat.base"),
        ("ArrowLeft", "cyd@example.com — chat.absent"),
        ("Home", "cyd@example.com — chat.admin"),
        ("ArrowUp", f"{HOSTILE} — chat.admin"),
    ):
        matrix.press(key)
        assert str(matrix.value(CAUSE)).startswith(told), key
    assert matrix.value("document.querySelectorAll('[tabindex=\"0\"]').length") == 1
    place = box(matrix, "document.activeElement")
    ring = matrix.picture().colors(place["x"] - 2, place["y"] - 2, place["width"] + 4, 3)
    assert "#d000a0" in ring


def test_the_filters_hide_users_and_columns(matrix: Page) -> None:
    matrix.write("document.getElementById('users')", "CYD example")
    assert shown_rows(matrix) == ["cyd@example.com"]
    matrix.write("document.getElementById('columns')", "owner")
    shown = "[...document.querySelectorAll({})].filter(one => one.offsetParent).map(one => one.{})"
    assert matrix.value(shown.format("'thead th'", "textContent")) == ["chat.owner"]
    assert matrix.value(shown.format("'tbody td'", "textContent")) == ["O"]
    assert matrix.value("document.querySelector('[tabindex=\"0\"]').textContent") == "O"
    matrix.write("document.getElementById('columns')", " ")
    matrix.write("document.getElementById('users')", " ")
    assert len(shown_rows(matrix)) == 3
    assert len(matrix.value(shown.format("'thead th'", "textContent"))) == len(CAUSES)


def test_headings_stay_in_sight_while_the_cells_are_scrolled(page: Page, tmp_path: Path) -> None:
    rows = [row(f"user{at}@example.com", CAUSES * 5) for at in range(200)]
    columns = [f"category.permission_{at}" for at in range(len(CAUSES) * 5)]
    page.open(write_page(tmp_path, columns, rows))
    heading, label = (
        "document.querySelectorAll('thead th')[0]",
        "document.querySelector('tbody th')",
    )
    before, beside = box(page, heading), box(page, label)
    page.value("document.querySelector('main').scrollTo(300, 2000), 0")
    assert abs(box(page, heading)["y"] - before["y"]) <= 1
    assert abs(box(page, label)["x"] - beside["x"]) <= 1
    assert box(page, CELL.format(0, 0))["y"] < before["y"]


def test_no_name_runs_and_nothing_is_fetched(matrix: Page) -> None:
    assert matrix.value("document.title") == f"{HOSTILE}: permissions"
    assert matrix.value("document.querySelectorAll('img, tbody script').length") == 0
    requests = [
        one["params"]["request"]["url"]
        for one in matrix.told
        if one.get("method") == "Network.requestWillBeSent"
    ]
    assert len(requests) == 1
    assert requests[0].endswith("/matrix.html")
    assert not [one for one in matrix.told if one.get("method") == "Log.entryAdded"]
    assert not [one for one in matrix.told if one.get("method") == "Runtime.exceptionThrown"]


def test_the_policy_forbids_what_would_come_in_by_another_way(matrix: Page) -> None:
    """Even if an escape were forgotten, nothing would run and nothing would be fetched."""
    matrix.value(
        "document.body.insertAdjacentHTML('beforeend', "
        "`<img src='http://127.0.0.1:9/x' onerror='document.title = 1'>"
        "<p style='color:red' id=late onclick='document.title = 1'>x</p>`),"
        "document.getElementById('late').click(), 0"
    )
    script = (
        "const made = document.createElement('script'); made.textContent = 'document.title = 1';"
    )
    matrix.value(f"{script} document.body.append(made); 0")
    assert matrix.value("document.title") == f"{HOSTILE}: permissions"
    assert (
        matrix.value("getComputedStyle(document.getElementById('late')).color") != "rgb(255, 0, 0)"
    )


def test_a_page_of_a_thousand_users_is_there_and_answers(page: Page, tmp_path: Path) -> None:
    columns = [f"category.permission_{at}" for at in range(45)]
    causes = [CAUSES[at % len(CAUSES)] for at in range(45)]
    page.open(
        write_page(tmp_path, columns, [row(f"user{at}@example.com", causes) for at in range(1000)])
    )
    assert page.value("document.querySelectorAll('tbody td').length") == 45_000
    page.write("document.getElementById('users')", "user999@")
    assert shown_rows(page) == ["user999@example.com"]
    page.point_at(CELL.format(999, 20))
    assert str(page.value(CAUSE)).startswith("user999@example.com — category.permission_20: ")


def test_a_dark_scheme_is_followed(matrix: Page) -> None:
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    matrix.call("Emulation.setEmulatedMedia", features=dark)
    picture = matrix.picture()
    assert picture.color(2, 2) == "#16181c"
    place = box(matrix, CELL.format(0, CAUSES.index(CellCause.GROUP)))
    assert picture.color(place["x"] + 2, place["y"] + 2) == BACKGROUNDS[CellCause.GROUP]
