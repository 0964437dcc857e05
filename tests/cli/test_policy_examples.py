"""The shipped policy tests pass on the organisation of the tour, and fail where it is otherwise;
the page about policy tests prints what the commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from grantctl.operations.demonstration import make_organisation
from grantctl.store.url import parse_url
from tests.commands import Cli, Outcome
from tests.test_readme import rewritten, undated

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PAGE = ROOT / "docs" / "policy-tests.md"


@pytest.fixture
def organisation(empty_url: str) -> dict[str, str]:
    """The environment of commands on the organisation of the tour."""
    make_organisation(parse_url(empty_url))
    return {"GRANTCTL_DATABASE": empty_url, "GRANTCTL_ACTOR": "tester"}


@pytest.mark.parametrize(("name", "count"), [("policy-tests.toml", 17), ("policy-tests.yaml", 6)])
def test_the_examples_pass(
    forked: Cli, organisation: dict[str, str], name: str, count: int
) -> None:
    outcome = forked("test", str(EXAMPLES / name), env=organisation)
    assert outcome == Outcome(0, "", f"{count} passed\n")


FAILURES = """\
@:19: failed: support keeps out of the tools
  expected: nobody in group support may workspace.tools
  got: 1 may: dana@example.com
  ✓ allowed: dana@example.com may workspace.tools
  ├─ because group `support` sets it true
  ├─ · role: user, decides nothing
  ├─ ✓ group support: true (added by demo on 2026-01-01)
  ├─ · group staff: absent, held through support
  └─ · default: false
@:34: failed: GPT-4o is for engineers, and for Ada, whose it is
  expected: only ada@example.com and group engineering may read model:gpt-4o
  got: 1 more may: dana@example.com
  ✓ allowed: dana@example.com may read model:gpt-4o
  ├─ because the user is granted `read` directly
  ├─ · role: user, decides nothing
  └─ ✓ model:gpt-4o (GPT-4o), restricted: 2 grants
     ├─ · the owner is `ada@example.com`, not the user
     ├─ · grant of read to group engineering: covers read, the user is not in it
     └─ ✓ grant of read to user dana@example.com: covers read, is for the user
@:39: failed: the helpdesk cannot be used, for what it is made of cannot
  expected: dana@example.com may not read model:helpdesk
  got: allowed: the user owns `model:helpdesk`, and owners are allowed everything
  ✓ allowed: dana@example.com may read model:helpdesk
  ├─ because the user owns `model:helpdesk`, and owners are allowed everything
  ├─ · role: user, decides nothing
  ├─ ✓ model:helpdesk (Helpdesk), public: no access control
  │  └─ ✓ the user owns `model:helpdesk`, and owners are allowed everything
  └─ ✓ its base model:gpt-4o (GPT-4o), restricted: 2 grants
     ├─ · the owner is `ada@example.com`, not the user
     ├─ · grant of read to group engineering: covers read, the user is not in it
     └─ ✓ grant of read to user dana@example.com: covers read, is for the user
"""


def test_a_changed_organisation_fails_the_examples_with_everything_that_is_otherwise(
    forked: Cli, organisation: dict[str, str]
) -> None:
    for line in (
        "permissions set --group=support workspace.tools=true",
        "resources grant model:gpt-4o read --user dana@example.com",
    ):
        assert forked(*line.split(), env=organisation).code == 0
    path = EXAMPLES / "policy-tests.toml"
    outcome = forked("test", str(path), env=organisation)
    assert undated(outcome.out).replace(str(path), "@") == FAILURES
    assert (outcome.code, outcome.err) == (3, "14 passed, 3 failed\n")


def test_the_commands_of_the_page_print_what_it_shows(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("\n$ ") >= 7
    assert undated(rewritten(text, tmp_path)) == undated(text)
