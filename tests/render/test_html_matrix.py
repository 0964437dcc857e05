"""The page of a matrix: it stands alone, holds the causes, and takes no name for markup."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser

from hypothesis import given
from tests.render.test_drawings import LABELS

from grantctl.evaluation.facts import Group, User
from grantctl.evaluation.matrix import Cell, CellCause, MatrixRow
from grantctl.model import Role
from grantctl.render.escape import escape
from grantctl.render.html_matrix import LETTERS, Page, page_lines
from grantctl.render.html_matrix_parts import SCRIPT, STYLE

NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "h1", "p", "ul", "li", "span"),
    *("label", "input", "main", "table", "thead", "tbody", "tr", "td", "th", "script"),
}


class Reading(HTMLParser):
    """The tags of a page with their attributes, and the texts that are no style and no script."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        last = self.tags[-1][0] if self.tags else ""
        if last in ("style", "script") and last not in self.raw:
            self.raw[last] = data
        elif data.strip():
            self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(name: str, words: str = "because") -> str:
    user = User(1, "u-1", name, "Name", Role.USER)
    cells = (Cell(True, CellCause.GROUP, words), Cell(False, CellCause.ABSENT, words))
    page = Page(
        Group(1, "g", name), "permissions", (name, "notes"), (MatrixRow(user, cells),), NOW, (name,)
    )
    return "\n".join(page_lines(page))


def test_a_cell_tells_its_cause_and_a_row_its_user() -> None:
    reading = Reading(page_of("ada@example.com", "group `staff` sets it true"))
    cells = [one for one in reading.named("td") if one]
    assert cells == [
        {
            "class": "group",
            "title": "ada@example.com: allowed: group `staff` sets it true",
        },
        {"class": "absent", "title": "notes: denied: group `staff` sets it true"},
    ]
    assert reading.named("th")[-1] == {"scope": "row", "title": "Name, user, u-1"}
    assert "1 user × 2 columns, as of 2026-06-01 12:30 UTC" in reading.texts


def test_the_page_may_run_its_own_script_and_nothing_else() -> None:
    reading = Reading(page_of("ada"))
    [policy] = [
        one["content"]
        for one in reading.named("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    ]
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in (STYLE, SCRIPT)]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert reading.raw == {"style": STYLE, "script": SCRIPT}
    for constant in (STYLE, SCRIPT):
        assert "</" not in constant
        assert not re.search(r"https?:|url\(|@import|innerHTML|eval|import\(|fetch", constant)


def test_every_cause_has_a_letter_and_a_colour() -> None:
    assert LETTERS.keys() == set(CellCause)
    assert len(set(LETTERS.values())) == len(LETTERS)
    for cause in CellCause:
        assert re.search(rf"\.{cause.value}[,{{]", STYLE)


@given(LABELS, LABELS)
def test_no_name_becomes_markup(name: str, words: str) -> None:
    reading = Reading(page_of(name, words))
    assert {tag for tag, _ in reading.tags} == TAGS
    assert reading.raw == {"style": STYLE, "script": SCRIPT}
    allowed = {
        *("lang", "charset", "http-equiv", "content", "name", "class", "id", "type"),
        *("role", "scope", "title"),
    }
    assert {name for _, attributes in reading.tags for name in attributes} <= allowed
    shown = escape(name).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    title = next(text for text in reading.texts if text.endswith(": permissions"))
    assert title == f"{shown or 'g'}: permissions"
