"""The report of a run, which needs nothing else: no network, no scripts.

Drawn by Vega-Lite, which vl-convert brings without a browser: its SVG takes the colours of the
report's style sheet as they are, light or dark, and scales from phone to wall. Its HTML is
Jinja2's, because that escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jinja2

from bench.figures import FIGURES, Ways, changes, collect, ratio
from bench.promises import Judged
from bench.records import Run, differences
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


def render(run: Run, judged: Sequence[Judged], against: Run | None = None) -> str:
    """Return the report; `against` is an earlier run, with its file."""
    measured = collect(run.records)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {"figure": figure, "colour": colour, "said": said, "label": label}
    environment.filters |= {**filters, "title": sections.title}
    return environment.get_template("report.html.tmpl").render(
        headline=sections.headline(measured, run.about),
        sections=sections.build(measured, judged, run.about),
        against=against and against.file,
        differ=against and differences(against.about, run.about),
        changes=list(changes(against, run)) if against else [],
        judged=judged,
        columns=COLUMNS,
        figures=FIGURES,
        rows=[[row[key] for key in COLUMNS] for ways in measured.values() for row in _shown(ways)],
        ways={name: WAYS[name] for name in WAYS if any(name in ways for ways in measured.values())},
        about=run.about,
    )


def said(judged: Judged) -> str:
    """Return a promise as it stands below its chart."""
    sides = f"{label(judged.way)} to {label(judged.against)}"
    what = f"{sections.title(judged.case)}: {sides} {figure(judged.value)}, {judged.promised}"
    return f"{what} ({judged.detail})"


def _shown(ways: Ways) -> Iterator[dict[str, Any]]:
    """Yield the summary of each way, and how it compares with this gateway."""
    for each in ways.values():
        compared = None
        if OURS in ways and each.way != OURS:
            found = ratio(each, ways[OURS], each.case.first_figure)
            compared = f"{figure(found.value)} {found.by}"
        yield {**each.row(), "way": label(each.way), "ratio": compared}


def figure(value: Any) -> str:
    """Return any value as measured, or a dash."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return " ".join(map(figure, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {figure(each)}" for key, each in value.items())
    return f"{value:.7g}" if isinstance(value, float) else str(value)
