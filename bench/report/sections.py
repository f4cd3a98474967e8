"""The report's sections: charts of what, with which sentences. Empty ones are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from bench.figures import FIGURES, Measured, Ways
from bench.promises import Judged
from bench.records import About, Case
from bench.report import charts
from bench.report.charts import Mark
from bench.ways import DIRECT, OURS, label, rank

HEADLINE = Case("lossy-1")
"""What the headline is about: the phone's own client, a far gateway, random loss."""
STANDS = {"far": "gateway far away", "near": "gateway nearby"}
LOAD_LABELS = {
    "page": "web page",
    "today": "web page of today",
    "https": "a browser's download, QUIC where it can",
}
UNITS = {"rate": "Mbit/s", "uplink": "Mbit/s", "delay": "ms one way", "queue": "ms", "burst": "KB"}
UNITS |= dict.fromkeys(("loss", "uplink_loss", "reorder", "varies"), "%") | {"jitter": "ms"}


class Drawing(NamedTuple):
    """A chart with what is said above and below it."""

    title: str
    svg: str
    judged: Sequence[Judged] = ()
    sentence: str = ""


class Day(NamedTuple):
    """Mbit/s over a day's hours: of each way, and the most that the line could carry."""

    curves: dict[str, dict[float, float]]
    limit: dict[float, float]


class Card(NamedTuple):
    """What belongs to one line."""

    title: str
    numbers: str
    drawings: Sequence[Drawing]


class Bars(NamedTuple):
    """What a section's bars show: keys of `bench.figures.FIGURES`; empty: nothing."""

    key: str
    unit: str
    limit: str = ""
    beyond: str = ""


SECTIONS = {
    "goodput": Bars("goodput_mbps", "Mbit/s", limit="limit_mbps"),
    "rtt": Bars("rtt_p50_ms", "ms", beyond="rtt_p95_ms"),
    "pages": Bars("load_time_s", "s", limit="load_time_limit_s", beyond="load_time_p95_s"),
    "neighbours": Bars("neighbours_mbps", "Mbit/s"),
}
"""Of the sections that show each line by itself: by their names in the template, which has the
words for them, from top to bottom."""


Cases = Mapping[Case, Sequence[Measured]]
"""Each with its ways in the charts' order."""


def build(
    measured: Mapping[Case, Ways], judged: Sequence[Judged], about: About
) -> dict[str, list[Card]]:
    """Return the cards of each section that has some, top to bottom."""
    lines = list(dict.fromkeys(case.line for case in measured))
    cases = sorted(
        (case for case in measured if case.line != "day"),
        key=lambda case: (lines.index(case.line), case[1:5]),
    )
    whole = {case: complete(case, measured) for case in cases}
    told = about.get("lines", {})
    cards = {"day": _day(measured)}
    cards |= {name: _cards(bars, whole, judged, told) for name, bars in SECTIONS.items()}
    cards["cpu"] = _processor(whole)
    return {name: each for name, each in cards.items() if each}


def complete(case: Case, measured: Mapping[Case, Ways]) -> list[Measured]:
    """Return the ways in the charts' order. The bare line does not pass the gateway: measured
    with the gateway near or far, it holds for the other."""
    ways = dict(measured.get(case, {}))
    for other, found in measured.items():
        if other._replace(gateway_at=case.gateway_at) == case and DIRECT in found:
            ways.setdefault(DIRECT, found[DIRECT])
    return sorted(ways.values(), key=lambda each: rank(each.way))


def _cards(bars: Bars, cases: Cases, judged: Sequence[Judged], lines: About) -> list[Card]:
    """Return a card per line, with a chart for a near gateway and a far one, all to one scale."""
    found: dict[str, dict[str, dict[str, list[Mark]]]] = {}
    for case, ways in cases.items():
        seen = any(each.number(bars.key) is not None for each in ways)
        if seen and case.is_page == (bars.key == "load_time_s"):
            panels = found.setdefault(case.line, {}).setdefault(case.gateway_at, {})
            panels[title(case)] = [mark(bars, each) for each in ways]

    def drawing(line: str, at: str) -> Drawing:
        svg = charts.bars(found[line][at], bars.unit, charts.reach(found[line].values()))
        here = [each for each in judged if (each.case.line, each.case.gateway_at) == (line, at)]
        kept = [each for each in here if each.figure in (bars.key, bars.beyond)]
        return Drawing(STANDS.get(at, at), svg, kept)

    return [
        Card(line, describe(lines.get(line, {})), [drawing(line, at) for at in drawn])
        for line, drawn in found.items()
    ]


def mark(bars: Bars, each: Measured) -> Mark:
    """Return what is drawn of one way."""
    keys = bars.key, bars.beyond, bars.limit
    value, beyond, limit = (each.number(key) if key else None for key in keys)
    text = number(value) if beyond is None else f"{number(value)} / {number(beyond)}"
    if isinstance(dots := each.median(bars.key), list):
        return Mark(way=each.way, text=text, diamond=each.number("goodput_mbps"), dots=dots)
    low, high = (FIGURES[bars.key].spread and each.spread(bars.key)) or (None, None)
    way = each.way
    return Mark(way=way, text=text, value=value, low=low, high=high, limit=limit, beyond=beyond)


def title(case: Case) -> str:
    """Return what distinguishes a case from others on its line."""
    flows = "1 flow" if case.flows == 1 else f"{case.flows} flows"
    return f"{flows}, {LOAD_LABELS.get(case.load, case.direction)}"


def _processor(cases: Cases) -> list[Card]:
    """Return all lines in one chart: what a way costs hardly depends on the line."""
    found: dict[str, list[float]] = {}
    for each in (each for ways in cases.values() for each in ways if not each.case.is_page):
        if (value := each.number("cpu_s_per_gb")) is not None:
            found.setdefault(each.way, []).append(value)
    marks = [
        Mark(way=way, text=number(median(all_)), value=median(all_), low=min(all_), high=max(all_))
        for way, all_ in sorted(found.items(), key=lambda each: rank(each[0]))
    ]
    drawing = Drawing("", charts.bars({"all lines": marks}, "s/GB"))
    return [Card("", "", [drawing])] if marks else []


def _day(measured: Mapping[Case, Ways]) -> list[Card]:
    """Return a chart for each direction, with the gateway near and far."""
    drawings = []
    for (at, direction), day in days(measured).items():
        sentence, name = lunch(day.curves), f"{STANDS.get(at, at)}, {direction}"
        svg = charts.day(day.curves, day.limit, f"{name}. {sentence}")
        drawings.append(Drawing(name, svg, (), sentence))
    return [Card("", "", drawings)] if drawings else []


def days(measured: Mapping[Case, Ways]) -> dict[tuple[str, str], Day]:
    """Return what was measured over a day, by where the gateway stands and the direction."""
    found: dict[tuple[str, str], Day] = {}
    hours = ((clock(case.hour), case) for case in measured if case.line == "day" and case.hour)
    for hour, case in sorted(hours):
        for each in complete(case, measured):
            if (goodput := each.number("goodput_mbps")) is not None:
                day = found.setdefault((case.gateway_at, case.direction), Day({}, {}))
                day.curves.setdefault(each.way, {})[hour] = goodput
                most = each.number("limit_mbps") or 0
                day.limit[hour] = max(most, day.limit.get(hour, 0))
    return found


def headline(measured: Mapping[Case, Ways], about: About) -> str:
    """Return what it comes to, in plain words; empty if it was not measured."""
    ways = measured.get(HEADLINE, {})
    figures = [ways[way].number("goodput_mbps") for way in (OURS, "forward", DIRECT) if way in ways]
    if len(figures) < 3 or None in figures:
        return ""
    line, where = about.get("lines", {}).get(HEADLINE.line, {}), f"On the line “{HEADLINE.line}”"
    if "rate" in line and "loss" in line:
        loss = f"{line['loss']}\N{NO-BREAK SPACE}%"
        where = f"On a {line['rate']} Mbit/s line that loses {loss} of its packets"
    ours, forward, direct = map(number, figures)
    return (
        f"{where}, one download runs at {ours} Mbit/s through this gateway,"
        f" {forward} through an ordinary VPN and {direct} without a VPN."
    )


def lunch(curves: Mapping[str, charts.Curve]) -> str:
    """Return medians between 12 and 13 o'clock, best first; empty if nobody measured then."""
    found = {
        way: [value for hour, value in points.items() if 12 <= hour < 13]
        for way, points in curves.items()
    }
    ranked = sorted(
        ((median(values), way) for way, values in found.items() if values), reverse=True
    )
    if OURS not in (way for _, way in ranked) or len(ranked) == 1:
        return ""
    said = {OURS: "through this gateway", DIRECT: "without a VPN"}
    said["forward"] = "through an ordinary VPN"
    parts = [f"{number(figure)} {said.get(way, f'({label(way)})')}" for figure, way in ranked]
    return f"From 12 to 13 o'clock, Mbit/s (medians): {', '.join(parts)}."


def describe(line: Mapping[str, Any]) -> str:
    """Return what a line stands for, and its numbers as far as they are set."""
    numbers = [
        f"{key} {value} {UNITS.get(key, '')}".strip().replace(" ", "\N{NO-BREAK SPACE}")
        for key, value in line.items()
        if key != "what" and value is not None
    ]
    return " · ".join([*([str(line["what"])] if "what" in line else ()), *numbers])


def clock(hour: str) -> float:
    """Return "12:15" as 12.25."""
    hours, _, minutes = hour.partition(":")
    return int(hours) + int(minutes) / 60


def number(value: float | None) -> str:
    """Return a figure as precise as a reader can use, or a dash."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 or value == 0 else f"{value:.2f}"
