"""YAML by PyYAML, made safe for a terminal.

Owns the spelling of `-o yaml`; loaded on first use, by `heavy`. What PyYAML passes through raw
(bidirectional controls, U+0085, zero-width spaces) is escaped here.
"""

from __future__ import annotations

import sys
from typing import TextIO

import yaml

from grantctl.render.escape import escape_lines, is_encodable
from grantctl.render.values import Plain


class _Dumper(yaml.SafeDumper):
    """Quotes every text that is not plainly printable, so that escapes may stand in it."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def yaml_text(document: dict[str, Plain], stream: TextIO) -> str:
    """The document as YAML, in what the stream can encode, with a line feed at the end."""
    text = _dump(document, allow_unicode=True)
    if not is_encodable(text, stream):
        text = _dump(document, allow_unicode=False)
    return text


def _dump(document: dict[str, Plain], *, allow_unicode: bool) -> str:
    text: str = yaml.dump(
        document,
        Dumper=_Dumper,
        allow_unicode=allow_unicode,
        sort_keys=False,
        default_flow_style=False,
        # Never folded: a fold is a raw line feed that the data does not hold.
        width=sys.maxsize,
    )
    # INVARIANT: an unprintable character stands in double quotes only, where the escapes of
    # `escape` (\x9b, \u202e, \U000e0001) are YAML's own.
    return escape_lines(text)
