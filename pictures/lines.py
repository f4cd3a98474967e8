"""Lines and ways: how fast a download runs on each, from committed records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import records
from bench.figures import collect
from bench.records import Case, Mistake, Run
from bench.report import charts, sections
from bench.ways import DIRECT, OURS, rank
from pictures.svg import of_chart

LINES = ("clean", "lossy-1", "severe-10", "shaped")
CUBIC = "gateway-cubic"
CUBIC_IS = "cubic: what most senders run"
WAYS = (OURS, "gateway-ikev2", DIRECT, "forward", CUBIC)
"""What a reader asks about. A run may have fewer, of lines and of ways."""
SHOWN = sections.Bars("goodput_mbps", "Mbit/s", limit="limit_mbps")


def newest(results: Path) -> Path | None:
    """Return the last run of all promises, or else of the short set; None if none is committed."""
    sets = (sorted(results.glob(f"*-{name}.jsonl")) for name in ("bench", "short"))
    return next((found[-1] for found in sets if found), None)


def draw(path: Path) -> str:
    """Return the drawing of a file of records.

    Raises:
        Mistake: it can't be read, or has no such download.
    """
    run = records.read(path)
    if not (panels := _panels(run)):
        raise Mistake(f"{path}: no download by {OURS} on {', '.join(LINES)}")
    chart = charts.bars(panels, SHOWN.unit)
    below = "stroke: the line's limit; whisker: all repeats"
    if any(mark.way == CUBIC for marks in panels.values() for mark in marks):
        below += f"; {CUBIC_IS}"
    about = f"One download, {run.about.get('date')}, {sections.STANDS['far']}"
    return of_chart(chart, about=about, below=below)


def _panels(run: Run) -> dict[str, list[charts.Mark]]:
    """Return the ways of each line below a heading, of those lines that have this gateway."""
    measured, told = collect(run.records), run.about.get("lines", {})
    found = {name: measured.get(Case(name), {}) for name in LINES}
    return {
        _heading(told.get(name, {}), name): [
            sections.mark(SHOWN, ways[way]) for way in sorted(WAYS, key=rank) if way in ways
        ]
        for name, ways in found.items()
        if OURS in ways
    }


def _heading(line: Mapping[str, Any], name: str) -> str:
    loss = f", {line['loss']:g}\N{NO-BREAK SPACE}% lost" if line.get("loss") else ""
    return f"{line.get('what', name)}: {line['rate']:g} Mbit/s{loss}" if "rate" in line else name
