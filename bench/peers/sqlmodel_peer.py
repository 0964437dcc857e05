"""The naive program's check, by SQLModel, with a session a question on an open engine."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, create_engine

from bench.measuring import Ask
from bench.naive.checking import is_allowed

WHO = "SQLModel (the naive program's)"


def load(path: Path) -> Ask:
    """Sessions on an engine of their own."""
    engine = create_engine(f"sqlite:///{path}")

    def ask(user: str, key: str) -> bool:
        with Session(engine) as session:
            return is_allowed(session, user, key)

    return ask
