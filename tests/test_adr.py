"""Each decision is a page, and docs/adr/README.md lists them all."""

from __future__ import annotations

import re
from pathlib import Path

ADR = Path(__file__).parents[1] / "docs/adr"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(ADR.glob("0*.md"))}
INDEX = (ADR / "README.md").read_text(encoding="utf-8")
LINE = re.compile(
    r"^\| \[(\d+)\]\(([\w.-]+)\) \| (.+?) \| (\d{4}-\d\d-\d\d) \| (.+?) \|(.*?)\|"
    r" ([^|]+\.) \|$",
    re.MULTILINE,
)
"""Number, file, title, date, status, successor, and one sentence."""

MAX_LINES = 66
"""A printed page."""
PARTS = ("## Context", "## Decision", "ejected")


def test_there_are_pages() -> None:
    assert len(PAGES) >= 18


def test_the_numbers_leave_no_gap() -> None:
    assert [int(name[:4]) for name in PAGES] == list(range(1, len(PAGES) + 1))


def test_each_is_a_page() -> None:
    lengths = {name: text.count("\n") for name, text in PAGES.items()}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_each_says_why_what_and_what_was_rejected() -> None:
    lacks = {name: [part for part in PARTS if part not in text] for name, text in PAGES.items()}
    assert {name: parts for name, parts in lacks.items() if parts} == {}


def test_the_index_has_a_line_for_each_and_its_title() -> None:
    titles = {
        (number, name, f"# {number}. {title}") for number, name, title, *_ in LINE.findall(INDEX)
    }
    first_lines = {
        (str(int(name[:4])), name, text.partition("\n")[0]) for name, text in PAGES.items()
    }
    assert titles == first_lines


def test_a_successor_is_there() -> None:
    successors = [line[5] for line in LINE.findall(INDEX) if line[5].strip()]
    assert successors
    for text in successors:
        assert int(text.split()[0]) in range(1, len(PAGES) + 1)
