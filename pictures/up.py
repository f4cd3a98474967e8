"""`make up` as a terminal shows it, from a recording that is committed.

The recording is an asciicast (version 2): a line of JSON about it, then one for each line of the
terminal. It was made of a double of Azure, by `tests/pictures/recording.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from pictures.svg import box, drawing, words

LINE, LETTER, EDGE = 18, 8.43, 14
"""Pixels: a line's height, a letter's width, and what is left around them."""
PASSES = re.compile(
    r"@ .*|Diagnostics:|  lunch-gateway:index:\S+ \(.*\):"
    # What a terminal that can move its cursor replaces by what comes next.
    r"| \+  \S+ \S+ (create|creating)( .*)?"
    # What the engine says of the programs that stand in for Azure's.
    r"|[ +]*pulumi:pulumi:Stack .*| *warning: using pulumi-.*"
)
MADE = re.compile(r"( \+  \S+ \S+ created \(\S+\)).*")


def newest(results: Path) -> Path | None:
    """Return the last recording; None if none is committed."""
    return max(results.glob("*-up.cast"), default=None)


JAPANESE = "端末の表示"
"""What begins the words for those who can't see it. What make says is English everywhere."""


def draw(path: Path, called: str = "A terminal") -> str:
    """Return the drawing of a recording.

    Raises:
        ValueError: it is none.
    """
    lines = list(shown(path))
    width = round(2 * EDGE + LETTER * max(map(len, lines)))
    height = 2 * EDGE + LINE * len(lines)
    told = f"{called}: {'; '.join(' '.join(line.split()) for line in lines if line)}"
    parts = [_line(number, line) for number, line in enumerate(lines) if line]
    return drawing(width, height, told, box(0.5, 0.5, width - 1, height - 1), *parts)


def shown(path: Path) -> Iterator[str]:
    """Yield what is left on the terminal in the end, below what was typed.

    Raises:
        ValueError: this is no recording.
    """
    try:
        head, *events = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        said = [text.rstrip() for _, kind, text in events if kind == "o"]
        before, wide = f"$ {head['command']}", int(head["width"])
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"{path} is no recording: an asciicast was expected") from None
    yield before
    for text in said:
        kept = MADE.sub(r"\1", text)
        if not PASSES.fullmatch(text) and kept != before:
            yield from (kept[at : at + wide] for at in range(0, len(kept) or 1, wide))
            before = kept


def _line(number: int, text: str) -> str:
    made = text.startswith(" + ") or text.lstrip().startswith("+ ")
    ink = "var(--way-gateway-l2tp)" if made else "var(--text)"
    bold = {"font_weight": "bold"} if text.startswith(("$ ", "The gateway")) else {}
    look = {"font_family": "monospace", "fill": ink, "xml:space": "preserve", **bold}
    return words(text, EDGE, EDGE + LINE * (number + 0.75), **look)
