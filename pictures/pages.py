"""Pages: how long one takes without a VPN, and through a gateway far away and near."""

from __future__ import annotations

from pathlib import Path

from bench import records
from bench.figures import collect
from bench.plan import by_browser
from bench.records import Case, Mistake, Run
from bench.report import charts, sections
from bench.ways import DIRECT, OURS
from pictures.svg import of_chart

LINE = "lossy-1"
WAYS = (DIRECT, "forward", OURS, "gateway-ikev2")
SHOWN = sections.Bars("load_time_s", "s", limit="load_time_limit_s")


def newest(results: Path) -> Path | None:
    """Return the last run of pages or of all promises; None if none is committed."""
    found = [*results.glob("*-pages.jsonl"), *results.glob("*-bench.jsonl")]
    return max(found, default=None)


def draw(path: Path) -> str:
    """Return the drawing of a file of records.

    Raises:
        Mistake: it can't be read, or lacks a page near, far or without a VPN: where only some are
            shown, a reader would take them for all.
    """
    run = records.read(path)
    panels = {sections.STANDS[at]: _marks(run, at) for at in ("near", "far")}
    for stands, marks in panels.items():
        if missing := {DIRECT, OURS} - {mark.way for mark in marks}:
            raise Mistake(f"{path}: no page on {LINE}, {stands}, by {', '.join(sorted(missing))}")
    chart = charts.bars(panels, SHOWN.unit)
    about = f"Seconds until a web page is there, on the line {LINE}, {run.about.get('date')}"
    return of_chart(chart, about=about, below="stroke: the least possible; whisker: all repeats")


def _marks(run: Run, at: str) -> list[charts.Mark]:
    case = by_browser(Case(LINE, gateway_at=at, load="page"))
    ways = sections.complete(case, collect(run.records))
    return [sections.mark(SHOWN, each) for each in ways if each.way in WAYS]
