"""The benchmark's results as one page that needs nothing else: no network, no scripts.

Drawn by matplotlib, because its SVG needs no script to show, scales from phone to wall, and lets
the page's style sheet give the colours, light or dark. Charting libraries that run in the browser
bring megabytes along, or fetch them. The page itself is Jinja2's, because that escapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from bench.records import About, Promise, Row
from bench.report import sections, words
from bench.report.compare import DRAW, GOODPUT, LOAD_TIME, duels, group, verdicts
from bench.report.modes import MODES, mode_of

HERE = Path(__file__).parent

# First those of words, then those of figures, which page.css aligns: six and the rest.
COLUMNS = {
    "scenario": "line",
    "hour": "time",
    "path": "gateway",
    "mode": "mode",
    "direction": "direction",
    "load": "load",
    "flows": "flows",
    "goodput_mbps": "goodput Mbit/s",
    "spread": "min–max Mbit/s",
    "limit_mbps": "limit Mbit/s",
    "rtt_p50_ms": "RTT p50 ms",
    "rtt_p95_ms": "RTT p95 ms",
    "retransmit_pct": "sent again %",
    "cpu_s_per_gb": "CPU s/GB",
    "load_time_s": "page load s",
    "load_time_spread": "min–max s",
    "load_time_limit_s": "least s",
    "neighbours_mbps": "neighbours Mbit/s",
    "repeats": "repeats",
}


def write_report(path: Path, rows: Sequence[Row], bars: Sequence[Promise], about: About) -> None:
    """Write the page whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(render(rows, bars, about), encoding="utf-8")
    partial.replace(path)


def render(rows: Sequence[Row], bars: Sequence[Promise], about: About) -> str:
    """The page."""
    groups = group([row for row in rows if row["scenario"] != sections.DAY])
    compared = [*verdicts(groups, GOODPUT), *verdicts(groups, LOAD_TIME)]
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"figure": figure, "place": words.place}
    page = environment.from_string((HERE / "page.html.tmpl").read_text(encoding="utf-8"))
    return page.render(
        css=(HERE / "page.css").read_text(encoding="utf-8"),
        headline=words.headline(groups, about),
        tally=words.tally([*duels(groups, GOODPUT), *duels(groups, LOAD_TIME)]),
        behind=[verdict for verdict in compared if verdict.outcome == "behind"],
        draw=round(DRAW * 100),
        sections=sections.build(rows, about),
        modes=[MODES[name] for name in MODES if any(row["mode"] == name for row in rows)],
        columns=COLUMNS,
        rows=[cells(row) for row in rows],
        bars=bars,
        about=about,
    )


def cells(row: Mapping[str, Any]) -> list[str]:
    """A row of the full table."""
    shown = {**row, "mode": mode_of(row["mode"]).label}
    return [figure(shown.get(column)) for column in COLUMNS]


def figure(value: Any) -> str:
    """Any value of a row as measured, or a dash."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return " ".join(map(figure, value))
    return f"{value:.7g}" if isinstance(value, float) else str(value)
