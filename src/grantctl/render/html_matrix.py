"""A matrix as a page of HTML that stands alone: nothing is fetched, and nothing leaves it.

Owns the page and its policy: what it may run and how it may look is named by hash, everything else
is forbidden, so that data in it can do nothing even if its escaping failed. The look and the script
are in `html_matrix_parts`. Without the script the causes are still there, as the cells' titles.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from grantctl.evaluation.facts import Group
from grantctl.evaluation.matrix import CellCause, MatrixRow
from grantctl.lean import dataclass
from grantctl.moments import UTC, datetime
from grantctl.render.html_matrix_parts import SCRIPT, STYLE
from grantctl.render.markup import xml_text
from grantctl.render.matrix import MARKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


LETTERS = {
    CellCause.ADMIN: "A",
    CellCause.OWNER: "O",
    CellCause.DIRECT: "U",
    CellCause.GROUP: "G",
    CellCause.EVERYONE: "E",
    CellCause.PUBLIC: "P",
    CellCause.DEFAULT: "D",
    CellCause.PENDING: "–",
    CellCause.FALSE: "○",
    CellCause.ABSENT: "·",
    CellCause.BASE: "×",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown. `asked`: in words, what each column asks; `notes`: what is left out."""

    group: Group
    asked: str
    columns: Sequence[str]
    rows: Sequence[MatrixRow]
    decided_at: datetime
    notes: Sequence[str] = ()


def page_lines(page: Page) -> Iterator[str]:
    """The lines of the page, without their ends."""
    title = f"{page.group.name or page.group.id}: {page.asked}"
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">'
    yield '<meta name="viewport" content="width=device-width">'
    yield '<meta name="referrer" content="no-referrer">'
    yield '<meta name="robots" content="noindex">'
    yield f"<title>{xml_text(title)}</title>"
    yield f"<style>{STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield from _head(page, title)
    yield from _table(page)
    yield f"<script>{SCRIPT}</script>"
    yield "</body>"
    yield "</html>"


def _policy() -> str:
    """What the page may do: be styled and run by these two texts, and nothing else at all."""
    return (
        f"default-src 'none'; style-src '{_hash(STYLE)}'; script-src '{_hash(SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _head(page: Page, title: str) -> Iterator[str]:
    used = {cell.cause for row in page.rows for cell in row.cells}
    moment = page.decided_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    users = "1 user" if len(page.rows) == 1 else f"{len(page.rows):,} users"
    columns = "1 column" if len(page.columns) == 1 else f"{len(page.columns):,} columns"
    counted = f"{users} × {columns}, as of {moment}"
    yield "<header>"
    yield f"<h1>{xml_text(title)}</h1>"
    yield f"<p>{xml_text(counted)}</p>"
    yield from (f'<p class="note">{xml_text(note)}</p>' for note in page.notes)
    yield '<ul class="legend">'
    for cause in CellCause:
        if cause in used:
            words = xml_text(MARKS[cause].words)
            yield f'<li><span class="{cause.value}">{LETTERS[cause]}</span> {words}</li>'
    yield "</ul>"
    yield '<p class="filters"><label>Users <input id="users" type="search"></label>'
    yield '<label>Columns <input id="columns" type="search"></label></p>'
    yield '<p id="cause" role="status">Point at a cell, or move there with the arrow keys.</p>'
    yield "</header>"


def _table(page: Page) -> Iterator[str]:
    yield "<main><table>"
    yield "<thead><tr><td></td>"
    for at, column in enumerate(page.columns):
        count = sum(row.cells[at].allowed for row in page.rows)
        told = xml_text(f"{column}: {count} of {len(page.rows)} allowed")
        yield f'<th scope="col" title="{told}"><span>{xml_text(column)}</span></th>'
    yield "</tr></thead>"
    yield "<tbody>"
    for row in page.rows:
        user = row.user
        told = xml_text(f"{user.name}, {user.role.value}, {user.id}")
        yield f'<tr><th scope="row" title="{told}">{xml_text(user.label)}</th>'
        yield "".join(
            f'<td class="{cell.cause.value}" title="{_told(column, cell.allowed, cell.words)}">'
            f"{LETTERS[cell.cause]}</td>"
            for column, cell in zip(page.columns, row.cells, strict=True)
        )
        yield "</tr>"
    yield "</tbody>"
    yield "</table></main>"


def _told(column: str, allowed: bool, words: str) -> str:
    return xml_text(f"{column}: {'allowed' if allowed else 'denied'}: {words}")
