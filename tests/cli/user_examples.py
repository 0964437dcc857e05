"""What the tests of `users` and `roles` share: two people, and a comparison of whole outcomes."""

from __future__ import annotations

import pytest

from tests.cli.steady import hold_steady
from tests.conftest import Cli, Outcome

ADA = "00000000-0000-0000-0000-000000000001"
BOB = "00000000-0000-0000-0000-000000000002"


def make_people(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Ada is admin; Bob is pending, and in the group staff."""
    hold_steady(monkeypatch)
    for arguments in (
        ("users", "create", "ada@example.com", "--name", "Ada Okafor"),
        ("users", "create", "bob@example.com", "--name", "Bob [red]"),
        ("groups", "create", "staff"),
        ("groups", "add", "staff", BOB),
    ):
        assert cli(*arguments).code == 0
    return cli


def said(outcome: Outcome, out: str = "", err: str = "", code: int = 0) -> bool:
    """Whether the outcome is this one, wholly."""
    assert (outcome.out, outcome.err, outcome.code) == (out, err, code)
    return True
