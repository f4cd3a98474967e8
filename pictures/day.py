"""A working day: how fast a download runs, hour by hour, from committed records."""

from __future__ import annotations

from pathlib import Path

from bench import records
from bench.figures import collect
from bench.records import Mistake, Run
from bench.report import charts, sections
from bench.ways import DIRECT, OURS
from pictures.svg import of_chart

SHOWN = (OURS, DIRECT, "forward")


def newest(results: Path) -> Path | None:
    """Return the last day that was measured; None if no records of one are committed."""
    return max(results.glob("*-day.jsonl"), default=None)


def draw(path: Path) -> str:
    """Return the drawing of the day that a file of records holds.

    Raises:
        Mistake: it can't be read, or lacks a way's download.
    """
    try:
        return picture(records.read(path))
    except LookupError as error:
        raise Mistake(f"{path}: no download over a day by {error.args[0]}") from None


def picture(run: Run) -> str:
    """Return the drawing of a run: the far gateway's day if it has one, else the near one's.

    Raises:
        LookupError: it has none, or not of every way.
    """
    known = {
        at: day
        for (at, direction), day in sections.days(collect(run.records)).items()
        if direction == "down"
    }
    at = "far" if "far" in known else "near"
    if at not in known:
        raise LookupError(OURS)
    curves = {way: known[at].curves[way] for way in SHOWN}
    told = f"A download over a modelled working day on an emulated line, {run.about.get('date')},"
    told += f" {sections.STANDS[at]}, and what the line could carry. {sections.lunch(curves)}"
    chart = charts.day(curves, known[at].limit, told)
    return of_chart(chart, "stroke: the line's limit", "shaded: lunch")
