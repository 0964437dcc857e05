"""The pages about fixes and plans show what the commands print, and name every kind and member.

`python -m tests.cli.test_advice_docs` writes the outputs anew.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import fields
from pathlib import Path

import pytest

from grantctl.evaluation.fix_ranking import RatedFix
from grantctl.evaluation.fixes import FixKind
from grantctl.evaluation.revocation import WayKind
from tests.test_readme import ROOT, rewritten, undated

FIX, PLAN = ROOT / "docs" / "fix.md", ROOT / "docs" / "revoke-plan.md"


@pytest.mark.parametrize("page", [FIX, PLAN], ids=["fix", "revoke-plan"])
def test_the_commands_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.count("\n$ ") >= 4
    assert undated(rewritten(text, tmp_path)) == undated(text)


@pytest.mark.parametrize(("page", "kinds"), [(FIX, FixKind), (PLAN, WayKind)], ids=["fix", "plan"])
def test_every_kind_has_its_row_in_the_order_of_rank(page: Path, kinds: type[FixKind]) -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [kind.value for kind in kinds]


def test_every_member_of_a_fix_is_named() -> None:
    text = FIX.read_text(encoding="utf-8")
    for one in fields(RatedFix):
        assert one.name == "fix" or f"`{one.name}`" in text


if __name__ == "__main__":
    for page in (FIX, PLAN):
        with tempfile.TemporaryDirectory() as folder:
            page.write_text(rewritten(page.read_text(encoding="utf-8"), Path(folder)), "utf-8")
