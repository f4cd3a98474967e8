"""QR codes, for what a person would otherwise type. Drawn by segno, in pure Python."""

from __future__ import annotations

import segno


def svg(text: str) -> str:
    """The text as a QR code, to stand inside an HTML page. Black on white whatever the
    page's colours are: many scanners don't read the reverse."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
