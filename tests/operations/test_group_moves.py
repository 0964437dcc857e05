"""Groups moved below one another: no circle ever, on both engines."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from grantctl.errors import (
    GroupCycleError,
)
from grantctl.operations.groups import (
    Outcome,
    create_group,
    move_group,
    show_group,
)
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import GroupRow
from grantctl.store.url import parse_url
from tests.operations.group_examples import (
    INTENT,
    audit,
    counts,
    make_groups,
    paths,
)

NOW = datetime.now(UTC)


def test_a_group_moves_with_all_below_it(database: Database) -> None:
    make_groups(database, "company", "company/backend", "company/backend/api", "guests")
    moved = move_group(database, INTENT, "backend", "guests")
    assert moved.outcome is Outcome.MOVED
    assert [group.name for group in moved.former_path] == ["company", "backend"]
    assert paths(database) == ["company", "guests/backend", "guests/backend/api", "guests"]
    assert move_group(database, INTENT, "backend", None).group.parent is None
    assert paths(database) == ["company", "backend", "backend/api", "guests"]
    entry = audit(database)[-1]
    guests = show_group(database, "guests", now=NOW).group.id
    assert (entry.action, entry.before["parent"], entry.after["parent"]) == (
        "group.move",
        guests,
        None,
    )


def test_a_cycle_is_refused_and_shown(database: Database) -> None:
    make_groups(database, "a", "a/b", "a/b/c")
    c = show_group(database, "c", now=NOW).group.id
    with pytest.raises(GroupCycleError) as caught:
        move_group(database, INTENT, "a", "c")
    assert caught.value.message == "`a` cannot be below `c`: a → b → c would meet itself"
    assert caught.value.hint == f"move `c` elsewhere first: grantctl groups move {c} --root"
    with pytest.raises(GroupCycleError) as caught:
        move_group(database, INTENT, "b", "b")
    assert caught.value.message == "`b` cannot be below itself"
    assert paths(database) == ["a", "a/b", "a/b/c"]
    assert len(audit(database)) == 3


def test_a_group_that_another_program_put_below_itself_can_be_freed(database: Database) -> None:
    make_groups(database, "a")
    _close_circle(database, "a", "a")
    assert paths(database) == ["a"]
    assert show_group(database, "a", now=NOW).group.parent is not None
    assert move_group(database, INTENT, "a", None).outcome is Outcome.MOVED
    assert show_group(database, "a", now=NOW).group.parent is None


def test_a_cycle_that_another_program_made_can_be_shown_and_undone(database: Database) -> None:
    make_groups(database, "a", "a/b")
    _close_circle(database, "a", "b")
    assert counts(database) == {"a": (0, 0), "b": (0, 0)}
    assert [one.name for one in show_group(database, "a", now=NOW).group.path] == ["b", "a"]
    move_group(database, INTENT, "a", None)
    assert paths(database) == ["a", "a/b"]


def _close_circle(database: Database, top: str, bottom: str) -> None:
    def write(session: Session) -> None:
        rows = {row.name: row for row in session.exec(select(GroupRow))}
        rows[top].parent_pk = rows[bottom].pk

    change(database, write, dry_run=False)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.integers(0, 7), st.integers(0, 7)),
        st.tuples(st.just("move"), st.integers(0, 7), st.integers(0, 7)),
    ),
    max_size=14,
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
def test_no_sequence_of_creations_and_moves_closes_a_circle(
    sqlite_template: Path, steps: list[tuple[str, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(sqlite_template, Path(folder) / "grantctl.db")
        database = Database(parse_url(f"sqlite:///{folder}/grantctl.db"))
        parents: dict[str, str | None] = {}
        for verb, one, other in steps:
            name, parent = f"g{one}", f"g{other}" if f"g{other}" in parents else None
            if verb == "create" and name not in parents:
                create_group(database, INTENT, name=name, parent=parent)
                parents[name] = parent
            elif name in parents and _would_close(parents, name, parent):
                with pytest.raises(GroupCycleError):
                    move_group(database, INTENT, name, parent)
            elif name in parents:
                move_group(database, INTENT, name, parent)
                parents[name] = parent
        assert sorted(paths(database)) == sorted(_path(parents, name) for name in parents)


def _would_close(parents: dict[str, str | None], name: str, parent: str | None) -> bool:
    while parent is not None:
        if parent == name:
            return True
        parent = parents[parent]
    return False


def _path(parents: dict[str, str | None], name: str) -> str:
    parent = parents[name]
    return name if parent is None else f"{_path(parents, parent)}/{name}"
