"""YAML with the line of every value, and no more of YAML than JSON has.

Owns refusing what a file could hide behind: keys that stand twice, anchors and aliases (of which a
few lines make gigabytes), tags, several documents, and depth.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import yaml

from grantctl.errors import InvalidError
from grantctl.interop.placed import Placed, Unfit, Value

MAX_DEPTH = 20

# The one in C, where it was built: the same events in a tenth of the time.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # Any: the stubs know no events
_KINDS = {"int": "a number", "float": "a number", "null": "null", "merge": "a merge key"}
_TRUE = ("yes", "true", "on")
_MAX_ECHO = 80


def read_yaml(text: str, file: str) -> Placed:
    """The one value that the text is. Raises InvalidError with the file and the line."""
    try:
        loader = _Loader(text)
        try:
            return _Reading(loader, file).document()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = file if mark is None else f"{file}:{mark.line + 1}"
        raise InvalidError(f"{place}: {error.problem or 'it is not valid YAML'}") from None
    except yaml.YAMLError:
        raise InvalidError(f"{file}: it holds a character that YAML does not have") from None


class _Reading:
    """Reads the events of one document; `_depth` counts the lists and mappings that are open."""

    def __init__(self, loader: Any, file: str) -> None:
        self._loader = loader
        self._file = file
        self._depth = 0

    def document(self) -> Placed:
        self._loader.get_event()  # the stream's start
        if self._loader.check_event(yaml.StreamEndEvent):
            return Placed(self._file, 1, {})
        self._loader.get_event()  # the document's start
        found = self._node(self._loader.get_event())
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            self._refuse(self._loader.get_event(), "it holds more than one document")
        return found

    def _node(self, event: Any) -> Placed:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(event, "anchors and aliases are not allowed")
        if event.tag is not None and event.tag != "!":
            self._refuse(event, f"the tag `{event.tag[:_MAX_ECHO]}` is not allowed")
        if isinstance(event, yaml.ScalarEvent):
            return self._placed(event, self._scalar(event))
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(event, f"it has more than {MAX_DEPTH} levels")
        is_list = isinstance(event, yaml.SequenceStartEvent)
        value: Value = self._list() if is_list else self._mapping()
        self._depth -= 1
        return self._placed(event, value)

    def _scalar(self, event: Any) -> Value:
        """A text; a plain word that YAML takes for something else is that."""
        tag = self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        kind = tag.rpartition(":")[2]
        if kind == "bool":
            return event.value.lower() in _TRUE
        return Unfit(_KINDS[kind]) if kind in _KINDS else str(event.value)

    def _list(self) -> tuple[Placed, ...]:
        found = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            found.append(self._node(self._loader.get_event()))
        self._loader.get_event()
        return tuple(found)

    def _mapping(self) -> dict[str, Placed]:
        found: dict[str, Placed] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            event = self._loader.get_event()
            key = self._node(event).value
            if isinstance(key, bool):  # `on`, `yes`: a plain word after all
                key = str(event.value)
            if not isinstance(key, str):
                self._refuse(event, "a key is not text")
            if key in found:
                self._refuse(event, f"the key `{key[:_MAX_ECHO]}` stands twice")
            # Of the key's line: a block begins on the next one.
            found[key] = replace(self._node(self._loader.get_event()), line=_line_of(event))
        self._loader.get_event()
        return found

    def _placed(self, event: Any, value: Value) -> Placed:
        return Placed(self._file, _line_of(event), value)

    def _refuse(self, event: Any, problem: str) -> NoReturn:
        raise InvalidError(f"{self._file}:{_line_of(event)}: {problem}")


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1
