"""Shapes and words as SVG, in the report's colours: named while drawn, light or dark in the end."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from bench import report

SCHEMES = ("light", "dark")
FONT = "sans-serif"
SCALE = 2
"""The report's charts are as wide as a phone; a document is wider."""


def element(tag: str, content: str = "", **attributes: Any) -> str:
    """Return an element; an underscore in an attribute's name stands for its hyphen."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{told}>{content}</{tag}>" if content else f"<{tag}{told}/>"


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def words(text: str, x: float, y: float, **attributes: Any) -> str:
    """Return a line of words; without `text_anchor` it begins at x."""
    ink = {"font_size": 14, "fill": "var(--text)", **attributes}
    return element("text", escape(text), x=float(x), y=float(y), **ink)


def box(x: float, y: float, width: float, height: float, **attributes: Any) -> str:
    """Return a rectangle, in the colour of cards if none is named."""
    ink: dict[str, Any] = {"rx": 8, "fill": "var(--card)", "stroke": "var(--rule)", **attributes}
    place: dict[str, Any] = {
        "x": float(x),
        "y": float(y),
        "width": float(width),
        "height": float(height),
    }
    return element("rect", **{**place, **ink})


def stroke(path: str, ink: str, width: float = 2, **attributes: Any) -> str:
    """Return a line along an SVG path."""
    return element("path", d=path, fill="none", stroke=ink, stroke_width=float(width), **attributes)


def head(x: float, y: float, ink: str, towards: int = 1) -> str:
    """Return an arrow's head whose point is at x and y, towards the right (1) or the left (-1)."""
    back = x - 9 * towards
    return element("path", d=f"M{x:g} {y:g}L{back:g} {y - 5:g}V{y + 5:g}Z", fill=ink)


def drawing(width: float, height: float, title: str, *parts: str) -> str:
    """Return a whole file, a part a line; `title` is for those who can't see it."""
    shape = {"width": width, "height": height, "viewBox": f"0 0 {width:g} {height:g}"}
    about = {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font_family": FONT}
    content = "\n".join(["", element("title", escape(title)), *parts, ""])
    return element("svg", content, **about, **shape) + "\n"


def of_chart(chart: str, *notes: str, about: str = "", below: str = "") -> str:
    """Return a chart of the report as a file, with the words that the report would say.

    Args:
        notes: at its right, from the top, one below the other.
        about: stands before what the chart says to those who can't see it.
        below: a note for which the file has a line more.
    """
    found = re.match(r'<svg role="img" aria-label="([^"]*)" viewBox="0 0 (\d+) (\d+)">', chart)
    if not found:
        raise ValueError(f"bench.report draws otherwise than expected: {chart[:80]}")
    told, width, height = unescape(found[1]), int(found[2]), int(found[3])
    scaled = element("g", chart[found.end() :].removesuffix("</svg>"), transform=f"scale({SCALE})")
    said = (
        words(text, SCALE * width, 30 + 24 * number, font_size=20, text_anchor="end")
        for number, text in enumerate(notes)
    )
    bottom = SCALE * height + (30 if below else 0)
    last = [words(below, 8, bottom - 8, font_size=20)] if below else []
    parts = [scaled.replace("><", ">\n<"), *said, *last]
    return drawing(SCALE * width, bottom, f"{about}. {told}" if about else told, *parts)


def colours(scheme: str) -> dict[str, str]:
    """Return the colours of the report by their names."""
    css = (report.HERE / "report.css").read_text(encoding="utf-8")
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", css)
    return {name: both[SCHEMES.index(scheme)] for name, *both in found}


def coloured(drawn: str, scheme: str) -> str:
    """Return a drawing with the colours that it names.

    A drawing in an ``<img>`` knows nothing of the document around it.

    Raises:
        KeyError: it names a colour that the report does not have.
    """
    known = colours(scheme)
    return re.sub(r"var\(--([\w-]+)\)", lambda found: known[found[1]], drawn)
