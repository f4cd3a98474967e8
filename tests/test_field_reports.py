"""docs/field-reports.md: each row has a report, a symptom, a verdict, and what shows it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from tests.markdown import Page, words
from tests.test_docs import leads_somewhere

ROOT = Path(__file__).parents[1]
NAME = "docs/field-reports.md"
HEAD = ["report", "symptom", "verdict", "shown by"]
VERDICTS = ("holds", "mended", "can't be helped", "open")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
NODE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(page: Page) -> list[list[str]]:
    """The rows of all tables that begin with a report: without heads, and without other tables."""
    tables = re.split(r"\n\s*\n", page.prose)
    found = [_cells(table) for table in tables if _cells(table)[:1] == [HEAD]]
    return list(chain.from_iterable(table[2:] for table in found))


def _cells(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def faults(row: list[str]) -> Iterator[str]:
    """A line for everything that a row lacks."""
    if len(row) != len(HEAD):
        yield f"{len(row)} cells in place of {len(HEAD)}"
        return
    report, symptom, verdict, shown_by = row
    if not re.fullmatch(rf"{LINK.pattern}(, {LINK.pattern})*", report):
        yield "the report is no link, nor links with commas"
    elif not all(link.startswith("https://") for link in LINK.findall(report)):
        yield "a report that is nobody else's"
    if words(symptom) < 4 or not symptom.endswith("."):
        yield "the symptom is no sentence"
    if not re.match(rf"\*\*({'|'.join(VERDICTS)})\*\*: \S", verdict):
        yield f"the verdict is none of {', '.join(VERDICTS)}, in bold, with what was done"
    yield from _what_shows(shown_by)


def _what_shows(cell: str) -> Iterator[str]:
    if node := NODE.fullmatch(cell):
        if node[2] not in names_in(node[1]):
            yield f"no test {node[2]} in {node[1]}"
    elif link := LINK.fullmatch(cell):
        if "README.md" not in link[1] and "#" not in link[1]:
            yield f"{link[1]} names no place in the document"
        elif not leads_somewhere(NAME, link[1]) or ":" in link[1]:
            yield f"{link[1]} leads nowhere"
    else:
        yield "neither a test nor a place shows it"


@cache
def names_in(name: str) -> frozenset[str]:
    """The tests of a file, which need not be there."""
    path = ROOT / name
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else ()
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))


ROWS = rows(Page(ROOT / NAME))


def test_there_are_rows_of_each_verdict() -> None:
    assert len(ROWS) > 30
    assert {verdict for row in ROWS for verdict in VERDICTS if f"**{verdict}**" in row[2]} == set(
        VERDICTS
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][1:30].partition("]")[0])
def test_each_row_has_its_report_symptom_verdict_and_what_shows_it(row: list[str]) -> None:
    assert list(faults(row)) == []


def test_every_table_of_reports_has_this_head() -> None:
    known = [HEAD, ["word", "means"]]
    heads = [
        cells[0]
        for text in re.split(r"\n\s*\n", Page(ROOT / NAME).prose)
        if (cells := _cells(text))
    ]
    assert [head for head in heads if head not in known] == []


def test_no_report_stands_twice_with_one_symptom() -> None:
    """One report may have two symptoms, and then two rows."""
    pairs = [(link, row[1]) for row in ROWS for link in LINK.findall(row[0])]
    assert len(pairs) == len(set(pairs))


GOOD = [
    "[a/b#1](https://example.org/1), [a/b#2](https://example.org/2)",
    "It does not connect at noon.",
    "**holds**: it does here",
    "`tests/test_field_reports.py::test_there_are_rows_of_each_verdict`",
]


def test_a_good_row_is_one() -> None:
    assert list(faults(GOOD)) == []
    assert list(faults([*GOOD[:3], "[how](field-reports.md#the-words)"])) == []


@pytest.mark.parametrize(
    ("cell", "text", "fault"),
    [
        (0, "a/b#1", "no link"),
        (0, "[a](https://example.org) [b](https://example.org)", "no link"),
        (0, "[ours](trouble.md)", "nobody else's"),
        (1, "Broken.", "no sentence"),
        (1, "", "no sentence"),
        (2, "holds: it does", "the verdict"),
        (2, "**holds**", "the verdict"),
        (2, "**fine**: it does", "the verdict"),
        (3, "", "neither"),
        (3, "by hand", "neither"),
        (3, "`tests/test_field_reports.py::test_nothing`", "no test"),
        (3, "`tests/test_nowhere.py::test_it`", "no test"),
        (3, "[t](trouble.md#nowhere)", "leads nowhere"),
        (3, "[t](nowhere.md#a)", "leads nowhere"),
        (3, "[t](https://example.org/#a)", "leads nowhere"),
        (3, "[t](trouble.md)", "no place"),
    ],
)
def test_what_a_row_lacks_is_said(cell: int, text: str, fault: str) -> None:
    row = [*GOOD[:cell], text, *GOOD[cell + 1 :]]
    assert any(fault in line for line in faults(row))


def test_a_row_with_a_cell_too_few() -> None:
    assert list(faults(GOOD[:3])) == ["3 cells in place of 4"]
