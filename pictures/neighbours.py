"""Neighbours: what eight others on a full line keep beside this gateway, and beside cubic."""

from __future__ import annotations

from pathlib import Path

from bench import records
from bench.figures import collect
from bench.records import Case, Mistake
from bench.report import charts, sections
from bench.ways import OURS, rank
from pictures.lines import CUBIC, CUBIC_IS
from pictures.svg import of_chart

LINES = ("shared-50", "shared-300")
WAYS = (OURS, CUBIC)
SHOWN = sections.Bars("neighbours_mbps", "Mbit/s")


def newest(results: Path) -> Path | None:
    """Return the last run beside neighbours or of all promises; None if none is committed."""
    found = [*results.glob("*-neighbours.jsonl"), *results.glob("*-bench.jsonl")]
    return max(found, default=None)


def draw(path: Path) -> str:
    """Return the drawing of a file of records: a ring for each neighbour.

    Raises:
        Mistake: it can't be read, or lacks a line or one of the two senders on it.
    """
    run = records.read(path)
    measured, told = collect(run.records), run.about.get("lines", {})
    panels = {}
    for line in LINES:
        ways = measured.get(Case(line), {})
        if missing := [way for way in WAYS if way not in ways]:
            raise Mistake(f"{path}: no neighbours on {line} beside {', '.join(missing)}")
        panels[_heading(line, told.get(line, {}).get("queue"))] = [
            sections.mark(SHOWN, ways[way]) for way in sorted(WAYS, key=rank)
        ]
    chart = charts.bars(panels, SHOWN.unit)
    about = f"What neighbours keep of one line, {run.about.get('date')}, {sections.STANDS['far']}"
    return of_chart(chart, about=about, below=f"ring: a neighbour; diamond: the phone; {CUBIC_IS}")


def _heading(line: str, queue: float | None) -> str:
    return f"queue of {queue:g}\N{NO-BREAK SPACE}ms" if queue else line
