"""A run as one page that needs nothing else: no network, no scripts.

Drawn by Vega-Lite, which vl-convert brings without a browser: its SVG takes the colours of the
page's style sheet as they are, light or dark, and scales from phone to wall. The page itself is
Jinja2's, because that escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from bench import comparing
from bench.figures import FIGURES, Ways, collect, ratio
from bench.promises import Judged
from bench.records import Case, Run
from bench.report import sections
from bench.ways import OURS, WAYS, colour, label

HERE = Path(__file__).parent
ASKED = ("line", "hour", "gateway_at", "way", "direction", "load", "flows", "repeats")
COLUMNS = {
    **{name: name.replace("_", " ") for name in ASKED},
    "ratio": "to this gateway, by pairs",
    **{key: figure.label for key, figure in FIGURES.items()},
    **{each.spread: f"{each.label}, min–max" for each in FIGURES.values() if each.spread},
}


class Table(NamedTuple):
    """A section that is a table."""

    name: str
    title: str
    intro: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]


def render(run: Run, judged: Sequence[Judged], against: tuple[str, Run] | None = None) -> str:
    """Return the page; `against` is an earlier run and its name."""
    measured = collect(run.records)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"figure": figure, "colour": colour, "outcome": outcome, "said": said}
    page = environment.from_string((HERE / "page.html.tmpl").read_text(encoding="utf-8"))
    tables = [*(_against(*against, run) if against else ()), _promises(judged), _rows(measured)]
    return page.render(
        css=(HERE / "page.css").read_text(encoding="utf-8"),
        headline=sections.headline(measured, run.about),
        sections=sections.build(measured, judged, run.about),
        tables=[table for table in tables if table.rows],
        ways={name: WAYS[name] for name in WAYS if any(name in ways for ways in measured.values())},
        about=run.about,
    )


def outcome(judged: Judged) -> str:
    """Return what became of a promise."""
    return "✓ kept" if judged.kept else "✗ missed"


def said(judged: Judged) -> str:
    """Return a promise as it stands below its chart."""
    sides = f"{label(judged.way)} to {label(judged.against)}"
    what = f"{sections.title(judged.case)}: {sides} {figure(judged.value)}, {judged.promised}"
    return f"{what} ({judged.detail})"


def _promises(judged: Sequence[Judged]) -> Table:
    kept = f"{sum(each.kept for each in judged)} of {len(judged)} promises are kept."
    heads = ["outcome", "promise", "measured", "promised", "detail"]
    rows = [(outcome(one), one.name, one.value, one.promised, one.detail) for one in judged]
    return Table("promises", "What we promise, and whether it was kept", kept, heads, rows)


def _rows(measured: Mapping[Case, Ways]) -> Table:
    rows = [
        [row[key] for key in COLUMNS] for ways in measured.values() for row in _with_ratios(ways)
    ]
    told = f"{len(rows)} rows of medians; – is what was not, or can't be, measured."
    return Table("rows", "All figures", told, list(COLUMNS.values()), rows)


def _with_ratios(ways: Ways) -> Iterator[dict[str, Any]]:
    """Yield the summary of each way, and how it compares with this gateway."""
    for each in ways.values():
        compared = None
        if OURS in ways and each.way != OURS:
            found = ratio(each, ways[OURS], each.case.first_figure)
            compared = f"{figure(found.value)} {found.by}"
        yield {**each.row(), "way": label(each.way), "ratio": compared}


def _against(name: str, before: Run, run: Run) -> Iterator[Table]:
    told = "By pairs that met the same losses where the seeds agree, else of the medians. "
    told += "; ".join(comparing.differences(before.about, run.about))
    rows = []
    for old, new, key, found in comparing.changes(before, run):
        place = (
            new.case.label,
            label(new.way),
            new.case.gateway_at,
            sections.title(new.case),
        )
        numbers = (FIGURES[key].label, old.median(key), new.median(key))
        rows.append([*place, *numbers, found.value, found.by])
    heads = ["line", "way", "gateway", "what", "figure", "there", "here", "ratio", "of what"]
    yield Table("against", f"Against {name}", told, heads, rows)


def figure(value: Any) -> str:
    """Return any value as measured, or a dash."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return " ".join(map(figure, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {figure(each)}" for key, each in value.items())
    return f"{value:.7g}" if isinstance(value, float) else str(value)
