"""Text from data as the content, or between the quotes, of XML and HTML.

Owns this escaping. Which characters must not be shown as they are, `escape` says.
"""

from __future__ import annotations

from grantctl.render.escape import escape

_NO_XML = frozenset("\ufffe\uffff")


def xml_text(text: str) -> str:
    """The text for XML and HTML, as content or between quotes; what XML cannot hold is shown."""
    safe = escape(text)
    if not _NO_XML.isdisjoint(safe):
        safe = "".join(rf"\u{ord(one):04x}" if one in _NO_XML else one for one in safe)
    safe = safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace('"', "&quot;").replace("'", "&#39;")
