"""Catalogue, groups and their flags, read once: what hardly changes, and is asked for all the time.

Owns which parts have been read, each when it is first needed. Leaves to `quick` to know for how
long they hold: it forgets them when anything was committed.

INVARIANT: whatever is read here is read inside of the caller's transaction, and kept parts are all
of the same state of the database.
"""

from __future__ import annotations

from grantctl.evaluation.compiled import (
    Asked,
    CompiledQuestion,
    closed_downward,
    compile_question,
)
from grantctl.evaluation.facts import Permission
from grantctl.evaluation.rules import leaves_of
from grantctl.store import queries, quick_queries
from grantctl.store.connection import Connection
from grantctl.store.rows import flag_of, permission_of, unsound

MAX_COMPILED = 1000  # a catalogue has some dozens of keys, each asked in few ways


class DirectoryCache:
    """What was read of the directory through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.compiled: dict[str | Asked, CompiledQuestion] = {}
        self.forget()

    def forget(self) -> None:
        """Read everything anew when it is needed again."""
        self.compiled.clear()
        self._catalogue: dict[str, Permission] | None = None
        self._children: dict[int, list[int]] | None = None
        self._granting: dict[str, frozenset[int]] = {}

    def compile(self, asked: str | Asked) -> CompiledQuestion | None:
        """The question in its short form, kept for the next time; None for an unknown key.

        A text asks for the permission or category of that key and no more. Raises DatabaseError.
        """
        question = Asked(asked) if isinstance(asked, str) else asked
        leaves = leaves_of(self.catalogue(), question.key)
        if not leaves:
            return None
        granting = {one.key: self._granting_of(one.key) for one in leaves}
        if len(self.compiled) >= MAX_COMPILED:
            self.compiled.clear()
        self.compiled[asked] = compiled = compile_question(question, leaves, granting)
        return compiled

    def catalogue(self) -> dict[str, Permission]:
        """Every permission by its key. Raises DatabaseError."""
        if self._catalogue is None:
            found = map(permission_of, self._connection.rows(queries.CATALOGUE))
            self._catalogue = {one.key: one for one in found}
        return self._catalogue

    def _granting_of(self, key: str) -> frozenset[int]:
        """The groups whose direct members hold the permission."""
        if key not in self._granting:
            rows = self._connection.rows(quick_queries.FLAGS_OF_LEAF, {"key": key})
            pks = [pk for (pk, _), is_true in map(flag_of, rows) if is_true]
            self._granting[key] = closed_downward(pks, self._below())
        return self._granting[key]

    def _below(self) -> dict[int, list[int]]:
        if self._children is None:
            children: dict[int, list[int]] = {}
            for parent, child in self._connection.rows(quick_queries.CHILDREN):
                if type(parent) is not int:
                    raise unsound("group")
                children.setdefault(parent, []).append(child)
            self._children = children
        return self._children
