"""A figure of the benchmark that a document quotes is in a committed result.

A table below ``<!-- from docs/results/FILE -->`` is held against that file's records; where its
columns are ways, ``<!-- from docs/results/FILE: FIGURE -->`` names the figure. A table that has
ways and figures, and no such line, is an error: docs/results/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench import records
from bench.figures import FIGURES, collect, summary
from bench.plan import FLOWS
from bench.ways import WAYS, label
from tests.test_linters import tracked

ROOT = Path(__file__).parents[1]
FROM = re.compile(
    r"<!-- from (docs/results/[\w.-]+\.jsonl|tests/bench/sample/[\w.-]+)(?:: (\w+))? -->"
)
TABLE = re.compile(
    r"(?P<before>[^\n]*)\n(?:\n)?(?P<table>\|[^\n]*\|\n\|[-:| ]+\|\n(?:\|[^\n]*\n?)+)"
)
USUAL: Mapping[str, Any] = {
    "line": None,
    "way": None,
    "gateway_at": "far",
    "load": "bulk",
    "direction": "down",
    "flows": 1,
    "hour": None,
}
KEYS = {name: key for key, each in FIGURES.items() for name in (key, each.label)}
NAMES = {name: way for way in WAYS for name in (way, label(way))}


def cells(line: str) -> list[str]:
    return [cell.strip(" `*") for cell in line.strip().strip("|").split("|")]


def tables(text: str) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """The line above, the heads and the rows of each."""
    for found in TABLE.finditer("\n" + text):
        heads, _, *rows = found["table"].splitlines()
        yield found["before"], cells(heads), [cells(row) for row in rows]


def wrong(text: str) -> list[str]:
    """What a document says that no committed result says."""
    return [each for table in tables(text) for each in _wrong(*table)]


def _wrong(before: str, heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    marked = FROM.fullmatch(before.strip())
    ways, figures = [head in NAMES for head in heads], [head in KEYS for head in heads]
    if not marked:
        if (any(ways) or "way" in heads) and any(figures):
            yield f"{heads}: a table of figures without a line that says where they are from"
        return
    path, key = ROOT / marked[1], marked[2]
    if not path.exists():
        yield f"{marked[1]} is not there"
        return
    if not any(figures) and not (key and any(ways)):
        yield f"{heads}: no figure of the benchmark"
    known = summary(collect(records.read(path).records))
    for row in rows:
        place = {head: cell for head, cell in zip(heads, row, strict=True) if head in USUAL}
        for head, cell in zip(heads, row, strict=True):
            if head in USUAL:
                continue
            if head not in KEYS and not (key and head in NAMES):
                yield f"{head!r} is no figure and no way"
                continue
            asked = {**place, "way": NAMES[head]} if head in NAMES else place
            if complaint := _differs(known, asked, KEYS.get(head, key), cell):
                yield f"{marked[1]}: {' '.join(row)}: {head}: {complaint}"


def _differs(known: list[dict[str, Any]], place: dict[str, str], key: str, cell: str) -> str:
    wanted = {name: place.get(name, usual) for name, usual in USUAL.items()}
    wanted["way"] = NAMES.get(wanted["way"] or "", wanted["way"])
    if "flows" not in place:
        wanted["flows"] = FLOWS.get(str(wanted["load"]), 1)
    found = [row for row in known if all(str(row[name]) == str(wanted[name]) for name in USUAL)]
    if len(found) != 1:
        return f"{len(found)} rows of the result fit"
    value = found[0][key]
    if value is None or cell == "–":
        return "" if value is None and cell == "–" else f"{value} was measured"
    if not re.fullmatch(r"\d+(\.\d+)?", cell):
        return f"{cell!r} is no number"
    digits = len(cell.partition(".")[2])
    return "" if abs(float(cell) - value) <= 0.5000001 * 10**-digits else f"{value} was measured"


DOCUMENTS = [name for name in tracked() if name.endswith(".md")]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_quoted_was_measured(name: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert wrong(text) == []


def test_committed_results_can_be_read_and_come_from_a_clean_tree() -> None:
    for path in (ROOT / "docs" / "results").glob("*.jsonl"):
        run = records.read(path)
        assert run.records, path
        assert "-dirty" not in run.about["commit"], path


SAMPLE = "tests/bench/sample/before.jsonl"
LONG = f"""\
Words.

<!-- from {SAMPLE} -->
| line | `way` | goodput_mbps | sent again % |
|---|---|---|---|
"""
WIDE = f"""\
<!-- from {SAMPLE}: goodput_mbps -->
| line | load | this gateway |
|---|---|---|
"""


def said(line: str) -> list[str]:
    return wrong(f"{LONG}{line}\n")


def test_figures_that_are_right() -> None:
    assert said("| lossy-1 | `gateway-l2tp` | **8.5** | 0.74 |") == []
    assert said("| lossy-1 | this gateway | 8.46 | 0.7 |") == []
    assert said("| lossy-1 | `gateway-l2tp` | 8 | 1 |") == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("| lossy-1 | `gateway-l2tp` | 8.6 | 0.74 |", "8.46 was measured"),
        ("| lossy-1 | `gateway-l2tp` | 8.47 | 0.74 |", "8.46 was measured"),
        ("| lossy-1 | `gateway-l2tp` | 8.5 | – |", "was measured"),
        ("| lossy-1 | `gateway-l2tp` | about 8.5 | 0.74 |", "'about 8.5' is no number"),
        ("| lossy-3 | `gateway-l2tp` | 8.5 | 0.74 |", "0 rows of the result fit"),
        ("| lossy-1 | `wireguard` | 8.5 | 0.74 |", "0 rows of the result fit"),
    ],
)
def test_a_figure_that_was_changed_is_found(line: str, complaint: str) -> None:
    found = said(line)
    assert found
    assert complaint in found[0]


def test_ways_may_be_columns() -> None:
    assert wrong(f"{WIDE}| lossy-1 | bulk | 8.5 |\n") == []
    assert "8.46 was measured" in wrong(f"{WIDE}| lossy-1 | bulk | 8.4 |\n")[0]
    assert "is no figure and no way" in wrong(WIDE.replace("load", "fun") + "| a | 1 | 8.5 |\n")[0]


def test_a_table_that_does_not_say_where_it_is_from_is_found() -> None:
    bare = "| line | way | goodput_mbps |\n|---|---|---|\n| lossy-1 | forward | 1.06 |\n"
    assert "without a line that says where" in wrong(bare)[0]
    assert "is not there" in wrong(f"<!-- from docs/results/gone.jsonl -->\n{bare}")[0]
    assert wrong(bare.replace("goodput_mbps", "what it is")) == []
