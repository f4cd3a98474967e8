"""The charts, drawn by matplotlib. Headings and captions are the page's: here is no foreign text
but the name of a mode."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator
from matplotlib.typing import RcKeyType

from bench.report.modes import OURS, mode_of
from bench.report.svg import FONT_SIZE, colour, inline

WIDTH = 340.0
"""All measures are points of the drawing, which the page scales: a phone shows them as pixels."""
LEFT = 102.0
DIGIT = 7.4
"""The width of a bold one."""
ROW, HEADING, AXIS = 18.0, 24.0, 34.0

STYLE: dict[RcKeyType, Any] = {
    "font.size": FONT_SIZE,
    "font.sans-serif": ["DejaVu Sans"],
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "text.parse_math": False,
    "text.color": colour("text"),
    "axes.labelcolor": colour("muted"),
    "axes.edgecolor": colour("rule"),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": colour("rule"),
    "grid.linewidth": 0.7,
    "xtick.color": colour("rule"),
    "ytick.color": colour("rule"),
    "xtick.labelcolor": colour("muted"),
    "ytick.labelcolor": colour("muted"),
}


Strokes = list[list[tuple[float, float]]]


@dataclass(frozen=True)
class Mark:
    """One mode's line in a chart."""

    mode: str
    value: float | None
    text: str
    """The figure, at the right edge."""
    span: Sequence[float] | None = None
    """Least and greatest: the whisker."""
    limit: float | None = None
    beyond: float | None = None
    """A second, greater figure: the pale part of the bar."""
    dots: Sequence[float] = ()

    @property
    def reach(self) -> float:
        values = (self.value, self.limit, self.beyond, *(self.span or ()), *self.dots)
        return max((value for value in values if value is not None), default=0)


@dataclass(frozen=True)
class Panel:
    """Lines under one heading."""

    title: str
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Series:
    """A mode through the day: hours and figures."""

    mode: str
    points: Sequence[tuple[float, float]]


def reach(panels: Sequence[Panel]) -> float:
    """How far the axis must go."""
    return max((mark.reach for panel in panels for mark in panel.marks), default=0) or 1


def bars(panels: Sequence[Panel], unit: str, axis: float, description: str) -> str:
    """Horizontal bars from 0 to `axis`, mode by mode, the figure at the right."""
    lines = sum(len(panel.marks) for panel in panels)
    height = AXIS + ROW * lines + HEADING * len(panels)
    right = 8 + DIGIT * max(len(mark.text) for panel in panels for mark in panel.marks)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH / 72, height / 72))
        axes = figure.add_axes(
            (LEFT / WIDTH, AXIS / height, 1 - (LEFT + right) / WIDTH, 1 - AXIS / height)
        )
        axes.set(xlim=(0, axis * 1.03), ylim=(height - AXIS, 0), yticks=[])
        axes.set_xlabel(unit)
        axes.locator_params(axis="x", nbins=5)
        axes.tick_params(axis="x", length=0)
        axes.spines["left"].set_visible(False)
        down, whiskers, limits = 0.0, Strokes(), Strokes()
        for panel in panels:
            _write(axes, -LEFT, down + HEADING * 0.62, panel.title, weight="bold")
            down += HEADING
            for mark in panel.marks:
                _line(axes, mark, down + ROW / 2)
                whiskers += _whisker(mark, down + ROW / 2)
                limits += _limit(mark, down + ROW / 2)
                down += ROW
        _strokes(axes, whiskers, color=colour("text"), lw=1)
        _strokes(axes, limits, color=colour("limit"), lw=1.6, ls=(0, (2, 1)))
        return _finish(figure, description)


def _line(axes: Axes, mark: Mark, y: float) -> None:
    mode = mode_of(mark.mode)
    weight = "bold" if mark.mode == OURS else "normal"
    ink = colour(mode.style)
    _write(axes, -6, y, mode.label, horizontal="right", weight=weight)
    _write(axes, 6, y, mark.text, edge=1, weight=weight)
    if mark.beyond is not None:
        axes.barh(y, mark.beyond, ROW * 0.62, color=ink, alpha=0.35)
    if mark.dots:
        axes.plot(mark.dots, [y] * len(mark.dots), "o", ms=5, mfc="none", mec=ink)
        if mark.value is not None:
            axes.plot([mark.value], [y], "D", ms=7, color=ink)
    elif mark.value is not None:
        axes.barh(y, mark.value, ROW * 0.62, color=ink)


def _whisker(mark: Mark, y: float) -> Strokes:
    if not mark.span:
        return []
    low, high = mark.span[0], mark.span[-1]
    ends = [[(x, y - ROW / 6), (x, y + ROW / 6)] for x in (low, high)]
    return [*ends, [(low, y), (high, y)]]


def _limit(mark: Mark, y: float) -> Strokes:
    return [] if mark.limit is None else [[(mark.limit, y - ROW / 2), (mark.limit, y + ROW / 2)]]


def _strokes(axes: Axes, strokes: Strokes, **style: Any) -> None:
    """As one path, which keeps the page small."""
    points = [point for stroke in strokes for point in (*stroke, (nan, nan))]
    axes.plot([x for x, _ in points], [y for _, y in points], **style)


def _write(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    *,
    edge: int = 0,
    horizontal: Literal["left", "right"] = "left",
    weight: str = "normal",
) -> None:
    """Text at a height of the data, `x` points from the left (0) or right (1) edge of the axes."""
    axes.annotate(
        text,
        (edge, y),
        (x, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        annotation_clip=False,
        ha=horizontal,
        va="center_baseline",
        fontweight=weight,
    )


def day(series: Sequence[Series], limit: Series | None, top: float, description: str) -> str:
    """Mbit/s over the hours, lunch shaded."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH / 72, 240 / 72))
        axes = figure.add_axes((0.12, 0.09, 0.87, 0.67))
        axes.axvspan(12, 13, color=colour("lunch"), lw=0)
        axes.text(12.5, top * 1.1, "lunch", ha="center", color=colour("muted"))
        if limit:
            ink = colour("limit")
            axes.step(*_columns(limit), where="mid", color=ink, lw=1.4, label="line’s limit")
        for one in series:
            mode = mode_of(one.mode)
            axes.plot(
                *_columns(one),
                color=colour(mode.style),
                label=mode.label,
                marker=mode.marker,
                ms=4,
                lw=2.4 if one.mode == OURS else 1.6,
                dashes=mode.dashes,
            )
        hours = [12.0, 13.0, *(hour for one in series for hour, _ in one.points)]
        axes.set(xlim=(min(hours) - 0.2, max(hours) + 0.2), ylim=(0, top * 1.08), ylabel="Mbit/s")
        axes.xaxis.set_major_locator(MultipleLocator(2, 0))
        axes.xaxis.set_major_formatter(lambda hour, _: f"{hour:.0f}:00")
        columns = 2 if len(series) < 4 else 3
        figure.legend(loc="upper left", ncols=columns, frameon=False, borderpad=0)
        return _finish(figure, description)


def _columns(series: Series) -> tuple[list[float], list[float]]:
    return [x for x, _ in series.points], [y for _, y in series.points]


def _finish(figure: Figure, description: str) -> str:
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(False)
    out = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(out, format="svg", metadata=nothing)
    return inline(out.getvalue(), description)
