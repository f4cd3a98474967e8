"""The page's sections: charts of which rows, with which sentences. Empty ones are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import nan
from statistics import median
from typing import Literal

from bench.records import About, Row
from bench.report import charts, words
from bench.report.charts import Mark, Panel, Series
from bench.report.compare import (
    CPU,
    GOODPUT,
    LOAD_TIME,
    NEIGHBOURS,
    RTT,
    Group,
    Measure,
    Verdict,
    group,
    number,
    verdicts,
)
from bench.report.modes import mode_of, rank

DAY = "day"


@dataclass(frozen=True)
class Drawing:
    """A chart with what is said above and below it."""

    title: str
    svg: str
    verdicts: Sequence[Verdict] = ()
    sentence: str = ""


@dataclass(frozen=True)
class Card:
    """What belongs to one line."""

    title: str
    what: str
    settings: str
    drawings: Sequence[Drawing]


@dataclass(frozen=True)
class Section:
    """A heading of the page."""

    name: str
    title: str
    intro: str
    cards: Sequence[Card] = field(default_factory=list)


def build(rows: Sequence[Row], about: About) -> list[Section]:
    """Top to bottom."""
    lines = group([row for row in rows if row["scenario"] != DAY])
    bulk = [each for each in lines if each.load != "page"]
    pages = [each for each in lines if each.load == "page"]
    sections = [
        Section("day", "A working day", DAY_INTRO, _day(rows)),
        Section("goodput", "Throughput", GOODPUT_INTRO, _cards(bulk, about, GOODPUT, _goodput)),
        Section("rtt", "Waiting while the line is busy", RTT_INTRO, _cards(bulk, about, RTT, _rtt)),
        Section(
            "pages", "Loading a web page", PAGES_INTRO, _cards(pages, about, LOAD_TIME, _load_time)
        ),
        Section(
            "neighbours",
            "Neighbours on the same line",
            NEIGHBOURS_INTRO,
            _cards(bulk, about, NEIGHBOURS, _neighbours),
        ),
        Section("cpu", "Work for the gateway", CPU_INTRO + _emulated(about), _cpu(bulk)),
    ]
    return [section for section in sections if section.cards]


DAY_INTRO = (
    "The figure of the article that this project grew from: one flow, hour by hour, on a line that"
    " crawls at lunch."
)
GOODPUT_INTRO = (
    "Longer is better. The whisker spans the repeats, the dashed mark is the most that the line"
    " could carry in that mode."
)
RTT_INTRO = (
    "Shorter is better. Round trips while the load above runs: half of them take no longer than"
    " the full bar (first figure), 95 of 100 no longer than the pale one (second figure)."
)
PAGES_INTRO = (
    "Shorter is better. The whisker spans the repeats, the dashed mark is the least that the line"
    " allows: each object is asked for only when the one before it is there, and all of them pass"
    " the line."
)
NEIGHBOURS_INTRO = (
    "Each ring is a neighbour who uses no VPN, the diamond is the phone. The figure is the median"
    " of the neighbours: further right is better for them."
)
CPU_INTRO = (
    "Shorter is better. Processor time of the gateway per gigabyte: the median of all lines above,"
    " the whisker spans them."
)


def _emulated(about: About) -> str:
    if about.get("accelerator", "").startswith("tcg"):
        return " Measured under emulation: compare the modes, the seconds are not a real machine's."
    return ""


def _goodput(row: Row) -> Mark:
    value = row["goodput_mbps"]
    return Mark(row["mode"], value, number(value), row["spread"], row["limit_mbps"])


def _rtt(row: Row) -> Mark:
    half, most = row["rtt_p50_ms"], row["rtt_p95_ms"]
    text = " / ".join("–" if value is None else f"{value:.0f}" for value in (half, most))
    return Mark(row["mode"], half, text, beyond=most)


def _load_time(row: Row) -> Mark:
    value, least = row["load_time_s"], row["load_time_limit_s"]
    return Mark(row["mode"], value, number(value), row["load_time_spread"], least)


def _neighbours(row: Row) -> Mark:
    dots = row["neighbours_mbps"] or []
    text = number(NEIGHBOURS.value(row))
    return Mark(row["mode"], row["goodput_mbps"] if dots else None, text, dots=dots)


def _processor(row: Row) -> Mark:
    value = row["cpu_s_per_gb"]
    return Mark(row["mode"], value, number(value), row["spread"])


def _cards(
    groups: Iterable[Group], about: About, measure: Measure, mark: Callable[[Row], Mark]
) -> list[Card]:
    """One per line, with a chart for each path, all of its charts to the same scale."""
    measured = [each for each in groups if any(measure.value(row) is not None for row in each.rows)]
    cards = []
    for scenario, found in groupby(measured, key=lambda each: each.scenario):
        settings = about.get("scenarios", {}).get(scenario, {})
        drawings = _drawings(list(found), measure, mark)
        cards.append(
            Card(scenario, str(settings.get("what", "")), words.describe(settings), drawings)
        )
    return cards


def _drawings(
    groups: Sequence[Group], measure: Measure, mark: Callable[[Row], Mark]
) -> list[Drawing]:
    axis = charts.reach([_panel(each, mark) for each in groups])
    drawings = []
    for path, found in groupby(groups, key=lambda each: each.path):
        alike = list(found)
        panels = [_panel(each, mark) for each in alike]
        svg = charts.bars(panels, measure.unit, axis, _read_out(panels, measure.unit))
        drawings.append(Drawing(words.path_name(path), svg, list(verdicts(alike, measure))))
    return drawings


def _panel(group: Group, mark: Callable[[Row], Mark]) -> Panel:
    return Panel(group.title, [mark(row) for row in group.rows])


def _read_out(panels: Iterable[Panel], unit: str) -> str:
    """The chart's figures as text."""
    parts = (
        f"{panel.title}: "
        + ", ".join(f"{mode_of(mark.mode).label} {mark.text}" for mark in panel.marks)
        for panel in panels
    )
    return f"{unit}. {'; '.join(parts)}"


def _cpu(groups: Iterable[Group]) -> list[Card]:
    """All lines in one chart: what a mode costs hardly depends on the line."""
    found: dict[str, list[Row]] = {}
    for row in (row for each in groups for row in each.rows):
        if row["cpu_s_per_gb"] is not None:
            found.setdefault(row["mode"], []).append(row)
    if not found:
        return []
    merged = [_merge(rows) for _, rows in sorted(found.items(), key=lambda item: rank(item[0]))]
    every_line = Group("", "", 0, "all lines", "bulk", tuple(merged))
    drawings = _drawings([every_line], CPU, _processor)
    return [Card("", "", "", drawings)]


def _merge(rows: Sequence[Row]) -> Row:
    figures = [row["cpu_s_per_gb"] or 0 for row in rows]
    return {
        **rows[0],
        "cpu_s_per_gb": median(figures),
        "spread": [min(figures), max(figures)],
    }


def _day(rows: Iterable[Row]) -> list[Card]:
    points = [row for row in rows if row["scenario"] == DAY and words.clock(row["hour"]) >= 0]
    measured = {(row["path"], row["mode"]) for row in points if row["goodput_mbps"] is not None}
    points = [row for row in points if (row["path"], row["mode"]) in measured]
    top = max((row[key] or 0 for row in points for key in TOPS), default=0)
    cards = []
    for path in dict.fromkeys(row["path"] for row in points):
        on_path = [row for row in points if row["path"] == path]
        drawings = [
            _curves(direction, [row for row in on_path if row["direction"] == direction], top)
            for direction in dict.fromkeys(row["direction"] for row in on_path)
        ]
        cards.append(Card(words.path_name(path), "", "", drawings))
    return cards


TOPS: tuple[Literal["goodput_mbps"], Literal["limit_mbps"]] = ("goodput_mbps", "limit_mbps")


def _curves(direction: str, rows: Sequence[Row], top: float) -> Drawing:
    limits: dict[float, float] = {}
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in sorted(rows, key=lambda row: (rank(row["mode"]), words.clock(row["hour"]))):
        hour, goodput = words.clock(row["hour"]), row["goodput_mbps"]
        # What was not measured is a gap in the line.
        curves.setdefault(row["mode"], []).append((hour, nan if goodput is None else goodput))
        limits[hour] = max(limits.get(hour, 0), row["limit_mbps"] or 0)
    series = [Series(mode, points) for mode, points in curves.items()]
    limit = Series("", sorted(limits.items())) if any(limits.values()) else None
    sentence = words.lunch(rows)
    title = {"down": "download", "up": "upload"}.get(direction, direction)
    return Drawing(title, charts.day(series, limit, top, f"{title}. {sentence}"), (), sentence)
