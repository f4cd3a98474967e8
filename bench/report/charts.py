"""The charts, as Vega-Lite has them. Headings and captions are the template's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import vl_convert

from bench.ways import OURS, colour, label

WIDTH, LABELS, VALUES, ROW = 200, 104, 64, 18
"""Pixels of the drawing, which the report scales: a phone shows them about as they are."""
QUIET = {"domain": False, "ticks": False, "gridColor": "var(--rule)", "titleFontWeight": "normal"}
MUTED = {"labelColor": "var(--muted)", "titleColor": "var(--muted)", "labelLimit": 0}
CONFIG = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {**QUIET, **MUTED},
    "header": {"labelColor": "var(--text)", "labelFontWeight": "bold", "labelLimit": 0},
    "legend": {"labelColor": "var(--text)", "orient": "top", "labelLimit": 0, "columns": 2},
}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One way in a chart: what is None is not drawn."""

    way: str
    text: str
    """The figure, at the right edge."""
    value: float | None = None
    """The bar."""
    low: float | None = None
    high: float | None = None
    """Least and greatest: the whisker."""
    limit: float | None = None
    beyond: float | None = None
    """A second, greater figure: the pale part of the bar."""
    diamond: float | None = None
    dots: Sequence[float] = ()


Panels = Mapping[str, Sequence[Mark]]
"""Marks under their headings."""


def reach(charted: Iterable[Panels]) -> float:
    """Return how far an axis must go that is the same for all of these."""
    marks = (mark for panels in charted for marks in panels.values() for mark in marks)
    ends = ((m.value, m.high, m.limit, m.beyond, m.diamond, *m.dots) for m in marks)
    return max((end or 0 for each in ends for end in each), default=0) or 1


def bars(panels: Panels, unit: str, to: float | None = None) -> str:
    """Return horizontal bars from 0 to the same for several charts, or else as far as these
    reach, way by way, the figure at the right."""
    end = to or reach([panels])
    rows = [row for panel, marks in panels.items() for each in marks for row in _rows(panel, each)]
    told = (
        f"{panel}: {', '.join(f'{label(each.way)} {each.text}' for each in marks)}"
        for panel, marks in panels.items()
    )
    bold = {"condition": {"test": f"datum.value === '{label(OURS)}'", "value": "bold"}}
    labels = {"labelColor": "var(--text)", "minExtent": LABELS, "labelFontWeight": bold}

    def layer(kind: str, field: str, ink: Any, /, more: Any = (), **mark: Any) -> dict[str, Any]:
        along = {"scale": {"domain": [0, end]}, "title": unit, "axis": {"tickCount": 4}}
        x = {"field": field, "type": "quantitative", **along}
        encoding = {"x": x, "color": ink, **dict(more)}
        return {"mark": {"type": kind, "aria": "description" in more, **mark}, "encoding": encoding}

    order = list(dict.fromkeys(row["way"] for row in rows))
    ink, text = {"field": "ink", "scale": None}, {"value": "var(--text)"}
    said = {"description": {"field": "text"}}
    at_the_right = {"text": {"field": "text"}, "x": {"value": WIDTH + VALUES}}
    layers = [
        layer("bar", "beyond", ink, size=11, opacity=0.35),
        layer("bar", "value", ink, said, size=11),
        layer("point", "dot", ink, size=30),
        layer("point", "diamond", ink, said, shape="diamond", size=60, filled=True, opacity=1),
        layer("rule", "low", text, {"x2": {"field": "high"}}),
        layer("tick", "limit", {"value": "var(--limit)"}, thickness=1.6, size=ROW),
        layer("text", "text", text, at_the_right, align="right"),
    ]
    y = {"field": "way", "type": "nominal", "sort": order, "title": None, "axis": labels}
    header = {"labelOrient": "top", "labelAnchor": "start", "labelPadding": 2}
    row = {"field": "panel", "type": "nominal", "sort": list(panels), "title": None}
    spec = {"width": WIDTH, "height": {"step": ROW}, "encoding": {"y": y}, "layer": layers}
    facets = {"facet": {"row": {**row, "header": header}}, "spacing": 6, "spec": spec}
    each_its_own = {"scale": {"y": "independent"}}
    chart = {"data": {"values": rows}, **facets, "resolve": each_its_own}
    return _svg(chart, f"{unit}. {'; '.join(told)}")


def _rows(panel: str, mark: Mark) -> list[dict[str, Any]]:
    """Return what Vega-Lite draws of a mark: a row for it, and one for each of its dots."""
    known = {"panel": panel, "way": label(mark.way), "ink": colour(mark.way)}
    # Without a text of its own each dot would write "undefined" over the figure.
    dots = ({**known, "dot": dot, "text": ""} for dot in mark.dots)
    return [{**asdict(mark), **known}, *dots]


Curve = Mapping[float, float]
"""Figures by their hours."""


def day(curves: Mapping[str, Curve], limit: Curve, description: str) -> str:
    """Return Mbit/s over the hours, lunch shaded."""
    names = [label(way) for way in curves]
    hours = {"labelExpr": "datum.value + ':00'", "tickMinStep": 2}
    along = {"title": None, "scale": {"nice": False, "zero": False}, "axis": hours}
    axes = {
        "x": {"field": "hour", "type": "quantitative", **along},
        "y": {"field": "value", "type": "quantitative", "title": "Mbit/s"},
    }

    def layer(curve: str, points: Curve, ways: Any = (), **mark: Any) -> dict[str, Any]:
        values = [{"way": curve, "hour": hour, "value": value} for hour, value in points.items()]
        stroke = {"type": "line", "aria": False, **mark}
        return {"data": {"values": values}, "mark": stroke, "encoding": {**axes, **dict(ways)}}

    def by_way(values: Sequence[Any]) -> dict[str, Any]:
        scale = {"domain": names, "range": [values[n % len(values)] for n in range(len(names))]}
        return {"field": "way", "type": "nominal", "title": None, "scale": scale}

    told_apart = {
        "color": by_way([colour(way) for way in curves]),
        "strokeDash": by_way([[1, 0], [6, 3], [2, 2]]),
        "shape": by_way(["circle", "square", "triangle-up"]),
    }
    lunch = {"type": "rect", "color": "var(--lunch)", "aria": False}
    ends = {"x": {"datum": 12, "type": "quantitative"}, "x2": {"datum": 13}}
    layers = [
        {"data": {"values": [{}]}, "mark": lunch, "encoding": ends},
        layer("", limit, interpolate="step", color="var(--limit)", strokeWidth=1.4),
        *(layer(label(way), curve, told_apart, point=True) for way, curve in curves.items()),
    ]
    return _svg({"width": WIDTH + LABELS, "height": 180, "layer": layers}, description)


def _svg(chart: Mapping[str, Any], description: str) -> str:
    """Return the drawing as a part of the report, told to those who can't see it."""
    drawn = vl_convert.vegalite_to_svg({**chart, "config": CONFIG})
    drawn = re.sub(r' (xmlns(:xlink)?|class|width|height|version)="[^"]*"', "", drawn, count=6)
    return drawn.replace("<svg", f'<svg role="img" aria-label="{escape(description)}"', 1)
